/* ssmtranslate: runs stacks of layers over one batch of rows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

#include <string.h>

/* Blocks of layers in a slot begin on cache lines. */
#define STATE_ALIGN 64
/* No model needs more for one document; a mistaken "window" may ask for it. */
#define MAX_STATE_BYTES ((gsize) 1 << 30)

/* --- building ----------------------------------------------------------- */

static gboolean
stack_add_layer (SsmtNetwork *network, SsmtLayers *stack,
    const SsmtLayerConfig *config, GError **error)
{
  SsmtLayer *layer =
      ssmt_layer_new (config, network->d_model, network->eps, error);

  if (layer == NULL)
    return FALSE;
  const SsmtLayerClass *klass = layer->klass;
  gsize state = klass->state_size != NULL ? klass->state_size (layer) : 0;

  layer->layer_norm = network->layer_norm;
  layer->token_offset = stack->token_bytes;
  if (klass->token_size != NULL)
    stack->token_bytes += klass->token_size (layer);
  stack->layers[stack->n_layers++] = layer;
  layer->state_offset = stack->state_bytes;
  stack->state_bytes += (state + STATE_ALIGN - 1) / STATE_ALIGN * STATE_ALIGN;
  if (stack->state_bytes > MAX_STATE_BYTES) {
    ssmt_layer_config_set_error (config, error,
        "up to this layer a stream would carry %" G_GSIZE_FORMAT
        " bytes of state, more than the %" G_GSIZE_FORMAT " allowed",
        stack->state_bytes, MAX_STATE_BYTES);
    return FALSE;
  }
  if (klass->memory_width != NULL) {
    layer->memory_offset = network->memory_width;
    network->memory_width += klass->memory_width (layer);
  }
  if (klass->looks_ahead != NULL && klass->looks_ahead (layer))
    network->looks_ahead = TRUE;
  network->scratch_width =
      MAX (network->scratch_width, klass->scratch_width (layer));
  return TRUE;
}

/* NAME.weight, and NAME.bias with LayerNorm. */
static gboolean
bind_norm (SsmtWeights *weights, const char *name, guint32 width,
    gboolean layer_norm, SsmtRef *weight, SsmtRef *bias, GError **error)
{
  g_autofree char *w = g_strconcat (name, ".weight", NULL);
  g_autofree char *b = g_strconcat (name, ".bias", NULL);

  return ssmt_weights_get_floats (weights, w, width, 1, weight, error)
      && (!layer_norm
      || ssmt_weights_get_floats (weights, b, width, 1, bias, error));
}

static gboolean
layer_bind (SsmtLayer *layer, const SsmtLayerConfig *config,
    SsmtWeights *weights, GError **error)
{
  return bind_norm (weights, config->norm, layer->d_model, layer->layer_norm,
      &layer->norm, &layer->norm_bias, error)
      && layer->klass->bind (layer, config->prefix, weights, error);
}

static gboolean
stack_build (SsmtNetwork *network, SsmtLayers *stack, GPtrArray *configs,
    const char *norm, SsmtWeights *weights, GError **error)
{
  guint n = configs != NULL ? configs->len : 0;

  if (n == 0)
    return TRUE;
  stack->layers = g_new0 (SsmtLayer *, n);
  for (guint i = 0; i < n; i++) {
    const SsmtLayerConfig *config = g_ptr_array_index (configs, i);

    if (!stack_add_layer (network, stack, config, error)
        || !layer_bind (stack->layers[i], config, weights, error))
      return FALSE;
  }
  return bind_norm (weights, norm, network->d_model, network->layer_norm,
      &stack->norm_f, &stack->norm_f_bias, error);
}

static gboolean
network_bind_vocabulary (SsmtNetwork *network, const SsmtConfig *config,
    SsmtWeights *weights, GError **error)
{
  const char *name = config->embedding;
  SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];

  if (config->embedding_alias != NULL && !ssmt_weights_has (weights, name)
      && ssmt_weights_has (weights, config->embedding_alias))
    name = config->embedding_alias;
  decoder->embedding = ssmt_weights_get_matrix (weights, name,
      network->vocab_size, network->d_model, error);
  if (decoder->embedding == NULL)
    return FALSE;
  encoder->embedding = network->output = decoder->embedding;
  if (config->encoder_embeddings)
    encoder->embedding = ssmt_weights_get_matrix (weights,
        "encoder.embeddings.weight", network->vocab_size, network->d_model,
        error);
  if (encoder->embedding == NULL)
    return FALSE;
  if (!config->tie_embeddings)
    network->output = ssmt_weights_get_matrix (weights, config->output,
        network->vocab_size, network->d_model, error);
  else if (config->family != NULL
      && ssmt_weights_are_same (weights, name, config->output))
    ssmt_weights_ignore (weights, config->output);      /* a second copy */
  return network->output != NULL;
}

SsmtNetwork *
ssmt_network_new (const SsmtConfig *config, SsmtDevice *device,
    SsmtWeights *weights, GError **error)
{
  g_autoptr (SsmtNetwork) network = g_new0 (SsmtNetwork, 1);

  network->device = device;
  network->vocab_size = config->vocab_size;
  network->d_model = config->d_model;
  network->eps = config->norm_eps;
  network->embedding_scale = config->embedding_scale;
  if (config->family != NULL)   /* angles that older versions stored */
    ssmt_weights_ignore_ending (weights, ".inv_freq");
  network->layer_norm = config->layer_norm;
  network->positions = config->positions;
  network->position_offset = config->position_offset;
  network->max_context = config->max_context;
  if (!network_bind_vocabulary (network, config, weights, error)
      || !stack_build (network, &network->stacks[SSMT_STACK_DECODER],
          config->decoder_layers, config->decoder_norm, weights, error)
      || !stack_build (network, &network->stacks[SSMT_STACK_ENCODER],
          config->encoder_layers, "encoder.norm_f", weights, error)
      || !ssmt_weights_check_all_used (weights, error))
    return NULL;
  SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  encoder->restarts = encoder->n_layers > 0
      && encoder->state_bytes + encoder->token_bytes == 0;
  if (encoder->restarts)        /* or positions would restart within a segment */
    network->looks_ahead = TRUE;
  if ((network->memory_width > 0) != ssmt_network_has_encoder (network)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: an encoder and cross_attention layers go together: %s",
        config->path, network->memory_width > 0 ?
        "\"encoder_layers\" is empty" :
        "no layer of the decoder reads the encoder");
    return NULL;
  }
  return g_steal_pointer (&network);
}

void
ssmt_network_free (SsmtNetwork *network)
{
  if (network == NULL)
    return;
  for (guint s = 0; s < G_N_ELEMENTS (network->stacks); s++) {
    for (guint i = 0; i < network->stacks[s].n_layers; i++)
      ssmt_layer_free (network->stacks[s].layers[i]);
    g_free (network->stacks[s].layers);
  }
  g_free (network);
}

SsmtDevice *
ssmt_network_get_device (const SsmtNetwork *network)
{
  return network->device;
}

guint32
ssmt_network_get_vocab_size (const SsmtNetwork *network)
{
  return network->vocab_size;
}

gboolean
ssmt_network_has_encoder (const SsmtNetwork *network)
{
  return network->stacks[SSMT_STACK_ENCODER].n_layers > 0;
}

gboolean
ssmt_network_needs_whole_segment (const SsmtNetwork *network)
{
  return network->looks_ahead;
}

gsize
ssmt_network_get_state_bytes (const SsmtNetwork *network, SsmtStack stack)
{
  return network->stacks[stack].state_bytes;
}

gsize
ssmt_network_get_token_bytes (const SsmtNetwork *network, SsmtStack stack)
{
  return network->stacks[stack].token_bytes;
}

gboolean
ssmt_network_init_arena (const SsmtNetwork *network, SsmtStack stack,
    SsmtArena *arena, guint32 max_tokens, guint n_slots)
{
  return ssmt_arena_init_growing (arena, network->device,
      network->stacks[stack].state_bytes, network->stacks[stack].token_bytes,
      max_tokens > 0 ? max_tokens : network->max_context, n_slots);
}

gsize
ssmt_network_get_memory_width (const SsmtNetwork *network)
{
  return network->memory_width;
}

char *
ssmt_network_describe_state (const SsmtNetwork *network)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  const SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  gsize state = encoder->state_bytes + decoder->state_bytes;
  gsize token = encoder->token_bytes + decoder->token_bytes;

  if (token == 0)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes per stream", state);
  return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes per stream and %"
      G_GSIZE_FORMAT " per token, up to %u tokens", state, token,
      network->max_context);
}

static void
stack_describe (const SsmtLayers *stack, const char *name, GString *text)
{
  for (guint i = 0; i < stack->n_layers; i++) {
    const SsmtLayer *layer = stack->layers[i];
    g_autofree char *sizes = layer->klass->describe (layer);

    g_string_append_printf (text, "  %s %2u  %-15s  %s\n", name, i,
        layer->klass->kind, sizes);
  }
}

char *
ssmt_network_describe (const SsmtNetwork *network)
{
  GString *text = g_string_new (NULL);

  stack_describe (&network->stacks[SSMT_STACK_ENCODER], "encoder", text);
  stack_describe (&network->stacks[SSMT_STACK_DECODER], "decoder", text);
  return g_string_free (text, FALSE);
}

/* --- forward ------------------------------------------------------------ */

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

/* What a call works on, all parts together. */
typedef struct {
  const SsmtShare *parts;
  guint n_parts;
  guint32 n_spans, rows;
  SsmtBuffer *slots;            /* of all arenas */
  SsmtBuffer *memory;
} Call;

static void
call_add_part (Call *call, SsmtWorkspace *ws, const SsmtLayers *layers,
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
  memcpy (ws->host_ids + first, part->tokens,
      (call->rows - first) * sizeof *part->tokens);
}

/* Uploads ids and runs, moves the slots' positions on. */
static void
call_begin (Call *call, SsmtWorkspace *ws, const SsmtLayers *layers)
{
  SsmtDevice *dev = ws->device;

  for (guint i = 0; i < call->n_parts; i++)
    call_add_part (call, ws, layers, &call->parts[i]);
  dev->ops->write (dev, ws->ids, ws->host_ids, call->rows * sizeof (gint32));
  dev->ops->write (dev, ws->runs, ws->host_runs,
      call->n_spans * sizeof (SsmtRun));
}

static void
network_run_layers (const SsmtNetwork *network, const SsmtLayers *stack,
    SsmtWorkspace *ws, const Call *call)
{
  const SsmtArena *arena = call->parts[0].arena;
  guint32 rows = call->rows;
  SsmtBatch batch = {.device = network->device,.rows = rows,
    .hidden = ws->hidden,.normed = ws->normed,.scratch = ws->scratch,
    .runs = {ws->runs, call->n_spans},
    .memory_stride = network->memory_width,
    .scores_stride = ws->scores_stride
  };
  gsize scores_bytes = (gsize) rows * ws->scores_stride * sizeof (float);

  if (ws->keep_scores && stack == &network->stacks[SSMT_STACK_DECODER]) {
    batch.wanted = ws->keep_scores;
    batch.scores = (SsmtRef) { ws->scores, 0 };
    batch.scores_work = (SsmtRef) { ws->scores,
      (gsize) ws->max_rows * ws->scores_stride * sizeof (float)
    };
    ws->device->ops->zero (ws->device, batch.scores, scores_bytes);
  }

  for (guint i = 0; i < stack->n_layers; i++) {
    const SsmtLayer *layer = stack->layers[i];

    batch.state.base = (SsmtRef) { call->slots, layer->state_offset };
    batch.state.stride = arena->slot_bytes;
    batch.tokens.base = (SsmtRef) { call->slots,
      arena->fixed_bytes + layer->token_offset
    };
    batch.tokens.stride = arena->slot_bytes;
    batch.token_stride = arena->token_bytes;
    batch.memory = (SsmtRef) { call->memory,
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
    const SsmtShare *part, guint32 first, guint32 done)
{
  const SsmtLayers *stack = &network->stacks[SSMT_STACK_DECODER];
  const guint32 *rows = part->logit_rows;
  guint n = part->n_logit_rows;

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

static guint32
part_rows (const SsmtShare *part)
{
  guint32 rows = 0;

  for (guint i = 0; i < part->n_spans; i++)
    rows += part->spans[i].rows;
  return rows;
}

/* Where every row of a batch is asked for, its parts need not be looked at one by one. */
static gboolean
wants_all_rows (const Call *call, guint32 n)
{
  guint32 next = 0;

  if (n != call->rows)
    return FALSE;
  for (guint p = 0; p < call->n_parts; p++)
    for (guint i = 0; i < call->parts[p].n_logit_rows; i++, next++)
      if (call->parts[p].logit_rows[i] != i)
        return FALSE;
  return next == n;
}

/* `n`: of all parts; there is room for their logits. */
static void
network_run_output (const SsmtNetwork *network, SsmtWorkspace *ws,
    const Call *call, guint32 n)
{
  SsmtDevice *dev = network->device;
  guint32 first = 0, done = 0;

  if (n == 0)
    return;
  if (wants_all_rows (call, n)) {
    const SsmtLayers *stack = &network->stacks[SSMT_STACK_DECODER];

    network_norm (network, ws->hidden, stack->norm_f, stack->norm_f_bias,
        ws->normed, n);
  } else {
    for (guint i = 0; i < call->n_parts; i++) {
      done = network_gather (network, ws, &call->parts[i], first, done);
      first += part_rows (&call->parts[i]);
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
    const Call *call)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  const SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  gsize stride = network->memory_width;

  network_norm (network, ws->hidden, encoder->norm_f, encoder->norm_f_bias,
      ws->normed, call->rows);
  for (guint s = 0; s < call->n_spans; s++) {
    const SsmtRun *run = &ws->host_runs[s];
    SsmtRef encoded = ssmt_ref_at (ws->normed, row_bytes (network, run->first));

    for (guint i = 0; i < decoder->n_layers; i++) {
      const SsmtLayer *layer = decoder->layers[i];

      if (layer->klass->remember == NULL)
        continue;
      layer->klass->remember (layer, network->device, encoded, run->rows,
          (SsmtRef) {
          call->memory, (run->memory * stride + layer->memory_offset)
          * sizeof (float)}, stride);
    }
  }
}

static void
network_queue (const SsmtNetwork *network, SsmtWorkspace *ws, SsmtStack stack,
    const Call *call, guint32 n_logit_rows)
{
  SsmtDevice *dev = network->device;
  const SsmtLayers *layers = &network->stacks[stack];

  dev->ops->embed (dev, &(SsmtEmbedOp) {
        .table = layers->embedding, .ids = ws->ids, .out = ws->hidden,
        .rows = call->rows, .out_stride = network->d_model,
        .scale = network->embedding_scale});
  if (network->positions)
    dev->ops->positions (dev, &(SsmtPositionsOp) {
          .x = ws->hidden, .runs = {ws->runs, call->n_spans},
          .rows = call->rows, .dim = network->d_model,
          .stride = network->d_model, .offset = network->position_offset});
  network_run_layers (network, layers, ws, call);
  if (stack == SSMT_STACK_DECODER)
    network_run_output (network, ws, call, n_logit_rows);
  else
    network_remember (network, ws, call);
}

/* A step of decoding: what is queued for it depends on nothing but what is in the key. */
static gboolean
is_step (const SsmtWorkspace *ws, const Call *call, guint32 n_logit_rows)
{
  return call->rows == call->n_spans && !ws->keep_scores
      && wants_all_rows (call, n_logit_rows);
}

static guint64
step_key (const SsmtNetwork *network, const SsmtWorkspace *ws,
    const Call *call)
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

static void
network_run (const SsmtNetwork *network, SsmtWorkspace *ws, SsmtStack stack,
    Call *call, guint32 n_logit_rows)
{
  SsmtDevice *dev = network->device;
  guint64 key;

  call_begin (call, ws, &network->stacks[stack]);
  ws->n_logit_rows = stack == SSMT_STACK_DECODER ? n_logit_rows : 0;
  if (dev->ops->graph_begin == NULL || stack != SSMT_STACK_DECODER
      || !is_step (ws, call, n_logit_rows)) {
    network_queue (network, ws, stack, call, n_logit_rows);
    return;
  }
  key = step_key (network, ws, call);
  while (!dev->ops->graph_begin (dev, key)) {
    network_queue (network, ws, stack, call, n_logit_rows);
    if (dev->ops->graph_end (dev, key))
      break;
  }
}

gboolean
ssmt_network_forward_shared (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtStack stack, SsmtSlab *memory, const SsmtShare *parts, guint n_parts)
{
  Call call = {.parts = parts,.n_parts = n_parts };
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
  network_run (network, ws, stack, &call, n_logit_rows);
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
