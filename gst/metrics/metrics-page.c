/* ssmtranslate: what is told to monitoring
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-page.h"

#include "metrics-channel.h"

/* More than the element has. */
#define MAX_BOUNDS 64

/* --- what is a number in the element's stats ------------------------------------ */

static const struct {
  MetricsFamily family;
  /* One a channel: the field and labels besides the channel's. */
  struct {
    const char *field, *labels;
  } samples[3];
} families[] = {
  { { "ssmtranslate_cues", METRICS_COUNTER, NULL, "Cues that went out." }, { { "cues" } } },
  { { "ssmtranslate_passed", METRICS_COUNTER, NULL,
        "Cues of them that passed untranslated, for their language." },
      { { "passed" } } },
  { { "ssmtranslate_guarded", METRICS_COUNTER, NULL,
        "Texts of which the guard took another translation than the first, or copied a part." },
      { { "guarded-mended", "action=\"mended\"" }, { "guarded-copied", "action=\"copied\"" } } },
  { { "ssmtranslate_tokens", METRICS_COUNTER, NULL, "Tokens that the model read and wrote." },
      { { "source-tokens", "side=\"source\"" }, { "target-tokens", "side=\"target\"" } } },
  { { "ssmtranslate_decoding_seconds", METRICS_COUNTER, "seconds", "Time spent in the engine." },
      { { "decoding-time" } } },
  { { "ssmtranslate_delay_quantile_seconds", METRICS_SUMMARY, "seconds",
        "Time within which such a share of the cues since the start went out." },
      { { "delay-p50", "quantile=\"0.5\"" }, { "delay-p95", "quantile=\"0.95\"" },
          { "delay-p99", "quantile=\"0.99\"" } } },
  { { "ssmtranslate_delay_max_seconds", METRICS_GAUGE, "seconds",
        "The longest that a cue took from coming in to going out." },
      { { "delay-max" } } },
  { { "ssmtranslate_late", METRICS_COUNTER, NULL,
        "Live texts that were later than latency and lateness allow." },
      { { "late" } } },
  { { "ssmtranslate_catch_ups", METRICS_COUNTER, NULL,
        "Steps that the element took to hurry more." },
      { { "catch-ups" } } },
  { { "ssmtranslate_catch_up_step", METRICS_GAUGE, NULL,
        "How the element hurries: 0 not at all, 1 smaller beam, 2 greedy, 3 merges cues." },
      { { "catch-up-step" } } },
  { { "ssmtranslate_resets", METRICS_COUNTER, NULL, "Documents that began after the first." },
      { { "resets" } } },
  { { "ssmtranslate_state_bytes", METRICS_GAUGE, "bytes",
        "What the state of a document takes; 0 without a model." },
      { { "state-bytes" } } },
};

/* FALSE: this plugin has no such field. */
static gboolean
read_field (const GstStructure *stats, const char *field, guint64 *value)
{
  guint small;

  if (gst_structure_get_uint64 (stats, field, value))
    return TRUE;
  if (!gst_structure_get_uint (stats, field, &small))
    return FALSE;
  *value = small;
  return TRUE;
}

static void
add_sample (MetricsText *text, const MetricsChannel *channel, gboolean is_time, const char *field,
    const char *labels)
{
  guint64 value;

  if (!read_field (channel->stats, field, &value))
    return;
  if (is_time)
    metrics_text_add_time (text, channel->labels, labels, value);
  else
    metrics_text_add (text, channel->labels, labels, value);
}

static void
add_family (MetricsText *text, guint family, const GPtrArray *channels)
{
  gboolean is_time = g_strcmp0 (families[family].family.unit, "seconds") == 0;

  metrics_text_begin (text, &families[family].family);
  for (guint i = 0; i < channels->len; i++)
    for (guint s = 0; s < G_N_ELEMENTS (families[family].samples); s++)
      if (families[family].samples[s].field)
        add_sample (text, channels->pdata[i], is_time, families[family].samples[s].field,
            families[family].samples[s].labels);
}

/* --- what is not ---------------------------------------------------------------- */

static guint
read_array (const GstStructure *stats, const char *field, guint64 *numbers, guint max_numbers)
{
  const GValue *array = gst_structure_get_value (stats, field);
  guint n_numbers = array && GST_VALUE_HOLDS_ARRAY (array) ? gst_value_array_get_size (array) : 0;

  if (n_numbers > max_numbers)
    return 0;
  for (guint i = 0; i < n_numbers; i++) {
    const GValue *number = gst_value_array_get_value (array, i);

    if (!G_VALUE_HOLDS_UINT64 (number))
      return 0;
    numbers[i] = g_value_get_uint64 (number);
  }
  return n_numbers;
}

static void
add_delays (MetricsText *text, const GPtrArray *channels)
{
  static const MetricsFamily family = { "ssmtranslate_delay_seconds", METRICS_HISTOGRAM, "seconds",
    "Time from coming in to going out, of cues." };
  guint64 bounds[MAX_BOUNDS], counts[MAX_BOUNDS + 1], sum;

  metrics_text_begin (text, &family);
  for (guint i = 0; i < channels->len; i++) {
    const MetricsChannel *channel = channels->pdata[i];
    guint n_bounds = read_array (channel->stats, "delay-bounds", bounds, MAX_BOUNDS);

    if (n_bounds > 0
        && read_array (channel->stats, "delay-counts", counts, MAX_BOUNDS + 1) == n_bounds + 1
        && gst_structure_get_uint64 (channel->stats, "delay-sum", &sum))
      metrics_text_add_histogram (text, channel->labels, bounds, counts, n_bounds, sum);
  }
}

static void
add_observed_delays (MetricsText *text, const GPtrArray *channels)
{
  static const MetricsFamily family = { "ssmtranslate_observed_delay_max_seconds", METRICS_GAUGE,
    "seconds", "The longest that live text came out after its time." };

  metrics_text_begin (text, &family);
  for (guint i = 0; i < channels->len; i++) {
    const MetricsChannel *channel = channels->pdata[i];

    metrics_text_add_time (text, channel->labels, NULL, channel->max_observed_delay);
  }
}

static const char *
get_model_field (const MetricsChannel *channel, const char *field)
{
  return channel->model ? gst_structure_get_string (channel->model, field) : NULL;
}

static void
add_infos (MetricsText *text, const GPtrArray *channels)
{
  static const MetricsFamily family = { "ssmtranslate", METRICS_INFO, NULL,
    "What translates, as of the last start." };

  metrics_text_begin (text, &family);
  for (guint i = 0; i < channels->len; i++) {
    const MetricsChannel *channel = channels->pdata[i];
    g_autofree char *labels = metrics_make_labels ("model", get_model_field (channel, "path"),
        "source", get_model_field (channel, "source-language"), "target",
        get_model_field (channel, "target-language"), "device", get_model_field (channel, "device"),
        "version", channel->version, NULL);

    metrics_text_add (text, channel->labels, labels, 1);
  }
}

/* --- the process ------------------------------------------------------------------ */

static void
add_process (MetricsText *text, const MetricsProcess *process)
{
  static const MetricsFamily resident = { "process_resident_memory_bytes", METRICS_GAUGE, "bytes",
    "Resident memory of the process." };
  static const MetricsFamily cpu = { "process_cpu_seconds", METRICS_COUNTER, "seconds",
    "Time that the process has computed." };
  static const MetricsFamily start = { "process_start_time_seconds", METRICS_GAUGE, "seconds",
    "When the process has started, since 1970." };

  metrics_text_begin (text, &resident);
  if (process->resident > 0)
    metrics_text_add (text, NULL, NULL, process->resident);
  metrics_text_begin (text, &cpu);
  if (process->cpu > 0)
    metrics_text_add_time (text, NULL, NULL, process->cpu);
  metrics_text_begin (text, &start);
  if (process->start > 0)
    metrics_text_add_time (text, NULL, NULL, process->start);
}

GBytes *
metrics_page_write (MetricsFormat format, const GPtrArray *channels, const MetricsProcess *process)
{
  MetricsText *text = metrics_text_new (format);

  for (guint family = 0; family < G_N_ELEMENTS (families); family++)
    add_family (text, family, channels);
  add_delays (text, channels);
  add_observed_delays (text, channels);
  add_infos (text, channels);
  add_process (text, process);
  return metrics_text_finish (text);
}
