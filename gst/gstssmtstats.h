/* ssmtranslate: counts and delays of an element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As large after a week as after a minute: delays are counted in buckets.
 */
#ifndef GST_SSMT_STATS_H
#define GST_SSMT_STATS_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* Eight buckets an octave, from 1 us to over 4 hours. */
#define GST_SSMT_STATS_BUCKETS 272

typedef struct {
  guint64 cues;                 /* that went out */
  guint64 source_tokens, target_tokens;
  guint64 resets;               /* documents begun after the first */
  GstClockTime decoding;        /* time spent in the engine */
  GstClockTime max_delay;
  guint64 delays[GST_SSMT_STATS_BUCKETS];
} GstSsmtStats;

/* A cue went out `delay` after it had come in. */
void gst_ssmt_stats_add_cue (GstSsmtStats *stats, GstClockTime delay);
/* The time within which `share` (0 ... 1) of the cues went out; at most 9 % too long. */
GstClockTime gst_ssmt_stats_get_delay (const GstSsmtStats *stats,
    gdouble share);
/* "ssmtranslate/stats" with its fields. */
GstStructure *gst_ssmt_stats_to_structure (const GstSsmtStats *stats,
    guint64 state_bytes);

G_END_DECLS

#endif /* GST_SSMT_STATS_H */
