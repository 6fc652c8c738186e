/* ssmtranslate: counts and delays of an element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtstats.h"

#include <math.h>

#define BUCKETS_PER_OCTAVE 8
/* From 1 us to over 4 hours. */
#define N_BUCKETS 272

/* Those of the histogram, which can be summed over elements: what people ask for, in round numbers. */
static const GstClockTime bounds[] = {
  5 * GST_MSECOND,
  10 * GST_MSECOND,
  25 * GST_MSECOND,
  50 * GST_MSECOND,
  100 * GST_MSECOND,
  250 * GST_MSECOND,
  500 * GST_MSECOND,
  1 * GST_SECOND,
  2 * GST_SECOND,
  3 * GST_SECOND,
  5 * GST_SECOND,
  10 * GST_SECOND,
};

typedef struct {
  guint64 cues;           /* that went out */
  guint64 passed;         /* of them, for their language */
  guint64 mended, copied; /* texts, by the guard */
  guint64 late;           /* buffers, of live text */
  guint64 source_tokens, target_tokens;
  guint64 resets;        /* documents begun after the first */
  GstClockTime decoding; /* time spent in the engine */
  guint64 catch_ups;     /* steps towards more hurry */
  guint catch_up;        /* the step now */
  GstClockTime sum_delay, max_delay, max_observed;
  guint64 delays[N_BUCKETS];
  guint64 histogram[G_N_ELEMENTS (bounds) + 1]; /* the last: longer than all bounds */
} Counts;

struct _GstSsmtStats {
  GMutex lock; /* of what follows */
  Counts counts;
  guint64 state_bytes;
};

GstSsmtStats *
gst_ssmt_stats_new (void)
{
  GstSsmtStats *stats = g_new0 (GstSsmtStats, 1);

  g_mutex_init (&stats->lock);
  return stats;
}

void
gst_ssmt_stats_free (GstSsmtStats *stats)
{
  g_mutex_clear (&stats->lock);
  g_free (stats);
}

void
gst_ssmt_stats_clear (GstSsmtStats *stats)
{
  g_mutex_lock (&stats->lock);
  stats->counts = (Counts){ 0 };
  g_mutex_unlock (&stats->lock);
}

/* --- counting ------------------------------------------------------------------ */

/* Bucket b > 0 ends at 2^(b / 8) us. */
static GstClockTime
bucket_end (guint bucket)
{
  return exp2 ((gdouble) bucket / BUCKETS_PER_OCTAVE) * GST_USECOND;
}

void
gst_ssmt_stats_add_cues (GstSsmtStats *stats, guint n_cues, GstClockTime delay)
{
  gdouble bucket =
      ceil (log2 (MAX (delay, GST_USECOND) / (gdouble) GST_USECOND) * BUCKETS_PER_OCTAVE);
  guint bound = 0;

  while (bound < G_N_ELEMENTS (bounds) && delay > bounds[bound])
    bound++;
  g_mutex_lock (&stats->lock);
  stats->counts.cues += n_cues;
  stats->counts.sum_delay += n_cues * delay;
  stats->counts.histogram[bound] += n_cues;
  stats->counts.max_delay = MAX (stats->counts.max_delay, delay);
  stats->counts.delays[(guint) MIN (bucket, N_BUCKETS - 1)] += n_cues;
  g_mutex_unlock (&stats->lock);
}

void
gst_ssmt_stats_add_passed (GstSsmtStats *stats, guint n_cues)
{
  g_mutex_lock (&stats->lock);
  stats->counts.passed += n_cues;
  g_mutex_unlock (&stats->lock);
}

void
gst_ssmt_stats_add_guarded (GstSsmtStats *stats, gboolean mended, gboolean copied)
{
  g_mutex_lock (&stats->lock);
  stats->counts.mended += mended;
  stats->counts.copied += copied;
  g_mutex_unlock (&stats->lock);
}

void
gst_ssmt_stats_add_tokens (
    GstSsmtStats *stats, guint64 source, guint64 target, GstClockTime duration)
{
  g_mutex_lock (&stats->lock);
  stats->counts.source_tokens += source;
  stats->counts.target_tokens += target;
  stats->counts.decoding += duration;
  g_mutex_unlock (&stats->lock);
}

void
gst_ssmt_stats_add_reset (GstSsmtStats *stats)
{
  g_mutex_lock (&stats->lock);
  stats->counts.resets++;
  g_mutex_unlock (&stats->lock);
}

void
gst_ssmt_stats_set_catch_up (GstSsmtStats *stats, guint step)
{
  g_mutex_lock (&stats->lock);
  stats->counts.catch_ups += step > stats->counts.catch_up;
  stats->counts.catch_up = step;
  g_mutex_unlock (&stats->lock);
}

void
gst_ssmt_stats_set_state_bytes (GstSsmtStats *stats, guint64 bytes)
{
  g_mutex_lock (&stats->lock);
  stats->state_bytes = bytes;
  g_mutex_unlock (&stats->lock);
}

gboolean
gst_ssmt_stats_observe (GstSsmtStats *stats, GstClockTime delay, GstClockTime allowed)
{
  gboolean longer;

  g_mutex_lock (&stats->lock);
  longer = delay > stats->counts.max_observed;
  if (longer)
    stats->counts.max_observed = delay;
  stats->counts.late += delay > allowed;
  g_mutex_unlock (&stats->lock);
  return longer;
}

/* --- reading -------------------------------------------------------------------- */

GstClockTime
gst_ssmt_stats_get_max_observed (GstSsmtStats *stats)
{
  GstClockTime delay;

  g_mutex_lock (&stats->lock);
  delay = stats->counts.max_observed;
  g_mutex_unlock (&stats->lock);
  return delay;
}

/* The time within which `share` (0 ... 1) of the cues went out. */
static GstClockTime
get_delay (const Counts *counts, gdouble share)
{
  gdouble wanted = share * counts->cues;
  guint64 sum = 0;

  for (guint b = 0; b < N_BUCKETS; b++) {
    sum += counts->delays[b];
    if (sum > 0 && sum >= wanted)
      return MIN (bucket_end (b), counts->max_delay);
  }
  return 0;
}

/* A GstValueArray of uint64. */
static void
take_array (GstStructure *structure, const char *name, const guint64 *numbers, guint n_numbers)
{
  GValue array = G_VALUE_INIT, number = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  g_value_init (&number, G_TYPE_UINT64);
  for (guint i = 0; i < n_numbers; i++) {
    g_value_set_uint64 (&number, numbers[i]);
    gst_value_array_append_value (&array, &number);
  }
  gst_structure_take_value (structure, name, &array);
}

static void
set_delays (GstStructure *structure, const Counts *counts)
{
  gst_structure_set (structure, "delay-p50", G_TYPE_UINT64, get_delay (counts, 0.5), "delay-p95",
      G_TYPE_UINT64, get_delay (counts, 0.95), "delay-p99", G_TYPE_UINT64, get_delay (counts, 0.99),
      "delay-max", G_TYPE_UINT64, counts->max_delay, "delay-sum", G_TYPE_UINT64, counts->sum_delay,
      NULL);
  take_array (structure, "delay-bounds", bounds, G_N_ELEMENTS (bounds));
  take_array (structure, "delay-counts", counts->histogram, G_N_ELEMENTS (counts->histogram));
}

GstStructure *
gst_ssmt_stats_to_structure (GstSsmtStats *stats)
{
  Counts counts;
  guint64 state_bytes;
  gdouble seconds;
  GstStructure *structure;

  g_mutex_lock (&stats->lock);
  counts = stats->counts;
  state_bytes = stats->state_bytes;
  g_mutex_unlock (&stats->lock);
  seconds = counts.decoding / (gdouble) GST_SECOND;
  structure = gst_structure_new ("ssmtranslate/stats", "cues", G_TYPE_UINT64, counts.cues, "passed",
      G_TYPE_UINT64, counts.passed, "guarded-mended", G_TYPE_UINT64, counts.mended,
      "guarded-copied", G_TYPE_UINT64, counts.copied, "source-tokens", G_TYPE_UINT64,
      counts.source_tokens, "target-tokens", G_TYPE_UINT64, counts.target_tokens,
      "tokens-per-second", G_TYPE_DOUBLE, seconds > 0 ? counts.target_tokens / seconds : 0.0,
      "decoding-time", G_TYPE_UINT64, counts.decoding, "late", G_TYPE_UINT64, counts.late,
      "catch-ups", G_TYPE_UINT64, counts.catch_ups, "catch-up-step", G_TYPE_UINT, counts.catch_up,
      "resets", G_TYPE_UINT64, counts.resets, "state-bytes", G_TYPE_UINT64, state_bytes, NULL);
  set_delays (structure, &counts);
  return structure;
}
