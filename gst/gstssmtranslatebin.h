/* ssmtranslate: one text, several languages
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GST_SSM_TRANSLATE_BIN_H
#define GST_SSM_TRANSLATE_BIN_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SSM_TRANSLATE_BIN (gst_ssm_translate_bin_get_type ())
G_DECLARE_FINAL_TYPE (GstSsmTranslateBin, gst_ssm_translate_bin, GST, SSM_TRANSLATE_BIN, GstBin)

GST_ELEMENT_REGISTER_DECLARE (ssmtranslatebin)

/* --- gstssmtranslatebinpad.c: a language -------------------------------------- */

#define GST_TYPE_SSM_TRANSLATE_BIN_PAD (gst_ssm_translate_bin_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstSsmTranslateBinPad, gst_ssm_translate_bin_pad, GST, SSM_TRANSLATE_BIN_PAD, GstGhostPad)

/* A queue for the text of a pad of the bin, `pad`: while that is not linked, text goes nowhere, which is no error. NULL: there is no
 * such element. */
GstElement *gst_ssm_translate_bin_make_queue (GstPad *pad);

/* What all languages have in common; strings are borrowed. */
typedef struct {
  const char *source; /* BCP-47 code, NULL: what the models read */
  guint latency, lateness;
} GstSsmTranslateBinSettings;

/* Makes the elements of the pad in `bin`, behind `tee`. `runs`: the bin does, text waits until begin_late(). */
gboolean gst_ssm_translate_bin_pad_build (
    GstSsmTranslateBinPad *self, GstBin *bin, GstElement *tee, gboolean runs);
/* Takes them away again. */
void gst_ssm_translate_bin_pad_dismantle (GstSsmTranslateBinPad *self);
/* Chooses models, one, or two by way of English, before the bin goes to READY or PAUSED, and its elements with it. */
void gst_ssm_translate_bin_pad_begin (
    GstSsmTranslateBinPad *self, const GstSsmTranslateBinSettings *settings);
/* Where the bin runs already: models are chosen when the first text comes, by the language that is set then. */
void gst_ssm_translate_bin_pad_begin_late (GstSsmTranslateBinPad *self);
/* The bin stops. */
void gst_ssm_translate_bin_pad_end (GstSsmTranslateBinPad *self);

G_END_DECLS

#endif /* GST_SSM_TRANSLATE_BIN_H */
