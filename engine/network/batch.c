/* ssmtranslate: the operations of a batch, from ids to logits or segment memory
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

static gsize
row_bytes (const SsmtNetwork *network, guint32 row)
{
  return (gsize) row * network->d_model * sizeof (float);
}

guint32
ssmt_request_count_rows (const SsmtRequest *request)
{
  guint32 rows = 0;

  for (guint i = 0; i < request->n_runs; i++)
    rows += request->runs[i].rows;
  return rows;
}

/* Rows that have no embedding. */
static void
network_zero_rows (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  SsmtDevice *dev = network->device;
  guint32 row = 0;

  for (guint r = 0; r < batch->n_requests; r++) {
    const SsmtRequest *request = batch->requests[r];
    guint32 n = ssmt_request_count_rows (request);

    for (guint32 i = 0; i < n; i++, row++)
      if (request->tokens[i] < 0)
        dev->ops->zero (
            dev, ssmt_ref_at (ws->hidden, row_bytes (network, row)), row_bytes (network, 1));
  }
}

static void
network_run_layers (const SsmtNetwork *network, const SsmtLayers *stack, SsmtWorkspace *ws,
    const SsmtNetworkBatch *all)
{
  const SsmtArena *arena = all->requests[0]->arena;
  SsmtScores wanted = all->requests[0]->scores;
  SsmtDevice *dev = network->device;
  guint32 rows = all->rows;
  SsmtBatch batch = { .device = network->device,
    .rows = rows,
    .hidden = ws->hidden,
    .scratch = ws->scratch,
    .runs = { ws->runs, all->n_runs },
    .memory_stride = network->memory_width,
    .scores_stride = ws->scores_stride };
  gsize scores_bytes = (gsize) rows * ws->scores_stride * sizeof (float);

  if (wanted != SSMT_SCORES_NONE) {
    batch.wanted = wanted;
    batch.scores = (SsmtRef){ ws->scores, 0 };
    batch.scores_work =
        (SsmtRef){ ws->scores, (gsize) ws->max_rows * ws->scores_stride * sizeof (float) };
    ws->device->ops->zero (ws->device, batch.scores, scores_bytes);
  }

  for (guint i = 0; i < stack->n_layers; i++) {
    const SsmtLayer *layer = stack->layers[i];

    batch.state.base = (SsmtRef){ all->slots, layer->state_offset };
    batch.state.stride = arena->slot_bytes;
    batch.tokens.base = (SsmtRef){ all->slots, arena->fixed_bytes + layer->token_offset };
    batch.tokens.stride = arena->slot_bytes;
    batch.token_stride = arena->token_bytes;
    batch.memory = (SsmtRef){ all->memory, layer->memory_offset * sizeof (float) };
    batch.input = layer->norm_after ? ws->hidden : ws->normed;
    if (!layer->norm_after)
      ssmt_norm_apply (&layer->norm, dev, ws->hidden, ws->normed, rows);
    layer->klass->forward (layer, &batch);
    if (layer->norm_after)
      ssmt_norm_apply (&layer->norm, dev, ws->hidden, ws->hidden, rows);
  }
}

/* The stack's output: the last norm, or the rows as they are. */
static void
stack_finish (
    const SsmtNetwork *network, const SsmtLayers *stack, SsmtRef x, SsmtRef out, guint32 rows)
{
  SsmtDevice *dev = network->device;

  if (stack->norm_f.weight.buffer != NULL)
    ssmt_norm_apply (&stack->norm_f, dev, x, out, rows);
  else
    dev->ops->copy (dev, out, x, row_bytes (network, rows));
}

/* The output of the asked rows, one after the other; rows that follow each other at once. */
static guint32
network_gather (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtRequest *request,
    guint32 first, guint32 done)
{
  const SsmtLayers *stack = &network->stacks[SSMT_STACK_DECODER];
  const guint32 *rows = request->logit_rows;
  guint n = request->n_logit_rows;

  for (guint i = 0, end; i < n; done += end - i, i = end) {
    for (end = i + 1; end < n && rows[end] == rows[end - 1] + 1;)
      end++;
    stack_finish (network, stack, ssmt_ref_at (ws->hidden, row_bytes (network, first + rows[i])),
        ssmt_ref_at (ws->normed, row_bytes (network, done)), end - i);
  }
  return done;
}

gboolean
ssmt_network_batch_wants_all_rows (const SsmtNetworkBatch *batch)
{
  if (batch->n_logit_rows != batch->rows)
    return FALSE;
  for (guint r = 0; r < batch->n_requests; r++)
    for (guint i = 0; i < batch->requests[r]->n_logit_rows; i++)
      if (batch->requests[r]->logit_rows[i] != i)
        return FALSE;
  return TRUE;
}

SsmtOutputGroup
ssmt_network_batch_group (const SsmtNetwork *network, const SsmtNetworkBatch *batch, guint first)
{
  const SsmtColumns *columns = batch->requests[first]->columns;
  SsmtOutputGroup group = { .end = first,
    .output = columns != NULL ? &columns->output : &network->output,
    .ids = columns != NULL ? columns->ids : NULL };

  do {
    const SsmtRequest *request = batch->requests[group.end++];

    group.rows += request->n_logit_rows;
    group.k = MAX (group.k, request->n_logit_rows > 0 ? request->k : 0);
  } while (columns == NULL && group.end < batch->n_requests
      && batch->requests[group.end]->columns == NULL);
  return group;
}

/* Rows of `normed` to rows of logits, group by group. */
static void
network_project (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  gsize row = 0;
  SsmtOutputGroup group;

  for (guint i = 0; i < batch->n_requests; i = group.end, row += group.rows) {
    group = ssmt_network_batch_group (network, batch, i);
    if (group.rows > 0)
      ssmt_project (network->device, group.output, group.rows,
          ssmt_strided (ssmt_ref_at (ws->normed, row_bytes (network, row)), network->d_model),
          ssmt_strided (ssmt_floats_at ((SsmtRef){ ws->logits, 0 }, row * network->vocab_size),
              network->vocab_size));
  }
}

static void
network_run_output (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  guint32 first = 0, done = 0, n = batch->n_logit_rows;

  if (n == 0)
    return;
  if (ssmt_network_batch_wants_all_rows (batch)) {
    const SsmtLayers *stack = &network->stacks[SSMT_STACK_DECODER];

    stack_finish (network, stack, ws->hidden, ws->normed, n);
  } else {
    for (guint i = 0; i < batch->n_requests; i++) {
      done = network_gather (network, ws, batch->requests[i], first, done);
      first += ssmt_request_count_rows (batch->requests[i]);
    }
  }
  network_project (network, ws, batch);
}

/* The decoder's cross-attention layers take what they need of the encoder. */
static void
network_remember (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  const SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  gsize stride = network->memory_width;

  stack_finish (network, encoder, ws->hidden, ws->normed, batch->rows);
  for (guint r = 0; r < batch->n_runs; r++) {
    const SsmtRun *run = &ws->host_runs[r];
    SsmtRef encoded = ssmt_ref_at (ws->normed, row_bytes (network, run->first));

    for (guint i = 0; i < decoder->n_layers; i++) {
      const SsmtLayer *layer = decoder->layers[i];

      if (layer->klass->remember == NULL)
        continue;
      layer->klass->remember (layer, network->device, encoded, run->rows,
          ssmt_strided ((SsmtRef){ batch->memory,
                            (run->memory * stride + layer->memory_offset) * sizeof (float) },
              stride));
    }
  }
}

void
ssmt_network_queue (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  SsmtDevice *dev = network->device;
  const SsmtLayers *layers = &network->stacks[batch->stack];

  dev->ops->embed (dev,
      &(SsmtEmbedOp){ .table = layers->embedding,
          .ids = ws->ids,
          .out = ws->hidden,
          .rows = batch->rows,
          .out_stride = network->d_model,
          .scale = network->embedding_scale });
  if (batch->has_zeros)
    network_zero_rows (network, ws, batch);
  if (network->positions)
    ssmt_network_add_positions (
        network, ws->hidden, (SsmtRuns){ ws->runs, batch->n_runs }, batch->rows);
  network_run_layers (network, layers, ws, batch);
  if (batch->stack == SSMT_STACK_DECODER)
    network_run_output (network, ws, batch);
  else
    network_remember (network, ws, batch);
}
