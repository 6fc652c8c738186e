/* ssmtranslate: one text, several languages
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-ssmtranslatebin
 * @title: ssmtranslatebin
 *
 * A text on its sink pad comes out of `src` as it is, and of each requested pad `translate_src_%u` in the language that
 * the pad's `language-code` names. Pads, and properties that both have, are called as those of translationbin.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 ssmtranslatebin name=t translate_src_0::language-code=pt translate_src_1::language-code=de filesrc location=talk.en.srt ! subparse ! t.sink t.translate_src_0 ! queue ! srtenc ! filesink location=talk.pt.srt t.translate_src_1 ! queue ! srtenc ! filesink location=talk.de.srt
 * ]| Two languages, each by its model.
 */
#include "gstssmtranslatebin.h"

#include <stdio.h>

#include "gstssmtranslate.h"

#define DEFAULT_LATENCY 300

enum { PROP_0, PROP_LANGUAGE_CODE, PROP_TRANSLATE_LATENCY, PROP_LATENESS };

struct _GstSsmTranslateBin {
  GstBin parent;

  GstElement *tee, *queue; /* constant */

  /* under the object lock */
  char *source;
  guint latency, lateness;
  GList *pads;    /* of GstSsmTranslateBinPad; the element's list has the reference */
  guint n_serial; /* of the next pad */
};

static void child_proxy_init (gpointer iface, gpointer data);

#define gst_ssm_translate_bin_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstSsmTranslateBin, gst_ssm_translate_bin, GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY, child_proxy_init))
GST_ELEMENT_REGISTER_DEFINE (
    ssmtranslatebin, "ssmtranslatebin", GST_RANK_NONE, GST_TYPE_SSM_TRANSLATE_BIN)

/* --- children: elements as every bin has them, and the pads --------------------- */

static GstChildProxyInterface *parent_proxy;

static gpointer
ref_pad (gconstpointer pad, gpointer data)
{
  return gst_object_ref ((gpointer) pad);
}

/* (transfer full) (element-type GstSsmTranslateBinPad) */
static GList *
dup_pads (GstSsmTranslateBin *self)
{
  GList *pads;

  GST_OBJECT_LOCK (self);
  pads = g_list_copy_deep (self->pads, ref_pad, NULL);
  GST_OBJECT_UNLOCK (self);
  return pads;
}

static GObject *
get_child_by_name (GstChildProxy *proxy, const char *name)
{
  GList *pads = dup_pads (GST_SSM_TRANSLATE_BIN (proxy));
  GObject *found = NULL;

  for (GList *l = pads; l && !found; l = l->next) {
    if (g_strcmp0 (GST_OBJECT_NAME (l->data), name) == 0)
      found = gst_object_ref (l->data);
  }
  g_list_free_full (pads, gst_object_unref);
  return found ? found : parent_proxy->get_child_by_name (proxy, name);
}

static guint
get_children_count (GstChildProxy *proxy)
{
  GList *pads = dup_pads (GST_SSM_TRANSLATE_BIN (proxy));
  guint n = g_list_length (pads);

  g_list_free_full (pads, gst_object_unref);
  return n + parent_proxy->get_children_count (proxy);
}

static GObject *
get_child_by_index (GstChildProxy *proxy, guint index)
{
  guint n = parent_proxy->get_children_count (proxy);
  GList *pads;
  GObject *found;

  if (index < n)
    return parent_proxy->get_child_by_index (proxy, index);
  pads = dup_pads (GST_SSM_TRANSLATE_BIN (proxy));
  found = g_list_nth_data (pads, index - n);
  if (found)
    gst_object_ref (found);
  g_list_free_full (pads, gst_object_unref);
  return found;
}

static void
child_proxy_init (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  parent_proxy = g_type_interface_peek_parent (iface);
  proxy->get_child_by_name = get_child_by_name;
  proxy->get_child_by_index = get_child_by_index;
  proxy->get_children_count = get_children_count;
}

/* --- pads -------------------------------------------------------------------- */

static void
begin_pad (GstSsmTranslateBin *self, GstSsmTranslateBinPad *pad)
{
  g_autofree char *source = NULL;
  GstSsmTranslateBinSettings settings;

  GST_OBJECT_LOCK (self);
  source = g_strdup (self->source);
  settings = (GstSsmTranslateBinSettings){ source, self->latency, self->lateness };
  GST_OBJECT_UNLOCK (self);
  gst_ssm_translate_bin_pad_begin (pad, &settings);
}

static GstPad *
request_new_pad (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps)
{
  GstSsmTranslateBin *self = GST_SSM_TRANSLATE_BIN (element);
  g_autofree char *own_name = NULL;
  GstSsmTranslateBinPad *pad;
  guint number;

  GST_OBJECT_LOCK (self);
  if (name && sscanf (name, "translate_src_%u", &number) == 1)
    self->n_serial = MAX (self->n_serial, number + 1);
  else
    number = self->n_serial++;
  GST_OBJECT_UNLOCK (self);
  own_name = g_strdup_printf ("translate_src_%u", number);
  pad = g_object_new (GST_TYPE_SSM_TRANSLATE_BIN_PAD, "name", own_name, "direction", GST_PAD_SRC,
      "template", template, NULL);
  if (!gst_ssm_translate_bin_pad_build (
          pad, GST_BIN (self), self->tee, GST_STATE (self) > GST_STATE_NULL)) {
    gst_object_unref (gst_object_ref_sink (pad));
    return NULL;
  }
  GST_OBJECT_LOCK (self);
  self->pads = g_list_append (self->pads, pad);
  GST_OBJECT_UNLOCK (self);
  /* who reads the signal sets the language, before there is a model */
  gst_child_proxy_child_added (GST_CHILD_PROXY (self), G_OBJECT (pad), own_name);
  if (GST_STATE (self) > GST_STATE_NULL)
    gst_ssm_translate_bin_pad_begin_late (pad);
  if (GST_STATE (self) > GST_STATE_READY)
    gst_pad_set_active (GST_PAD (pad), TRUE);
  gst_element_add_pad (element, GST_PAD (pad));
  return GST_PAD (pad);
}

static void
release_pad (GstElement *element, GstPad *pad)
{
  GstSsmTranslateBin *self = GST_SSM_TRANSLATE_BIN (element);
  g_autoptr (GstPad) kept = gst_object_ref (pad);

  GST_OBJECT_LOCK (self);
  self->pads = g_list_remove (self->pads, pad);
  GST_OBJECT_UNLOCK (self);
  gst_child_proxy_child_removed (GST_CHILD_PROXY (self), G_OBJECT (pad), GST_OBJECT_NAME (pad));
  /* what comes meanwhile would find a pad that is none any more, and end the others' text */
  gst_ssm_translate_bin_pad_dismantle (GST_SSM_TRANSLATE_BIN_PAD (pad));
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
}

/* --- states and properties ----------------------------------------------------- */

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstSsmTranslateBin *self = GST_SSM_TRANSLATE_BIN (element);
  GList *pads = dup_pads (self);
  GstStateChangeReturn result;

  /* a translator looks for its model on the way to READY, and once more on that to PAUSED */
  if (transition == GST_STATE_CHANGE_NULL_TO_READY
      || transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    for (GList *l = pads; l; l = l->next)
      begin_pad (self, l->data);
  } else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    for (GList *l = pads; l; l = l->next)
      gst_ssm_translate_bin_pad_end (l->data);
  }
  result = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  g_list_free_full (pads, gst_object_unref);
  return result;
}

static void
set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstSsmTranslateBin *self = GST_SSM_TRANSLATE_BIN (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_LANGUAGE_CODE:
      g_free (self->source);
      self->source = g_value_dup_string (value);
      break;
    case PROP_TRANSLATE_LATENCY:
      self->latency = g_value_get_uint (value);
      break;
    case PROP_LATENESS:
      self->lateness = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstSsmTranslateBin *self = GST_SSM_TRANSLATE_BIN (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_LANGUAGE_CODE:
      g_value_set_string (value, self->source);
      break;
    case PROP_TRANSLATE_LATENCY:
      g_value_set_uint (value, self->latency);
      break;
    case PROP_LATENESS:
      g_value_set_uint (value, self->lateness);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
dispose (GObject *object)
{
  GstSsmTranslateBin *self = GST_SSM_TRANSLATE_BIN (object);

  while (self->pads)
    release_pad (GST_ELEMENT (self), self->pads->data);
  G_OBJECT_CLASS (parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  g_free (GST_SSM_TRANSLATE_BIN (object)->source);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  /**
   * GstSsmTranslateBin:language-code:
   *
   * BCP-47 code of the text that comes in; %NULL: what the models for the pads' languages read. Where no installed
   * model goes from it to a pad's language, two do by way of English.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LANGUAGE_CODE,
      g_param_spec_string ("language-code", "Language code",
          "The language of the input, as \"en\" (null: what the models read)", NULL, flags));
  /**
   * GstSsmTranslateBin:translate-latency:
   *
   * Milliseconds that a translation may take, `latency` of the translators.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_TRANSLATE_LATENCY,
      g_param_spec_uint ("translate-latency", "Translation latency",
          "Milliseconds that a translation may take", 0, G_MAXUINT, DEFAULT_LATENCY, flags));
  /**
   * GstSsmTranslateBin:lateness:
   *
   * Milliseconds by which translations are shifted instead of making the pipeline wait.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LATENESS,
      g_param_spec_uint ("lateness", "Lateness",
          "Milliseconds by which translations are shifted, instead of making the pipeline wait", 0,
          G_MAXUINT, 0, flags));
}

/* As the translator's own, so that what fits here fits there. */
static void
install_pads (GstElementClass *element_class)
{
  g_autoptr (GTypeClass) translator = g_type_class_ref (GST_TYPE_SSM_TRANSLATE);
  GstPadTemplate *sink =
      gst_element_class_get_pad_template (GST_ELEMENT_CLASS (translator), "sink");
  GstPadTemplate *src = gst_element_class_get_pad_template (GST_ELEMENT_CLASS (translator), "src");
  g_autoptr (GstCaps) sink_caps = gst_pad_template_get_caps (sink);
  g_autoptr (GstCaps) src_caps = gst_pad_template_get_caps (src);

  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink_caps));
  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, sink_caps));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new_with_gtype ("translate_src_%u", GST_PAD_SRC, GST_PAD_REQUEST, src_caps,
          GST_TYPE_SSM_TRANSLATE_BIN_PAD));
}

static void
gst_ssm_translate_bin_class_init (GstSsmTranslateBinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  install_properties (object_class);
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  element_class->change_state = change_state;
  install_pads (element_class);
  gst_element_class_set_static_metadata (element_class, "Text translator for several languages",
      "Text/Filter/Bin", "Translates text into several languages with state-space models",
      "The ssmtranslate developers");
  gst_type_mark_as_plugin_api (GST_TYPE_SSM_TRANSLATE_BIN_PAD, 0);
}

static GstPad *
add_ghost (GstSsmTranslateBin *self, const char *name)
{
  GstPadTemplate *template =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), name);
  GstPad *pad = gst_ghost_pad_new_no_target_from_template (name, template);

  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static void
gst_ssm_translate_bin_init (GstSsmTranslateBin *self)
{
  GstPad *sink = add_ghost (self, "sink"), *src = add_ghost (self, "src");
  g_autoptr (GstPad) in = NULL, out = NULL;

  self->latency = DEFAULT_LATENCY;
  self->tee = gst_element_factory_make ("tee", NULL);
  self->queue = gst_ssm_translate_bin_make_queue (src);
  if (!self->tee || !self->queue) {
    GST_ERROR_OBJECT (self, "GStreamer's core elements are missing");
    return;
  }
  g_object_set (self->tee, "allow-not-linked", TRUE, NULL);
  gst_bin_add_many (GST_BIN (self), self->tee, self->queue, NULL);
  gst_element_link (self->tee, self->queue);
  in = gst_element_get_static_pad (self->tee, "sink");
  out = gst_element_get_static_pad (self->queue, "src");
  gst_ghost_pad_set_target (GST_GHOST_PAD (sink), in);
  gst_ghost_pad_set_target (GST_GHOST_PAD (src), out);
}
