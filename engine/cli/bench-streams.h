/* ssmt bench: many streams of one model at once
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_BENCH_STREAMS_H
#define SSMT_CLI_BENCH_STREAMS_H

#include "engine/cli/cli-network.h"

G_BEGIN_DECLS

typedef struct {
  guint streams, prompt, decode; /* tokens of a segment: read, and written in steps */
  double seconds;                /* measured, after as much as half of it to warm up */
  gboolean shared;               /* batches by the scheduler; FALSE: each stream for itself */
  gboolean live; /* segments come in the time of speech, prompt and decode are its */
} BenchStreamsPlan;

typedef struct {
  double tokens;       /* written, a second, of all */
  double batch;        /* calls in a batch, the mean; 1 where nothing is shared */
  guint most;          /* calls in a batch */
  double delay[3];     /* of a step, or live of a segment: 50th, 95th, 99th percentile, s */
  double stream_bytes; /* slots and segment memory of one */
  /* live */
  guint in_time; /* streams whose own 95th percentile is under the limit */
  guint64 segments;
  double behind; /* segments that had come and were not done at the end */
} BenchStreamsResult;

/* Added delay up to which a live stream is in time, seconds. */
#define BENCH_LIVE_LIMIT 0.3

/* Random tokens, each stream on a thread of its own. */
gboolean bench_streams (const CliNetwork *network, const BenchStreamsPlan *plan,
    BenchStreamsResult *result, GError **error);

G_END_DECLS

#endif /* SSMT_CLI_BENCH_STREAMS_H */
