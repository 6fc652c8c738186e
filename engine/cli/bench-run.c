/* ssmt bench: what a network does
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/bench.h"

/* Rows of one prefill call, as far as the network may be fed piece by piece. */
#define MAX_ROWS 512

struct _BenchRun {
  const CliNetwork *network;
  guint slots, max_prompt, piece; /* piece: tokens a slot and call */
  SsmtStack source;               /* the stack that reads prompts */
  SsmtArena arenas[2];            /* by stack */
  SsmtWorkspace *workspace;
  SsmtSlab *memory; /* of segments */
  guint first_memory, n_memory;
  SsmtRows *runs;            /* (slots) */
  gint32 *tokens;            /* (slots * piece) */
  guint32 *logit_rows;       /* (slots) */
  gint32 *best;              /* (slots) */
  float *logp;               /* (slots) */
  SsmtCost costs[2], output; /* of the weights of each stack, of the output layer */
  guint prompt;              /* of the last prefill */
  guint64 start;             /* tokens that a slot has read when a repeat begins */
};

static gboolean
allocate (BenchRun *self)
{
  const SsmtNetwork *network = self->network->network;
  guint rows = self->slots * self->piece;
  gboolean encoder = self->source == SSMT_STACK_ENCODER;

  self->n_memory = encoder ? self->slots * self->max_prompt : 0;
  self->runs = g_new0 (SsmtRows, self->slots);
  self->tokens = g_new0 (gint32, rows);
  self->logit_rows = g_new0 (guint32, self->slots);
  self->best = g_new0 (gint32, self->slots);
  self->logp = g_new0 (float, self->slots);
  for (guint i = 0; i < 2; i++)
    if (!ssmt_network_init_arena (network, i, &self->arenas[i], SSMT_MAX_CONTEXT, self->slots))
      return FALSE;
  self->workspace = ssmt_workspace_new (network, rows, encoder ? self->max_prompt : 0);
  self->memory = ssmt_slab_new (
      self->network->device, ssmt_network_get_memory_width (network) * sizeof (float));
  return self->workspace && ssmt_slab_take (self->memory, self->n_memory, &self->first_memory);
}

BenchRun *
bench_run_new (const CliNetwork *network, guint slots, guint max_prompt, GError **error)
{
  g_autoptr (BenchRun) self = g_new0 (BenchRun, 1);

  self->network = network;
  self->slots = slots;
  self->max_prompt = max_prompt;
  self->piece = CLAMP (MAX_ROWS / slots, 1, max_prompt);
  if (ssmt_network_needs_whole_segment (network->network))
    self->piece = max_prompt;
  self->source =
      ssmt_network_has_encoder (network->network) ? SSMT_STACK_ENCODER : SSMT_STACK_DECODER;
  for (guint i = 0; i < 2; i++)
    self->costs[i] = ssmt_network_get_cost (network->network, i);
  self->output = ssmt_network_get_output_cost (network->network);
  if (!allocate (self)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory for %u slots and prompts of %u tokens", slots, max_prompt);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
bench_run_free (BenchRun *self)
{
  if (self->workspace)
    ssmt_workspace_free (self->workspace);
  if (self->memory)
    ssmt_slab_give (self->memory, self->first_memory, self->n_memory);
  ssmt_slab_free (self->memory);
  for (guint i = 0; i < 2; i++)
    if (self->arenas[i].device)
      ssmt_arena_clear (&self->arenas[i]);
  g_free (self->runs);
  g_free (self->tokens);
  g_free (self->logit_rows);
  g_free (self->best);
  g_free (self->logp);
  g_free (self);
}

/* `rows` random tokens for each slot, from `done` on of its segment's memory. */
static void
make_batch (BenchRun *self, guint rows, guint done, guint memory_rows)
{
  guint32 vocab = ssmt_network_get_vocab_size (self->network->network);

  for (guint i = 0; i < self->slots * rows; i++)
    self->tokens[i] = g_random_int_range (0, vocab);
  for (guint slot = 0; slot < self->slots; slot++) {
    self->runs[slot] = (SsmtRows){
      .slot = slot,
      .rows = rows,
      .memory = slot * self->max_prompt + done,
      .memory_rows = memory_rows,
    };
    self->logit_rows[slot] = (slot + 1) * rows - 1;
  }
}

static void
forward (BenchRun *self, SsmtStack stack, gboolean logits)
{
  const SsmtRequest request = { .stack = stack,
    .arena = &self->arenas[stack],
    .runs = self->runs,
    .n_runs = self->slots,
    .tokens = self->tokens,
    .memory = self->first_memory,
    .logit_rows = self->logit_rows,
    .n_logit_rows = logits ? self->slots : 0,
    .k = logits ? 1 : 0,
    .ids = self->best,
    .logp = self->logp };

  ssmt_network_forward (
      self->network->network, self->workspace, self->memory, &(const SsmtRequest *){ &request }, 1);
}

/* Reads a prompt into each slot, and the first logits after it. */
static void
prefill (BenchRun *self)
{
  SsmtDevice *device = self->network->device;
  gboolean decoder = self->source == SSMT_STACK_DECODER;

  for (guint done = 0, rows; done < self->prompt; done += rows) {
    rows = MIN (self->piece, self->prompt - done);
    make_batch (self, rows, done, 0);
    forward (self, self->source, decoder && done + rows == self->prompt);
  }
  device->ops->wait (device);
}

static void
decode_step (BenchRun *self)
{
  gboolean encoder = self->source == SSMT_STACK_ENCODER;

  make_batch (self, 1, 0, encoder ? self->prompt : 0);
  forward (self, SSMT_STACK_DECODER, TRUE);
}

/* Documents do not become longer from repeat to repeat: attention would become slower. */
static void
rewind_slots (BenchRun *self)
{
  for (guint i = 0; i < 2; i++)
    for (guint slot = 0; slot < self->arenas[i].n_slots; slot++)
      self->arenas[i].positions[slot] = self->start;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const gint64 *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

/* `calls` of `once` are one repeat; the first repeat only warms up. A figure that
 * takes far too long is content with one more. */
static BenchResult
measure (BenchRun *self, void (*once) (BenchRun *), guint calls, guint tokens, guint repeats,
    double seconds)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 total = 0;

  for (guint i = 0; i < 2 || total < seconds * 1e6 || (i <= repeats && total < 8 * seconds * 1e6);
       i++) {
    gint64 start, time;

    rewind_slots (self);
    start = g_get_monotonic_time ();
    for (guint j = 0; j < calls; j++)
      once (self);
    time = MAX (g_get_monotonic_time () - start, 1);
    total += time;
    if (i)
      g_array_append_val (times, time);
  }
  g_array_sort (times, compare_times);
  return (BenchResult){
    .best = 1e6 * tokens / g_array_index (times, gint64, 0),
    .median = 1e6 * tokens / g_array_index (times, gint64, times->len / 2),
  };
}

BenchResult
bench_run_prefill (BenchRun *self, guint prompt, guint repeats, double seconds)
{
  double state = self->arenas[self->source].fixed_bytes;
  double token = self->arenas[self->source].token_bytes;
  double calls, head = self->source == SSMT_STACK_DECODER ? 1 : 0;
  guint tokens = prompt * self->slots;
  BenchResult result;

  self->prompt = prompt;
  self->start = 0;
  calls = (prompt + self->piece - 1) / self->piece;
  result = measure (self, prefill, 1, tokens, repeats, seconds);
  result.bytes = (calls * (self->costs[self->source].bytes + 2 * state * self->slots)
                     + head * self->output.bytes)
          / tokens
      + token;
  result.multiplies =
      self->costs[self->source].multiplies + head * self->output.multiplies / prompt;
  return result;
}

void
bench_run_begin (BenchRun *self, guint prompt)
{
  self->prompt = prompt;
  self->start = 0;
  rewind_slots (self);
  prefill (self);
  self->start = self->source == SSMT_STACK_DECODER ? prompt : 0;
}

BenchResult
bench_run_decode (BenchRun *self, guint tokens, guint repeats, double seconds)
{
  const SsmtNetwork *network = self->network->network;
  double state = self->arenas[SSMT_STACK_DECODER].fixed_bytes;
  double token = self->arenas[SSMT_STACK_DECODER].token_bytes;
  double memory = self->source == SSMT_STACK_ENCODER
      ? (double) self->prompt * ssmt_network_get_memory_width (network) * sizeof (float)
      : 0;
  double logits = ssmt_network_get_vocab_size (network) * sizeof (float);
  BenchResult result;

  result = measure (self, decode_step, tokens, tokens * self->slots, repeats, seconds);
  /* Logits are written and read once, so is the state; keys and values of all tokens
   * before are read. */
  result.bytes = (self->costs[SSMT_STACK_DECODER].bytes + self->output.bytes) / self->slots
      + 2 * state + memory + 2 * logits + token * (self->start + tokens / 2.0);
  result.multiplies = bench_run_get_multiplies (self);
  return result;
}

double
bench_run_get_multiplies (const BenchRun *self)
{
  return self->costs[SSMT_STACK_DECODER].multiplies + self->output.multiplies;
}
