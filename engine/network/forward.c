/* ssmtranslate: runs a stack of layers over one batch of rows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

/* Room in the slots for what the spans bring. */
static gboolean
network_reserve (const SsmtShare *part)
{
  SsmtArena *arena = part->arena;
  guint64 tokens = 0;

  for (guint i = 0; i < part->n_spans; i++)
    tokens = MAX (tokens,
        arena->positions[part->spans[i].slot] + part->spans[i].rows);
  return ssmt_arena_reserve (arena, tokens);
}

static void
call_add_part (SsmtNetworkCall *call, SsmtWorkspace *ws, const SsmtLayers *layers,
    const SsmtShare *part)
{
  SsmtArena *arena = part->arena;
  guint32 first = call->rows;

  for (guint i = 0; i < part->n_spans; i++) {
    const SsmtSpan *span = &part->spans[i];

    ws->host_runs[call->n_spans++] = (SsmtRun) {
      .slot = arena->first + span->slot,.first = call->rows,
      .rows = span->rows,.memory = part->memory + span->memory,
      .memory_rows = span->memory_rows,
      .position = arena->positions[span->slot]
    };
    if (!layers->restarts)
      arena->positions[span->slot] += span->rows;
    call->rows += span->rows;
  }
  for (guint32 i = first; i < call->rows; i++) {
    gint32 id = part->tokens[i - first];

    call->has_zeros |= id < 0;
    ws->host_ids[i] = MAX (id, 0);
  }
}

/* Uploads ids and runs, moves the slots' positions on. */
static void
call_begin (SsmtNetworkCall *call, SsmtWorkspace *ws, const SsmtLayers *layers)
{
  SsmtDevice *dev = ws->device;

  for (guint i = 0; i < call->n_parts; i++)
    call_add_part (call, ws, layers, &call->parts[i]);
  dev->ops->write (dev, ws->ids, ws->host_ids, call->rows * sizeof (gint32));
  dev->ops->write (dev, ws->runs, ws->host_runs,
      call->n_spans * sizeof (SsmtRun));
}

gboolean
ssmt_network_forward_shared (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtStack stack, SsmtSlab *memory, const SsmtShare *parts, guint n_parts)
{
  SsmtNetworkCall call = {.parts = parts,.n_parts = n_parts };
  guint32 n_logit_rows = 0;

  for (guint i = 0; i < n_parts; i++) {
    /* as ssmt_network_init_arena() makes them, or keys would be written anywhere */
    g_return_val_if_fail (parts[i].arena->token_bytes
        == network->stacks[stack].token_bytes, FALSE);
    g_return_val_if_fail (i == 0 || parts[i].arena->slab == parts[0].arena->slab,
        FALSE);
    if (!network_reserve (&parts[i]))
      return FALSE;
    n_logit_rows += parts[i].n_logit_rows;
  }
  if (!ssmt_workspace_reserve_logits (ws, n_logit_rows))
    return FALSE;
  call.slots = ssmt_arena_hold (parts[0].arena);
  call.memory = memory != NULL ? ssmt_slab_hold (memory) : ws->memory;
  call_begin (&call, ws, &network->stacks[stack]);
  ws->n_logit_rows = stack == SSMT_STACK_DECODER ? n_logit_rows : 0;
  ssmt_network_run (network, ws, stack, &call, n_logit_rows);
  if (memory != NULL)
    ssmt_slab_let_go (memory);
  ssmt_arena_let_go (parts[0].arena);
  return TRUE;
}

gboolean
ssmt_network_forward (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtStack stack, SsmtArena *arena, const SsmtSpan *spans, guint n_spans,
    const gint32 *tokens, const guint32 *logit_rows, guint n_logit_rows)
{
  const SsmtShare part = {.arena = arena,.spans = spans,.n_spans = n_spans,
    .tokens = tokens,.logit_rows = logit_rows,.n_logit_rows = n_logit_rows
  };

  return ssmt_network_forward_shared (network, ws, stack, NULL, &part, 1);
}
