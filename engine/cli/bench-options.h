/* ssmt bench: its options
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_BENCH_OPTIONS_H
#define SSMT_CLI_BENCH_OPTIONS_H

#include <glib.h>

G_BEGIN_DECLS

/* Longer prompts times slots are left out of the table: they take minutes and
 * say nothing that shorter ones do not. */
#define BENCH_MAX_PREFILL 4096
#define BENCH_MAX_LIST 16

typedef struct {
  guint n, values[BENCH_MAX_LIST];
} BenchList;

typedef struct {
  char *model, **shapes, **configs, *dtypes, *prompt_text, *batch_text, *thread_text;
  char *device, *stream_text;
  int decode;
  double live_seconds;
  gboolean quick, json, live, operations;

  BenchList prompts, batches, threads, streams; /* parsed */
  guint repeats;
  double seconds; /* a figure */
} BenchOptions;

/* FALSE: a message has told what is wrong, or what --help tells. */
gboolean bench_options_parse (BenchOptions *options, int argc, char **argv);
void bench_options_clear (BenchOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BenchOptions, bench_options_clear)

G_END_DECLS

#endif /* SSMT_CLI_BENCH_OPTIONS_H */
