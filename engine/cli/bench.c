/* ssmt bench: a model's speed beside the machine's limits
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/bench-operations.h"
#include "engine/cli/bench-options.h"
#include "engine/cli/bench-streams.h"
#include "engine/cli/bench.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/cli/cli-shapes.h"
#include "engine/cli/cli.h"

/* --- figures -------------------------------------------------------------- */

/* What the machine gives at the number of threads being measured. */
typedef struct {
  guint threads;
  double memory, near_memory; /* bytes/s: all of it; in a block of the weights' size */
  const char *dtype;          /* of the matrices */
  double multiply;            /* a second, in it */
  gboolean other;             /* a device that is not the CPU: copies and products of its own */
} Machine;

typedef struct {
  const BenchOptions *options;
  const char *model;
  const char *dtype; /* as for people: "I8, F32" */
  Machine machine;
  JsonBuilder *json; /* NULL: a table */
} Report;

static void
report_machine (Report *report, const CliNetwork *network)
{
  const Machine *machine = &report->machine;
  guint64 bytes = ssmt_tensor_source_get_bytes (network->tensors);
  gsize state = ssmt_network_get_state_bytes (network->network, SSMT_STACK_ENCODER)
      + ssmt_network_get_state_bytes (network->network, SSMT_STACK_DECODER);
  gsize token = ssmt_network_get_token_bytes (network->network, SSMT_STACK_ENCODER)
      + ssmt_network_get_token_bytes (network->network, SSMT_STACK_DECODER);

  if (report->json)
    return;
  if (network->device->note[0] != '\0')
    printf ("\n(no GPU: %s)\n", network->device->note);
  printf ("\n%s, %s: %" G_GUINT64_FORMAT " parameters, %.1f MB of weights, "
          "%.2f MB of state a stream",
      report->model, report->dtype, ssmt_tensor_source_get_n_parameters (network->tensors),
      bytes / 1e6, state / 1e6);
  if (token > 0)
    printf (" and %.1f kB a token", token / 1e3);
  printf ("\n");
  printf ("%s\n", network->device->description);
  if (machine->other)
    printf ("this device now: copies %.1f GB/s (read and written), products %.0f G "
            "multiply-adds/s (%s)\n",
        machine->memory / 1e9, machine->multiply / 1e9, machine->dtype);
  else
    printf ("this machine now, %u thread%s: memory %.1f GB/s, a block as large as "
            "the weights %.1f GB/s,\n  %.0f G multiply-adds/s (%s)\n",
        machine->threads, machine->threads == 1 ? "" : "s", machine->memory / 1e9,
        machine->near_memory / 1e9, machine->multiply / 1e9, machine->dtype);
  if (report->options->streams.n > 0)
    return;
  printf ("\n%-8s %7s %6s %11s %11s %10s %7s %11s %9s\n", "work", "tokens", "slots", "tokens/s",
      "(median)", "MB/token", "memory", "M mul/token", "multiply");
}

static void
add_number (JsonBuilder *json, const char *name, double value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_double_value (json, value);
}

static void
add_count (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

static void
add_string (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
report_result (
    Report *report, const char *work, guint tokens, guint slots, const BenchResult *result)
{
  const Machine *machine = &report->machine;
  /* What a model that fits the caches moves, it moves at their speed. */
  double memory = result->best * result->bytes / machine->near_memory;
  double multiply = result->best * result->multiplies / machine->multiply;
  JsonBuilder *json = report->json;

  if (!json) {
    printf ("%-8s %7u %6u %11.1f %11.1f %10.3f %6.0f%% %11.2f %8.0f%%\n", work, tokens, slots,
        result->best, result->median, result->bytes / 1e6, 100 * memory, result->multiplies / 1e6,
        100 * multiply);
    return;
  }
  json_builder_begin_object (json);
  add_string (json, "model", report->model);
  add_string (json, "dtype", report->dtype);
  add_count (json, "threads", machine->threads);
  add_string (json, "work", work);
  add_count (json, "tokens", tokens);
  add_count (json, "slots", slots);
  add_number (json, "tokens_per_second", result->best);
  add_number (json, "tokens_per_second_median", result->median);
  add_number (json, "bytes_per_token", result->bytes);
  add_number (json, "multiplies_per_token", result->multiplies);
  add_number (json, "share_of_memory", memory);
  add_number (json, "share_of_multiply", multiply);
  add_number (json, "machine_memory_bytes_per_second", machine->memory);
  add_number (json, "machine_near_memory_bytes_per_second", machine->near_memory);
  add_number (json, "machine_multiplies_per_second", machine->multiply);
  json_builder_end_object (json);
}

/* --- measuring ------------------------------------------------------------ */

static guint
largest (const BenchList *list)
{
  guint value = 0;

  for (guint i = 0; i < list->n; i++)
    value = MAX (value, list->values[i]);
  return value;
}

/* The same once more, each operation timed; `prompt` 0: writing after the prompt that was read. */
static void
report_operations (Report *report, SsmtDevice *device, BenchRun *run, guint prompt)
{
  const BenchOptions *options = report->options;
  g_autoptr (BenchOperations) operations = bench_operations_begin (device);

  if (prompt > 0)
    bench_run_prefill (run, prompt, options->repeats, options->seconds);
  else
    bench_run_decode (run, options->decode, options->repeats, options->seconds);
  bench_operations_end (operations);
  bench_operations_report (operations, prompt > 0 ? "read" : "write", report->json);
}

static gboolean
measure_batch (Report *report, const CliNetwork *network, guint slots, GError **error)
{
  const BenchOptions *options = report->options;
  guint max_prompt = MIN (largest (&options->prompts), MAX (BENCH_MAX_PREFILL / slots, 1));
  g_autoptr (BenchRun) run = bench_run_new (network, slots, max_prompt, error);
  BenchResult result;

  if (!run)
    return FALSE;
  for (guint i = 0; i < options->prompts.n; i++) {
    guint prompt = options->prompts.values[i];

    if (prompt > max_prompt)
      continue;
    result = bench_run_prefill (run, prompt, options->repeats, options->seconds);
    report_result (report, "read", prompt, slots, &result);
    if (options->operations)
      report_operations (report, network->device, run, prompt);
  }
  /* The first prompt is the length of a cue. */
  bench_run_begin (run, MIN (options->prompts.values[0], max_prompt));
  result = bench_run_decode (run, options->decode, options->repeats, options->seconds);
  report_result (report, "write", options->decode, slots, &result);
  if (options->operations)
    report_operations (report, network->device, run, 0);
  fflush (stdout);
  return TRUE;
}

/* --- many streams ---------------------------------------------------------- */

/* What a batch moves and computes for a token: weights once, and each slot's state twice. */
static double
memory_share (const Report *report, const CliNetwork *network, const BenchStreamsResult *result)
{
  double state = 2.0 * ssmt_network_get_state_bytes (network->network, SSMT_STACK_DECODER);
  double bytes = ssmt_tensor_source_get_bytes (network->tensors) / result->batch + state;

  return result->tokens * bytes / report->machine.near_memory;
}

static void
print_streams (
    const BenchStreamsPlan *plan, const BenchStreamsResult *r, double share, double multiply)
{
  if (plan->live)
    printf ("%7u  %-6s %9u %9.1f %9.1f %9.1f %10.0f %9.0f %7.1f\n", plan->streams,
        plan->shared ? "shared" : "alone", r->in_time, 1e3 * r->delay[0], 1e3 * r->delay[1],
        1e3 * r->delay[2], r->tokens, r->behind, r->batch);
  else
    printf ("%7u  %-6s %10.0f %8.2f %8.2f %8.2f %7.1f %5u %9.3f %6.0f%% %7.0f%%\n", plan->streams,
        plan->shared ? "shared" : "alone", r->tokens, 1e3 * r->delay[0], 1e3 * r->delay[1],
        1e3 * r->delay[2], r->batch, r->most, r->stream_bytes / 1e6, 100 * share, 100 * multiply);
  fflush (stdout);
}

static void
report_streams (Report *report, const CliNetwork *network, const BenchStreamsPlan *plan,
    const BenchStreamsResult *r, double multiplies)
{
  static const char *const names[] = { "delay_50", "delay_95", "delay_99" };
  JsonBuilder *json = report->json;
  double share = memory_share (report, network, r);
  double multiply = r->tokens * multiplies / report->machine.multiply;

  if (!json) {
    print_streams (plan, r, share, multiply);
    return;
  }
  json_builder_begin_object (json);
  add_string (json, "model", report->model);
  add_string (json, "dtype", report->dtype);
  add_string (json, "device", network->device->description);
  add_count (json, "threads", report->machine.threads);
  add_string (json, "work", plan->shared ? "shared" : "alone");
  add_count (json, "streams", plan->streams);
  add_number (json, "tokens_per_second", r->tokens);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    add_number (json, names[i], r->delay[i]);
  add_number (json, "calls_per_batch", r->batch);
  add_number (json, "bytes_per_stream", r->stream_bytes);
  add_number (json, "share_of_memory", share);
  add_number (json, "share_of_multiply", multiply);
  if (plan->live) {
    add_number (json, "live_seconds", plan->seconds);
    add_count (json, "streams_in_time", r->in_time);
    add_number (json, "segments_behind", r->behind);
  }
  json_builder_end_object (json);
}

static void
print_streams_head (const BenchOptions *options)
{
  if (options->live)
    printf ("\n%7s  %-6s %9s %9s %9s %9s %10s %9s %7s\n", "streams", "", "in time", "ms (50%)",
        "ms (95%)", "ms (99%)", "tokens/s", "behind", "batch");
  else
    printf ("\n%7s  %-6s %10s %8s %8s %8s %7s %5s %9s %7s %8s\n", "streams", "", "tokens/s",
        "ms (50%)", "ms (95%)", "ms (99%)", "batch", "most", "MB/stream", "memory", "multiply");
}

static gboolean
measure_streams (Report *report, const CliNetwork *network, GError **error)
{
  const BenchOptions *options = report->options;
  g_autoptr (BenchRun) run = bench_run_new (network, 1, 1, error);
  double multiplies;

  if (!run)
    return FALSE;
  multiplies = bench_run_get_multiplies (run);
  if (!report->json)
    print_streams_head (options);
  for (guint i = 0; i < options->streams.n; i++)
    for (int shared = 1; shared >= 0; shared--) {
      const BenchStreamsPlan plan = { .streams = options->streams.values[i],
        /* eight words at 1.35 tokens, and a little more in German */
        .prompt = options->live ? 11 : options->prompts.values[0],
        .decode = options->live ? 12 : options->decode,
        .seconds = options->live ? options->live_seconds
            : options->quick     ? 0.2
                                 : 3,
        .shared = shared,
        .live = options->live };
      BenchStreamsResult result;

      if (!bench_streams (network, &plan, &result, error))
        return FALSE;
      report_streams (report, network, &plan, &result, multiplies);
    }
  return TRUE;
}

/* What shares are of. */
static gboolean
measure_machine (const BenchOptions *options, const CliNetwork *network, SsmtDType dtype,
    guint threads, Machine *machine, GError **error)
{
  SsmtDevice *device = network->device;
  double seconds = options->quick ? 0.05 : 0.5;
  gsize bytes = ssmt_tensor_source_get_bytes (network->tensors);
  gsize block = options->quick ? 64 << 20 : 256 << 20;

  *machine = (Machine){ .threads = threads, .dtype = cli_dtype_name (dtype) };
  machine->other = strcmp (device->name, "cpu") != 0;
  if (machine->other) {
    if (!bench_device_copy_rate (device, block, seconds, &machine->memory, error)
        || !bench_device_matrix_rate (
            device, dtype, options->quick ? 128 : 4096, seconds, &machine->multiply, error))
      return FALSE;
    machine->near_memory = machine->memory;
    return TRUE;
  }
  machine->memory = bench_memory_rate (block, threads, seconds);
  machine->near_memory = bench_memory_rate (CLAMP (bytes, 64 << 10, 256 << 20), threads, seconds);
  machine->multiply = bench_multiply_rate (dtype, threads, seconds / 2);
  return TRUE;
}

static gboolean
measure_network (
    Report *report, const CliNetwork *network, SsmtDType dtype, guint threads, GError **error)
{
  const BenchOptions *options = report->options;

  if (!measure_machine (options, network, dtype, threads, &report->machine, error))
    return FALSE;
  report_machine (report, network);
  if (options->streams.n > 0)
    return measure_streams (report, network, error);
  for (guint i = 0; i < options->batches.n; i++)
    if (!measure_batch (report, network, options->batches.values[i], error))
      return FALSE;
  return TRUE;
}

/* A named shape, or a config.json. */
static gboolean
measure_made_up (Report *report, const char *name, gboolean is_file, GError **error)
{
  g_auto (GStrv) dtypes = g_strsplit (report->options->dtypes, ",", -1);
  const BenchList *threads = &report->options->threads;

  report->model = name;
  for (guint i = 0; dtypes[i]; i++)
    for (guint j = 0; j < threads->n; j++) {
      SsmtConfig *config = is_file ? cli_config_load (name, error) : cli_shape_config (name, error);
      g_autoptr (CliNetwork) network = NULL;
      CliMakeUp made_up = { .random = TRUE };

      cli_dtype_parse (dtypes[i], &made_up.dtype);
      report->dtype = dtypes[i];
      if (config)
        network = cli_network_make_up (
            config, &made_up, report->options->device, threads->values[j], error);
      if (!network || !measure_network (report, network, made_up.dtype, threads->values[j], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
measure_folder (Report *report, const char *folder, GError **error)
{
  const BenchList *threads = &report->options->threads;

  report->model = folder;
  for (guint i = 0; i < threads->n; i++) {
    SsmtConfig *config = ssmt_config_load (folder, error);
    g_autoptr (CliNetwork) network = NULL;
    SsmtDType dtype;

    if (config)
      network =
          cli_network_open (config, folder, report->options->device, threads->values[i], error);
    if (!network)
      return FALSE;
    dtype = ssmt_network_get_dtype (network->network);
    report->dtype = ssmt_tensor_source_get_dtypes (network->tensors);
    if (!measure_network (report, network, dtype, threads->values[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
measure_all (Report *report, GError **error)
{
  char **shapes = report->options->shapes;
  char **configs = report->options->configs;
  g_autofree char *folder = NULL;

  for (guint i = 0; shapes && shapes[i]; i++)
    if (!measure_made_up (report, shapes[i], FALSE, error))
      return FALSE;
  for (guint i = 0; configs && configs[i]; i++)
    if (!measure_made_up (report, configs[i], TRUE, error))
      return FALSE;
  if (shapes || configs)
    return TRUE;
  folder = cli_model_folder (report->options->model);
  return folder && measure_folder (report, folder, error);
}

int
cli_bench (int argc, char **argv)
{
  g_auto (BenchOptions) options = { NULL };
  g_autoptr (JsonBuilder) json = NULL;
  g_autoptr (GError) error = NULL;
  Report report = { .options = &options };
  gboolean good;

  if (!bench_options_parse (&options, argc, argv))
    return CLI_USAGE;
  if (options.json) {
    report.json = json = json_builder_new ();
    json_builder_begin_array (json);
  }
  g_random_set_seed (1);
  good = measure_all (&report, &error);
  if (error)
    cli_message ("%s", error->message);
  if (good && json) {
    json_builder_end_array (json);
    cli_print_json (json);
  }
  return cli_flush_output () && good ? 0 : CLI_FAILED;
}
