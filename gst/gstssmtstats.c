/* ssmtranslate: counts and delays of an element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtstats.h"

#include <math.h>

#define BUCKETS_PER_OCTAVE 8

/* Bucket b > 0 ends at 2^(b / 8) us. */
static GstClockTime
bucket_end (guint bucket)
{
  return exp2 ((gdouble) bucket / BUCKETS_PER_OCTAVE) * GST_USECOND;
}

void
gst_ssmt_stats_add_cue (GstSsmtStats * stats, GstClockTime delay)
{
  gdouble bucket = ceil (log2 (MAX (delay, GST_USECOND)
          / (gdouble) GST_USECOND) * BUCKETS_PER_OCTAVE);

  stats->cues++;
  stats->max_delay = MAX (stats->max_delay, delay);
  stats->delays[(guint) MIN (bucket, GST_SSMT_STATS_BUCKETS - 1)]++;
}

GstClockTime
gst_ssmt_stats_get_delay (const GstSsmtStats * stats, gdouble share)
{
  gdouble wanted = share * stats->cues;
  guint64 sum = 0;

  for (guint b = 0; b < GST_SSMT_STATS_BUCKETS; b++) {
    sum += stats->delays[b];
    if (sum > 0 && sum >= wanted)
      return MIN (bucket_end (b), stats->max_delay);
  }
  return 0;
}

GstStructure *
gst_ssmt_stats_to_structure (const GstSsmtStats * stats, guint64 state_bytes)
{
  gdouble seconds = stats->decoding / (gdouble) GST_SECOND;

  return gst_structure_new ("ssmtranslate/stats",
      "cues", G_TYPE_UINT64, stats->cues,
      "source-tokens", G_TYPE_UINT64, stats->source_tokens,
      "target-tokens", G_TYPE_UINT64, stats->target_tokens,
      "tokens-per-second", G_TYPE_DOUBLE,
      seconds > 0 ? stats->target_tokens / seconds : 0.0,
      "delay-p50", G_TYPE_UINT64, gst_ssmt_stats_get_delay (stats, 0.5),
      "delay-p95", G_TYPE_UINT64, gst_ssmt_stats_get_delay (stats, 0.95),
      "delay-p99", G_TYPE_UINT64, gst_ssmt_stats_get_delay (stats, 0.99),
      "delay-max", G_TYPE_UINT64, stats->max_delay,
      "resets", G_TYPE_UINT64, stats->resets,
      "state-bytes", G_TYPE_UINT64, state_bytes, NULL);
}
