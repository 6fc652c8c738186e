/* ssmtranslate: reads rows of requests through a stack of layers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

#include <string.h>

/* Room in the slots for what the request brings. */
static gboolean
reserve_slots (const SsmtRequest *request)
{
  SsmtArena *arena = request->arena;
  guint64 tokens = 0;

  for (guint i = 0; i < request->n_runs; i++)
    tokens = MAX (tokens, arena->positions[request->runs[i].slot] + request->runs[i].rows);
  return ssmt_arena_reserve (arena, tokens);
}

static void
batch_add (SsmtNetworkBatch *batch, SsmtWorkspace *ws, const SsmtLayers *layers,
    const SsmtRequest *request)
{
  SsmtArena *arena = request->arena;
  guint32 first = batch->rows;

  for (guint i = 0; i < request->n_runs; i++) {
    const SsmtRows *run = &request->runs[i];

    ws->host_runs[batch->n_runs++] = (SsmtRun){ .slot = arena->first + run->slot,
      .first = batch->rows,
      .rows = run->rows,
      .memory = request->memory + run->memory,
      .memory_rows = run->memory_rows,
      .segment_rows = (guint32) (arena->positions[run->slot] - arena->segments[run->slot]),
      .position = arena->positions[run->slot] };
    if (!layers->restarts)
      arena->positions[run->slot] += run->rows;
    batch->rows += run->rows;
  }
  for (guint32 i = first; i < batch->rows; i++) {
    gint32 id = request->tokens[i - first];

    batch->has_zeros |= id < 0;
    ws->host_ids[i] = MAX (id, 0);
  }
}

/* Uploads ids and runs, moves the slots' positions on. */
static void
batch_begin (SsmtNetworkBatch *batch, SsmtWorkspace *ws, const SsmtLayers *layers)
{
  SsmtDevice *dev = ws->device;

  for (guint i = 0; i < batch->n_requests; i++)
    batch_add (batch, ws, layers, batch->requests[i]);
  dev->ops->write (dev, ws->ids, ws->host_ids, batch->rows * sizeof (gint32));
  dev->ops->write (dev, ws->runs, ws->host_runs, batch->n_runs * sizeof (SsmtRun));
}

/* --- what is wanted --------------------------------------------------------- */

static guint
count_scoring_layers (const SsmtNetwork *network, SsmtScores scores)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  guint n = 0;

  for (guint i = 0; i < decoder->n_layers; i++)
    n += decoder->layers[i]->scores == scores;
  return n;
}

gboolean
ssmt_network_tells_scores (const SsmtNetwork *network, SsmtScores scores)
{
  return count_scoring_layers (network, scores) > 0;
}

/* The mean over layers. */
static void
read_scores (
    const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtRequest *request, guint32 rows)
{
  SsmtDevice *dev = network->device;
  guint n = count_scoring_layers (network, request->scores);
  guint32 columns = request->score_columns;

  for (guint32 r = 0; r < rows; r++) {
    float *row = request->score_values + (gsize) r * columns;

    dev->ops->read (dev, row,
        (SsmtRef){ ws->scores, (gsize) r * ws->scores_stride * sizeof (float) },
        columns * sizeof (float));
    for (guint32 j = 0; j < columns; j++)
      row[j] /= n;
  }
}

/* The best of each row, on the device: ids of all rows, then log-probabilities, a group's behind those of
 * the one before. Returns how many. */
static gsize
find_best (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  gsize half = ws->best_capacity * sizeof (gint32), row = 0, at = 0;
  SsmtOutputGroup group;

  for (guint i = 0; i < batch->n_requests; i = group.end) {
    group = ssmt_network_batch_group (network, batch, i);
    if (group.k > 0)
      ws->device->ops->top_k (ws->device,
          &(SsmtTopKOp){
              .logits = ssmt_floats_at ((SsmtRef){ ws->logits, 0 }, row * ws->vocab_size),
              .ids = { ws->best, at * sizeof (gint32) },
              .logp = { ws->best, half + at * sizeof (float) },
              .rows = group.rows,
              .dim = group.output->weight->rows,
              .stride = ws->vocab_size,
              .k = group.k });
    row += group.rows;
    at += group.rows * group.k;
  }
  return at;
}

/* The part of a request in its group's, of which each row has group->k. */
static void
copy_best (
    const SsmtRequest *request, const SsmtOutputGroup *group, const gint32 *ids, const float *logp)
{
  for (gsize row = 0; row < request->n_logit_rows; row++)
    for (gsize i = 0; i < request->k; i++) {
      gint32 id = ids[row * group->k + i];

      request->ids[row * request->k + i] = group->ids != NULL ? group->ids[id] : id;
      request->logp[row * request->k + i] = logp[row * group->k + i];
    }
}

/* The best of all rows at once, then each request's part of them. */
static void
read_best (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  SsmtDevice *dev = ws->device;
  gsize half = ws->best_capacity * sizeof (gint32), n = find_best (network, ws, batch), at = 0;
  SsmtOutputGroup group;

  dev->ops->read (dev, ws->host_best, (SsmtRef){ ws->best, 0 }, n * sizeof (gint32));
  dev->ops->read (dev, ws->host_logp, (SsmtRef){ ws->best, half }, n * sizeof (float));
  for (guint i = 0; i < batch->n_requests; i = group.end) {
    group = ssmt_network_batch_group (network, batch, i);
    for (guint j = i; j < group.end; j++) {
      copy_best (batch->requests[j], &group, ws->host_best + at, ws->host_logp + at);
      at += batch->requests[j]->n_logit_rows * group.k;
    }
  }
}

static void
read_outputs (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch, guint k)
{
  gsize row = ws->vocab_size * sizeof (float), first = 0;

  for (guint i = 0; i < batch->n_requests; i++) {
    const SsmtRequest *request = batch->requests[i];

    if (request->logits != NULL)
      ws->device->ops->read (ws->device, request->logits, (SsmtRef){ ws->logits, first * row },
          request->n_logit_rows * row);
    if (request->score_values != NULL)
      read_scores (network, ws, request, ssmt_request_count_rows (request));
    first += request->n_logit_rows;
  }
  if (k > 0)
    read_best (network, ws, batch);
}

gboolean
ssmt_network_forward (const SsmtNetwork *network, SsmtWorkspace *ws, SsmtSlab *memory,
    const SsmtRequest *const *requests, guint n_requests)
{
  const SsmtRequest *first = requests[0];
  SsmtNetworkBatch batch = {
    .requests = requests, .n_requests = n_requests, .stack = first->stack
  };
  guint k = 0;

  for (guint i = 0; i < n_requests; i++) {
    const SsmtRequest *request = requests[i];

    /* as ssmt_network_init_arena() makes them, or keys would be written anywhere */
    g_return_val_if_fail (
        request->arena->token_bytes == network->stacks[first->stack].token_bytes, FALSE);
    g_return_val_if_fail (
        request->stack == first->stack && (i == 0 || request->arena->slab == first->arena->slab),
        FALSE);
    if (!reserve_slots (request))
      return FALSE;
    batch.n_logit_rows += request->n_logit_rows;
    k = MAX (k, request->k);
    batch.has_columns |= request->columns != NULL;
  }
  if (!ssmt_workspace_reserve (ws, batch.n_logit_rows, k, first->scores != SSMT_SCORES_NONE))
    return FALSE;
  batch.slots = ssmt_arena_hold (first->arena);
  batch.memory = memory != NULL ? ssmt_slab_hold (memory) : NULL;
  batch_begin (&batch, ws, &network->stacks[batch.stack]);
  ssmt_network_run (network, ws, &batch);
  if (memory != NULL)
    ssmt_slab_let_go (memory);
  ssmt_arena_let_go (first->arena);
  read_outputs (network, ws, &batch, k);
  return TRUE;
}
