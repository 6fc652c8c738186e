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
  SsmtRef norm_f;               /* (d_model) */
  gsize state_bytes;
} Stack;

struct _SsmtNetwork {
  SsmtDevice *device;
  guint32 vocab_size, d_model;
  float eps, embedding_scale;
  const SsmtMatrix *embedding;  /* (vocab_size, d_model) */
  const SsmtMatrix *output;     /* the same where tied */
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
  SsmtBuffer *scores;           /* (max_rows, memory_rows), NULL: never wanted */
  gboolean keep_scores;
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

static gboolean
layer_bind (SsmtLayer *layer, const SsmtLayerConfig *config,
    SsmtWeights *weights, GError **error)
{
  return ssmt_weights_get_floats (weights, config->norm, layer->d_model, 1,
      &layer->norm, error)
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
  return ssmt_weights_get_floats (weights, norm, network->d_model, 1,
      &stack->norm_f, error);
}

static gboolean
network_bind_vocabulary (SsmtNetwork *network, const SsmtConfig *config,
    SsmtWeights *weights, GError **error)
{
  const char *name = config->embedding;

  if (config->embedding_alias != NULL && !ssmt_weights_has (weights, name)
      && ssmt_weights_has (weights, config->embedding_alias))
    name = config->embedding_alias;
  network->embedding = ssmt_weights_get_matrix (weights, name,
      network->vocab_size, network->d_model, error);
  if (network->embedding == NULL)
    return FALSE;
  network->output = network->embedding;
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
  if (!network_bind_vocabulary (network, config, weights, error)
      || !stack_build (network, &network->stacks[SSMT_STACK_DECODER],
          config->decoder_layers, config->decoder_norm, weights, error)
      || !stack_build (network, &network->stacks[SSMT_STACK_ENCODER],
          config->encoder_layers, "encoder.norm_f.weight", weights, error)
      || !ssmt_weights_check_all_used (weights, error))
    return NULL;
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
ssmt_network_get_memory_width (const SsmtNetwork *network)
{
  return network->memory_width;
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
    SsmtRef out, guint32 rows)
{
  SsmtDevice *dev = network->device;
  guint32 d = network->d_model;

  dev->ops->rms_norm (dev, &(SsmtRmsNormOp) {
        .x = x, .weight = weight, .out = out, .rows = rows, .dim = d,
        .group = d, .x_stride = d, .out_stride = d, .eps = network->eps});
}

/* Uploads ids and runs, moves the slots' positions on; returns the rows. */
static guint32
network_begin (SsmtWorkspace *ws, SsmtArena *arena, const SsmtSpan *spans,
    guint n_spans, const gint32 *tokens)
{
  SsmtDevice *dev = ws->device;
  guint32 rows = 0;

  for (guint i = 0; i < n_spans; i++) {
    ws->host_runs[i] = (SsmtRun) { .slot = spans[i].slot, .first = rows,
      .rows = spans[i].rows, .memory = spans[i].memory,
      .memory_rows = spans[i].memory_rows,
      .position = arena->positions[spans[i].slot]
    };
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
    .scores_stride = ws->memory_rows
  };

  if (ws->keep_scores && stack == &network->stacks[SSMT_STACK_DECODER]) {
    batch.scores = (SsmtRef) { ws->scores, 0 };
    ws->device->ops->zero (ws->device, batch.scores,
        (gsize) rows * ws->memory_rows * sizeof (float));
  }

  for (guint i = 0; i < stack->n_layers; i++) {
    const SsmtLayer *layer = stack->layers[i];

    batch.state.base = (SsmtRef) { arena->buffer, layer->state_offset };
    batch.state.stride = arena->slot_bytes;
    batch.memory = (SsmtRef) { ws->memory,
      layer->memory_offset * sizeof (float)
    };
    network_norm (network, ws->hidden, layer->norm, ws->normed, rows);
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
  SsmtRef norm_f = network->stacks[SSMT_STACK_DECODER].norm_f;
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
        ssmt_ref_at (ws->hidden, row_bytes (network, logit_rows[i])), norm_f,
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

  network_norm (network, ws->hidden,
      network->stacks[SSMT_STACK_ENCODER].norm_f, ws->normed, rows);
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
  guint32 rows = network_begin (ws, arena, spans, n_spans, tokens);

  dev->ops->embed (dev, &(SsmtEmbedOp) {
        .table = network->embedding, .ids = ws->ids, .out = ws->hidden,
        .rows = rows, .out_stride = network->d_model,
        .scale = network->embedding_scale});
  network_run_layers (network, &network->stacks[stack], ws, arena, n_spans,
      rows);
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

gboolean
ssmt_network_keep_scores (const SsmtNetwork *network, SsmtWorkspace *ws,
    gboolean keep)
{
  ws->keep_scores = FALSE;
  if (!keep)
    return TRUE;
  if (network->memory_width == 0 || ws->memory_rows == 0)
    return FALSE;
  if (ws->scores == NULL)
    ws->scores = ws->device->ops->alloc (ws->device,
        (gsize) ws->max_rows * ws->memory_rows * sizeof (float));
  ws->keep_scores = ws->scores != NULL;
  return ws->keep_scores;
}

static guint
count_cross_layers (const SsmtNetwork *network)
{
  const Stack *decoder = &network->stacks[SSMT_STACK_DECODER];
  guint n = 0;

  for (guint i = 0; i < decoder->n_layers; i++)
    n += decoder->layers[i]->klass->remember != NULL;
  return n;
}

void
ssmt_network_read_scores (const SsmtNetwork *network, SsmtWorkspace *ws,
    guint32 first, guint32 rows, guint32 memory_rows, float *values)
{
  SsmtDevice *dev = network->device;
  guint n = count_cross_layers (network);

  for (guint32 r = 0; r < rows; r++) {
    float *row = values + (gsize) r * memory_rows;

    dev->ops->read (dev, row, (SsmtRef) {
        ws->scores, (gsize) (first + r) * ws->memory_rows * sizeof (float)},
        memory_rows * sizeof (float));
    for (guint32 j = 0; j < memory_rows; j++)
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
