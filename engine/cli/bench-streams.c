/* ssmt bench: many streams of one model at once
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each stream is a thread that reads a segment and then writes it token by token, as a greedy
 * search does, over and over, with random tokens. In batches, or, to compare with, each by itself.
 */
#include "engine/cli/bench-streams.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "engine/network/scheduler.h"

/* A cue of eight words at three a second. */
#define LIVE_SECONDS (8 / 3.0)
#define STACK_BYTES (256 << 10)

typedef struct _Bench Bench;

typedef struct {
  Bench *bench;
  guint number;
  SsmtArena arenas[2]; /* by stack */
  guint memory;
  gboolean has_memory;
  guint32 seed;
  gint32 *tokens; /* (prompt) */
  GArray *delays; /* of double */
  guint64 n_written, n_segments, n_due;
  GError *error;
  pthread_t thread;
} Stream;

struct _Bench {
  const CliNetwork *network;
  const BenchStreamsPlan *plan;
  SsmtScheduler *scheduler;
  Stream *streams;
  gint64 begin, end; /* of what is measured */
  gint go;
};

/* --- one stream -------------------------------------------------------------- */

static gint32
next_token (Stream *self)
{
  self->seed ^= self->seed << 13;
  self->seed ^= self->seed >> 17;
  self->seed ^= self->seed << 5;
  return self->seed % self->bench->network->config->vocab_size;
}

static gboolean
read_tokens (Stream *self, SsmtStack stack, const gint32 *tokens, guint n, guint memory_rows,
    gboolean wants_best)
{
  static const guint32 last = 0;
  guint32 rows = n - 1;
  gint32 id;
  float logp;
  const SsmtRows run = { 0, n, 0, memory_rows };
  const SsmtRequest request = { .stack = stack,
    .arena = &self->arenas[stack],
    .runs = &run,
    .n_runs = 1,
    .tokens = tokens,
    .memory = self->memory,
    .logit_rows = n == 1 ? &last : &rows,
    .n_logit_rows = wants_best ? 1 : 0,
    .k = wants_best ? 1 : 0,
    .ids = &id,
    .logp = &logp };

  return ssmt_scheduler_run (self->bench->scheduler, &request, &self->error);
}

static gboolean
is_measured (const Stream *self, gint64 now)
{
  return now >= self->bench->begin && now < self->bench->end;
}

static void
add_delay (Stream *self, gint64 from, gint64 to)
{
  double seconds = (to - from) / 1e6;

  g_array_append_val (self->delays, seconds);
}

/* A document that fills what attention without a window may keep begins anew. */
static void
make_room (Stream *self)
{
  guint rows = self->bench->plan->prompt + self->bench->plan->decode + 1;

  for (guint stack = 0; stack < 2; stack++)
    if (!ssmt_arena_check_room (&self->arenas[stack], 0, rows, NULL))
      ssmt_arena_reset_slot (&self->arenas[stack], 0);
}

/* A segment; FALSE: an error, or it is over. */
static gboolean
run_segment (Stream *self)
{
  const BenchStreamsPlan *plan = self->bench->plan;
  gboolean encoder = ssmt_network_has_encoder (self->bench->network->network);
  guint memory_rows = encoder ? plan->prompt : 0;

  make_room (self);
  for (guint i = 0; i < plan->prompt; i++)
    self->tokens[i] = next_token (self);
  if (encoder && !read_tokens (self, SSMT_STACK_ENCODER, self->tokens, plan->prompt, 0, FALSE))
    return FALSE;
  if (!read_tokens (
          self, SSMT_STACK_DECODER, self->tokens, encoder ? 1 : plan->prompt, memory_rows, TRUE))
    return FALSE;
  for (guint i = 0; i < plan->decode; i++) {
    gint32 token = next_token (self);
    gint64 came = g_get_monotonic_time (), now;

    if (!read_tokens (self, SSMT_STACK_DECODER, &token, 1, memory_rows, TRUE))
      return FALSE;
    now = g_get_monotonic_time ();
    if (is_measured (self, now)) {
      self->n_written++;
      if (!plan->live)
        add_delay (self, came, now);
    }
    if (!plan->live && now >= self->bench->end)
      return FALSE;
  }
  return TRUE;
}

/* One segment, as the library does it: batches wait for who is inside. */
static gboolean
run_entered (Stream *self)
{
  gboolean good;

  ssmt_scheduler_enter (self->bench->scheduler);
  good = run_segment (self);
  ssmt_scheduler_leave (self->bench->scheduler);
  return good;
}

/* Segments of live captions come when they come, one stream's between another's. */
static void
run_live (Stream *self)
{
  Bench *bench = self->bench;
  gint64 step = LIVE_SECONDS * G_USEC_PER_SEC;
  /* what comes later could not be in time any more */
  gint64 end = bench->end - BENCH_LIVE_LIMIT * G_USEC_PER_SEC;
  gint64 due = bench->begin + (gint64) (step * ((double) self->number / bench->plan->streams));

  for (; due < end && g_get_monotonic_time () < bench->end; due += step) {
    gint64 now = g_get_monotonic_time ();

    self->n_due++;
    if (now < due)
      g_usleep (due - now);
    if (!run_entered (self))
      break;
    add_delay (self, due, g_get_monotonic_time ());
    self->n_segments++;
  }
  /* those that would have come */
  for (; due < end && self->error == NULL; due += step)
    self->n_due++;
}

static void *
stream_main (void *data)
{
  Stream *self = data;

  while (!g_atomic_int_get (&self->bench->go))
    g_usleep (1000);
  if (self->bench->plan->live)
    run_live (self);
  else
    while (run_entered (self))
      self->n_segments++;
  return NULL;
}

/* --- all of them -------------------------------------------------------------- */

static gboolean
stream_init (Stream *self, Bench *bench, guint number)
{
  gboolean encoder = ssmt_network_has_encoder (bench->network->network);

  self->bench = bench;
  self->number = number;
  self->seed = 2654435769u * (number + 1) | 1;
  self->tokens = g_new (gint32, bench->plan->prompt);
  self->delays = g_array_new (FALSE, FALSE, sizeof (double));
  for (guint stack = 0; stack < 2; stack++)
    if (!ssmt_scheduler_init_arena (bench->scheduler, stack, &self->arenas[stack], 0, 1))
      return FALSE;
  self->has_memory = encoder && ssmt_scheduler_take_memory (bench->scheduler, &self->memory);
  return self->has_memory == encoder;
}

static void
stream_clear (Stream *self)
{
  for (guint stack = 0; stack < 2; stack++)
    if (self->arenas[stack].device)
      ssmt_arena_clear (&self->arenas[stack]);
  if (self->has_memory)
    ssmt_scheduler_give_memory (self->bench->scheduler, self->memory);
  g_clear_pointer (&self->delays, g_array_unref);
  g_clear_error (&self->error);
  g_free (self->tokens);
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The list is sorted by that. */
static double
percentile (GArray *values, double part)
{
  if (values->len == 0)
    return 0;
  qsort (values->data, values->len, sizeof (double), compare_doubles);
  /* of a few the largest */
  return g_array_index (values, double, MAX ((guint) ceil (part * values->len), 1) - 1);
}

static void
collect (const Bench *bench, BenchStreamsResult *result)
{
  static const double parts[] = { 0.5, 0.95, 0.99 };
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (double));
  const SsmtNetwork *network = bench->network->network;
  guint64 written = 0;

  for (guint i = 0; i < bench->plan->streams; i++) {
    Stream *stream = &bench->streams[i];

    written += stream->n_written;
    result->segments += stream->n_segments;
    result->behind += stream->n_due - stream->n_segments;
    result->in_time +=
        stream->n_segments == stream->n_due && percentile (stream->delays, 0.95) < BENCH_LIVE_LIMIT;
    g_array_append_vals (all, stream->delays->data, stream->delays->len);
  }
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    result->delay[i] = percentile (all, parts[i]);
  result->tokens = written / bench->plan->seconds;
  result->stream_bytes = ssmt_network_get_state_bytes (network, 0)
      + ssmt_network_get_state_bytes (network, 1)
      + ssmt_network_get_memory_width (network) * sizeof (float) * (bench->plan->prompt + 1);
}

static guint
start_streams (Bench *bench, GError **error)
{
  pthread_attr_t attributes;
  guint n = 0;

  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, STACK_BYTES);
  while (n < bench->plan->streams
      && pthread_create (&bench->streams[n].thread, &attributes, stream_main, &bench->streams[n])
          == 0)
    n++;
  pthread_attr_destroy (&attributes);
  if (n < bench->plan->streams)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "%u threads can be had, not %u", n,
        bench->plan->streams);
  return n;
}

static gboolean
run_streams (Bench *bench, BenchStreamsResult *result, GError **error)
{
  const BenchStreamsPlan *plan = bench->plan;
  SsmtSchedulerStats before = { 0 }, after = { 0 };
  guint n = start_streams (bench, error);
  double warm = plan->live ? 0.1 : MIN (plan->seconds / 2, 1);
  gboolean good = n == plan->streams;

  bench->begin = g_get_monotonic_time () + warm * G_USEC_PER_SEC;
  bench->end = good ? bench->begin + plan->seconds * G_USEC_PER_SEC : 0;
  g_atomic_int_set (&bench->go, TRUE);
  g_usleep (warm * G_USEC_PER_SEC);
  ssmt_scheduler_get_stats (bench->scheduler, &before);
  for (guint i = 0; i < n; i++) {
    pthread_join (bench->streams[i].thread, NULL);
    if (bench->streams[i].error && good) {
      g_propagate_error (error, g_steal_pointer (&bench->streams[i].error));
      good = FALSE;
    }
  }
  if (!good)
    return FALSE;
  ssmt_scheduler_get_stats (bench->scheduler, &after);
  result->batch =
      (double) (after.n_requests - before.n_requests) / MAX (after.n_batches - before.n_batches, 1);
  result->most = after.most_requests;
  collect (bench, result);
  return TRUE;
}

gboolean
bench_streams (const CliNetwork *network, const BenchStreamsPlan *plan, BenchStreamsResult *result,
    GError **error)
{
  Bench bench = { .network = network, .plan = plan };
  gboolean good = TRUE;

  *result = (BenchStreamsResult){ 0 };
  bench.scheduler = ssmt_scheduler_new (network->network, plan->prompt, 0);
  ssmt_scheduler_set_sharing (bench.scheduler, plan->shared);
  bench.streams = g_new0 (Stream, plan->streams);
  for (guint i = 0; i < plan->streams && good; i++)
    good = stream_init (&bench.streams[i], &bench, i);
  if (!good)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory for %u streams", plan->streams);
  else
    good = run_streams (&bench, result, error);
  for (guint i = 0; i < plan->streams; i++)
    if (bench.streams[i].bench)
      stream_clear (&bench.streams[i]);
  g_free (bench.streams);
  ssmt_scheduler_free (bench.scheduler);
  return good;
}
