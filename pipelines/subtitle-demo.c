/* subtitle-demo: subtitle files through the element, shown while it goes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   subtitle-demo [--output DIR] [--model MODEL] FILE.srt...
 *
 * Two watchers stand in an ordinary pipeline: a probe before the element takes
 * each source cue, a handoff behind it each translation; a cue's start time
 * says which belong together.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gst/gst.h>
#include <ssmt/ssmt.h>

#include "demo-columns.h"

#define PIPELINE                                                                                   \
  "filesrc name=file ! subparse ! ssmtranslate name=translate "                                    \
  "! fakesink name=out sync=false signal-handoffs=true"

typedef struct {
  GstClockTime pts;
  char *text;
} Cue;

typedef struct {
  char *model, *output, **files;
} Options;

typedef struct {
  guint width;
  FILE *srt;            /* the translation of this file; may be NULL */
  GAsyncQueue *sources; /* of Cue, filled before the element */
  gint64 start;         /* of this file's first cue; sources' lock */
  /* Only touched behind the element, and when the pipeline stands: */
  guint number; /* of the cue, in this file */
  guint64 cues, words;
  gint64 busy; /* microseconds, of all files */
} Demo;

static void
cue_free (Cue *cue)
{
  g_free (cue->text);
  g_free (cue);
}

/* --- text ----------------------------------------------------------------- */

static char *
buffer_text (GstBuffer *buffer)
{
  GstMapInfo map;
  char *text;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return g_strdup ("");
  text = g_utf8_make_valid ((char *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return g_strchomp (text);
}

/* Entities to characters; what a subtitle file holds. */
static char *
without_entities (const char *markup)
{
  static const char *const entities[][2] = {
    { "&lt;", "<" },
    { "&gt;", ">" },
    { "&quot;", "\"" },
    { "&apos;", "'" },
    { "&#39;", "'" },
    { "&amp;", "&" },
  };
  g_autoptr (GString) text = g_string_new (markup);

  for (guint i = 0; i < G_N_ELEMENTS (entities); i++)
    g_string_replace (text, entities[i][0], entities[i][1], 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* For the terminal: no tags, nothing that moves its cursor. */
static char *
without_tags (const char *markup)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *p = markup; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    const char *end = c == '<' ? strchr (p, '>') : NULL;

    if (end)
      p = end;
    else
      g_string_append_unichar (text, g_unichar_iscntrl (c) && c != '\n' ? ' ' : c);
  }
  return without_entities (text->str);
}

/* --- one cue -------------------------------------------------------------- */

static GstPadProbeReturn
source_cue (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Demo *demo = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  Cue *cue = g_new (Cue, 1);

  cue->pts = GST_BUFFER_PTS (buffer);
  cue->text = buffer_text (buffer);
  g_async_queue_lock (demo->sources);
  if (!demo->start)
    demo->start = g_get_monotonic_time ();
  g_async_queue_push_unlocked (demo->sources, cue);
  g_async_queue_unlock (demo->sources);
  return GST_PAD_PROBE_OK;
}

static void
show (Demo *demo, const char *source, const char *translation)
{
  g_autofree char *number = g_strdup_printf ("%u", ++demo->number);
  g_autofree char *left = without_tags (source);
  g_autofree char *right = without_tags (translation);

  demo_columns_print (demo->width, number, left, right);
  demo->cues++;
  demo->words += ssmt_text_count_words (left);
}

/* The source of the translation at `pts`; sources that got none are shown so. */
static Cue *
take_source (Demo *demo, GstClockTime pts)
{
  Cue *cue;

  while ((cue = g_async_queue_try_pop (demo->sources)) && cue->pts < pts) {
    show (demo, cue->text, "");
    cue_free (cue);
  }
  return cue;
}

static void
write_time (FILE *file, GstClockTime time)
{
  guint64 ms = time / GST_MSECOND;

  fprintf (file, "%02u:%02u:%02u,%03u", (guint) (ms / 3600000), (guint) (ms / 60000 % 60),
      (guint) (ms / 1000 % 60), (guint) (ms % 1000));
}

static void
translated_cue (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Demo *demo = data;
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  g_autofree char *markup = buffer_text (buffer);
  g_autofree char *text = without_entities (markup);
  Cue *cue = take_source (demo, pts);

  show (demo, cue ? cue->text : "", markup);
  if (demo->srt) {
    fprintf (demo->srt, "%u\n", demo->number);
    write_time (demo->srt, pts);
    fputs (" --> ", demo->srt);
    write_time (demo->srt, pts + GST_BUFFER_DURATION (buffer));
    fprintf (demo->srt, "\n%s\n\n", text);
  }
  if (cue)
    cue_free (cue);
}

/* --- one file ------------------------------------------------------------- */

static gboolean
wait_for_end (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  gst_message_parse_error (message, error, NULL);
  return FALSE;
}

static GstElement *
build_pipeline (Demo *demo, const Options *options, const char *path, GError **error)
{
  GstElement *pipeline = gst_parse_launch_full (PIPELINE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstElement) file = NULL;
  g_autoptr (GstElement) translate = NULL;
  g_autoptr (GstElement) out = NULL;
  g_autoptr (GstPad) pad = NULL;

  if (!pipeline)
    return NULL;
  file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  translate = gst_bin_get_by_name (GST_BIN (pipeline), "translate");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_object_set (file, "location", path, NULL);
  if (options->model)
    g_object_set (translate, "model-path", options->model, NULL);
  pad = gst_element_get_static_pad (translate, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, source_cue, demo, NULL);
  g_signal_connect (out, "handoff", G_CALLBACK (translated_cue), demo);
  return pipeline;
}

static gboolean
run_pipeline (Demo *demo, GstElement *pipeline, GError **error)
{
  gboolean good;
  Cue *cue;

  demo->number = 0;
  demo->start = 0;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  good = wait_for_end (pipeline, error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  while ((cue = take_source (demo, GST_CLOCK_TIME_NONE)))
    cue_free (cue);
  if (demo->start)
    demo->busy += g_get_monotonic_time () - demo->start;
  return good;
}

static gboolean
close_output (FILE *file, const char *path, GError **error)
{
  gboolean good = !ferror (file);

  if (fclose (file) == 0 && good)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot write %s: %s", path,
      g_strerror (errno));
  return FALSE;
}

/* "talk.en.srt" -> "OUTPUT/talk.pt.srt" */
static char *
output_path (const Options *options, const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *name = NULL;

  if (g_str_has_suffix (base, ".srt"))
    base[strlen (base) - 4] = '\0';
  if (g_str_has_suffix (base, ".en"))
    base[strlen (base) - 3] = '\0';
  name = g_strconcat (base, ".pt.srt", NULL);
  return g_build_filename (options->output, name, NULL);
}

static gboolean
translate_file (Demo *demo, const Options *options, const char *path, GError **error)
{
  g_autofree char *output = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  gboolean good;

  if (options->output) {
    output = output_path (options, path);
    demo->srt = fopen (output, "w");
    if (!demo->srt) {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot write %s: %s",
          output, g_strerror (errno));
      return FALSE;
    }
  }
  printf ("\n%s%s%s\n\n", path, output ? " -> " : "", output ? output : "");
  pipeline = build_pipeline (demo, options, path, error);
  good = pipeline && run_pipeline (demo, pipeline, error);
  if (!good)
    g_prefix_error (error, "%s: ", path);
  if (demo->srt)
    good = close_output (demo->srt, output, good ? error : NULL) && good;
  demo->srt = NULL;
  return good;
}

/* --- the end -------------------------------------------------------------- */

/* The most memory this process has had at once, bytes; 0: not known. */
static guint64
peak_memory (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmHWM:");
  return line ? g_ascii_strtoull (line + strlen ("VmHWM:"), NULL, 10) * 1024 : 0;
}

static gboolean
print_summary (const Demo *demo, const Options *options, GError **error)
{
  guint64 peak = peak_memory (); /* before the model is opened again */
  g_autofree char *path =
      options->model ? ssmt_catalog_find (options->model, error) : ssmt_model_find_default ();
  g_autoptr (SsmtModel) model = path ? ssmt_model_load (path, NULL, 0, error) : NULL;
  double seconds = MAX (demo->busy, 1) / 1e6;
  g_autofree char *device = NULL;
  char *note;

  if (!model)
    return FALSE;
  printf ("\n%" G_GUINT64_FORMAT " cues, %" G_GUINT64_FORMAT " words in %.2f s: "
          "%.0f words/s\n",
      demo->cues, demo->words, seconds, demo->words / seconds);
  printf ("peak memory %.1f MB, state carried from cue to cue %" G_GUINT64_FORMAT " bytes\n",
      peak / 1e6, ssmt_model_get_state_bytes (model));
  /* why there is no GPU is for who asks for one */
  device = g_strdup (ssmt_model_get_device_description (model));
  if ((note = strstr (device, " (no GPU")))
    *note = '\0';
  printf ("%s\n", device);
  return TRUE;
}

static gboolean
parse_options (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options->model,
        "Model: a folder, or the name of an installed one (default: the installed one)", "MODEL" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
        "Where the translated files go (default: nowhere)", "DIR" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL, "FILE.srt..." },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, "Translates subtitle files, showing source and translation.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->files)
    return TRUE;
  g_set_error (
      error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "no subtitle file is given; see --help");
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { NULL };
  Demo demo = { .width = demo_columns_width () };
  g_autoptr (GError) error = NULL;
  gboolean good = parse_options (&options, argc, argv, &error);

  demo.sources = g_async_queue_new_full ((GDestroyNotify) cue_free);
  for (guint i = 0; good && options.files[i]; i++)
    good = translate_file (&demo, &options, options.files[i], &error);
  if (good)
    good = print_summary (&demo, &options, &error);
  if (!good)
    fprintf (stderr, "subtitle-demo: %s\n", error ? error->message : "no model was found");
  g_async_queue_unref (demo.sources);
  g_strfreev (options.files);
  g_free (options.model);
  g_free (options.output);
  return good ? 0 : 1;
}
