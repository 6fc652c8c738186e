/* ssmtranslate: steps of decoding, as graphs where the device has them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

/* A step of decoding: what is queued for it depends on nothing but what is in the key. */
static gboolean
is_step (const SsmtNetworkBatch *batch)
{
  return batch->stack == SSMT_STACK_DECODER && batch->rows == batch->n_runs
      && batch->requests[0]->scores == SSMT_SCORES_NONE && !batch->has_zeros && !batch->has_columns
      && ssmt_network_batch_wants_all_rows (batch);
}

static guint64
step_key (const SsmtNetwork *network, const SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  const guint64 parts[] = { GPOINTER_TO_SIZE (network), GPOINTER_TO_SIZE (ws->activations),
    GPOINTER_TO_SIZE (ws->batch), GPOINTER_TO_SIZE (ws->logits), GPOINTER_TO_SIZE (batch->slots),
    GPOINTER_TO_SIZE (batch->memory), batch->requests[0]->arena->slot_bytes, batch->rows };
  guint64 key = 0xcbf29ce484222325;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (guint byte = 0; byte < 8; byte++)
      key = (key ^ (parts[i] >> 8 * byte & 0xff)) * 0x100000001b3;
  return key;
}

void
ssmt_network_run (const SsmtNetwork *network, SsmtWorkspace *ws, const SsmtNetworkBatch *batch)
{
  SsmtDevice *dev = network->device;
  guint64 key;

  if (dev->ops->graph_begin == NULL || !is_step (batch)) {
    ssmt_network_queue (network, ws, batch);
    return;
  }
  key = step_key (network, ws, batch);
  while (!dev->ops->graph_begin (dev, key)) {
    ssmt_network_queue (network, ws, batch);
    if (dev->ops->graph_end (dev, key))
      break;
  }
}
