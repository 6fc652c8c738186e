/* ssmtranslate: stacks of layers, put together and bound to their weights
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

/* Blocks of layers in a slot begin on cache lines. */
#define STATE_ALIGN 64
/* No model needs more for one document; a mistaken "window" may ask for it. */
#define MAX_STATE_BYTES ((gsize) 1 << 30)

/* --- building ----------------------------------------------------------- */

/* What a layer needs of a slot, of segment memory and of scratch. */
static gboolean
stack_lay_out (
    SsmtNetwork *network, SsmtLayers *stack, SsmtLayer *layer, const char *where, GError **error)
{
  const SsmtLayerClass *klass = layer->klass;
  gsize state = klass->state_size != NULL ? klass->state_size (layer) : 0;

  layer->token_offset = stack->token_bytes;
  if (klass->token_size != NULL)
    stack->token_bytes += klass->token_size (layer);
  layer->state_offset = stack->state_bytes;
  stack->state_bytes += (state + STATE_ALIGN - 1) / STATE_ALIGN * STATE_ALIGN;
  if (stack->state_bytes > MAX_STATE_BYTES)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, where,
        "up to this layer a stream would carry %" G_GSIZE_FORMAT
        " bytes of state, more than the %" G_GSIZE_FORMAT " allowed",
        stack->state_bytes, MAX_STATE_BYTES);
  if (klass->memory_width != NULL) {
    layer->memory_offset = network->memory_width;
    network->memory_width += klass->memory_width (layer);
  }
  if (klass->looks_ahead != NULL && klass->looks_ahead (layer))
    network->looks_ahead = TRUE;
  network->scratch_width = MAX (network->scratch_width, klass->scratch_width (layer));
  return TRUE;
}

static gboolean
binder_finish (SsmtBinder *binder, GError **error)
{
  if (binder->error == NULL)
    return TRUE;
  g_propagate_error (error, binder->error);
  return FALSE;
}

static gboolean
layer_bind (
    SsmtLayer *layer, const SsmtLayerConfig *config, SsmtTensorSource *source, GError **error)
{
  SsmtBinder binder = { .source = source, .prefix = "", .cost = &layer->cost };

  ssmt_layer_bind_norm (layer, &binder, config->norm, layer->d_model, &layer->norm);
  binder.prefix = config->prefix;
  layer->klass->bind (layer, &binder);
  return binder_finish (&binder, error);
}

static gboolean
stack_build (SsmtNetwork *network, SsmtLayers *stack, const SsmtStackConfig *config,
    SsmtTensorSource *source, GError **error)
{
  SsmtLayerFrame frame = { .d_model = network->d_model,
    .eps = network->eps,
    .in_encoder = stack == &network->stacks[SSMT_STACK_ENCODER] };
  SsmtBinder binder = { .source = source, .prefix = "", .cost = &stack->cost };

  if (config->layers->len == 0)
    return TRUE;
  stack->layers = g_new0 (SsmtLayer *, config->layers->len);
  for (guint i = 0; i < config->layers->len; i++) {
    SsmtLayerConfig *own = g_ptr_array_index (config->layers, i);
    SsmtLayer *layer;

    frame.norm = own->layer_norm ? SSMT_NORM_LAYER : SSMT_NORM_RMS;
    layer = ssmt_layer_new (own->kind, &own->keys, &frame, error);
    if (layer == NULL)
      return FALSE;
    layer->norm_after = own->norm_after;
    stack->layers[stack->n_layers++] = layer;
    if (!stack_lay_out (network, stack, layer, own->keys.where, error)
        || !layer_bind (layer, own, source, error))
      return FALSE;
  }
  stack->norm_f = (SsmtNorm){ .kind = config->layer_norm ? SSMT_NORM_LAYER : SSMT_NORM_RMS,
    .width = network->d_model,
    .eps = network->eps };
  if (config->has_final_norm)
    ssmt_binder_norm (&binder, config->final_norm, &stack->norm_f);
  return binder_finish (&binder, error);
}

static gboolean
network_bind_vocabulary (
    SsmtNetwork *network, const SsmtConfig *config, SsmtTensorSource *source, GError **error)
{
  guint32 d = network->d_model, vocab = network->vocab_size;
  SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];
  SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  g_autofree char *bias = g_strconcat (config->output, ".bias", NULL);
  SsmtBinder binder = { .source = source, .prefix = "" };

  decoder->embedding = ssmt_binder_matrix (&binder, config->decoder.embedding, vocab, d);
  encoder->embedding = decoder->embedding;
  if (config->encoder_embeddings)
    encoder->embedding =
        ssmt_binder_matrix (&binder, config->encoder.embedding, config->source_vocab_size, d);
  binder.cost = &network->output_cost;
  if (config->tie_embeddings) {
    network->output.weight = ssmt_binder_matrix (&binder, config->decoder.embedding, vocab, d);
    if (config->output_bias)
      network->output.bias = ssmt_binder_floats (&binder, bias, vocab, 1, SSMT_VALUES_WEIGHT);
  } else {
    network->output =
        ssmt_binder_projection (&binder, config->output, vocab, d, config->output_bias);
  }
  return binder_finish (&binder, error);
}

static gboolean
network_bind (
    SsmtNetwork *network, const SsmtConfig *config, SsmtTensorSource *source, GError **error)
{
  SsmtLayers *encoder = &network->stacks[SSMT_STACK_ENCODER];

  if (!network_bind_vocabulary (network, config, source, error)
      || !stack_build (
          network, &network->stacks[SSMT_STACK_DECODER], &config->decoder, source, error)
      || !stack_build (network, encoder, &config->encoder, source, error)
      || !ssmt_tensor_source_check_all_used (source, error))
    return FALSE;
  encoder->restarts = encoder->n_layers > 0 && encoder->state_bytes + encoder->token_bytes == 0;
  if (encoder->restarts) /* or positions would restart within a segment */
    network->looks_ahead = TRUE;
  if ((network->memory_width > 0) == ssmt_network_has_encoder (network))
    return TRUE;
  return ssmt_json_fail (error, SSMT_ERROR_INVALID, config->path,
      "an encoder and cross_attention layers go together: %s",
      network->memory_width > 0 ? "\"encoder_layers\" is empty"
                                : "no layer of the decoder reads the encoder");
}

SsmtNetwork *
ssmt_network_new (
    const SsmtConfig *config, SsmtDevice *device, SsmtTensorSource *source, GError **error)
{
  g_autoptr (SsmtNetwork) network = g_new0 (SsmtNetwork, 1);

  network->device = device;
  network->vocab_size = config->vocab_size;
  network->d_model = config->d_model;
  network->eps = config->norm_eps;
  network->embedding_scale = config->embedding_scale;
  network->positions = config->positions;
  network->positions_by_segment = config->positions_by_segment;
  network->position_offset = config->position_offset;
  network->position_divisor = config->position_divisor;
  network->max_context = config->max_context;
  if (!network_bind (network, config, source, error))
    return NULL;
  if (network->positions)
    ssmt_network_make_positions (network);
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
  network->device->ops->release (network->device, network->position_table);
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
ssmt_network_init_arena (const SsmtNetwork *network, SsmtStack stack, SsmtArena *arena,
    guint32 max_tokens, guint n_slots)
{
  return ssmt_arena_init_growing (arena, network->device, network->stacks[stack].state_bytes,
      network->stacks[stack].token_bytes, max_tokens > 0 ? max_tokens : network->max_context,
      n_slots);
}

gsize
ssmt_network_get_memory_width (const SsmtNetwork *network)
{
  return network->memory_width;
}

SsmtCost
ssmt_network_get_cost (const SsmtNetwork *network, SsmtStack stack)
{
  const SsmtLayers *decoder = &network->stacks[SSMT_STACK_DECODER];
  const SsmtLayers *layers = &network->stacks[stack];
  SsmtCost cost = layers->cost;

  for (guint i = 0; i < layers->n_layers; i++) {
    cost.bytes += layers->layers[i]->cost.bytes;
    cost.multiplies += layers->layers[i]->cost.multiplies;
  }
  for (guint i = 0; stack == SSMT_STACK_ENCODER && i < decoder->n_layers; i++) {
    cost.bytes += decoder->layers[i]->memory_cost.bytes;
    cost.multiplies += decoder->layers[i]->memory_cost.multiplies;
  }
  return cost;
}

SsmtCost
ssmt_network_get_output_cost (const SsmtNetwork *network)
{
  return network->output_cost;
}

SsmtDType
ssmt_network_get_dtype (const SsmtNetwork *network)
{
  return network->stacks[SSMT_STACK_DECODER].embedding->dtype;
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
  return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes per stream and %" G_GSIZE_FORMAT
                          " per token, up to %u tokens",
      state, token, network->max_context);
}

static void
stack_describe (const SsmtLayers *stack, const char *name, GString *text)
{
  for (guint i = 0; i < stack->n_layers; i++) {
    const SsmtLayer *layer = stack->layers[i];
    g_autofree char *sizes = layer->klass->describe (layer);

    g_string_append_printf (text, "  %s %2u  %-15s  %s\n", name, i, layer->klass->kind, sizes);
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
