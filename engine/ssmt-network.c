/* ssmtranslate: runs stacks of layers over one batch of rows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt-network.h"

/* Blocks of layers in a slot begin on cache lines. */
#define STATE_ALIGN 64
/* No model needs more for one document; a mistaken "window" may ask for it. */
#define MAX_STATE_BYTES ((gsize) 1 << 30)

typedef struct {
  SsmtLayer **layers;
  guint n_layers;
  SsmtRef norm_f, norm_f_bias;  /* (d_model) */
  const SsmtMatrix *embedding;  /* (vocab_size, d_model) */
  gsize state_bytes, token_bytes;
  gboolean restarts;            /* carries nothing: positions begin anew with each run */
} Stack;

struct _SsmtNetwork {
  SsmtDevice *device;
  guint32 vocab_size, d_model;
  float eps, embedding_scale;
  gboolean layer_norm, positions;
  guint32 position_offset, max_context;
  const SsmtMatrix *output;     /* the decoder's embedding where tied */
  Stack stacks[2];
  gsize scratch_width;          /* the most floats a layer wants for a row */
  gsize memory_width;
  gboolean looks_ahead;
};

struct _SsmtWorkspace {
  SsmtDevice *device;
  guint32 max_rows, vocab_size;
  SsmtBuffer *activations;      /* hidden, normed, then scratch */
  SsmtRef hidden, normed, scratch;
  SsmtBuffer *batch;            /* ids, then runs */
  SsmtRef ids, runs;
  SsmtBuffer *memory;           /* (memory_rows, memory_width) */
  guint32 memory_rows;
  SsmtBuffer *scores;           /* 2 (max_rows, scores_stride), NULL: never wanted */
  guint32 scores_stride;
  SsmtScores keep_scores;
  SsmtBuffer *logits;           /* (logits_capacity, vocab_size) */
  guint32 logits_capacity;
  SsmtBuffer *best;             /* ids and log-probabilities of top_k */
  gsize best_capacity;          /* entries of each */
  guint32 n_logit_rows;         /* of the last call */
  SsmtRun *host_runs;           /* (max_rows) */
};

/* --- building ----------------------------------------------------------- */

static gboolean
stack_add_layer (SsmtNetwork *network, Stack *stack,
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
stack_build (SsmtNetwork *network, Stack *stack, GPtrArray *configs,
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
  Stack *encoder = &network->stacks[SSMT_STACK_ENCODER];
  Stack *decoder = &network->stacks[SSMT_STACK_DECODER];

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
  Stack *encoder = &network->stacks[SSMT_STACK_ENCODER];
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
  const Stack *decoder = &network->stacks[SSMT_STACK_DECODER];
  const Stack *encoder = &network->stacks[SSMT_STACK_ENCODER];
  gsize state = encoder->state_bytes + decoder->state_bytes;
  gsize token = encoder->token_bytes + decoder->token_bytes;

  if (token == 0)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes per stream", state);
  return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes per stream and %"
      G_GSIZE_FORMAT " per token, up to %u tokens", state, token,
      network->max_context);
}

static void
stack_describe (const Stack *stack, const char *name, GString *text)
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

/* --- workspace ---------------------------------------------------------- */

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

static gboolean
workspace_reserve_logits (SsmtWorkspace *ws, guint32 rows)
{
  if (rows <= ws->logits_capacity)
    return TRUE;
  if (!workspace_grow (ws, &ws->logits,
          (gsize) rows * ws->vocab_size * sizeof (float)))
    return FALSE;
  ws->logits_capacity = rows;
  return TRUE;
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
network_reserve (SsmtArena *arena, const SsmtSpan *spans, guint n_spans)
{
  guint64 tokens = 0;

  for (guint i = 0; i < n_spans; i++)
    tokens = MAX (tokens, arena->positions[spans[i].slot] + spans[i].rows);
  return ssmt_arena_reserve (arena, tokens);
}

/* Uploads ids and runs, moves the slots' positions on; returns the rows. */
static guint32
network_begin (SsmtWorkspace *ws, const Stack *stack, SsmtArena *arena,
    const SsmtSpan *spans, guint n_spans, const gint32 *tokens)
{
  SsmtDevice *dev = ws->device;
  guint32 rows = 0;

  for (guint i = 0; i < n_spans; i++) {
    ws->host_runs[i] = (SsmtRun) { .slot = spans[i].slot, .first = rows,
      .rows = spans[i].rows, .memory = spans[i].memory,
      .memory_rows = spans[i].memory_rows,
      .position = arena->positions[spans[i].slot]
    };
    if (!stack->restarts)
      arena->positions[spans[i].slot] += spans[i].rows;
    rows += spans[i].rows;
  }
  dev->ops->write (dev, ws->ids, tokens, rows * sizeof (gint32));
  dev->ops->write (dev, ws->runs, ws->host_runs, n_spans * sizeof (SsmtRun));
  return rows;
}

static void
network_run_layers (const SsmtNetwork *network, const Stack *stack,
    SsmtWorkspace *ws, SsmtArena *arena, guint n_spans, guint32 rows)
{
  SsmtBatch batch = {.device = network->device,.rows = rows,
    .hidden = ws->hidden,.normed = ws->normed,.scratch = ws->scratch,
    .runs = {ws->runs, n_spans},
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

    batch.state.base = (SsmtRef) { arena->buffer, layer->state_offset };
    batch.state.stride = arena->slot_bytes;
    batch.tokens.base = (SsmtRef) { arena->buffer,
      arena->fixed_bytes + layer->token_offset
    };
    batch.tokens.stride = arena->slot_bytes;
    batch.token_stride = arena->token_bytes;
    batch.memory = (SsmtRef) { ws->memory,
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

/* Logits of the asked rows; rows that follow each other are one product. */
static gboolean
network_run_output (const SsmtNetwork *network, SsmtWorkspace *ws,
    const guint32 *logit_rows, guint n)
{
  SsmtDevice *dev = network->device;
  const Stack *stack = &network->stacks[SSMT_STACK_DECODER];
  guint i = 0;

  ws->n_logit_rows = 0;
  if (n == 0)
    return TRUE;
  if (!workspace_reserve_logits (ws, n))
    return FALSE;
  while (i < n) {
    guint end = i + 1;

    while (end < n && logit_rows[end] == logit_rows[end - 1] + 1)
      end++;
    network_norm (network,
        ssmt_ref_at (ws->hidden, row_bytes (network, logit_rows[i])),
        stack->norm_f, stack->norm_f_bias,
        ssmt_ref_at (ws->normed, row_bytes (network, i)), end - i);
    i = end;
  }
  dev->ops->linear (dev, &(SsmtLinearOp) {
        .weight = network->output, .x = ws->normed,
        .out = {ws->logits, 0}, .rows = n, .x_stride = network->d_model,
        .out_stride = network->vocab_size});
  ws->n_logit_rows = n;
  return TRUE;
}

/* The decoder's cross-attention layers take what they need of the encoder. */
static void
network_remember (const SsmtNetwork *network, SsmtWorkspace *ws,
    const SsmtSpan *spans, guint n_spans, guint32 rows)
{
  const Stack *decoder = &network->stacks[SSMT_STACK_DECODER];
  gsize stride = network->memory_width;
  guint32 first = 0;

  const Stack *encoder = &network->stacks[SSMT_STACK_ENCODER];

  network_norm (network, ws->hidden, encoder->norm_f, encoder->norm_f_bias,
      ws->normed, rows);
  for (guint s = 0; s < n_spans; first += spans[s].rows, s++) {
    SsmtRef encoded = ssmt_ref_at (ws->normed, row_bytes (network, first));

    for (guint i = 0; i < decoder->n_layers; i++) {
      const SsmtLayer *layer = decoder->layers[i];

      if (layer->klass->remember == NULL)
        continue;
      layer->klass->remember (layer, network->device, encoded, spans[s].rows,
          (SsmtRef) {
          ws->memory, (spans[s].memory * stride + layer->memory_offset)
          * sizeof (float)}, stride);
    }
  }
}

gboolean
ssmt_network_forward (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtStack stack, SsmtArena *arena, const SsmtSpan *spans, guint n_spans,
    const gint32 *tokens, const guint32 *logit_rows, guint n_logit_rows)
{
  SsmtDevice *dev = network->device;
  const Stack *layers = &network->stacks[stack];
  guint32 rows;

  /* as ssmt_network_init_arena() makes them, or keys would be written anywhere */
  g_return_val_if_fail (arena->token_bytes == layers->token_bytes, FALSE);
  if (!network_reserve (arena, spans, n_spans))
    return FALSE;
  rows = network_begin (ws, layers, arena, spans, n_spans, tokens);

  dev->ops->embed (dev, &(SsmtEmbedOp) {
        .table = layers->embedding, .ids = ws->ids, .out = ws->hidden,
        .rows = rows, .out_stride = network->d_model,
        .scale = network->embedding_scale});
  if (network->positions)
    dev->ops->positions (dev, &(SsmtPositionsOp) {
          .x = ws->hidden, .runs = {ws->runs, n_spans}, .rows = rows,
          .dim = network->d_model, .stride = network->d_model,
          .offset = network->position_offset});
  network_run_layers (network, layers, ws, arena, n_spans, rows);
  if (stack == SSMT_STACK_DECODER)
    return network_run_output (network, ws, logit_rows, n_logit_rows);
  network_remember (network, ws, spans, n_spans, rows);
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
  network->device->ops->read (network->device, logits,
      (SsmtRef) { ws->logits, 0 },
      (gsize) ws->n_logit_rows * ws->vocab_size * sizeof (float));
}

static guint
count_scoring_layers (const SsmtNetwork *network, SsmtScores scores)
{
  const Stack *decoder = &network->stacks[SSMT_STACK_DECODER];
  guint n = 0;

  for (guint i = 0; i < decoder->n_layers; i++)
    n += decoder->layers[i]->klass->scores == scores;
  return n;
}

gboolean
ssmt_network_keep_scores (const SsmtNetwork *network, SsmtWorkspace *ws,
    SsmtScores scores)
{
  ws->keep_scores = SSMT_SCORES_NONE;
  if (scores == SSMT_SCORES_NONE)
    return TRUE;
  if (count_scoring_layers (network, scores) == 0)
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
