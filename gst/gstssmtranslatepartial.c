/* ssmtranslate: captions that a recogniser still revises
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interim text comes in buffers with a SsmTranslateInterimMeta, or in the element
 * messages of a recogniser upstream, which become such buffers. It is
 * read into a fork of the carried state. What the policy commits goes out as text and is
 * never revised; the rest goes out in element messages. A buffer without the meta is
 * the final text.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

#define META_NAME "SsmTranslateInterimMeta"
/* Elements between a recogniser and this one. */
#define MAX_UPSTREAM 16

/* --- what is interim -------------------------------------------------------- */

void
gst_ssm_translate_register_interim (void)
{
  static const gchar *no_tags[] = { NULL };
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  if (!gst_meta_get_info (META_NAME))
    gst_meta_register_custom (META_NAME, no_tags, NULL, NULL, NULL);
  g_once_init_leave (&done, 1);
}

gboolean
gst_ssm_translate_is_interim (GstBuffer * buffer)
{
  return gst_buffer_get_custom_meta (buffer, META_NAME) != NULL;
}

/* Whether `object` is what feeds our sink pad, however far up. */
static gboolean
is_upstream (GstSsmTranslate * self, GstObject * object)
{
  GstPad *pad = gst_object_ref (self->sinkpad);
  gboolean found = FALSE;

  for (guint n = 0; pad && !found && n < MAX_UPSTREAM; n++) {
    GstPad *peer = gst_pad_get_peer (pad);
    GstElement *element = peer ? gst_pad_get_parent_element (peer) : NULL;

    gst_object_unref (pad);
    pad = NULL;
    if (element) {
      found = GST_OBJECT_CAST (element) == object;
      GST_OBJECT_LOCK (element);
      if (element->sinkpads)
        pad = gst_object_ref (element->sinkpads->data);
      GST_OBJECT_UNLOCK (element);
      gst_object_unref (element);
    }
    g_clear_pointer (&peer, gst_object_unref);
  }
  g_clear_pointer (&pad, gst_object_unref);
  return found;
}

/* On the recogniser's thread, which must not wait. */
static void
take_message (GstBus * bus, GstMessage * message, gpointer data)
{
  GstSsmTranslate *self = data;
  const GstStructure *s = gst_message_get_structure (message);
  const char *text = s ? gst_structure_get_string (s, "hypothesis") : NULL;
  gboolean is_final = TRUE;
  GstBuffer *buffer;

  if (!text || !*text || !gst_structure_get_boolean (s, "final", &is_final)
      || is_final || !is_upstream (self, GST_MESSAGE_SRC (message)))
    return;
  buffer = gst_buffer_new_memdup (text, strlen (text));
  gst_buffer_add_custom_meta (buffer, META_NAME);
  gst_ssm_translate_queue_add_interim (self, buffer);
}

/* The pipeline's: those of bins inside keep their messages to themselves. */
static GstBus *
get_bus (GstSsmTranslate * self)
{
  GstObject *top = gst_object_ref (GST_OBJECT (self)), *parent;
  GstBus *bus;

  while ((parent = gst_object_get_parent (top))) {
    gst_object_unref (top);
    top = parent;
  }
  bus = GST_IS_ELEMENT (top) ? gst_element_get_bus (GST_ELEMENT (top)) : NULL;
  gst_object_unref (top);
  return bus;
}

/* Listens to the recognisers in the same pipeline, or stops listening. */
void
gst_ssm_translate_listen (GstSsmTranslate * self, gboolean listen)
{
  GstSsmtSettings settings = gst_ssm_translate_get_settings (self);

  if (self->bus) {
    g_signal_handler_disconnect (self->bus, self->bus_handler);
    gst_bus_disable_sync_message_emission (self->bus);
    gst_clear_object (&self->bus);
  }
  if (!listen || !settings.partial_results)
    return;
  self->bus = get_bus (self);
  if (!self->bus)
    return;
  gst_bus_enable_sync_message_emission (self->bus);
  /* a handler that runs when it is disconnected keeps the element */
  self->bus_handler = g_signal_connect_object (self->bus,
      "sync-message::element", G_CALLBACK (take_message), self, 0);
}

/* --- the unstable tail ------------------------------------------------------- */

/* Bytes that both texts begin with, up to the end of a word. */
static gsize
common_words (const char * a, const char * b)
{
  SsmtRange old = { 0, 0 }, now = { 0, 0 };
  gsize common = 0;

  while (ssmt_text_next_word (a, &old) && ssmt_text_next_word (b, &now)
      && old.start == now.start && old.end == now.end
      && memcmp (a + common, b + common, now.end - common) == 0)
    common = now.end;
  return common;
}

static char *
join (const char * a, const char * b)
{
  return g_strconcat (a, *a && *b ? " " : "", b, NULL);
}

/* Says how what is shown changes: the old tail becomes `committed` and `tail`. */
static void
post_tail (GstSsmTranslate * self, GstBuffer * buffer, const char * committed,
    const char * tail)
{
  const char *old = self->partial_tail ? self->partial_tail : "";
  g_autofree char *now = join (committed, tail);
  gsize common = common_words (old, now);

  if (strcmp (old, now) == 0 && *committed == '\0')
    return;
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("ssmtranslate/partial",
              "text", G_TYPE_STRING, tail,
              "committed", G_TYPE_STRING, committed,
              "deleted", G_TYPE_STRING, old + common,
              "new", G_TYPE_STRING, now + common,
              "pts", G_TYPE_UINT64, GST_BUFFER_PTS (buffer), NULL)));
  g_free (self->partial_tail);
  self->partial_tail = g_strdup (tail);
}

/* --- committing -------------------------------------------------------------- */

/* Text for downstream, `committed` in the markup of `cue` and the times behind what went
 * out before. */
static GstBuffer *
make_buffer (GstSsmTranslate * self, GstBuffer * source, const CueText * cue,
    char *committed)
{
  char *out = cue_text_write (cue, &committed, self->out_format);
  GstBuffer *buffer = gst_buffer_new_wrapped (out, strlen (out));
  GstClockTime start, end;

  gst_buffer_copy_into (buffer, source, GST_BUFFER_COPY_FLAGS
      | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  start = GST_BUFFER_PTS (source);
  if (!GST_CLOCK_TIME_IS_VALID (start))
    return buffer;
  end = start + (GST_BUFFER_DURATION_IS_VALID (source)
      ? GST_BUFFER_DURATION (source) : 0);
  if (GST_CLOCK_TIME_IS_VALID (self->partial_end))
    start = MAX (start, self->partial_end);
  GST_BUFFER_PTS (buffer) = start;
  GST_BUFFER_DURATION (buffer) = end > start ? end - start
      : gst_ssm_translate_reading_time (strlen (committed));
  self->partial_end = start + (end > start ? end - start : 0);
  return buffer;
}

static GstFlowReturn
push_committed (GstSsmTranslate * self, GstBuffer * source,
    const CueText * cue, char *committed, gint64 arrival,
    const GstSsmtSettings * settings)
{
  GstBuffer *buffer;

  if (*committed == '\0')
    return GST_FLOW_OK;
  buffer = make_buffer (self, source, cue, committed);
  buffer = gst_ssm_translate_schedule (self, buffer, settings);
  gst_ssm_translate_count_cues (self, 1, arrival);
  return gst_pad_push (self->srcpad, buffer);
}

/* The one part of a cue that can grow; NULL: it is none. */
static const CuePart *
get_part (const CueText * cue)
{
  return cue->parts->len == 1 ? cue->parts->pdata[0] : NULL;
}

static GstFlowReturn
revise (GstSsmTranslate * self, GstBuffer * buffer, const CueText * cue,
    gboolean is_final, gint64 arrival, const GstSsmtSettings * settings,
    GCancellable * cancellable)
{
  g_autofree char *source = cue_part_dup_source (get_part (cue));
  g_autofree char *committed = NULL, *tail = NULL;
  GstFlowReturn ret;

  gst_ssm_translate_update_params (self, buffer, settings);
  ret = gst_ssm_translate_revise (self, buffer, source, is_final,
      settings->policy, cancellable, &committed, &tail);
  if (ret != GST_FLOW_OK)
    return ret;
  post_tail (self, buffer, committed, tail);
  return push_committed (self, buffer, cue, committed, arrival, settings);
}

/* --- from the task ------------------------------------------------------------- */

void
gst_ssm_translate_drop_partial (GstSsmTranslate * self)
{
  gst_clear_buffer (&self->partial);
  g_clear_pointer (&self->partial_tail, g_free);
  self->partial_end = GST_CLOCK_TIME_NONE;
  if (self->stream)
    ssmt_stream_drop_revisions (self->stream);
}

/* Takes the buffer. An empty text, or one of two speakers, says nothing yet. */
GstFlowReturn
gst_ssm_translate_push_interim (GstSsmTranslate * self, GstBuffer * buffer,
    gint64 arrival, const GstSsmtSettings * settings,
    GCancellable * cancellable)
{
  g_autofree char *text = NULL;
  g_autoptr (CueText) cue = NULL;
  GstFlowReturn ret = GST_FLOW_OK;
  gsize length = 0;

  if (settings->partial_results && gst_buffer_get_size (buffer) > 0)
    text = gst_ssm_translate_dup_text (self, buffer, &length);
  if (text && length <= CUE_MAX_LENGTH)
    cue = cue_text_parse (text, length, self->in_format);
  if (cue && get_part (cue) && get_part (cue)->has_letters)
    ret = revise (self, buffer, cue, FALSE, arrival, settings, cancellable);
  if (settings->partial_results && ret == GST_FLOW_OK)
    gst_buffer_replace (&self->partial, buffer);
  gst_buffer_unref (buffer);
  return ret;
}

/* The final text of what grew. Takes the buffer and returns TRUE, unless nothing grew or
 * this is another kind of text. */
gboolean
gst_ssm_translate_push_final (GstSsmTranslate * self, GstBuffer * buffer,
    gint64 arrival, const GstSsmtSettings * settings,
    GCancellable * cancellable, GstFlowReturn * ret)
{
  g_autofree char *text = NULL;
  g_autoptr (CueText) cue = NULL;
  gsize length = 0;

  *ret = GST_FLOW_OK;
  if (!self->partial)
    return FALSE;
  if (gst_buffer_get_size (buffer) > 0)
    text = gst_ssm_translate_dup_text (self, buffer, &length);
  if (text && length <= CUE_MAX_LENGTH)
    cue = cue_text_parse (text, length, self->in_format);
  if (!cue || !get_part (cue)) {
    gst_ssm_translate_drop_partial (self);
    return FALSE;
  }
  *ret = revise (self, buffer, cue, TRUE, arrival, settings, cancellable);
  gst_ssm_translate_drop_partial (self);
  gst_buffer_unref (buffer);
  return TRUE;
}

/* Upstream has gone on without a final text: the last one was it. */
GstFlowReturn
gst_ssm_translate_finish_partial (GstSsmTranslate * self,
    GCancellable * cancellable)
{
  GstSsmtSettings settings = gst_ssm_translate_get_settings (self);
  GstFlowReturn ret;
  GstBuffer *buffer;

  if (!self->partial)
    return GST_FLOW_OK;
  buffer = gst_buffer_ref (self->partial);
  if (!gst_ssm_translate_push_final (self, buffer, g_get_monotonic_time (),
          &settings, cancellable, &ret))
    gst_buffer_unref (buffer);
  return ret;
}
