/* ssmt-live: what the user has asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live-options.h"

#include <gst/gst.h>

void
live_options_clear (LiveOptions *options)
{
  g_free (options->srt);
  g_free (options->uri);
  g_free (options->pipeline);
  g_free (options->recogniser);
  g_free (options->from);
  g_free (options->to);
  g_free (options->properties);
  g_free (options->listen);
}

static gboolean
fail (GError **error, const char *message)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s; see --help", message);
  return FALSE;
}

static gboolean
are_good (const LiveOptions *options, int argc, GError **error)
{
  int sources = !!options->srt + !!options->uri + !!options->pipeline + options->microphone
      + options->standard_input;

  if (argc > 1)
    return fail (error, "there are arguments that are no options");
  if (sources != 1)
    return fail (error, "one of --srt, --uri, --microphone, --stdin and --pipeline is to be given");
  if (options->port < 0 || options->port > 65535)
    return fail (error, "--port must be from 0 to 65535");
  return TRUE;
}

static GOptionContext *
make_context (LiveOptions *options)
{
  const GOptionEntry entries[] = {
    { "srt", 0, 0, G_OPTION_ARG_FILENAME, &options->srt, "Play subtitles at their times", "FILE" },
    { "uri", 0, 0, G_OPTION_ARG_STRING, &options->uri, "Listen to a film, a sound or a stream",
        "FILE|URI" },
    { "microphone", 0, 0, G_OPTION_ARG_NONE, &options->microphone, "Listen to the microphone",
        NULL },
    { "stdin", 0, 0, G_OPTION_ARG_NONE, &options->standard_input,
        "Read what a recogniser writes: lines of text, or of JSON: {\"text\": ..., \"final\": "
        "true|false, \"start\": seconds, \"end\": seconds}",
        NULL },
    { "pipeline", 0, 0, G_OPTION_ARG_STRING, &options->pipeline,
        "Elements as for gst-launch-1.0, the last of which puts out text or sound", "TEXT" },
    { "recogniser", 0, 0, G_OPTION_ARG_STRING, &options->recogniser,
        "Elements that make text of sound (default: whispertranscriber, else pocketsphinx)",
        "TEXT" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &options->to,
        "Languages to translate to, each maybe with a model of its own: pt,de=models/en-de "
        "(default: that of the default model)",
        "LANGUAGE[=MODEL],..." },
    { "from", 0, 0, G_OPTION_ARG_STRING, &options->from,
        "Language that is spoken; auto: found out text by text", "LANGUAGE" },
    { "properties", 0, 0, G_OPTION_ARG_STRING, &options->properties,
        "Of each ssmtranslate: \"policy=final glossary-location=terms.tsv\"", "TEXT" },
    { "port", 0, 0, G_OPTION_ARG_INT, &options->port,
        "Port of the page (default: 8765); 0: one that is free", "PORT" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &options->listen,
        "Address of the page (default: 127.0.0.1, for this machine alone)", "ADDRESS" },
    { "quit", 0, 0, G_OPTION_ARG_NONE, &options->quit, "End with the stream", NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, "Shows what is said, and its translations, in the browser while it is said.");
  g_option_context_set_description (context,
      "The page takes what is to be seen in its address, for OBS and the like:\n"
      "  http://127.0.0.1:8765/?lang=pt&lines=2&transparent=1&size=48&align=bottom\n");
  g_option_context_add_main_entries (context, entries, NULL);
  return context;
}

gboolean
live_options_parse (LiveOptions *options, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = NULL;

  options->port = 8765;
  gst_init (NULL, NULL);
  context = make_context (options);
  if (!g_option_context_parse (context, argc, argv, error) || !are_good (options, *argc, error))
    return FALSE;
  if (!options->listen)
    options->listen = g_strdup ("127.0.0.1");
  return TRUE;
}
