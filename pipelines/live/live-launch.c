/* ssmt-live: the pipeline's elements
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text for gst_parse_launch(), all in one: ssmtranslate hears a recogniser that is in the same bin.
 */
#include "live-launch.h"

#include <string.h>

#define MAX_TARGETS 16
#define FILE_NAME "ssmt-live-file"
#define TO_RECOGNISER "audioconvert ! audioresample"

/* --- targets -------------------------------------------------------------- */

static void
target_free (gpointer data)
{
  LiveTarget *target = data;

  g_free (target->id);
  g_free (target->language);
  g_free (target->model);
  g_free (target);
}

/* The language, with a number where there is one already. */
static char *
make_id (const GPtrArray *targets, const char *language)
{
  guint n = 1;

  for (guint i = 0; i < targets->len; i++)
    if (g_strcmp0 (((const LiveTarget *) targets->pdata[i])->language, language) == 0)
      n++;
  return n == 1 ? g_strdup (language) : g_strdup_printf ("%s-%u", language, n);
}

GPtrArray *
live_launch_parse_targets (const char *to, GError **error)
{
  g_autoptr (GPtrArray) targets = g_ptr_array_new_with_free_func (target_free);
  g_auto (GStrv) parts = g_strsplit (to ? to : "", ",", -1);

  for (guint i = 0; parts[i]; i++) {
    g_auto (GStrv) sides = g_strsplit (g_strstrip (parts[i]), "=", 2);
    LiveTarget *target;

    if (!sides[0] || !*sides[0] || targets->len == MAX_TARGETS) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--to: \"%s\" is no list of at most %d languages", to, MAX_TARGETS);
      return NULL;
    }
    target = g_new0 (LiveTarget, 1);
    target->id = make_id (targets, sides[0]);
    target->language = g_strdup (sides[0]);
    target->model = g_strdup (sides[1]);
    g_ptr_array_add (targets, target);
  }
  if (targets->len == 0) {
    LiveTarget *target = g_new0 (LiveTarget, 1);

    target->id = g_strdup ("translation");
    g_ptr_array_add (targets, target);
  }
  return g_steal_pointer (&targets);
}

/* --- sources -------------------------------------------------------------- */

static gboolean
is_there (const char *element)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);

  return factory != NULL;
}

static const char *
get_recogniser (const LiveOptions *options, GError **error)
{
  if (options->recogniser)
    return options->recogniser;
  if (is_there ("whispertranscriber"))
    return "whispertranscriber";
  if (is_there ("pocketsphinx"))
    return "pocketsphinx";
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "there is neither whispertranscriber nor pocketsphinx (Debian: gstreamer1.0-pocketsphinx "
      "and pocketsphinx-en-us); --recogniser takes any other, and --stdin what a program writes");
  return NULL;
}

/* Whether what the elements put out is sound. Where they do not say it is text. */
static gboolean
gives_sound (const char *description, gboolean *sound, GError **error)
{
  g_autoptr (GstElement) bin = gst_parse_bin_from_description_full (
      description, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS | GST_PARSE_FLAG_PLACE_IN_BIN, error);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) audio = gst_caps_new_empty_simple ("audio/x-raw");

  if (!bin)
    return FALSE;
  gst_object_ref_sink (bin);
  pad = gst_element_get_static_pad (bin, "src");
  caps = pad ? gst_pad_query_caps (pad, NULL) : NULL;
  *sound = caps && !gst_caps_is_any (caps) && gst_caps_can_intersect (caps, audio);
  return TRUE;
}

/* Speech at its pace, so that a caption comes when its words have been said. */
static char *
make_listener (const LiveOptions *options, const char *source, GError **error)
{
  const char *recogniser = get_recogniser (options, error);

  return recogniser ? g_strdup_printf ("%s ! %s", source, recogniser) : NULL;
}

static char *
make_source (const LiveOptions *options, GError **error)
{
  g_autofree char *listener = NULL;
  gboolean sound = FALSE;

  if (options->srt)
    return g_strdup ("filesrc name=" FILE_NAME " ! subparse ! clocksync");
  if (options->standard_input)
    return g_strdup ("appsrc name=" LIVE_LAUNCH_STDIN " is-live=true do-timestamp=true format=time "
                     "max-bytes=65536 block=true caps=text/x-raw,format=utf8");
  if (options->uri)
    return make_listener (options,
        "uridecodebin name=" FILE_NAME " caps=audio/x-raw expose-all-streams=false ! " TO_RECOGNISER
        " ! clocksync",
        error);
  if (options->microphone)
    return make_listener (options, "autoaudiosrc ! queue ! " TO_RECOGNISER, error);
  if (!gives_sound (options->pipeline, &sound, error))
    return NULL;
  if (!sound)
    return g_strdup (options->pipeline);
  listener = g_strdup_printf ("%s ! " TO_RECOGNISER, options->pipeline);
  return make_listener (options, listener, error);
}

/* --- all ------------------------------------------------------------------ */

static char *
make_launch (const LiveOptions *options, const GPtrArray *targets, GError **error)
{
  g_autofree char *source = make_source (options, error);
  g_autoptr (GString) launch = NULL;

  if (!source)
    return NULL;
  launch = g_string_new (source);
  g_string_append (launch, " ! tee name=" LIVE_LAUNCH_TEE);
  for (guint i = 0; i < targets->len; i++)
    g_string_append_printf (launch,
        " " LIVE_LAUNCH_TEE ". ! ssmtranslate name=ssmt-live-%u partial-results=true %s"
        " ! text/x-raw,format=utf8 ! fakesink sync=false async=false",
        i, options->properties ? options->properties : "");
  return g_string_free (g_steal_pointer (&launch), FALSE);
}

static gboolean
set_file (const LiveOptions *options, GstElement *pipeline, GError **error)
{
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (pipeline), FILE_NAME);
  g_autofree char *uri = NULL;

  if (options->srt)
    g_object_set (file, "location", options->srt, NULL);
  if (!options->uri)
    return TRUE;
  uri = gst_uri_is_valid (options->uri) ? g_strdup (options->uri)
                                        : gst_filename_to_uri (options->uri, error);
  if (uri)
    g_object_set (file, "uri", uri, NULL);
  return uri != NULL;
}

GstElement *
live_launch_get_translator (GstElement *pipeline, guint n)
{
  g_autofree char *name = g_strdup_printf ("ssmt-live-%u", n);

  return gst_bin_get_by_name (GST_BIN (pipeline), name);
}

GstElement *
live_launch (const LiveOptions *options, const GPtrArray *targets, GError **error)
{
  g_autofree char *launch = make_launch (options, targets, error);
  GstElement *pipeline =
      launch ? gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error) : NULL;

  if (!pipeline)
    return NULL;
  gst_object_ref_sink (pipeline);
  for (guint i = 0; i < targets->len; i++) {
    const LiveTarget *target = targets->pdata[i];
    g_autoptr (GstElement) element = live_launch_get_translator (pipeline, i);

    g_object_set (element, "input-language-code", options->from, "output-language-code",
        target->language, "model-path", target->model, NULL);
  }
  if (!set_file (options, pipeline, error))
    g_clear_pointer (&pipeline, gst_object_unref);
  return pipeline;
}
