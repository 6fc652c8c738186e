/* ssmtranslate: steps of decoding, as graphs where the device has them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

/* A step of decoding: what is queued for it depends on nothing but what is in the key. */
static gboolean
is_step (const SsmtWorkspace *ws, const SsmtNetworkCall *call, guint32 n_logit_rows)
{
  return call->rows == call->n_spans && !ws->keep_scores && !call->has_zeros
      && ssmt_network_call_wants_all_rows (call, n_logit_rows);
}

static guint64
step_key (const SsmtNetwork *network, const SsmtWorkspace *ws,
    const SsmtNetworkCall *call)
{
  const guint64 parts[] = {
    GPOINTER_TO_SIZE (network), GPOINTER_TO_SIZE (ws->activations),
    GPOINTER_TO_SIZE (ws->batch), GPOINTER_TO_SIZE (ws->logits),
    GPOINTER_TO_SIZE (call->slots), GPOINTER_TO_SIZE (call->memory),
    call->parts[0].arena->slot_bytes, call->rows
  };
  guint64 key = 0xcbf29ce484222325;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (guint byte = 0; byte < 8; byte++)
      key = (key ^ (parts[i] >> 8 * byte & 0xff)) * 0x100000001b3;
  return key;
}

void
ssmt_network_run (const SsmtNetwork *network, SsmtWorkspace *ws, SsmtStack stack,
    SsmtNetworkCall *call, guint32 n_logit_rows)
{
  SsmtDevice *dev = network->device;
  guint64 key;

  if (dev->ops->graph_begin == NULL || stack != SSMT_STACK_DECODER
      || !is_step (ws, call, n_logit_rows)) {
    ssmt_network_queue (network, ws, stack, call, n_logit_rows);
    return;
  }
  key = step_key (network, ws, call);
  while (!dev->ops->graph_begin (dev, key)) {
    ssmt_network_queue (network, ws, stack, call, n_logit_rows);
    if (dev->ops->graph_end (dev, key))
      break;
  }
}
