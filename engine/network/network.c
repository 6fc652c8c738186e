/* ssmtranslate: runs stacks of layers over one batch of rows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

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
