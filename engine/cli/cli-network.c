/* ssmtranslate: a network without a tokenizer, from a folder or made up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE             /* memfd_create */
#include "engine/cli/cli-network.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/cli/cli-tensors.h"

static const struct
{
  const char *name, *stored;
} dtypes[] = {
  [SSMT_DTYPE_F32] = {"f32", "F32"},
  [SSMT_DTYPE_F16] = {"f16", "F16"},
  [SSMT_DTYPE_BF16] = {"bf16", "BF16"},
  [SSMT_DTYPE_I8] = {"i8", "I8"},
  [SSMT_DTYPE_Q4] = {"q4", "U8"},
};

gboolean
cli_dtype_parse (const char *name, SsmtDType *dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_ascii_strcasecmp (name, dtypes[i].name) == 0) {
      *dtype = i;
      return TRUE;
    }
  return FALSE;
}

const char *
cli_dtype_name (SsmtDType dtype)
{
  return dtypes[dtype].name;
}

static SsmtDType
stored_dtype (const CliTensor *tensor, SsmtDType dtype)
{
  return tensor->role == CLI_TENSOR_MATRIX ? dtype : SSMT_DTYPE_F32;
}

static void
append_header_entry (GString *header, const char *name, const char *suffix,
    SsmtDType dtype, guint64 rows, guint64 cols, guint64 *offset)
{
  guint64 end = *offset + rows * ssmt_row_bytes (dtype, cols);
  guint64 width = dtype == SSMT_DTYPE_Q4 ? ssmt_row_bytes (dtype, cols) : cols;
  g_autofree char *shape = width == 1
      ? g_strdup_printf ("%" G_GUINT64_FORMAT, rows)
      : g_strdup_printf ("%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT, rows, width);

  g_string_append_printf (header, "%s\"%s%s\":{\"dtype\":\"%s\",\"shape\":[%s],"
      "\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
      header->len > 1 ? "," : "", name, suffix, dtypes[dtype].stored, shape,
      *offset, end);
  *offset = end;
}

/* The safetensors header; `size` becomes the data's. F32 tensors stand first, so
 * that all are aligned whatever the matrices' dtype is. */
static GString *
make_header (const GArray *tensors, SsmtDType dtype, guint64 *size)
{
  GString *header = g_string_new ("{");

  *size = 0;
  for (guint wide = 2; wide-- > 0;)
    for (guint i = 0; i < tensors->len; i++) {
      const CliTensor *t = &g_array_index (tensors, CliTensor, i);
      SsmtDType stored = stored_dtype (t, dtype);
      guint32 n_scales = ssmt_row_scales (stored, t->cols);

      if (wide && n_scales > 0)
        append_header_entry (header, t->name, "_scale", SSMT_DTYPE_F32,
            t->rows, n_scales, size);
      if (wide == (stored == SSMT_DTYPE_F32))
        append_header_entry (header, t->name, "", stored, t->rows, t->cols,
            size);
    }
  g_string_append_c (header, '}');
  while (header->len % 64 != 56)        /* with the length before it: aligned */
    g_string_append_c (header, ' ');
  return header;
}

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
make_value (const CliTensor *tensor, guint32 col, guint32 *seed)
{
  float noise = next_random (seed);

  switch (tensor->role) {
    case CLI_TENSOR_ONE:
      return 1 + 0.1f * noise;
    case CLI_TENSOR_A_LOG:
      return tensor->cols == 1 ? 1 + noise : logf (1 + col);
    case CLI_TENSOR_DT_BIAS:
      return -4 + noise;
    default:                   /* products keep the size of what they read */
      return noise * sqrtf (3.f / tensor->cols);
  }
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
    case SSMT_DTYPE_F16:       /* below 1 and not tiny: exponents only shift */
      ((guint16 *) values)[i] = (bits >> 16 & 0x8000)
          | (fabsf (value) < 0x1p-14f ? 0 : ((bits >> 13) - (112 << 10)) & 0x7fff);
      break;
    case SSMT_DTYPE_I8:        /* the scale is taken out */
      ((gint8 *) values)[i] = (gint8) lrintf (value * 127);
      break;
    case SSMT_DTYPE_Q4:        /* likewise; i counts bytes, both halves the same */
      ((guint8 *) values)[i] = (guint8) (0x11 * (8 + lrintf (value * 7)));
      break;
  }
}

static void
fill_tensor (const CliTensor *tensor, SsmtDType dtype, guint8 *values,
    guint32 *seed)
{
  gboolean scaled = ssmt_row_scales (dtype, tensor->cols) > 0;
  float unit = scaled ? sqrtf (tensor->cols / 3.f) : 1;
  guint32 width = dtype == SSMT_DTYPE_Q4
      ? ssmt_row_bytes (dtype, tensor->cols) : tensor->cols;

  for (guint32 row = 0; row < tensor->rows; row++)
    for (guint32 col = 0; col < width; col++)
      store_value (values, (gsize) row * width + col, dtype,
          unit * make_value (tensor, col, seed));
}

/* Walks the data as make_header() has laid it out. */
static void
fill_data (const GArray *tensors, SsmtDType dtype, guint8 *data)
{
  guint32 seed = 2463534242u;

  for (guint wide = 2; wide-- > 0;)
    for (guint i = 0; i < tensors->len; i++) {
      const CliTensor *t = &g_array_index (tensors, CliTensor, i);
      SsmtDType stored = stored_dtype (t, dtype);

      gsize n_scales = t->rows * ssmt_row_scales (stored, t->cols);

      if (wide) {
        for (gsize k = 0; k < n_scales; k++)
          store_value (data, k, SSMT_DTYPE_F32, sqrtf (3.f / t->cols)
              / (stored == SSMT_DTYPE_Q4 ? 7 : 127));
        data += n_scales * sizeof (float);
      }
      if (wide == (stored == SSMT_DTYPE_F32)) {
        fill_tensor (t, stored, data, &seed);
        data += t->rows * ssmt_row_bytes (stored, t->cols);
      }
    }
}

static gboolean
write_weights (int fd, const SsmtConfig *config, SsmtDType dtype,
    gboolean random, GError **error)
{
  g_autoptr (GArray) tensors = cli_tensors_new (config, error);
  g_autoptr (GString) header = NULL;
  guint64 size, length, all;
  guint8 *map;

  if (!tensors)
    return FALSE;
  header = make_header (tensors, dtype, &size);
  length = header->len;
  all = sizeof length + length + size;
  if (ftruncate (fd, all) != 0)
    goto no_memory;
  map = mmap (NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    goto no_memory;
  length = GUINT64_TO_LE (length);
  memcpy (map, &length, sizeof length);
  memcpy (map + sizeof length, header->str, header->len);
  if (random)
    fill_data (tensors, dtype, map + sizeof length + header->len);
  munmap (map, all);
  return TRUE;

  /* ERRORS */
no_memory:
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "no memory for %" G_GUINT64_FORMAT " bytes of made-up weights: %s", all,
      g_strerror (errno));
  return FALSE;
}

/* The device first, then weights, then layers: each needs the one before. `weights` is a
 * file, or a folder that holds them. */
static CliNetwork *
network_open (SsmtConfig *config, const char *weights, const char *device,
    guint threads, GError **error)
{
  g_autoptr (CliNetwork) self = g_new0 (CliNetwork, 1);
  const char *why = NULL;

  self->config = config;
  self->device = ssmt_device_open (device ? device : "auto", threads, &why);
  if (!self->device) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "no device \"%s\": %s",
        device, why);
    return NULL;
  }
  self->weights = g_file_test (weights, G_FILE_TEST_IS_DIR) ?
      ssmt_weights_open_folder (weights, self->device, error) :
      ssmt_weights_open (weights, self->device, error);
  if (!self->weights)
    return NULL;
  self->network =
      ssmt_network_new (config, self->device, self->weights, error);
  return self->network ? g_steal_pointer (&self) : NULL;
}

CliNetwork *
cli_network_open (SsmtConfig *config, const char *folder, const char *device,
    guint threads, GError **error)
{
  return network_open (config, folder, device, threads, error);
}

CliNetwork *
cli_network_make_up (SsmtConfig *config, SsmtDType dtype, gboolean random,
    const char *device, guint threads, GError **error)
{
  int fd = memfd_create ("ssmt-weights", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  CliNetwork *network = NULL;

  if (fd < 0)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory for made-up weights: %s", g_strerror (errno));
  else if (write_weights (fd, config, dtype, random, error))
    network = network_open (g_steal_pointer (&config), path, device, threads,
        error);
  if (fd >= 0)
    close (fd);
  if (config)
    ssmt_config_free (config);
  return network;
}

void
cli_network_free (CliNetwork *self)
{
  if (self->network)
    ssmt_network_free (self->network);
  if (self->weights)
    ssmt_weights_free (self->weights);
  ssmt_device_close (self->device);
  if (self->config)
    ssmt_config_free (self->config);
  g_free (self);
}
