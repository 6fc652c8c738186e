/* ssmtranslate: scratch memory of one caller, and what a call leaves in it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

static gboolean
workspace_alloc (SsmtWorkspace *ws, const SsmtNetwork *network,
    guint32 memory_rows)
{
  SsmtDevice *dev = ws->device;
  gsize row = 2 * (gsize) network->d_model + network->scratch_width;
  gsize d_bytes = (gsize) ws->max_rows * network->d_model * sizeof (float);
  /* Runs hold 64-bit numbers: keep them aligned behind the ids. */
  gsize ids_bytes = (ws->max_rows * sizeof (gint32) + 63) / 64 * 64;

  ws->activations =
      dev->ops->alloc (dev, ws->max_rows * row * sizeof (float));
  ws->batch =
      dev->ops->alloc (dev, ids_bytes + ws->max_rows * sizeof (SsmtRun));
  if (memory_rows > 0 && network->memory_width > 0)
    ws->memory = dev->ops->alloc (dev,
        memory_rows * network->memory_width * sizeof (float));
  ws->hidden = (SsmtRef) { ws->activations, 0 };
  ws->normed = (SsmtRef) { ws->activations, d_bytes };
  ws->scratch = (SsmtRef) { ws->activations, 2 * d_bytes };
  ws->ids = (SsmtRef) { ws->batch, 0 };
  ws->runs = (SsmtRef) { ws->batch, ids_bytes };
  return ws->activations != NULL && ws->batch != NULL
      && (ws->memory != NULL || memory_rows == 0
      || network->memory_width == 0);
}

SsmtWorkspace *
ssmt_workspace_new (const SsmtNetwork *network, guint32 max_rows,
    guint32 memory_rows)
{
  g_autoptr (SsmtWorkspace) ws = g_new0 (SsmtWorkspace, 1);

  ws->device = network->device;
  ws->max_rows = max_rows;
  ws->memory_rows = memory_rows;
  ws->vocab_size = network->vocab_size;
  ws->host_runs = g_new0 (SsmtRun, max_rows);
  ws->host_ids = g_new (gint32, max_rows);
  return workspace_alloc (ws, network, memory_rows)
      ? g_steal_pointer (&ws) : NULL;
}

void
ssmt_workspace_free (SsmtWorkspace *ws)
{
  if (ws == NULL)
    return;
  SsmtDevice *dev = ws->device;
  dev->ops->release (dev, ws->activations);
  dev->ops->release (dev, ws->batch);
  dev->ops->release (dev, ws->memory);
  dev->ops->release (dev, ws->scores);
  dev->ops->release (dev, ws->logits);
  dev->ops->release (dev, ws->best);
  g_free (ws->host_runs);
  g_free (ws->host_ids);
  g_free (ws);
}

guint32
ssmt_workspace_get_max_rows (const SsmtWorkspace *ws)
{
  return ws->max_rows;
}

static gboolean
workspace_grow (SsmtWorkspace *ws, SsmtBuffer **buffer, gsize bytes)
{
  SsmtBuffer *larger = ws->device->ops->alloc (ws->device, bytes);

  if (larger == NULL)
    return FALSE;
  ws->device->ops->release (ws->device, *buffer);
  *buffer = larger;
  return TRUE;
}

gboolean
ssmt_workspace_reserve_logits (SsmtWorkspace *ws, guint32 rows)
{
  if (rows <= ws->logits_capacity)
    return TRUE;
  if (!workspace_grow (ws, &ws->logits,
          (gsize) rows * ws->vocab_size * sizeof (float)))
    return FALSE;
  ws->logits_capacity = rows;
  return TRUE;
}

gboolean
ssmt_network_top_k (const SsmtNetwork *network, SsmtWorkspace *ws, guint k,
    gint32 *ids, float *logp)
{
  SsmtDevice *dev = network->device;
  gsize n = (gsize) ws->n_logit_rows * k;
  gsize ids_bytes;

  if (n > ws->best_capacity) {
    if (!workspace_grow (ws, &ws->best,
            n * (sizeof (gint32) + sizeof (float))))
      return FALSE;
    ws->best_capacity = n;
  }
  ids_bytes = n * sizeof (gint32);
  dev->ops->top_k (dev, &(SsmtTopKOp) {
        .logits = {ws->logits, 0}, .ids = {ws->best, 0},
        .logp = {ws->best, ids_bytes}, .rows = ws->n_logit_rows,
        .dim = ws->vocab_size, .stride = ws->vocab_size, .k = k});
  dev->ops->read (dev, ids, (SsmtRef) { ws->best, 0 }, ids_bytes);
  dev->ops->read (dev, logp, (SsmtRef) { ws->best, ids_bytes },
      n * sizeof (float));
  return TRUE;
}

void
ssmt_network_read_logits (const SsmtNetwork *network, SsmtWorkspace *ws,
    float *logits)
{
  ssmt_network_read_logit_rows (network, ws, 0, ws->n_logit_rows, logits);
}

void
ssmt_network_read_logit_rows (const SsmtNetwork *network, SsmtWorkspace *ws,
    guint32 first, guint32 rows, float *logits)
{
  gsize row = ws->vocab_size * sizeof (float);

  network->device->ops->read (network->device, logits,
      (SsmtRef) { ws->logits, first * row }, rows * row);
}

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

gboolean
ssmt_network_keep_scores (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtScores scores)
{
  ws->keep_scores = SSMT_SCORES_NONE;
  if (scores == SSMT_SCORES_NONE)
    return TRUE;
  if (!ssmt_network_tells_scores (network, scores))
    return FALSE;
  /* a row looks at the memory, or at rows of its own call */
  ws->scores_stride = MAX (ws->memory_rows, ws->max_rows);
  if (ws->scores == NULL)
    ws->scores = ws->device->ops->alloc (ws->device,
        2 * (gsize) ws->max_rows * ws->scores_stride * sizeof (float));
  if (ws->scores != NULL)
    ws->keep_scores = scores;
  return ws->scores != NULL;
}

void
ssmt_network_read_scores (const SsmtNetwork *network, SsmtWorkspace *ws,
    guint32 first, guint32 rows, guint32 columns, float *values)
{
  SsmtDevice *dev = network->device;
  guint n = count_scoring_layers (network, ws->keep_scores);

  for (guint32 r = 0; r < rows; r++) {
    float *row = values + (gsize) r * columns;

    dev->ops->read (dev, row, (SsmtRef) {
        ws->scores, (gsize) (first + r) * ws->scores_stride * sizeof (float)},
        columns * sizeof (float));
    for (guint32 j = 0; j < columns; j++)
      row[j] /= n;
  }
}

void
ssmt_network_read_memory (const SsmtNetwork *network, SsmtWorkspace *ws,
    guint32 first, guint32 rows, float *values)
{
  gsize row = network->memory_width * sizeof (float);

  network->device->ops->read (network->device, values,
      (SsmtRef) { ws->memory, first * row }, rows * row);
}
