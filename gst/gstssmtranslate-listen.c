/* ssmtranslate: what recognisers of speech say on the bus
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interim text comes in the element messages of a recogniser upstream, which become buffers.
 */
#include "gstssmtranslate.h"

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Elements between a recogniser and this one. */
#define MAX_UPSTREAM 16

/* Whether `object` is what feeds our sink pad, however far up. */
static gboolean
is_upstream (GstSsmTranslate *self, GstObject *object)
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
take_message (GstBus *bus, GstMessage *message, gpointer data)
{
  GstSsmTranslate *self = data;
  const GstStructure *s = gst_message_get_structure (message);
  const char *text = s ? gst_structure_get_string (s, "hypothesis") : NULL;
  gboolean is_final = TRUE;

  if (!text || !*text || !gst_structure_get_boolean (s, "final", &is_final) || is_final
      || !is_upstream (self, GST_MESSAGE_SRC (message)))
    return;
  cue_queue_add_interim (self->queue, cue_new_interim (text));
}

/* The pipeline's: those of bins inside keep their messages to themselves. */
static GstBus *
get_bus (GstSsmTranslate *self)
{
  GstObject *top = gst_object_ref (GST_OBJECT_CAST (self)), *parent;
  GstBus *bus;

  while ((parent = gst_object_get_parent (top))) {
    gst_object_unref (top);
    top = parent;
  }
  bus = GST_IS_ELEMENT (top) ? gst_element_get_bus (GST_ELEMENT (top)) : NULL;
  gst_object_unref (top);
  return bus;
}

void
gst_ssm_translate_listen (GstSsmTranslate *self, gboolean listen)
{
  GstSsmtSettings settings = gst_ssm_translate_get_settings (self);

  if (self->ear.bus) {
    g_signal_handler_disconnect (self->ear.bus, self->ear.handler);
    gst_bus_disable_sync_message_emission (self->ear.bus);
    gst_clear_object (&self->ear.bus);
  }
  if (!listen || !settings.partial_results)
    return;
  self->ear.bus = get_bus (self);
  if (!self->ear.bus)
    return;
  gst_bus_enable_sync_message_emission (self->ear.bus);
  /* a handler that runs when it is disconnected keeps the element */
  self->ear.handler = g_signal_connect_object (
      self->ear.bus, "sync-message::element", G_CALLBACK (take_message), self, 0);
}
