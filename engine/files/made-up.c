/* ssmtranslate: weights made up as they are asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/files/tensor-source.h"

#define PATH "made-up weights"

#define PAGE_BYTES ((gsize) 2 << 20) /* of a huge page, as files are read into (file.c) */
#define CHUNK_BYTES ((gsize) 64 << 20)
#define ALIGNMENT 64

/* Zeros that take no memory until they are read or written; tensors lie in it one after the other. */
typedef struct {
  gatomicrefcount users;
  void *map;
  gsize map_bytes;
  guint8 *free;
  gsize left;
} Chunk;

typedef struct {
  SsmtDType dtype; /* of matrices */
  gboolean random;
  Chunk *chunk; /* with room, or NULL */
} MadeUp;

static void
chunk_unref (gpointer data)
{
  Chunk *chunk = data;

  if (!g_atomic_ref_count_dec (&chunk->users))
    return;
  munmap (chunk->map, chunk->map_bytes);
  g_free (chunk);
}

static void
made_up_free (gpointer data)
{
  MadeUp *self = data;

  g_clear_pointer (&self->chunk, chunk_unref);
  g_free (self);
}

static Chunk *
chunk_new (gsize bytes)
{
  gsize usable = (MAX (bytes, CHUNK_BYTES) / PAGE_BYTES + 1) * PAGE_BYTES;
  void *map = mmap (NULL, usable + PAGE_BYTES, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  Chunk *chunk;

  if (map == MAP_FAILED)
    return NULL;
  chunk = g_new0 (Chunk, 1);
  g_atomic_ref_count_init (&chunk->users);
  chunk->map = map;
  chunk->map_bytes = usable + PAGE_BYTES;
  chunk->free = (guint8 *) map + (PAGE_BYTES - GPOINTER_TO_SIZE (map) % PAGE_BYTES);
  chunk->left = usable;
#ifdef MADV_HUGEPAGE
  madvise (chunk->free, usable, MADV_HUGEPAGE);
#endif
  return chunk;
}

/* `bytes` of it; chunk_unref() gives them back. NULL: no memory. */
static guint8 *
made_up_take (MadeUp *self, gsize bytes)
{
  guint8 *start;

  bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (self->chunk == NULL || self->chunk->left < bytes) {
    g_clear_pointer (&self->chunk, chunk_unref);
    self->chunk = chunk_new (bytes);
    if (self->chunk == NULL)
      return NULL;
  }
  start = self->chunk->free;
  self->chunk->free += bytes;
  self->chunk->left -= bytes;
  g_atomic_ref_count_inc (&self->chunk->users);
  return start;
}

/* --- values ------------------------------------------------------------- */

/* xorshift; uniform in (-1, 1). */
static inline float
next_random (guint32 *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return (gint32) *seed * 0x1p-31f;
}

static float
make_value (SsmtTensorValues values, guint32 cols, guint32 col, guint32 *seed)
{
  float noise = next_random (seed);

  switch (values) {
    case SSMT_VALUES_GAIN:
      return 1 + 0.1f * noise;
    case SSMT_VALUES_LOG_DECAY:
      return cols == 1 ? 1 + noise : logf (1 + col);
    case SSMT_VALUES_LOG_STEP:
      return -4 + noise;
    case SSMT_VALUES_WEIGHT: /* products keep the size of what they read */
      break;
  }
  return noise * sqrtf (3.f / cols);
}

static void
store_value (void *values, gsize i, SsmtDType dtype, float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  switch (dtype) {
    case SSMT_DTYPE_F32:
      ((float *) values)[i] = value;
      break;
    case SSMT_DTYPE_BF16:
      ((guint16 *) values)[i] = bits >> 16;
      break;
    case SSMT_DTYPE_F16: /* below 1 and not tiny: exponents only shift */
      ((guint16 *) values)[i] = (bits >> 16 & 0x8000)
          | (fabsf (value) < 0x1p-14f ? 0 : ((bits >> 13) - (112 << 10)) & 0x7fff);
      break;
    case SSMT_DTYPE_I8: /* the scale is taken out */
      ((gint8 *) values)[i] = (gint8) lrintf (value * 127);
      break;
    case SSMT_DTYPE_Q4: /* likewise; i counts bytes, both halves the same */
      ((guint8 *) values)[i] = (guint8) (0x11 * (8 + lrintf (value * 7)));
      break;
  }
}

/* `constant`: what all values are, 0: values by chance. */
typedef struct {
  guint32 rows, cols;
  SsmtTensorValues values;
  float constant;
} Content;

static void
fill (const SsmtTensor *tensor, const Content *content, guint8 *data)
{
  guint32 seed = g_str_hash (tensor->name) | 1, cols = content->cols;
  gboolean scaled = ssmt_row_scales (tensor->dtype, cols) > 0;
  float unit = scaled ? sqrtf (cols / 3.f) : 1;
  guint32 width = tensor->dtype == SSMT_DTYPE_Q4 ? ssmt_row_bytes (tensor->dtype, cols) : cols;

  for (guint32 row = 0; row < content->rows; row++)
    for (guint32 col = 0; col < width; col++)
      store_value (data, (gsize) row * width + col, tensor->dtype,
          content->constant != 0 ? content->constant
                                 : unit * make_value (content->values, cols, col, &seed));
}

/* --- tensors ------------------------------------------------------------ */

/* Each tensor is a block of its own. */
static gboolean
add (SsmtTensorSource *source, MadeUp *self, const char *name, SsmtDType dtype,
    const Content *content, GError **error)
{
  gsize bytes = content->rows * ssmt_row_bytes (dtype, content->cols);
  guint64 width = bytes / content->rows / ssmt_dtype_size (dtype);
  SsmtTensor tensor = { .name = (char *) name,
    .dtype = dtype,
    .n_dims = width == 1 ? 1 : 2,
    .shape = { content->rows, width },
    .n_elements = content->rows * width,
    .end = bytes };
  guint8 *start = made_up_take (self, bytes);
  const SsmtTensorBlock *block;

  if (start == NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory for %" G_GSIZE_FORMAT " bytes of made-up weights", bytes);
    return FALSE;
  }
  if (self->random) /* before a device may copy it */
    fill (&tensor, content, start);
  block = ssmt_tensor_source_add_block (source,
      &(SsmtTensorData){ .path = PATH,
          .data = start,
          .size = bytes,
          .owner = self->chunk,
          .release = chunk_unref },
      error);
  return block && ssmt_tensor_source_add (source, block, &tensor, error);
}

static gboolean
make (SsmtTensorSource *source, const SsmtTensorRequest *request, gpointer data, GError **error)
{
  MadeUp *self = data;
  SsmtDType dtype = request->is_matrix ? self->dtype : SSMT_DTYPE_F32;
  g_autofree char *scale_name = g_strconcat (request->name, "_scale", NULL);
  const Content all = { request->rows, request->cols, request->values, 0 };
  const Content scales = { .rows = request->rows,
    .cols = ssmt_row_scales (dtype, request->cols),
    .constant = sqrtf (3.f / request->cols) / (dtype == SSMT_DTYPE_Q4 ? 7 : 127) };

  return (scales.cols == 0 || add (source, self, scale_name, SSMT_DTYPE_F32, &scales, error))
      && add (source, self, request->name, dtype, &all, error);
}

SsmtTensorSource *
ssmt_tensor_source_make_up (SsmtDType dtype, gboolean random, SsmtDevice *device)
{
  SsmtTensorSource *source = ssmt_tensor_source_new (PATH, device);
  MadeUp *self = g_new (MadeUp, 1);

  *self = (MadeUp){ dtype, random, NULL };
  ssmt_tensor_source_set_maker (source, make, self, made_up_free);
  return source;
}
