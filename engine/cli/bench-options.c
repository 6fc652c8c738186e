/* ssmt bench: its options
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/bench-options.h"

#include "engine/cli/cli-network.h"
#include "engine/cli/cli-shapes.h"
#include "engine/cli/cli.h"

void
bench_options_clear (BenchOptions *options)
{
  g_free (options->model);
  g_strfreev (options->shapes);
  g_strfreev (options->configs);
  g_free (options->dtypes);
  g_free (options->prompt_text);
  g_free (options->batch_text);
  g_free (options->thread_text);
  g_free (options->device);
  g_free (options->stream_text);
}

static gboolean
parse_list (const char *option, const char *text, guint max, BenchList *list)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i]; i++) {
    guint64 value;

    if (list->n == BENCH_MAX_LIST
        || !g_ascii_string_to_unsigned (words[i], 10, 1, max, &value, NULL)) {
      cli_message ("--%s is a list of up to %d numbers from 1 to %u, as \"%s\"", option,
          BENCH_MAX_LIST, max, "1,8");
      return FALSE;
    }
    list->values[list->n++] = value;
  }
  return list->n > 0;
}

static gboolean
parse_dtypes (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  SsmtDType dtype;

  for (guint i = 0; words[i]; i++)
    if (!cli_dtype_parse (words[i], &dtype)) {
      cli_message ("--dtype: \"%s\" is not one of f32, f16, bf16, i8, q4", words[i]);
      return FALSE;
    }
  return TRUE;
}

static gboolean
finish_options (BenchOptions *options)
{
  gboolean quick = options->quick;

  options->repeats = quick ? 1 : 3;
  options->seconds = quick ? 0.05 : 1;
  if (options->decode == 0)
    options->decode = quick ? 8 : 64;
  if (options->decode < 1 || options->decode > 100000) {
    cli_message ("--decode must be from 1 to 100000");
    return FALSE;
  }
  if (options->live && !options->stream_text) {
    cli_message ("--live wants --streams, how many there are");
    return FALSE;
  }
  if (options->live_seconds == 0)
    options->live_seconds = quick ? 1 : 30;
  if (!(options->live_seconds >= 0.1 && options->live_seconds <= 86400)) {
    cli_message ("--seconds must be from 0.1 to 86400");
    return FALSE;
  }
  if (options->stream_text
      && !parse_list ("streams", options->stream_text, 16384, &options->streams))
    return FALSE;
  if (options->model && (options->shapes || options->configs)) {
    cli_message ("a model, --shape and --config exclude each other");
    return FALSE;
  }
  if (!options->dtypes)
    options->dtypes = g_strdup (quick ? "i8" : "f32,bf16,i8");
  return parse_dtypes (options->dtypes)
      && parse_list ("prompt",
          options->prompt_text ? options->prompt_text
              : quick          ? "32"
                               : "32,128,512",
          SSMT_MAX_SEGMENT, &options->prompts)
      && parse_list ("batch",
          options->batch_text ? options->batch_text
              : quick         ? "1"
                              : "1,8,64",
          4096, &options->batches)
      && parse_list ("threads",
          options->thread_text                       ? options->thread_text
              : quick || g_get_num_processors () < 2 ? "1"
                                                     : "1,2",
          1024, &options->threads);
}

gboolean
bench_options_parse (BenchOptions *options, int argc, char **argv)
{
  const GOptionEntry entries[] = { { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options->model,
                                       CLI_MODEL_HELP, "MODEL" },
    { "shape", 's', 0, G_OPTION_ARG_STRING_ARRAY, &options->shapes,
        "A named shape with random weights instead; may be repeated", "NAME" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->configs,
        "A config.json alone with random weights instead; may be repeated", "FILE" },
    { "dtype", 0, 0, G_OPTION_ARG_STRING, &options->dtypes,
        "Dtypes of such matrices (default: f32,bf16,i8)", "LIST" },
    { "threads", 't', 0, G_OPTION_ARG_STRING, &options->thread_text,
        "Numbers of threads (default: 1,2)", "LIST" },
    { "prompt", 'p', 0, G_OPTION_ARG_STRING, &options->prompt_text,
        "Tokens a slot reads at once (default: 32,128,512)", "LIST" },
    { "batch", 'b', 0, G_OPTION_ARG_STRING, &options->batch_text,
        "Documents translated at once (default: 1,8,64)", "LIST" },
    { "device", 'd', 0, G_OPTION_ARG_STRING, &options->device, ssmt_device_names, "NAME" },
    { "streams", 0, 0, G_OPTION_ARG_STRING, &options->stream_text,
        "Instead: so many streams of one model, each on its thread, with batches and without",
        "LIST" },
    { "live", 0, 0, G_OPTION_ARG_NONE, &options->live,
        "The streams are captions at 3 words/s; how many are in time?", NULL },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->live_seconds,
        "How long --live lasts (default: 30)", "N" },
    { "decode", 'n', 0, G_OPTION_ARG_INT, &options->decode, "Tokens a slot writes (default: 64)",
        "N" },
    { "operations", 0, 0, G_OPTION_ARG_NONE, &options->operations,
        "After each figure: the time and bytes of each operation", NULL },
    { "quick", 'q', 0, G_OPTION_ARG_NONE, &options->quick,
        "A few short figures, to see that it runs", NULL },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options->json, "Print JSON instead of a table", NULL },
    { NULL } };
  g_autofree char *shapes = cli_shapes_describe ();
  g_autofree char *summary =
      g_strdup_printf ("Measures how fast a model reads "
                       "and writes tokens, the bytes a token moves and\nthe multiplications it "
                       "costs, and which share that is of what this machine's\nmemory and "
                       "arithmetic give in the same minute. Speeds are the best of several\n"
                       "repeats; the median stands beside them. Prompts times slots above %d are "
                       "left\nout.\n\n%s",
          BENCH_MAX_PREFILL, shapes);

  return cli_parse (&argc, &argv, "", summary, entries, NULL, 0) && finish_options (options);
}
