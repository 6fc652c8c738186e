/* ssmtranslate: the element's pads
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes in goes to the queue; queries and flushes are answered here.
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

#define TEXT_CAPS "text/x-raw, format = (string) { pango-markup, utf8 }"

/* Recognisers of speech say text/plain and send no caps event. */
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (TEXT_CAPS "; text/plain"));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (TEXT_CAPS));

/* --- from upstream ------------------------------------------------------------ */

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;
  GstFlowReturn ret = cue_queue_add_buffer (self->queue, buffer);

  if (ret != GST_FLOW_OK)
    GST_LOG_OBJECT (self, "refusing buffer: %s", gst_flow_get_name (ret));
  return ret;
}

static GstFlowReturn
queue_event (GstSsmTranslate *self, GstEvent *event)
{
  const char *name = GST_EVENT_TYPE_NAME (event);
  gboolean unreported;
  GstFlowReturn ret = cue_queue_add_event (self->queue, event, &unreported);

  if (ret != GST_FLOW_OK)
    GST_LOG_OBJECT (self, "refusing %s event: %s", name, gst_flow_get_name (ret));
  if (unreported)
    GST_ELEMENT_FLOW_ERROR (self, ret);
  return ret;
}

static GstFlowReturn
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;

  GST_LOG_OBJECT (self, "%" GST_PTR_FORMAT, event);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      gst_pad_push_event (self->srcpad, event);
      cue_queue_flush_start (self->queue);
      return GST_FLOW_OK;
    case GST_EVENT_FLUSH_STOP:
      gst_pad_push_event (self->srcpad, event);
      cue_queue_flush_stop (self->queue);
      return GST_FLOW_OK;
    default:
      if (GST_EVENT_IS_SERIALIZED (event))
        return queue_event (self, event);
      return gst_pad_push_event (self->srcpad, event) ? GST_FLOW_OK : GST_FLOW_ERROR;
  }
}

/* --- from downstream ---------------------------------------------------------- */

static gboolean
src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    cue_queue_relink (self->queue);
  return gst_pad_event_default (pad, parent, event);
}

/* --- activation --------------------------------------------------------------- */

static gboolean
sink_activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active) {
    cue_queue_open (self->queue);
    return TRUE;
  }
  cue_queue_close (self->queue);
  GST_PAD_STREAM_LOCK (pad);
  cue_queue_clear (self->queue);
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}

static gboolean
src_activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;
  gboolean ret;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active) {
    cue_queue_start (self->queue);
    return gst_pad_start_task (pad, (GstTaskFunction) gst_ssm_translate_loop, pad, NULL);
  }
  cue_queue_stop (self->queue);
  ret = gst_pad_stop_task (pad);
  cue_queue_clear (self->queue);
  gst_ssm_translate_forget_waiting (self);
  return ret;
}

/* --- queries -------------------------------------------------------------- */

static gboolean
has_plain (GstCaps *caps)
{
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    if (gst_structure_has_name (gst_caps_get_structure (caps, i), "text/plain"))
      return TRUE;
  }
  return FALSE;
}

/* The text/x-raw of `caps`, in either format. What is plain becomes text, too. */
static GstCaps *
widen_caps (GstCaps *caps, GstCaps *text)
{
  GstCaps *wide = gst_caps_new_empty ();
  GstStructure *any = gst_caps_get_structure (text, 0);

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_caps_get_structure (caps, i);

    s = gst_structure_has_name (s, "text/plain") ? gst_structure_copy (any)
                                                 : gst_structure_copy (s);
    gst_structure_set_value (s, "format", gst_structure_get_value (any, "format"));
    gst_caps_append_structure (wide, s);
  }
  return gst_caps_simplify (wide);
}

/* What one pad can carry is what the other side takes, in either format. */
static GstCaps *
get_caps (GstSsmTranslate *self, GstPad *pad, GstCaps *filter)
{
  GstPad *other = pad == self->sinkpad ? self->srcpad : self->sinkpad;
  g_autoptr (GstCaps) ours = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) text = gst_pad_get_pad_template_caps (self->srcpad);
  g_autoptr (GstCaps) theirs = gst_pad_get_pad_template_caps (other);
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (other, theirs);
  g_autoptr (GstCaps) both = gst_caps_intersect (peer, theirs);
  GstCaps *caps = widen_caps (both, text);

  if (pad == self->sinkpad && !gst_caps_is_empty (caps) && has_plain (ours))
    gst_caps_append_structure (caps, gst_structure_new_empty ("text/plain"));
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (caps);
    caps = filtered;
  }
  return caps;
}

static void
answer_caps (GstSsmTranslate *self, GstPad *pad, GstQuery *query)
{
  GstCaps *filter, *caps;

  gst_query_parse_caps (query, &filter);
  caps = get_caps (self, pad, filter);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
}

static gboolean
sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    answer_caps (self, pad, query);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_CONTEXT && gst_ssm_translate_answer_context (self, query))
    return TRUE;
  /* cues are small and new: nobody else's memory is needed */
  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION)
    return FALSE;
  if (GST_QUERY_IS_SERIALIZED (query))
    return cue_queue_ask (self->queue, query);
  return gst_pad_query_default (pad, parent, query);
}

static gboolean
src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstSsmTranslate *self = (GstSsmTranslate *) parent;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      answer_caps (self, pad, query);
      return TRUE;
    case GST_QUERY_CONTEXT:
      if (gst_ssm_translate_answer_context (self, query))
        return TRUE;
      return gst_pad_query_default (pad, parent, query);
    case GST_QUERY_LATENCY:
      return gst_ssm_translate_answer_latency (self, query);
    case GST_QUERY_SCHEDULING:
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

/* --- for the class -------------------------------------------------------------- */

void
gst_ssm_translate_install_pads (GstElementClass *klass)
{
  gst_element_class_add_static_pad_template (klass, &sink_template);
  gst_element_class_add_static_pad_template (klass, &src_template);
}

void
gst_ssm_translate_add_pads (GstSsmTranslate *self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, chain);
  gst_pad_set_event_full_function (self->sinkpad, sink_event);
  gst_pad_set_query_function (self->sinkpad, sink_query);
  gst_pad_set_activatemode_function (self->sinkpad, sink_activate_mode);
  gst_element_add_pad (GST_ELEMENT_CAST (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, src_event);
  gst_pad_set_query_function (self->srcpad, src_query);
  gst_pad_set_activatemode_function (self->srcpad, src_activate_mode);
  gst_element_add_pad (GST_ELEMENT_CAST (self), self->srcpad);
}
