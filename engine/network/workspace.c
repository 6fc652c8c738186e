/* ssmtranslate: scratch memory of one batch
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

static gboolean
workspace_alloc (SsmtWorkspace *ws, const SsmtNetwork *network)
{
  SsmtDevice *dev = ws->device;
  gsize row = 2 * (gsize) network->d_model + network->scratch_width;
  gsize d_bytes = (gsize) ws->max_rows * network->d_model * sizeof (float);
  /* Runs hold 64-bit numbers: keep them aligned behind the ids. */
  gsize ids_bytes = (ws->max_rows * sizeof (gint32) + 63) / 64 * 64;

  ws->activations = dev->ops->alloc (dev, ws->max_rows * row * sizeof (float));
  ws->batch = dev->ops->alloc (dev, ids_bytes + ws->max_rows * sizeof (SsmtRun));
  ws->hidden = (SsmtRef){ ws->activations, 0 };
  ws->normed = (SsmtRef){ ws->activations, d_bytes };
  ws->scratch = (SsmtRef){ ws->activations, 2 * d_bytes };
  ws->ids = (SsmtRef){ ws->batch, 0 };
  ws->runs = (SsmtRef){ ws->batch, ids_bytes };
  return ws->activations != NULL && ws->batch != NULL;
}

SsmtWorkspace *
ssmt_workspace_new (const SsmtNetwork *network, guint32 max_rows, guint32 memory_rows)
{
  g_autoptr (SsmtWorkspace) ws = g_new0 (SsmtWorkspace, 1);

  ws->device = network->device;
  ws->max_rows = max_rows;
  /* a row looks at the memory, or at rows of its own request */
  ws->scores_stride = MAX (memory_rows, max_rows);
  ws->vocab_size = network->vocab_size;
  ws->host_runs = g_new0 (SsmtRun, max_rows);
  ws->host_ids = g_new (gint32, max_rows);
  return workspace_alloc (ws, network) ? g_steal_pointer (&ws) : NULL;
}

void
ssmt_workspace_free (SsmtWorkspace *ws)
{
  if (ws == NULL)
    return;
  SsmtDevice *dev = ws->device;
  dev->ops->release (dev, ws->activations);
  dev->ops->release (dev, ws->batch);
  dev->ops->release (dev, ws->scores);
  dev->ops->release (dev, ws->logits);
  dev->ops->release (dev, ws->best);
  g_free (ws->host_best);
  g_free (ws->host_logp);
  g_free (ws->host_runs);
  g_free (ws->host_ids);
  g_free (ws);
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
ssmt_workspace_reserve (SsmtWorkspace *ws, guint32 logit_rows, guint k, gboolean scores)
{
  gsize n = (gsize) logit_rows * k;

  if (logit_rows > ws->logits_capacity) {
    if (!workspace_grow (ws, &ws->logits, (gsize) logit_rows * ws->vocab_size * sizeof (float)))
      return FALSE;
    ws->logits_capacity = logit_rows;
  }
  if (n > ws->best_capacity) {
    if (!workspace_grow (ws, &ws->best, n * (sizeof (gint32) + sizeof (float))))
      return FALSE;
    ws->host_best = g_renew (gint32, ws->host_best, n);
    ws->host_logp = g_renew (float, ws->host_logp, n);
    ws->best_capacity = n;
  }
  return !scores || ws->scores != NULL
      || workspace_grow (
          ws, &ws->scores, 2 * (gsize) ws->max_rows * ws->scores_stride * sizeof (float));
}
