/* ssmtranslate: the tensors of a Marian model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/marian-tensors.h"

#include <string.h>

/* A tensor, its name that of the item; the layers know it as `as`. */
typedef struct {
  SsmtTensor tensor;
  char *as; /* owned */
} Copy;

/* Floats that are not used where they lie: a block of the source. */
typedef struct {
  GByteArray *bytes;
  GArray *tensors; /* of Copy */
} Copies;

typedef struct {
  const SsmtConfig *config;
  SsmtMarianFile *file;
  SsmtTensorSource *source;
  const SsmtTensorBlock *block; /* of the file; NULL: all is copied */
  Copies copies;
  GError **error;
} Taking;

/* --- one tensor --------------------------------------------------------- */

/* In the order of the file, or (`turned`) columns of it as rows. */
static gboolean
copy_floats (
    Taking *t, const SsmtMarianItem *item, SsmtTensor *tensor, const char *as, gboolean turned)
{
  Copy copy;
  GByteArray *bytes = t->copies.bytes;
  gsize one = item->type & 0xff, size = item->n_elements * one;
  gsize rows = tensor->shape[0], cols = tensor->shape[1];
  guint8 *to;

  if (size > G_MAXUINT - bytes->len)
    return ssmt_marian_file_fail (
        t->file, t->error, SSMT_ERROR_INVALID, item->name, "makes the model larger than 4 GiB");
  if (!ssmt_file_has_room (bytes, size))
    return ssmt_marian_file_fail (
        t->file, t->error, SSMT_ERROR_MEMORY, item->name, "no memory left for it");
  tensor->begin = bytes->len;
  tensor->end = bytes->len + size;
  g_byte_array_set_size (bytes, (guint) (bytes->len + size));
  to = bytes->data + tensor->begin;
  if (!turned)
    memcpy (to, item->data, size);
  for (gsize i = 0; turned && i < rows; i++)
    for (gsize j = 0; j < cols; j++, to += one)
      memcpy (to, item->data + (j * rows + i) * one, one);
  copy = (Copy){ *tensor, g_strdup (as) };
  g_array_append_val (t->copies.tensors, copy);
  return TRUE;
}

static gboolean
add_tensor (Taking *t, const SsmtTensorBlock *block, const SsmtTensor *tensor, const char *as)
{
  if (!ssmt_tensor_source_add (t->source, block, tensor, t->error))
    return FALSE;
  ssmt_tensor_source_rename (t->source, tensor->name, as);
  return TRUE;
}

static gboolean
add_in_place (Taking *t, const SsmtMarianItem *item, SsmtTensor *tensor, const char *as)
{
  const guint8 *data = g_bytes_get_data (t->file->file, NULL);

  tensor->begin = item->data - data - t->file->header;
  tensor->end = tensor->begin + item->n_elements * ssmt_dtype_size (tensor->dtype);
  return add_tensor (t, t->block, tensor, as);
}

/* 1 / m, m the F32 that weights were multiplied by; 0: it is none. */
static float
read_scale (const SsmtMarianItem *item)
{
  float multiplier;

  memcpy (&multiplier, item->data + item->n_elements, sizeof multiplier);
  return multiplier > 1e-30f && multiplier < 1e30f ? 1.0f / multiplier : 0;
}

typedef enum {
  MATRIX, /* (inputs, outputs) in the file; int8 the other way round */
  TABLE,  /* a row a token */
  VECTOR,
} Kind;

static gboolean
fail_type (Taking *t, const SsmtMarianItem *item)
{
  return ssmt_marian_file_fail (t->file, t->error, SSMT_ERROR_UNSUPPORTED, item->name,
      "has type 0x%x, expected float32, float16 or intgemm8: models packed for one machine must be "
      "converted again",
      item->type);
}

/* The item `name`, asked for as `as`, of any of the kinds. */
static gboolean
take (Taking *t, const char *name, const char *as, Kind kind)
{
  SsmtMarianItem *item = ssmt_marian_file_find (t->file, name);
  gboolean int8 = item && item->type == SSMT_MARIAN_INTGEMM8;
  SsmtTensor tensor = { .name = item ? item->name : NULL };
  guint64 rows, cols;

  if (!item)
    return ssmt_marian_file_fail (t->file, t->error, SSMT_ERROR_INVALID, name, "is missing");
  item->taken = TRUE;
  if (item->type != SSMT_MARIAN_FLOAT32 && item->type != SSMT_MARIAN_FLOAT16 && !int8)
    return fail_type (t, item);
  if (item->n_dims > 2 || item->n_dims == 0 || (kind != VECTOR && item->n_dims != 2))
    return ssmt_marian_file_fail (t->file, t->error, SSMT_ERROR_INVALID, name,
        "has %u dimensions, expected a %s", item->n_dims, kind == VECTOR ? "row" : "matrix");
  rows = item->n_dims == 2 ? item->shape[0] : 1;
  cols = item->shape[item->n_dims - 1];
  tensor.n_elements = item->n_elements;
  tensor.n_dims = kind == VECTOR ? 1 : 2;
  tensor.shape[0] = kind == VECTOR ? item->n_elements : kind == MATRIX ? cols : rows;
  tensor.shape[1] = kind == MATRIX ? rows : cols;
  if (int8) {
    tensor.dtype = SSMT_DTYPE_I8;
    tensor.scale = read_scale (item);
    if (tensor.scale == 0 || kind == VECTOR)
      return ssmt_marian_file_fail (
          t->file, t->error, SSMT_ERROR_INVALID, name, "has no multiplier that can be one");
  } else {
    tensor.dtype = item->type == SSMT_MARIAN_FLOAT32 ? SSMT_DTYPE_F32 : SSMT_DTYPE_F16;
  }
  if (t->block && (int8 || kind != MATRIX))
    return add_in_place (t, item, &tensor, as);
  return copy_floats (t, item, &tensor, as, kind == MATRIX);
}

/* --- all of them -------------------------------------------------------- */

G_GNUC_PRINTF (4, 5)
static gboolean
take_as (Taking *t, const char *as, Kind kind, const char *format, ...)
{
  g_autofree char *name = NULL;
  va_list args;

  /* layers may share their tensors */
  for (guint i = 0; i < t->copies.tensors->len; i++)
    if (g_str_equal (g_array_index (t->copies.tensors, Copy, i).as, as))
      return TRUE;
  if (ssmt_tensor_source_has (t->source, as))
    return TRUE;
  va_start (args, format);
  name = g_strdup_vprintf (format, args);
  va_end (args);
  return take (t, name, as, kind);
}

static gboolean
take_norm (Taking *t, const char *as, const char *name, gboolean before)
{
  const char *ending = before ? "_pre" : "";
  g_autofree char *weight = g_strconcat (as, ".weight", NULL);
  g_autofree char *bias = g_strconcat (as, ".bias", NULL);

  return take_as (t, weight, VECTOR, "%s_ln_scale%s", name, ending)
      && take_as (t, bias, VECTOR, "%s_ln_bias%s", name, ending);
}

/* Tensors of a layer below its prefix, and what they are called in a part of a block. */
typedef struct {
  const char *as, *name;
  Kind kind;
} Pair;

static const Pair attention_pairs[] = {
  { "q_proj.weight", "_Wq", MATRIX },
  { "q_proj.bias", "_bq", VECTOR },
  { "k_proj.weight", "_Wk", MATRIX },
  { "k_proj.bias", "_bk", VECTOR },
  { "v_proj.weight", "_Wv", MATRIX },
  { "v_proj.bias", "_bv", VECTOR },
  { "o_proj.weight", "_Wo", MATRIX },
  { "o_proj.bias", "_bo", VECTOR },
  { NULL },
};
static const Pair mlp_pairs[] = {
  { "up_proj.weight", "_W1", MATRIX },
  { "up_proj.bias", "_b1", VECTOR },
  { "down_proj.weight", "_W2", MATRIX },
  { "down_proj.bias", "_b2", VECTOR },
  { NULL },
};
static const Pair ssru_pairs[] = {
  { "in_proj.weight", "_W", MATRIX },
  { "forget_proj.weight", "_Wf", MATRIX },
  { "forget_proj.bias", "_bf", VECTOR },
  { NULL },
};

/* By kind: what the part of a block is called, and its norm after and before it. */
static const struct {
  const char *kind, *part, *norm_after, *norm_before;
  const Pair *pairs;
} parts[] = {
  { "attention", "self", "self_Wo", "self_Wo", attention_pairs },
  { "cross_attention", "context", "context_Wo", "context_Wo", attention_pairs },
  { "mlp", "ffn", "ffn_ffn", "ffn_ffn", mlp_pairs },
  { "ssru", "rnn", "rnn_ffn", "rnn", ssru_pairs },
};

/* `block`: "encoder_l1" */
static gboolean
take_layer (Taking *t, const SsmtLayerConfig *layer, const char *block)
{
  g_autofree char *norm = NULL;
  guint p = 0;

  while (!g_str_equal (parts[p].kind, layer->kind))
    p++;
  norm = g_strdup_printf (
      "%s_%s", block, layer->norm_after ? parts[p].norm_after : parts[p].norm_before);
  if (!take_norm (t, layer->norm, norm, !layer->norm_after))
    return FALSE;
  for (const Pair *pair = parts[p].pairs; pair->as; pair++) {
    g_autofree char *as = g_strconcat (layer->prefix, pair->as, NULL);

    if (!take_as (t, as, pair->kind, "%s_%s%s", block, parts[p].part, pair->name))
      return FALSE;
  }
  return TRUE;
}

/* The number in "backbone.layers.N.mixer.", which says whose tensors a layer has. */
static guint64
number_of (const SsmtLayerConfig *layer)
{
  return g_ascii_strtoull (strstr (layer->prefix, ".layers.") + strlen (".layers."), NULL, 10);
}

static gboolean
take_stack (Taking *t, const SsmtStackConfig *stack, const char *name, guint layers_of_block)
{
  for (guint i = 0; i < stack->layers->len; i++) {
    const SsmtLayerConfig *layer = stack->layers->pdata[i];
    g_autofree char *block =
        g_strdup_printf ("%s_l%" G_GUINT64_FORMAT, name, number_of (layer) / layers_of_block + 1);

    if (!take_layer (t, layer, block))
      return FALSE;
  }
  if (stack->has_final_norm) {
    g_autofree char *top = g_strconcat (name, "_top", NULL);

    return take_norm (t, stack->final_norm, top, FALSE);
  }
  return TRUE;
}

static gboolean
take_all (Taking *t)
{
  const SsmtConfig *config = t->config;
  const char *table = ssmt_marian_file_find (t->file, "Wemb") ? "Wemb" : "decoder_Wemb";
  g_autofree char *bias = g_strconcat (config->output, ".bias", NULL);

  return (!config->encoder_embeddings
             || take_as (t, config->encoder.embedding, TABLE, "encoder_Wemb"))
      && take_as (t, config->decoder.embedding, TABLE, "%s", table)
      && (!config->output_bias || take_as (t, bias, VECTOR, "decoder_ff_logit_out_b"))
      && take_stack (t, &config->encoder, "encoder", 2)
      && take_stack (t, &config->decoder, "decoder", 3);
}

/* Multipliers of activations are not used; anything else that nobody took is a part of a network
 * that this is not. */
static gboolean
check_all_taken (Taking *t)
{
  for (guint i = 0; i < t->file->items->len; i++) {
    const SsmtMarianItem *item = t->file->items->pdata[i];

    if (!item->taken && !g_str_has_suffix (item->name, "_QuantMultA")
        && !g_str_has_prefix (item->name, "special:"))
      return ssmt_marian_file_fail (t->file, t->error, SSMT_ERROR_UNSUPPORTED, item->name,
          "is in the file, but nothing of the network that the configuration tells uses it");
  }
  return TRUE;
}

/* What has been copied becomes a block. */
static gboolean
add_copies (Taking *t)
{
  const SsmtTensorBlock *block;
  GBytes *bytes;
  gboolean good;

  if (t->copies.tensors->len == 0)
    return TRUE;
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&t->copies.bytes));
  block = ssmt_tensor_source_add_block (t->source,
      &(SsmtTensorData){ .path = t->file->path,
          .data = g_bytes_get_data (bytes, NULL),
          .size = g_bytes_get_size (bytes),
          .owner = bytes,
          .release = (GDestroyNotify) g_bytes_unref },
      t->error);
  good = block != NULL;
  for (guint i = 0; good && i < t->copies.tensors->len; i++) {
    const Copy *copy = &g_array_index (t->copies.tensors, Copy, i);

    good = add_tensor (t, block, &copy->tensor, copy->as);
  }
  return good;
}

/* The whole file, where its tensors can be used as they lie. */
static gboolean
add_file (Taking *t)
{
  gsize size;
  const guint8 *data;

  if (!t->file->file)
    return TRUE;
  data = g_bytes_get_data (t->file->file, &size);
  t->block = ssmt_tensor_source_add_block (t->source,
      &(SsmtTensorData){ .path = t->file->path,
          .data = data + t->file->header,
          .size = size - t->file->header,
          .header = t->file->header,
          .owner = g_bytes_ref (t->file->file),
          .release = (GDestroyNotify) g_bytes_unref },
      t->error);
  return t->block != NULL;
}

static void
clear_copy (gpointer copy)
{
  g_free (((Copy *) copy)->as);
}

SsmtTensorSource *
ssmt_marian_tensors_open (
    const SsmtConfig *config, SsmtMarianFile *file, SsmtDevice *device, GError **error)
{
  g_autoptr (SsmtTensorSource) source = ssmt_tensor_source_new (file->path, device);
  Taking t = { .config = config,
    .file = file,
    .source = source,
    .copies = { g_byte_array_new (), g_array_new (FALSE, FALSE, sizeof (Copy)) },
    .error = error };
  gboolean good;

  g_array_set_clear_func (t.copies.tensors, clear_copy);
  good = add_file (&t) && take_all (&t) && check_all_taken (&t) && add_copies (&t);
  g_clear_pointer (&t.copies.bytes, g_byte_array_unref);
  g_array_unref (t.copies.tensors);
  return good ? g_steal_pointer (&source) : NULL;
}
