/* ssmtranslate: reads rows of requests through a stack of layers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

#include <string.h>

static void
network_norm (const SsmtNetwork *network, SsmtRef x, SsmtRef weight,
    SsmtRef bias, SsmtRef out, guint32 rows)
{
  SsmtDevice *dev = network->device;
  guint32 d = network->d_model;

  if (network->layer_norm) {
    dev->ops->layer_norm (dev, &(SsmtLayerNormOp) {
          .x = x, .weight = weight, .bias = bias, .out = out, .rows = rows,
          .dim = d, .x_stride = d, .out_stride = d, .eps = network->eps});
    return;
  }
  dev->ops->rms_norm (dev, &(SsmtRmsNormOp) {
        .x = x, .weight = weight, .out = out, .rows = rows, .dim = d,
        .group = d, .x_stride = d, .out_stride = d, .eps = network->eps});
}

/* Room in the slots for what the request brings. */
static gboolean
reserve_slots (const SsmtRequest *request)
{
  SsmtArena *arena = request->arena;
  guint64 tokens = 0;

  for (guint i = 0; i < request->n_runs; i++)
    tokens = MAX (tokens,
        arena->positions[request->runs[i].slot] + request->runs[i].rows);
  return ssmt_arena_reserve (arena, tokens);
}

/* What is computed at once: the rows of all requests. */
typedef struct {
  const SsmtRequest *const *requests;
  guint n_requests;
  SsmtStack stack;
  guint32 n_runs, rows;
  guint32 n_logit_rows;
  SsmtBuffer *slots;            /* of all arenas */
  SsmtBuffer *memory;
} Batch;

static void
batch_add (Batch *batch, SsmtWorkspace *ws, const SsmtLayers *layers,
    const SsmtRequest *request)
{
  SsmtArena *arena = request->arena;
  guint32 first = batch->rows;

  for (guint i = 0; i < request->n_runs; i++) {
    const SsmtRows *run = &request->runs[i];

    ws->host_runs[batch->n_runs++] = (SsmtRun) {
      .slot = arena->first + run->slot,.first = batch->rows,
      .rows = run->rows,.memory = request->memory + run->memory,
      .memory_rows = run->memory_rows,
      .position = arena->positions[run->slot]
    };
    if (!layers->restarts)
      arena->positions[run->slot] += run->rows;
    batch->rows += run->rows;
  }
  memcpy (ws->host_ids + first, request->tokens,
      (batch->rows - first) * sizeof *request->tokens);
}

/* Uploads ids and runs, moves the slots' positions on. */
static void
batch_begin (Batch *batch, SsmtWorkspace *ws, const SsmtLayers *layers)
{
  SsmtDevice *dev = ws->device;

  for (guint i = 0; i < batch->n_requests; i++)
    batch_add (batch, ws, layers, batch->requests[i]);
  dev->ops->write (dev, ws->ids, ws->host_ids, batch->rows * sizeof (gint32));
  dev->ops->write (dev, ws->runs, ws->host_runs,
      batch->n_runs * sizeof (SsmtRun));
}

static void
network_run_layers (const SsmtNetwork *network, const SsmtLayers *stack,
    SsmtWorkspace *ws, const Batch *all)
{
  const SsmtArena *arena = all->requests[0]->arena;
  SsmtScores wanted = all->requests[0]->scores;
  guint32 rows = all->rows;
  SsmtBatch batch = {.device = network->device,.rows = rows,
    .hidden = ws->hidden,.normed = ws->normed,.scratch = ws->scratch,
    .runs = {ws->runs, all->n_runs},
    .memory_stride = network->memory_width,
    .scores_stride = ws->scores_stride
  };
  gsize scores_bytes = (gsize) rows * ws->scores_stride * sizeof (float);

  if (wanted != SSMT_SCORES_NONE) {
    batch.wanted = wanted;
    batch.scores = (SsmtRef) { ws->scores, 0 };
    batch.scores_work = (SsmtRef) { ws->scores,
      (gsize) ws->max_rows * ws->scores_stride * sizeof (float)
    };
    ws->device->ops->zero (ws->device, batch.scores, scores_bytes);
  }

  for (guint i = 0; i < stack->n_layers; i++) {
    const SsmtLayer *layer = stack->layers[i];

    batch.state.base = (SsmtRef) { all->slots, layer->state_offset };
    batch.state.stride = arena->slot_bytes;
    batch.tokens.base = (SsmtRef) { all->slots,
      arena->fixed_bytes + layer->token_offset
    };
    batch.tokens.stride = arena->slot_bytes;
    batch.token_stride = arena->token_bytes;
    batch.memory = (SsmtRef) { all->memory,
      layer->memory_offset * sizeof (float)
    };
    network_norm (network, ws->hidden, layer->norm, layer->norm_bias,
        ws->normed, rows);
    layer->klass->forward (layer, &batch);
  }
}

static gsize
row_bytes (const SsmtNetwork *network, guint32 row)
{
  return (gsize) row * network->d_model * sizeof (float);
}

/* The last norm of the asked rows, one after the other; rows that follow each other at once. */
static guint32
network_gather (const SsmtNetwork *network, SsmtWorkspace *ws,
    const SsmtRequest *request, guint32 first, guint32 done)
{
  const SsmtLayers *stack = &network->stacks[SSMT_STACK_DECODER];
  const guint32 *rows = request->logit_rows;
  guint n = request->n_logit_rows;

  for (guint i = 0, end; i < n; done += end - i, i = end) {
    for (end = i + 1; end < n && rows[end] == rows[end - 1] + 1;)
      end++;
    network_norm (network,
        ssmt_ref_at (ws->hidden, row_bytes (network, first + rows[i])),
        stack->norm_f, stack->norm_f_bias,
        ssmt_ref_at (ws->normed, row_bytes (network, done)), end - i);
  }
  return done;
}

guint32
ssmt_request_count_rows (const SsmtRequest *request)
{
  guint32 rows = 0;

  for (guint i = 0; i < request->n_runs; i++)
    rows += request->runs[i].rows;
  return rows;
}

/* Where every row of a batch is asked for, its requests need not be looked at one by one. */
static gboolean
wants_all_rows (const Batch *batch)
{
  if (batch->n_logit_rows != batch->rows)
    return FALSE;
  for (guint r = 0; r < batch->n_requests; r++)
    for (guint i = 0; i < batch->requests[r]->n_logit_rows; i++)
      if (batch->requests[r]->logit_rows[i] != i)
        return FALSE;
  return TRUE;
}

/* There is room for the logits. */
static void
network_run_output (const SsmtNetwork *network, SsmtWorkspace *ws,
    const Batch *batch)
{
  SsmtDevice *dev = network->device;
  guint32 first = 0, done = 0, n = batch->n_logit_rows;

  if (n == 0)
    return;
  if (wants_all_rows (batch)) {
    const SsmtLayers *stack = &network->stacks[SSMT_STACK_DECODER];

    network_norm (network, ws->hidden, stack->norm_f, stack->norm_f_bias,
        ws->normed, n);
  } else {
    for (guint i = 0; i < batch->n_requests; i++) {
      done = network_gather (network, ws, batch->requests[i], first, done);
      first += ssmt_request_count_rows (batch->requests[i]);
    }
  }
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = network->output, .x = ws->normed,
        .out = {ws->logits, 0}, .rows = n, .x_stride = network->d_model,
        .out_stride = network->vocab_size});
}

/* The decoder's cross-attention layers take what they need of the encoder. */
static void
network_remember (const SsmtNetwork *network, SsmtWorkspace *ws,
    const Batch *batch)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  const SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  gsize stride = network->memory_width;

  network_norm (network, ws->hidden, encoder->norm_f, encoder->norm_f_bias,
      ws->normed, batch->rows);
  for (guint r = 0; r < batch->n_runs; r++) {
    const SsmtRun *run = &ws->host_runs[r];
    SsmtRef encoded = ssmt_ref_at (ws->normed, row_bytes (network, run->first));

    for (guint i = 0; i < decoder->n_layers; i++) {
      const SsmtLayer *layer = decoder->layers[i];

      if (layer->klass->remember == NULL)
        continue;
      layer->klass->remember (layer, network->device, encoded, run->rows,
          (SsmtRef) {
          batch->memory, (run->memory * stride + layer->memory_offset)
          * sizeof (float)}, stride);
    }
  }
}

static void
network_queue (const SsmtNetwork *network, SsmtWorkspace *ws,
    const Batch *batch)
{
  SsmtDevice *dev = network->device;
  const SsmtLayers *layers = &network->stacks[batch->stack];

  dev->ops->embed (dev, &(SsmtEmbedOp) {
        .table = layers->embedding, .ids = ws->ids, .out = ws->hidden,
        .rows = batch->rows, .out_stride = network->d_model,
        .scale = network->embedding_scale});
  if (network->positions)
    dev->ops->positions (dev, &(SsmtPositionsOp) {
          .x = ws->hidden, .runs = {ws->runs, batch->n_runs},
          .rows = batch->rows, .dim = network->d_model,
          .stride = network->d_model, .offset = network->position_offset});
  network_run_layers (network, layers, ws, batch);
  if (batch->stack == SSMT_STACK_DECODER)
    network_run_output (network, ws, batch);
  else
    network_remember (network, ws, batch);
}

/* A step of decoding: what is queued for it depends on nothing but what is in the key. */
static gboolean
is_step (const Batch *batch)
{
  return batch->stack == SSMT_STACK_DECODER && batch->rows == batch->n_runs
      && batch->requests[0]->scores == SSMT_SCORES_NONE
      && wants_all_rows (batch);
}

static guint64
step_key (const SsmtNetwork *network, const SsmtWorkspace *ws,
    const Batch *batch)
{
  const guint64 parts[] = {
    GPOINTER_TO_SIZE (network), GPOINTER_TO_SIZE (ws->activations),
    GPOINTER_TO_SIZE (ws->batch), GPOINTER_TO_SIZE (ws->logits),
    GPOINTER_TO_SIZE (batch->slots), GPOINTER_TO_SIZE (batch->memory),
    batch->requests[0]->arena->slot_bytes, batch->rows
  };
  guint64 key = 0xcbf29ce484222325;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (guint byte = 0; byte < 8; byte++)
      key = (key ^ (parts[i] >> 8 * byte & 0xff)) * 0x100000001b3;
  return key;
}

static void
network_run (const SsmtNetwork *network, SsmtWorkspace *ws, Batch *batch)
{
  SsmtDevice *dev = network->device;
  guint64 key;

  batch_begin (batch, ws, &network->stacks[batch->stack]);
  if (dev->ops->graph_begin == NULL || !is_step (batch)) {
    network_queue (network, ws, batch);
    return;
  }
  key = step_key (network, ws, batch);
  while (!dev->ops->graph_begin (dev, key)) {
    network_queue (network, ws, batch);
    if (dev->ops->graph_end (dev, key))
      break;
  }
}

/* --- what is wanted --------------------------------------------------------- */

static guint
count_scoring_layers (const SsmtNetwork *network, SsmtScores scores)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  guint n = 0;

  for (guint i = 0; i < decoder->n_layers; i++)
    n += decoder->layers[i]->klass->scores == scores;
  return n;
}

gboolean
ssmt_network_tells_scores (const SsmtNetwork *network, SsmtScores scores)
{
  return count_scoring_layers (network, scores) > 0;
}

/* The mean over layers. */
static void
read_scores (const SsmtNetwork *network, SsmtWorkspace *ws,
    const SsmtRequest *request, guint32 rows)
{
  SsmtDevice *dev = network->device;
  guint n = count_scoring_layers (network, request->scores);
  guint32 columns = request->score_columns;

  for (guint32 r = 0; r < rows; r++) {
    float *row = request->score_values + (gsize) r * columns;

    dev->ops->read (dev, row, (SsmtRef) {
        ws->scores, (gsize) r * ws->scores_stride * sizeof (float)},
        columns * sizeof (float));
    for (guint32 j = 0; j < columns; j++)
      row[j] /= n;
  }
}

/* The best of all rows at once, then each request's part of them. */
static void
read_best (SsmtWorkspace *ws, const Batch *batch, guint k)
{
  SsmtDevice *dev = ws->device;
  gsize n = (gsize) batch->n_logit_rows * k, at = 0;

  dev->ops->top_k (dev, &(SsmtTopKOp) {
        .logits = {ws->logits, 0}, .ids = {ws->best, 0},
        .logp = {ws->best, n * sizeof (gint32)},
        .rows = batch->n_logit_rows, .dim = ws->vocab_size,
        .stride = ws->vocab_size, .k = k});
  dev->ops->read (dev, ws->host_best, (SsmtRef) { ws->best, 0 },
      n * sizeof (gint32));
  dev->ops->read (dev, ws->host_logp, (SsmtRef) {
      ws->best, n * sizeof (gint32)}, n * sizeof (float));
  for (guint i = 0; i < batch->n_requests; i++) {
    const SsmtRequest *request = batch->requests[i];

    for (gsize row = 0; row < request->n_logit_rows; row++, at += k) {
      if (request->k == 0)
        continue;
      memcpy (request->ids + row * request->k, ws->host_best + at,
          request->k * sizeof *request->ids);
      memcpy (request->logp + row * request->k, ws->host_logp + at,
          request->k * sizeof *request->logp);
    }
  }
}

static void
read_outputs (const SsmtNetwork *network, SsmtWorkspace *ws,
    const Batch *batch, guint k)
{
  gsize row = ws->vocab_size * sizeof (float), first = 0;

  for (guint i = 0; i < batch->n_requests; i++) {
    const SsmtRequest *request = batch->requests[i];

    if (request->logits != NULL)
      ws->device->ops->read (ws->device, request->logits,
          (SsmtRef) { ws->logits, first * row }, request->n_logit_rows * row);
    if (request->score_values != NULL)
      read_scores (network, ws, request, ssmt_request_count_rows (request));
    first += request->n_logit_rows;
  }
  if (k > 0)
    read_best (ws, batch, k);
}

gboolean
ssmt_network_forward (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtSlab *memory, const SsmtRequest *const *requests, guint n_requests)
{
  const SsmtRequest *first = requests[0];
  Batch batch = {.requests = requests,.n_requests = n_requests,
    .stack = first->stack
  };
  guint k = 0;

  for (guint i = 0; i < n_requests; i++) {
    const SsmtRequest *request = requests[i];

    /* as ssmt_network_init_arena() makes them, or keys would be written anywhere */
    g_return_val_if_fail (request->arena->token_bytes
        == network->stacks[first->stack].token_bytes, FALSE);
    g_return_val_if_fail (request->stack == first->stack && (i == 0
            || request->arena->slab == first->arena->slab), FALSE);
    if (!reserve_slots (request))
      return FALSE;
    batch.n_logit_rows += request->n_logit_rows;
    k = MAX (k, request->k);
  }
  if (!ssmt_workspace_reserve (ws, batch.n_logit_rows, k,
          first->scores != SSMT_SCORES_NONE))
    return FALSE;
  batch.slots = ssmt_arena_hold (first->arena);
  batch.memory = memory != NULL ? ssmt_slab_hold (memory) : NULL;
  network_run (network, ws, &batch);
  if (memory != NULL)
    ssmt_slab_let_go (memory);
  ssmt_arena_let_go (first->arena);
  read_outputs (network, ws, &batch, k);
  return TRUE;
}
