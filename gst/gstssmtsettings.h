/* ssmtranslate: what the user has set
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A new property is a member here and a row of the table in the source.
 */
#ifndef GST_SSMT_SETTINGS_H
#define GST_SSMT_SETTINGS_H

#include <gst/gst.h>
#include <ssmt/ssmt.h>

#include "gstssmtstats.h"

G_BEGIN_DECLS

/**
 * GstSsmTranslateSegmentation:
 * @GST_SSM_TRANSLATE_SEGMENTATION_CUE: one cue in, one cue out, at once
 * @GST_SSM_TRANSLATE_SEGMENTATION_SENTENCE: cues are held until their sentence
 *   ends, translated together and divided over the same times
 *
 * What is translated as one.
 */
typedef enum {
  GST_SSM_TRANSLATE_SEGMENTATION_CUE,
  GST_SSM_TRANSLATE_SEGMENTATION_SENTENCE,
} GstSsmTranslateSegmentation;

#define GST_TYPE_SSM_TRANSLATE_SEGMENTATION (gst_ssm_translate_segmentation_get_type ())
GType gst_ssm_translate_segmentation_get_type (void);

/**
 * GstSsmTranslateOtherLanguages:
 * @GST_SSM_TRANSLATE_OTHER_LANGUAGES_PASS: it passes as it is
 * @GST_SSM_TRANSLATE_OTHER_LANGUAGES_TRANSLATE: it is translated as if the model read it
 *
 * What becomes of text in a language that no model reads, where that is found out.
 */
typedef enum {
  GST_SSM_TRANSLATE_OTHER_LANGUAGES_PASS,
  GST_SSM_TRANSLATE_OTHER_LANGUAGES_TRANSLATE,
} GstSsmTranslateOtherLanguages;

#define GST_TYPE_SSM_TRANSLATE_OTHER_LANGUAGES (gst_ssm_translate_other_languages_get_type ())
GType gst_ssm_translate_other_languages_get_type (void);

/* What input-language-code says for "find it out". */
#define GST_SSMT_LANGUAGE_AUTO "auto"

/* Pointers are owned. */
typedef struct {
  /* take effect when the model is opened */
  char *model_path; /* or a name; NULL: by the languages, else the default model */
  char *device;
  guint threads;
  char *input_language_code;  /* NULL: what the model reads; or "auto" */
  char *output_language_code; /* NULL: what the model writes */
  char *prime_location;       /* NULL: documents begin with nothing */
  char *state_location;       /* NULL: the state ends with the element */
  GBytes *initial_state;      /* NULL: what is in state_location */

  /* from the next cue on */
  char *glossary_location; /* NULL: no terms */
  SsmtContext context;
  guint beam_size;
  GstSsmTranslateSegmentation segmentation;
  gboolean partial_results; /* messages: from PAUSED on */
  SsmtPolicy policy;
  GstSsmTranslateOtherLanguages other_languages;
  gboolean guard;
  SsmtQuotes quotes;
  guint checkpoint_interval;             /* cues; 0: the state is not handed out */
  guint latency;                         /* ms, or CUE_PACER_UNSYNCHRONISED */
  guint lateness;                        /* ms; from the next segment on */
  guint max_columns, max_lines, max_cps; /* of what goes out; 0: no limit */
} GstSsmtSettings;

void gst_ssmt_settings_init (GstSsmtSettings *settings);
void gst_ssmt_settings_clear (GstSsmtSettings *settings);
/* Everything but the pointers, which become NULL: cheap, nothing to free. */
GstSsmtSettings gst_ssmt_settings_get_values (const GstSsmtSettings *settings);

/* Installs a property for each setting, and for what is measured. */
void gst_ssmt_settings_install (GObjectClass *object_class);
/* Both: FALSE: there is no such property. The caller holds the lock that protects `settings`. */
gboolean gst_ssmt_settings_set (GstSsmtSettings *settings, guint prop_id, const GValue *value);
gboolean gst_ssmt_settings_get (
    const GstSsmtSettings *settings, GstSsmtStats *stats, guint prop_id, GValue *value);

G_END_DECLS

#endif /* GST_SSMT_SETTINGS_H */
