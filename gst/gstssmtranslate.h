/* ssmtranslate: the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GST_SSM_TRANSLATE_H
#define GST_SSM_TRANSLATE_H

#include <gst/gst.h>
#include <ssmt.h>

#include "cue-markup.h"

G_BEGIN_DECLS

#define GST_TYPE_SSM_TRANSLATE (gst_ssm_translate_get_type ())
G_DECLARE_FINAL_TYPE (GstSsmTranslate, gst_ssm_translate, GST, SSM_TRANSLATE,
    GstElement)

GST_ELEMENT_REGISTER_DECLARE (ssmtranslate)

struct _GstSsmTranslate {
  GstElement element;

  GstPad *sinkpad, *srcpad;     /* constant */

  /* Settings, under the object lock. */
  char *model_path;             /* NULL: the default model */
  char *device;
  char *output_language_code;   /* NULL: what the model writes */
  SsmtContext context;
  guint beam_size, threads;
  guint latency;                /* ms; G_MAXUINT: -1 */

  /* Set by state changes while the pads are inactive, else constant. */
  SsmtModel *model;
  char *language;               /* ISO 639 code for the tag, NULL: not known */

  /* The queue, under `lock`. */
  GMutex lock;
  GCond item_added, item_removed, query_done;
  GQueue items;                 /* of GstMiniObject: buffers, serialized events and queries */
  guint n_buffers;              /* among `items` */
  GstFlowReturn flow;           /* what the chain function returns; not OK: the task rests */
  gboolean eos;                 /* EOS came in: nothing after it */
  gboolean unexpected;          /* downstream said EOS: no buffers before a new segment */
  GstQuery *running_query;      /* the one that the task is asking */
  gboolean query_result;
  GCancellable *cancellable;    /* cancelled by a flush, then replaced */
  gboolean wants_reset;         /* the next cue begins a document */

  /* The task's own; also set in state changes. */
  SsmtStream *stream;
  SsmtStreamParams params;      /* what `stream` has */
  GstCaps *in_caps;             /* NULL: none came yet */
  CueFormat in_format, out_format;
  char *stream_id;
  gboolean is_fresh;            /* no cue since the state was reset */
  gboolean sent_language;       /* since the last stream start */
  gboolean warned;              /* about a cue, since the last stream start */
};

GST_DEBUG_CATEGORY_EXTERN (gst_ssm_translate_debug);

/* gstssmtranslate.c */
void gst_ssm_translate_get_params (GstSsmTranslate *self,
    SsmtStreamParams *params);

/* gstssmtranslatequeue.c: pad functions; the upstream thread and the task meet here. */
GstFlowReturn gst_ssm_translate_chain (GstPad *pad, GstObject *parent,
    GstBuffer *buffer);
GstFlowReturn gst_ssm_translate_sink_event (GstPad *pad, GstObject *parent,
    GstEvent *event);
gboolean gst_ssm_translate_src_event (GstPad *pad, GstObject *parent,
    GstEvent *event);
gboolean gst_ssm_translate_serialized_query (GstSsmTranslate *self,
    GstQuery *query);
gboolean gst_ssm_translate_sink_activate_mode (GstPad *pad, GstObject *parent,
    GstPadMode mode, gboolean active);
gboolean gst_ssm_translate_src_activate_mode (GstPad *pad, GstObject *parent,
    GstPadMode mode, gboolean active);
void gst_ssm_translate_queue_init (GstSsmTranslate *self);
void gst_ssm_translate_queue_clear (GstSsmTranslate *self);

/* gstssmtranslatetask.c: what the task does with one item. No lock is held. */
GstFlowReturn gst_ssm_translate_push_cue (GstSsmTranslate *self,
    GstBuffer *buffer, gboolean reset, GCancellable *cancellable);
GstFlowReturn gst_ssm_translate_push_event (GstSsmTranslate *self,
    GstEvent *event);

G_END_DECLS

#endif /* GST_SSM_TRANSLATE_H */
