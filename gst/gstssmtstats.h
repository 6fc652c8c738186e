/* ssmtranslate: counts and delays of an element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As large after a week as after a minute: delays are counted in buckets. Any thread may call
 * any function.
 */
#ifndef GST_SSMT_STATS_H
#define GST_SSMT_STATS_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstSsmtStats GstSsmtStats;

GstSsmtStats *gst_ssmt_stats_new (void);
void gst_ssmt_stats_free (GstSsmtStats *stats);
/* Forgets everything but the size of the state. */
void gst_ssmt_stats_clear (GstSsmtStats *stats);

/* Cues went out `delay` after they had come in. */
void gst_ssmt_stats_add_cues (GstSsmtStats *stats, guint n_cues, GstClockTime delay);
/* Of them passed, for the language they are in. */
void gst_ssmt_stats_add_passed (GstSsmtStats *stats, guint n_cues);
/* The guard has found another translation of a text than the first, or none and copied it. */
void gst_ssmt_stats_add_guarded (GstSsmtStats *stats, gboolean mended, gboolean copied);
/* Tokens that the engine has read and written in `duration`. */
void gst_ssmt_stats_add_tokens (
    GstSsmtStats *stats, guint64 source, guint64 target, GstClockTime duration);
/* A document has begun after the first. */
void gst_ssmt_stats_add_reset (GstSsmtStats *stats);
/* How much the element hurries, 0: not at all. */
void gst_ssmt_stats_set_catch_up (GstSsmtStats *stats, guint step);
/* Bytes that a document's state takes; 0: there is no model. */
void gst_ssmt_stats_set_state_bytes (GstSsmtStats *stats, guint64 bytes);
/* Text of a live source was so late. Returns TRUE where it never was so late before. */
gboolean gst_ssmt_stats_observe (GstSsmtStats *stats, GstClockTime delay, GstClockTime allowed);

/* The longest that was observed. */
GstClockTime gst_ssmt_stats_get_max_observed (GstSsmtStats *stats);
/* "ssmtranslate/stats" with its fields. The percentiles are at most 9 % too long, the histogram is exact. */
GstStructure *gst_ssmt_stats_to_structure (GstSsmtStats *stats);

G_END_DECLS

#endif /* GST_SSMT_STATS_H */
