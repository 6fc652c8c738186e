/* ssmtranslate: a language of ssmtranslatebin
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Behind the pad stand a queue and one translator, or two where no model goes straight. The language may change
 * at any time: what waits is translated into the old one, then the translators start anew, a moment in which the text
 * of this pad waits.
 */
#include <ssmt/ssmt.h>

#include "gstssmtranslate.h"
#include "gstssmtranslatebin.h"

#define PIVOT "en"
#define N_ELEMENTS 3

enum { PROP_0, PROP_LANGUAGE_CODE, PROP_TRANSLATOR };

struct _GstSsmTranslateBinPad {
  GstGhostPad parent;

  /* constant between build and dismantle */
  GstBin *bin; /* not owned: it owns the pad */
  GstElement *tee, *queue, *translator;
  GstPad *tee_pad;

  /* of whoever holds `change`: never while text flows through the elements */
  GMutex change;
  GstElement *pivot; /* the first translator, NULL: one is enough */

  /* under the object lock */
  char *language;
  gulong drain;        /* the end of the old language is waited for */
  gulong block;        /* text waits before the queue: for a start, or a change of language */
  gboolean has_begun;  /* its elements run, or will with the bin */
  gboolean is_drained; /* a change is under way, the old language ends */
  gboolean is_unready; /* the application is still to be asked for the language */
  gboolean waits;      /* with is_unready: text has come */
};

G_DEFINE_TYPE (GstSsmTranslateBinPad, gst_ssm_translate_bin_pad, GST_TYPE_GHOST_PAD)

/* --- what nobody takes --------------------------------------------------------- */

static GstPadProbeReturn
drop_if_unlinked (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GWeakRef *outer = data;
  g_autoptr (GstPad) ghost = g_weak_ref_get (outer);

  return ghost && gst_pad_is_linked (ghost) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static void
free_weak (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* Text that leaves the element goes on while something is linked to `pad`, the bin's. */
static void
drop_where_unlinked (GstElement *element, GstPad *pad)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (element, "src");
  GWeakRef *outer = g_new0 (GWeakRef, 1);

  g_weak_ref_init (outer, pad);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, drop_if_unlinked, outer, free_weak);
}

GstElement *
gst_ssm_translate_bin_make_queue (GstPad *pad)
{
  GstElement *queue = gst_element_factory_make ("queue", NULL);

  if (!queue)
    return NULL;
  /* a text lasts seconds: limits in time would hold up the other languages */
  g_object_set (queue, "max-size-time", (guint64) 0, "max-size-bytes", 0, NULL);
  drop_where_unlinked (queue, pad);
  return queue;
}

/* --- elements --------------------------------------------------------------- */

static void block (GstSsmTranslateBinPad *self);

gboolean
gst_ssm_translate_bin_pad_build (
    GstSsmTranslateBinPad *self, GstBin *bin, GstElement *tee, gboolean runs)
{
  g_autoptr (GstPad) sink = NULL, src = NULL;

  self->queue = gst_ssm_translate_bin_make_queue (GST_PAD (self));
  if (!self->queue)
    return FALSE;
  self->bin = bin;
  self->tee = gst_object_ref (tee);
  self->translator = g_object_new (GST_TYPE_SSM_TRANSLATE, NULL);
  /* what waited in it when the pad was unlinked is no error either */
  drop_where_unlinked (self->translator, GST_PAD (self));
  gst_object_ref (self->queue);
  gst_object_ref (self->translator);
  gst_bin_add_many (bin, self->queue, self->translator, NULL);
  gst_element_link (self->queue, self->translator);
  src = gst_element_get_static_pad (self->translator, "src");
  gst_ghost_pad_set_target (GST_GHOST_PAD (self), src);
  self->tee_pad = gst_element_request_pad_simple (tee, "src_%u");
  /* nothing comes to elements that do not run yet */
  self->is_unready = runs;
  if (runs)
    block (self);
  sink = gst_element_get_static_pad (self->queue, "sink");
  gst_pad_link (self->tee_pad, sink);
  g_object_notify (G_OBJECT (self), "translator");
  return TRUE;
}

static void
take_away (GstBin *bin, GstElement **element)
{
  GstElement *taken = g_steal_pointer (element);

  if (!taken)
    return;
  gst_element_set_locked_state (taken, TRUE);
  gst_element_set_state (taken, GST_STATE_NULL);
  gst_bin_remove (bin, taken);
  gst_object_unref (taken);
}

/* --- models ----------------------------------------------------------------- */

static gboolean
has_model (const char *source, const char *target)
{
  g_autofree char *path = ssmt_catalog_find_pair (source, target, NULL);

  return path != NULL;
}

static void
add_pivot (GstSsmTranslateBinPad *self)
{
  self->pivot = g_object_new (GST_TYPE_SSM_TRANSLATE, NULL);
  gst_object_ref (self->pivot);
  gst_bin_add (self->bin, self->pivot);
  gst_element_unlink (self->queue, self->translator);
  gst_element_link_many (self->queue, self->pivot, self->translator, NULL);
}

static void
remove_pivot (GstSsmTranslateBinPad *self)
{
  gst_element_unlink (self->queue, self->pivot);
  take_away (self->bin, &self->pivot);
  gst_element_link (self->queue, self->translator);
}

/* With `change`. */
static void
choose_models (GstSsmTranslateBinPad *self, const GstSsmTranslateBinSettings *settings)
{
  g_autofree char *language = NULL;
  gboolean needs_pivot;
  guint latency = settings->latency;

  g_object_get (self, "language-code", &language, NULL);
  needs_pivot = settings->source && language && !has_model (settings->source, language)
      && has_model (settings->source, PIVOT) && has_model (PIVOT, language);
  if (needs_pivot && !self->pivot)
    add_pivot (self);
  else if (!needs_pivot && self->pivot)
    remove_pivot (self);
  /* what the pipeline waits is the sum of both */
  if (self->pivot) {
    if (latency != G_MAXUINT)
      latency /= 2;
    g_object_set (self->pivot, "input-language-code", settings->source, "output-language-code",
        PIVOT, "latency", latency, NULL);
  }
  g_object_set (self->translator, "input-language-code", self->pivot ? PIVOT : settings->source,
      "output-language-code", language, "latency", latency, "lateness", settings->lateness, NULL);
}

/* --- a start, and another language ------------------------------------------- */

/* From the end of the stream to its beginning: who gives finds who takes ready. NULL: there is none. */
static GstElement *
get_element (GstSsmTranslateBinPad *self, guint i)
{
  GstElement *elements[N_ELEMENTS] = { self->translator, self->pivot, self->queue };

  return elements[i];
}

static void
set_states (GstSsmTranslateBinPad *self, gboolean runs)
{
  for (guint i = 0; i < N_ELEMENTS; i++) {
    GstElement *element = get_element (self, i);

    if (!element)
      continue;
    gst_element_set_locked_state (element, !runs);
    if (runs)
      gst_element_sync_state_with_parent (element);
    else
      gst_element_set_state (element, GST_STATE_NULL);
  }
}

/* Lets text flow again; 0: it does. */
static void
unblock (GstSsmTranslateBinPad *self)
{
  gulong block, drain;

  GST_OBJECT_LOCK (self);
  block = self->block;
  drain = self->drain;
  self->block = self->drain = 0;
  self->is_drained = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (drain && self->translator) {
    g_autoptr (GstPad) src = gst_element_get_static_pad (self->translator, "src");

    /* the next end of the stream is the stream's own */
    gst_pad_remove_probe (src, drain);
  }
  if (block && self->tee_pad)
    gst_pad_remove_probe (self->tee_pad, block);
}

/* All that was before has gone out. Not on a thread of the text: elements stop here. */
static void
start_anew (GstElement *bin, gpointer data)
{
  GstSsmTranslateBinPad *self = data;
  g_autofree char *source = NULL;
  GstSsmTranslateBinSettings settings = { NULL };

  g_object_get (bin, "language-code", &source, "translate-latency", &settings.latency, "lateness",
      &settings.lateness, NULL);
  settings.source = source;
  g_mutex_lock (&self->change);
  if (self->queue && self->block) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (self->queue, "sink");

    set_states (self, FALSE);
    choose_models (self, &settings);
    /* what sticks to a pad is told anew after a link */
    gst_pad_unlink (self->tee_pad, sink);
    set_states (self, TRUE);
    gst_pad_link (self->tee_pad, sink);
    self->has_begun = TRUE;
    unblock (self);
  }
  g_mutex_unlock (&self->change);
}

static void
start_anew_soon (GstSsmTranslateBinPad *self)
{
  gst_element_call_async (GST_ELEMENT (self->bin), start_anew, gst_object_ref (self),
      (GDestroyNotify) gst_object_unref);
}

/* Nobody behind the pad hears of the end of the old language; a flush may have taken it away. */
static GstPadProbeReturn
drained (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_FLUSH_STOP)
    start_anew_soon (data);
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  start_anew_soon (data);
  return GST_PAD_PROBE_DROP;
}

/* The next text waits here until the translators have started. */
static GstPadProbeReturn
blocked (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstSsmTranslateBinPad *self = data;
  gboolean is_first, has_begun;

  GST_OBJECT_LOCK (self);
  is_first = !self->is_drained && !self->is_unready;
  has_begun = self->has_begun;
  self->waits = self->is_unready;
  self->is_drained = !self->is_unready;
  GST_OBJECT_UNLOCK (self);
  if (is_first && has_begun) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (self->queue, "sink");
    g_autoptr (GstPad) src = gst_element_get_static_pad (self->translator, "src");

    gulong id = gst_pad_add_probe (src,
        GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH, drained, self, NULL);

    GST_OBJECT_LOCK (self);
    self->drain = id;
    GST_OBJECT_UNLOCK (self);
    /* refused where the stream has ended, or nobody takes it */
    if (!gst_pad_send_event (sink, gst_event_new_eos ()))
      start_anew_soon (self);
  } else if (is_first) {
    start_anew_soon (self);
  }
  return GST_PAD_PROBE_OK;
}

/* From the next text on the elements start anew; those that never did are kept from running before. */
static void
block (GstSsmTranslateBinPad *self)
{
  gulong id =
      gst_pad_add_probe (self->tee_pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, blocked, self, NULL);

  GST_OBJECT_LOCK (self);
  self->block = id;
  GST_OBJECT_UNLOCK (self);
}

void
gst_ssm_translate_bin_pad_begin (
    GstSsmTranslateBinPad *self, const GstSsmTranslateBinSettings *settings)
{
  g_mutex_lock (&self->change);
  unblock (self);
  choose_models (self, settings);
  /* they go where the bin goes, which is about to */
  for (guint i = 0; i < N_ELEMENTS; i++) {
    GstElement *element = get_element (self, i);

    if (element)
      gst_element_set_locked_state (element, FALSE);
  }
  self->has_begun = TRUE;
  g_mutex_unlock (&self->change);
}

void
gst_ssm_translate_bin_pad_begin_late (GstSsmTranslateBinPad *self)
{
  gboolean waits;

  g_mutex_lock (&self->change);
  set_states (self, FALSE);
  if (!self->block)
    block (self);
  GST_OBJECT_LOCK (self);
  waits = self->waits;
  self->is_drained |= waits;
  self->is_unready = self->waits = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (waits)
    start_anew_soon (self);
  g_mutex_unlock (&self->change);
}

void
gst_ssm_translate_bin_pad_end (GstSsmTranslateBinPad *self)
{
  unblock (self);
}

void
gst_ssm_translate_bin_pad_dismantle (GstSsmTranslateBinPad *self)
{
  g_autoptr (GstPad) sink = NULL;

  if (!self->queue)
    return;
  /* what waits at the block finds no way, which stops nobody else */
  sink = gst_element_get_static_pad (self->queue, "sink");
  gst_pad_unlink (self->tee_pad, sink);
  unblock (self);
  gst_element_release_request_pad (self->tee, self->tee_pad);
  g_mutex_lock (&self->change);
  unblock (self);
  gst_clear_object (&self->tee_pad);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self), NULL);
  take_away (self->bin, &self->queue);
  take_away (self->bin, &self->pivot);
  take_away (self->bin, &self->translator);
  g_mutex_unlock (&self->change);
  gst_clear_object (&self->tee);
}

static void
change_language (GstSsmTranslateBinPad *self)
{
  g_mutex_lock (&self->change);
  if (self->queue && !self->block && self->has_begun && GST_STATE (self->bin) > GST_STATE_READY)
    block (self);
  g_mutex_unlock (&self->change);
}

/* --- the object -------------------------------------------------------------- */

static void
set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstSsmTranslateBinPad *self = GST_SSM_TRANSLATE_BIN_PAD (object);
  gboolean is_other;

  if (prop_id != PROP_LANGUAGE_CODE) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  is_other = g_strcmp0 (self->language, g_value_get_string (value)) != 0;
  g_free (self->language);
  self->language = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
  if (is_other)
    change_language (self);
}

static void
get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstSsmTranslateBinPad *self = GST_SSM_TRANSLATE_BIN_PAD (object);

  GST_OBJECT_LOCK (self);
  if (prop_id == PROP_LANGUAGE_CODE)
    g_value_set_string (value, self->language);
  else if (prop_id == PROP_TRANSLATOR)
    g_value_set_object (value, self->translator);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject *object)
{
  GstSsmTranslateBinPad *self = GST_SSM_TRANSLATE_BIN_PAD (object);

  g_free (self->language);
  g_mutex_clear (&self->change);
  G_OBJECT_CLASS (gst_ssm_translate_bin_pad_parent_class)->finalize (object);
}

static void
gst_ssm_translate_bin_pad_class_init (GstSsmTranslateBinPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  /**
   * GstSsmTranslateBinPad:language-code:
   *
   * BCP-47 code of the language that this pad gives; %NULL: what the default model writes. May change at
   * any time: what has come in before is still in the old language, a new document begins.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LANGUAGE_CODE,
      g_param_spec_string ("language-code", "Language code",
          "The language of this pad, as \"pt\" (null: what the default model writes)", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  /**
   * GstSsmTranslateBinPad:translator:
   *
   * The `ssmtranslate` that writes what this pad gives; its other properties are the application's to set.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_TRANSLATOR,
      g_param_spec_object ("translator", "Translator", "The ssmtranslate behind this pad",
          GST_TYPE_ELEMENT, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_ssm_translate_bin_pad_init (GstSsmTranslateBinPad *self)
{
  g_mutex_init (&self->change);
}
