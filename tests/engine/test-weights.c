/* ssmtranslate tests: tensors handed out from a file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "engine/files/tensor-source.h"
#include "test-util.h"

#define INVALID SSMT_ERROR_INVALID

/* --- tensors handed out ------------------------------------------------- */

typedef struct {
  char *folder;
  SsmtDevice *device;
  GPtrArray *tensors;
  SsmtTensorSource *weights;
} Fixture;

static const float six[] = { 1, -2, 3.5f, 0, 1e-30f, 6 };
static const float scales[] = { 0.5f, 0 };
static const gint8 quants[] = { -128, 127, 0, 1, -1, 5 };
static const guint16 halves[] = { 0x3c00, 0xc000, 0x0001, 0x7bff };
static const guint16 brains[] = { 0x3f80, 0xc000 };

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->device = ssmt_device_open ("cpu", 1, NULL);
  g_assert_nonnull (f->device);
  f->tensors = test_tensors_new ();
  test_tensors_add (f->tensors, "f32", "F32", "[2, 3]", six, sizeof six);
  test_tensors_add (f->tensors, "i8", "I8", "[2, 3]", quants, sizeof quants);
  test_tensors_add (f->tensors, "bf16", "BF16", "[2]", brains, sizeof brains);
  test_tensors_add (f->tensors, "i8_scale", "F32", "[2, 1]", scales, sizeof scales);
  test_tensors_add (f->tensors, "f16", "F16", "[2, 1, 2]", halves, sizeof halves);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  ssmt_tensor_source_free (f->weights);
  g_ptr_array_unref (f->tensors);
  ssmt_device_close (f->device);
  test_folder_remove (f->folder);
}

static char *
write_weights (Fixture *f, guint padding)
{
  g_autoptr (GBytes) file = test_tensors_write (f->tensors, padding);

  return test_file_write (
      f->folder, "model.safetensors", g_bytes_get_data (file, NULL), g_bytes_get_size (file));
}

static void
open_weights (Fixture *f, guint padding)
{
  g_autofree char *path = write_weights (f, padding);
  g_autoptr (GError) error = NULL;

  f->weights = ssmt_tensor_source_open (path, f->device, &error);
  g_assert_no_error (error);
}

static void
replace_data (Fixture *f, const char *name, gconstpointer data, gsize length)
{
  TestTensor *tensor = test_tensors_find (f->tensors, name);

  g_bytes_unref (tensor->data);
  tensor->data = g_bytes_new (data, length);
}

static void
expect_floats (Fixture *f, SsmtRef ref, const float *values, gsize n)
{
  g_autofree float *read = g_new (float, n);

  g_assert_nonnull (ref.buffer);
  f->device->ops->read (f->device, read, ref, n * sizeof (float));
  g_assert_cmpmem (read, n * sizeof (float), values, n * sizeof (float));
}

/* A load that is cancelled stops at its next tensor. */
static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  SsmtRef ref;

  open_weights (f, 0);
  ssmt_tensor_source_set_cancellable (f->weights, cancellable);
  g_assert_nonnull (ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error));
  g_cancellable_cancel (cancellable);
  g_assert_false (
      ssmt_tensor_source_get_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &ref, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* `data`: bytes by which the data is moved. */
static void
test_hand_out (Fixture *f, gconstpointer data)
{
  static const float wide[] = { 1, -2, 5.9604645e-8f, 65504 }, two[] = { 1, -2 };
  GError *error = NULL;
  const SsmtMatrix *matrix;
  SsmtRef ref, again;

  open_weights (f, GPOINTER_TO_UINT (data));
  g_assert_true (
      ssmt_tensor_source_get_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &ref, &error));
  expect_floats (f, ref, six, 6);
  g_assert_true (
      ssmt_tensor_source_get_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &again, &error));
  g_assert_true (ref.buffer == again.buffer && ref.offset == again.offset);
  g_assert_true (
      ssmt_tensor_source_get_floats (f->weights, "f16", 2, 2, SSMT_VALUES_WEIGHT, &ref, &error));
  expect_floats (f, ref, wide, 4);
  g_assert_true (
      ssmt_tensor_source_get_floats (f->weights, "bf16", 2, 1, SSMT_VALUES_WEIGHT, &ref, &error));
  expect_floats (f, ref, two, 2);

  matrix = ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpint (matrix->dtype, ==, SSMT_DTYPE_I8);
  g_assert_cmpuint (matrix->rows, ==, 2);
  g_assert_cmpuint (matrix->cols, ==, 3);
  expect_floats (f, matrix->scales, scales, 2);
  g_assert_true (matrix == ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error));
  g_assert_nonnull (ssmt_tensor_source_get_matrix (f->weights, "f16", 2, 2, &error));
  g_assert_no_error (error);
  g_assert_true (ssmt_tensor_source_check_all_used (f->weights, &error));
}

/* Dtype and alignment decide whether the file itself is used. */
static void
test_in_place (Fixture *f, gconstpointer data)
{
  const SsmtMatrix *i8, *f16;
  SsmtRef f32, bf16;

  open_weights (f, 0);
  i8 = ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, NULL);
  f16 = ssmt_tensor_source_get_matrix (f->weights, "f16", 2, 2, NULL);
  ssmt_tensor_source_get_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &f32, NULL);
  ssmt_tensor_source_get_floats (f->weights, "bf16", 2, 1, SSMT_VALUES_WEIGHT, &bf16, NULL);
  g_assert_true (i8->data.buffer == f32.buffer);
  g_assert_true (f16->data.buffer == f32.buffer);
  g_assert_true (bf16.buffer != f32.buffer);
  /* 34 bytes into the data */
  g_assert_true (i8->scales.buffer != f32.buffer);
}

static void
test_figures (Fixture *f, gconstpointer data)
{
  guint8 first[32], again[32];

  open_weights (f, 0);
  g_assert_cmpuint (ssmt_tensor_source_get_n_parameters (f->weights), ==, 18);
  g_assert_cmpuint (ssmt_tensor_source_get_bytes (f->weights), ==, 50);
  g_assert_cmpstr (ssmt_tensor_source_get_dtypes (f->weights), ==, "I8, BF16, F16, F32");
  g_assert_true (ssmt_tensor_source_has (f->weights, "f32"));
  g_assert_false (ssmt_tensor_source_has (f->weights, "f3"));

  ssmt_tensor_source_get_fingerprint (f->weights, first);
  ssmt_tensor_source_get_fingerprint (f->weights, again);
  g_assert_cmpmem (first, 32, again, 32);
  g_clear_pointer (&f->weights, ssmt_tensor_source_free);
  replace_data (f, "f16", "\0\0\0\0\0\0\0", 8);
  open_weights (f, 0);
  ssmt_tensor_source_get_fingerprint (f->weights, again);
  g_assert_cmpint (memcmp (first, again, 32), !=, 0);
}

/* The fingerprint of a large file sees its first and its last byte. */
static void
test_fingerprint_large (Fixture *f, gconstpointer unused)
{
  gsize n = 1000003;
  g_autofree guint8 *bytes = g_malloc0 (n);
  guint8 prints[3][32];

  for (int i = 0; i < 3; i++) {
    memset (bytes, 0, n);
    bytes[i == 2 ? n - 1 : 0] = i != 0;
    g_ptr_array_set_size (f->tensors, 0);
    test_tensors_add (f->tensors, "t", "I8", "[1000003]", bytes, n);
    g_clear_pointer (&f->weights, ssmt_tensor_source_free);
    open_weights (f, 0);
    ssmt_tensor_source_get_fingerprint (f->weights, prints[i]);
  }
  g_assert_cmpint (memcmp (prints[0], prints[1], 32), !=, 0);
  g_assert_cmpint (memcmp (prints[0], prints[2], 32), !=, 0);
  g_assert_cmpint (memcmp (prints[1], prints[2], 32), !=, 0);
}

static void
test_upload (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *values = NULL;
  SsmtRef ref;

  open_weights (f, 0);
  values = ssmt_tensor_source_read_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (values, sizeof six, six, sizeof six);
  values[0] = 7;
  g_assert_true (ssmt_tensor_source_upload (f->weights, "turned", values, 6, &ref, &error));
  expect_floats (f, ref, values, 6);
}

/* --- sources that are not files ----------------------------------------- */

static void
count (gpointer data)
{
  ++*(guint *) data;
}

/* What a format of another container does: its own dtype with one scale a matrix, other names. */
static void
test_added (Fixture *f, gconstpointer unused)
{
  static const float all_scales[] = { 0.25f, 0.25f };
  guint8 *bytes = g_malloc (14);
  guint released = 0;
  GError *error = NULL;
  const SsmtTensorData data = {
    .path = "model.bin", .data = bytes, .size = 14, .owner = &released, .release = count
  };
  SsmtTensor tensor = { .name = (char *) "decoder_Wemb",
    .dtype = SSMT_DTYPE_I8,
    .n_dims = 2,
    .shape = { 2, 3 },
    .n_elements = 6,
    .begin = 8,
    .end = 14,
    .scale = 0.25f };
  const SsmtTensorBlock *block;
  const SsmtMatrix *matrix;
  float row[3];

  memcpy (bytes, six, 8);
  memcpy (bytes + 8, quants, sizeof quants);
  f->weights = ssmt_tensor_source_new ("model.bin", f->device);
  block = ssmt_tensor_source_add_block (f->weights, &data, &error);
  g_assert_no_error (error);
  g_assert_true (ssmt_tensor_source_add (f->weights, block, &tensor, &error));
  g_assert_false (ssmt_tensor_source_add (f->weights, block, &tensor, &error));
  test_expect_error (&error, INVALID, "\"decoder_Wemb\" is also in model.bin");
  tensor = (SsmtTensor){ .name = (char *) "l1_bias",
    .dtype = SSMT_DTYPE_F32,
    .n_dims = 2,
    .shape = { 1, 2 },
    .n_elements = 2,
    .begin = 0,
    .end = 8 };
  g_assert_true (ssmt_tensor_source_add (f->weights, block, &tensor, &error));

  ssmt_tensor_source_rename (f->weights, "decoder_Wemb", "embeddings.weight");
  ssmt_tensor_source_rename (f->weights, "none", "embeddings.weight");
  ssmt_tensor_source_rename_ending (f->weights, "_bias", ".bias");
  g_assert_false (ssmt_tensor_source_has (f->weights, "decoder_Wemb"));
  g_assert_true (ssmt_tensor_source_has (f->weights, "l1.bias"));
  matrix = ssmt_tensor_source_get_matrix (f->weights, "embeddings.weight", 2, 3, &error);
  g_assert_no_error (error);
  expect_floats (f, matrix->scales, all_scales, 2);
  ssmt_tensor_source_widen_row (f->weights, ssmt_tensor_source_get_tensor (f->weights, 0), 1, row);
  g_assert_cmpfloat (row[2], ==, 5 * 0.25f);
  g_assert_false (ssmt_tensor_source_check_all_used (f->weights, &error));
  test_expect_error (&error, INVALID, "\"l1_bias\"");
  ssmt_tensor_source_ignore (f->weights, "l1.bias");
  g_assert_true (ssmt_tensor_source_check_all_used (f->weights, &error));
  g_assert_cmpuint (ssmt_tensor_source_get_n_parameters (f->weights), ==, 6);
  g_clear_pointer (&f->weights, ssmt_tensor_source_free);
  g_assert_cmpuint (released, ==, 1);
  g_free (bytes);
}

/* The values of "gain" (8) and of row 3 of "m" (4, 70). */
static void
make_up (Fixture *f, SsmtDType dtype, gboolean another, float *gain, float *row)
{
  g_autoptr (SsmtTensorSource) source = ssmt_tensor_source_make_up (dtype, TRUE, f->device);
  GError *error = NULL;
  const SsmtMatrix *matrix;
  SsmtRef ref;

  if (another)
    g_assert_true (
        ssmt_tensor_source_get_floats (source, "another", 3, 1, SSMT_VALUES_GAIN, &ref, &error));
  matrix = ssmt_tensor_source_get_matrix (source, "m", 4, 70, &error);
  g_assert_no_error (error);
  g_assert_cmpint (matrix->dtype, ==, dtype);
  g_assert_true (
      ssmt_tensor_source_get_floats (source, "gain", 8, 1, SSMT_VALUES_GAIN, &ref, &error));
  f->device->ops->read (f->device, gain, ref, 8 * sizeof *gain);
  for (guint i = 0; i < ssmt_tensor_source_get_n_tensors (source); i++) {
    const SsmtTensor *tensor = ssmt_tensor_source_get_tensor (source, i);

    if (tensor->matrix)
      ssmt_tensor_source_widen_row (source, tensor, 3, row);
  }
  g_assert_true (ssmt_tensor_source_check_all_used (source, &error));
  g_assert_cmpuint (
      ssmt_tensor_source_get_n_parameters (source), ==, 4 * 70 + 8 + (another ? 3 : 0));
}

/* Made up twice, asked in another order: the same values. */
static void
test_made_up (Fixture *f, gconstpointer data)
{
  float gains[2][8], rows[2][70];
  guint differ = 0;

  for (guint i = 0; i < 2; i++)
    make_up (f, GPOINTER_TO_UINT (data), i == 1, gains[i], rows[i]);
  g_assert_cmpmem (gains[0], sizeof gains[0], gains[1], sizeof gains[1]);
  g_assert_cmpmem (rows[0], sizeof rows[0], rows[1], sizeof rows[1]);
  for (guint i = 0; i < 8; i++)
    g_assert_cmpfloat (fabsf (gains[0][i] - 1), <, 0.11f);
  for (guint i = 1; i < 70; i++)
    differ += rows[0][i] != rows[0][0];
  g_assert_cmpuint (differ, >, 30);
}

/* --- tensors refused ---------------------------------------------------- */

typedef struct {
  const char *name; /* of the tensor asked for */
  guint32 rows, cols;
  gboolean matrix;
  const char *words;
} Refused;

static const Refused refused[] = {
  { "none", 2, 3, TRUE, "model.safetensors: tensor \"none\" is missing" },
  { "none", 2, 3, FALSE, "tensor \"none\" is missing" },
  { "f32", 3, 2, TRUE, "tensor \"f32\" has shape (2, 3), expected (3, 2)" },
  { "f32", 6, 1, FALSE, "has shape (2, 3), expected (6)" },
  { "f16", 2, 3, FALSE, "has shape (2, 1, 2), expected (2, 3)" },
  { "i8", 2, 3, FALSE, "tensor \"i8\" is I8, expected F32, F16 or BF16" },
  { "i8", 6, 1, TRUE, "has shape (2, 3)" },
};

static void
test_refused (Fixture *f, gconstpointer data)
{
  GError *error = NULL;
  SsmtRef ref;

  open_weights (f, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    const Refused *row = &refused[i];

    if (row->matrix)
      g_assert_null (
          ssmt_tensor_source_get_matrix (f->weights, row->name, row->rows, row->cols, &error));
    else
      g_assert_false (ssmt_tensor_source_get_floats (
          f->weights, row->name, row->rows, row->cols, SSMT_VALUES_WEIGHT, &ref, &error));
    test_expect_error (&error, INVALID, row->words);
    if (row->matrix)
      continue;
    g_assert_null (ssmt_tensor_source_read_floats (
        f->weights, row->name, row->rows, row->cols, SSMT_VALUES_WEIGHT, &error));
    test_expect_error (&error, INVALID, row->words);
  }
  g_assert_false (ssmt_tensor_source_check_all_used (f->weights, &error));
  test_expect_error (&error, INVALID, "tensor \"f32\" is in the file, but");
}

static void
test_row_and_column (Fixture *f, gconstpointer data)
{
  GError *error = NULL;

  open_weights (f, 0);
  g_assert_nonnull (ssmt_tensor_source_get_matrix (f->weights, "bf16", 2, 1, &error));
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "bf16", 1, 2, &error));
  test_expect_error (&error, INVALID, "\"bf16\" is a row to one layer");
}

typedef struct {
  const char *name;
  float second; /* of the two scales */
  const char *words;
} BadScale;

static const BadScale bad_scales[] = {
  { "nan", NAN, "tensor \"i8_scale\" has NaN at element 1|from 0 on" },
  { "infinite", INFINITY, "tensor \"i8_scale\" has infinity at element 1" },
  { "negative", -1, "has a negative number at element 1|from 0 on" },
};

static void
test_bad_scale (Fixture *f, gconstpointer data)
{
  const BadScale *row = data;
  const float values[] = { 1, row->second };
  GError *error = NULL;

  replace_data (f, "i8_scale", values, sizeof values);
  open_weights (f, 0);
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error));
  test_expect_error (&error, INVALID, row->words);
}

typedef struct {
  const char *name, *new_name, *dtype, *shape, *words;
} BadCompanion;

static const BadCompanion bad_companions[] = {
  { "missing", "i8_scales", "F32", "[2]", "tensor \"i8_scale\" is missing, but \"i8\" is I8" },
  { "dtype", "i8_scale", "F16", "[4]", "\"i8_scale\" has shape (4)" },
  { "half", "i8_scale", "F16", "[2, 1]", "\"i8_scale\" is F16, expected F32" },
  { "shape", "i8_scale", "F32", "[1]", "has shape (1), expected (2)" },
};

static void
test_bad_companion (Fixture *f, gconstpointer data)
{
  const BadCompanion *row = data;
  TestTensor *tensor = test_tensors_find (f->tensors, "i8_scale");
  GError *error = NULL;

  g_free (tensor->name);
  g_free (tensor->dtype);
  g_free (tensor->shape);
  tensor->name = g_strdup (row->new_name);
  tensor->dtype = g_strdup (row->dtype);
  tensor->shape = g_strdup (row->shape);
  if (g_str_equal (row->dtype, "F16") && !g_str_equal (row->shape, "[4]"))
    replace_data (f, "i8_scale", scales, 4);
  else if (g_str_equal (row->shape, "[1]"))
    replace_data (f, "i8_scale", scales, 4);
  open_weights (f, 0);
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error));
  test_expect_error (&error, INVALID, row->words);
}

/* --- four-bit values ---------------------------------------------------- */

#define COLS 70 /* two groups, the second of six values */

/* Two rows: 0, 1, 2 ... 15, 0 ... in the low halves, the other way in the high ones. */
static void
add_q4 (Fixture *f, const char *shape)
{
  guint8 packed[2 * 64];

  for (guint i = 0; i < sizeof packed; i++)
    packed[i] = (guint8) (i % 16 | (15 - i % 16) << 4);
  test_tensors_add (f->tensors, "q4", "U8", shape, packed, sizeof packed);
}

static const float q4_values[] = { 0.5f, -2, 0, 1 };

static void
test_q4 (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const SsmtMatrix *matrix;
  const SsmtTensor *tensor = NULL;
  float row[COLS];
  guint index = 0;

  test_tensors_add (f->tensors, "q4_scale", "F32", "[2, 2]", q4_values, sizeof q4_values);
  add_q4 (f, "[2, 64]");
  open_weights (f, GPOINTER_TO_UINT (data));
  g_assert_cmpstr (ssmt_tensor_source_get_dtypes (f->weights), ==, "Q4, I8, BF16, F16, F32");
  matrix = ssmt_tensor_source_get_matrix (f->weights, "q4", 2, COLS, &error);
  g_assert_no_error (error);
  g_assert_cmpint (matrix->dtype, ==, SSMT_DTYPE_Q4);
  g_assert_cmpuint (matrix->cols, ==, COLS);
  expect_floats (f, matrix->scales, q4_values, 4);
  /* what pads the groups is not counted */
  g_assert_cmpuint (ssmt_tensor_source_get_n_parameters (f->weights), ==, 18 + 2 * COLS);

  for (; index < ssmt_tensor_source_get_n_tensors (f->weights); index++) {
    tensor = ssmt_tensor_source_get_tensor (f->weights, index);
    g_assert_true (tensor->is_scale == g_str_has_suffix (tensor->name, "_scale"));
    if (g_str_equal (tensor->name, "q4"))
      break;
  }
  g_assert_true (tensor->matrix == matrix);
  ssmt_tensor_source_widen_row (f->weights, tensor, 0, row);
  g_assert_cmpfloat (row[0], ==, -8 * 0.5f);
  g_assert_cmpfloat (row[31], ==, 7 * 0.5f);
  g_assert_cmpfloat (row[32], ==, 7 * 0.5f);
  g_assert_cmpfloat (row[64], ==, -8 * -2.f);
  g_assert_cmpfloat (row[69], ==, -3 * -2.f);
  ssmt_tensor_source_widen_row (f->weights, tensor, 1, row);
  g_assert_cmpfloat (row[5], ==, 0);
  g_assert_cmpfloat (row[66], ==, -6);
}

typedef struct {
  const char *name, *shape; /* of the tensor */
  guint32 cols;             /* asked for */
  const char *scale_shape;
  float last; /* of the scales */
  const char *words;
} BadQ4;

static const BadQ4 bad_q4[] = {
  { "columns", "[2, 64]", 64, "[2, 2]", 1,
      "tensor \"q4\" has shape (2, 64), expected (2, 32) for rows of 64 four-bit" },
  { "more-columns", "[2, 64]", 129, "[2, 2]", 1, "expected (2, 96)" },
  { "rows", "[4, 32]", COLS, "[2, 2]", 1, "has shape (4, 32), expected (2, 64)" },
  { "flat", "[128]", COLS, "[2, 2]", 1, "has shape (128), expected (2, 64)" },
  { "scales", "[2, 64]", COLS, "[4]", 1, "\"q4_scale\" has shape (4), expected (2, 2)" },
  { "no-scales", "[2, 64]", COLS, NULL, 1, "tensor \"q4_scale\" is missing, but \"q4\" is U8" },
  { "nan", "[2, 64]", COLS, "[2, 2]", NAN, "\"q4_scale\" has NaN at element 3" },
};

static void
test_bad_q4 (Fixture *f, gconstpointer data)
{
  const BadQ4 *row = data;
  float values[] = { 1, 1, -1, row->last };
  GError *error = NULL;
  SsmtRef ref;

  if (row->scale_shape)
    test_tensors_add (f->tensors, "q4_scale", "F32", row->scale_shape, values, sizeof values);
  add_q4 (f, row->shape);
  open_weights (f, 0);
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "q4", 2, row->cols, &error));
  test_expect_error (&error, INVALID, row->words);
  /* nor is it handed out as floats */
  if (g_str_equal (row->shape, "[2, 64]")) {
    g_assert_false (
        ssmt_tensor_source_get_floats (f->weights, "q4", 2, 64, SSMT_VALUES_WEIGHT, &ref, &error));
    test_expect_error (&error, INVALID, "\"q4\" is U8, expected F32, F16 or BF16");
  }
}

static void
test_not_finite (Fixture *f, gconstpointer data)
{
  static const float bad[] = { 1, 2, 3, 4, INFINITY, 6 };
  static const guint16 bad_half[] = { 0, 0x7e00, 0, 0 };
  GError *error = NULL;
  SsmtRef ref;

  replace_data (f, "f32", bad, sizeof bad);
  replace_data (f, "f16", bad_half, sizeof bad_half);
  open_weights (f, 0);
  g_assert_false (
      ssmt_tensor_source_get_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &ref, &error));
  test_expect_error (&error, INVALID, "tensor \"f32\" has infinity at element 4");
  g_assert_false (
      ssmt_tensor_source_get_floats (f->weights, "f16", 2, 2, SSMT_VALUES_WEIGHT, &ref, &error));
  test_expect_error (&error, INVALID, "tensor \"f16\" has NaN at element 1");
  g_assert_null (
      ssmt_tensor_source_read_floats (f->weights, "f32", 2, 3, SSMT_VALUES_WEIGHT, &error));
  test_expect_error (&error, INVALID, "\"f32\" has infinity");
}

/* --- files and memory --------------------------------------------------- */

static void
test_files (Fixture *f, gconstpointer data)
{
  g_autofree char *none = g_build_filename (f->folder, "none", NULL);
  g_autofree char *empty = test_file_write (f->folder, "empty", NULL, 0);
  GError *error = NULL;

  g_assert_null (ssmt_tensor_source_open (none, f->device, &error));
  test_expect_error (&error, SSMT_ERROR_NOT_FOUND, none);
  g_assert_null (ssmt_tensor_source_open (f->folder, f->device, &error));
  test_expect_error (&error, SSMT_ERROR_READ, "is a folder");
  g_assert_null (ssmt_tensor_source_open ("/dev/null", f->device, &error));
  test_expect_error (&error, SSMT_ERROR_READ, "regular file");
  g_assert_null (ssmt_tensor_source_open (empty, f->device, &error));
  test_expect_error (&error, INVALID, "has 0 bytes");
}

static SsmtBuffer *
no_alloc (SsmtDevice *device, size_t bytes)
{
  return NULL;
}

static SsmtBuffer *
no_wrap (SsmtDevice *device, const void *host, size_t bytes)
{
  return NULL;
}

static bool
no_bind (SsmtDevice *device, SsmtMatrix *matrix)
{
  return false;
}

static void
test_no_memory (Fixture *f, gconstpointer data)
{
  const SsmtDeviceOps *real = f->device->ops;
  SsmtDeviceOps poor = *real;
  GError *error = NULL;
  g_autofree char *path = g_build_filename (f->folder, "model.safetensors", NULL);
  SsmtRef ref;

  open_weights (f, 0);
  f->device->ops = &poor;
  poor.alloc = no_alloc;
  poor.wrap = no_wrap;
  poor.bind_matrix = no_bind;
  g_assert_null (ssmt_tensor_source_open (path, f->device, &error));
  test_expect_error (&error, SSMT_ERROR_MEMORY, "50 bytes|no memory");
  g_assert_false (
      ssmt_tensor_source_get_floats (f->weights, "f16", 2, 2, SSMT_VALUES_WEIGHT, &ref, &error));
  test_expect_error (&error, SSMT_ERROR_MEMORY, "\"f16\" needs 16 bytes");
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "f32", 2, 3, &error));
  test_expect_error (&error, SSMT_ERROR_MEMORY, "\"f32\" needs 24 bytes");
  g_assert_null (ssmt_tensor_source_get_matrix (f->weights, "i8", 2, 3, &error));
  test_expect_error (&error, SSMT_ERROR_MEMORY, "\"i8_scale\" needs 8 bytes");
  g_assert_false (ssmt_tensor_source_upload (f->weights, "turned", six, 6, &ref, &error));
  test_expect_error (&error, SSMT_ERROR_MEMORY, "\"turned\" needs 24 bytes");
  f->device->ops = real;
}

/* Kilobytes that belong to this process alone; 0 where no one tells. */
static guint64
anonymous_memory (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0;
  line = strstr (text, "RssAnon:");
  return line ? g_ascii_strtoull (line + strlen ("RssAnon:"), NULL, 10) : 0;
}

/* Large weights stay the file's memory, which processes share. */
static void
test_not_copied (Fixture *f, gconstpointer data)
{
  gsize rows = 73728, cols = 1024; /* more than is read into memory */
  guint8 *bytes = g_malloc (rows * cols);
  float *ones = g_new (float, rows);
  g_autofree char *path = NULL;
  guint64 before;

  memset (bytes, 1, rows * cols);
  for (gsize i = 0; i < rows; i++)
    ones[i] = 1;
  g_ptr_array_set_size (f->tensors, 0);
  test_tensors_add (f->tensors, "q_scale", "F32", "[73728]", ones, 4 * rows);
  test_tensors_add (f->tensors, "q", "I8", "[73728, 1024]", bytes, rows * cols);
  g_free (bytes);
  g_free (ones);
  path = write_weights (f, 0);

  before = anonymous_memory ();
#ifdef __SANITIZE_THREAD__
  before = 0; /* it counts the sanitizer's, as much again */
#endif
  if (before == 0) {
    g_test_skip ("the system does not tell");
    return;
  }
  f->weights = ssmt_tensor_source_open (path, f->device, NULL);
  g_assert_nonnull (f->weights);
  g_assert_nonnull (
      ssmt_tensor_source_get_matrix (f->weights, "q", (guint32) rows, (guint32) cols, NULL));
  /* a few bytes a row for the device, not one a weight */
  g_assert_cmpuint (anonymous_memory (), <, before + rows * cols / 1024 / 4);
}

#define ADD(name, data, function)                                                                  \
  g_test_add ("/weights/" name, Fixture, data, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("hand-out", GUINT_TO_POINTER (0), test_hand_out);
  ADD ("hand-out/moved-by-1", GUINT_TO_POINTER (1), test_hand_out);
  ADD ("hand-out/moved-by-2", GUINT_TO_POINTER (2), test_hand_out);
  ADD ("hand-out/moved-by-7", GUINT_TO_POINTER (7), test_hand_out);
  ADD ("cancelled", NULL, test_cancelled);
  ADD ("in-place", NULL, test_in_place);
  ADD ("figures", NULL, test_figures);
  ADD ("fingerprint-large", NULL, test_fingerprint_large);
  ADD ("upload", NULL, test_upload);
  ADD ("added", NULL, test_added);
  ADD ("made-up/f32", GUINT_TO_POINTER (SSMT_DTYPE_F32), test_made_up);
  ADD ("made-up/bf16", GUINT_TO_POINTER (SSMT_DTYPE_BF16), test_made_up);
  ADD ("made-up/i8", GUINT_TO_POINTER (SSMT_DTYPE_I8), test_made_up);
  ADD ("made-up/q4", GUINT_TO_POINTER (SSMT_DTYPE_Q4), test_made_up);
  ADD ("refused", NULL, test_refused);
  ADD ("row-and-column", NULL, test_row_and_column);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_scales); i++) {
    g_autofree char *name = g_strdup_printf ("/weights/scale/%s", bad_scales[i].name);
    g_test_add (name, Fixture, &bad_scales[i], set_up, test_bad_scale, tear_down);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad_companions); i++) {
    g_autofree char *name = g_strdup_printf ("/weights/companion/%s", bad_companions[i].name);
    g_test_add (name, Fixture, &bad_companions[i], set_up, test_bad_companion, tear_down);
  }
  ADD ("q4", GUINT_TO_POINTER (0), test_q4);
  ADD ("q4/moved-by-1", GUINT_TO_POINTER (1), test_q4);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_q4); i++) {
    g_autofree char *name = g_strdup_printf ("/weights/q4/%s", bad_q4[i].name);
    g_test_add (name, Fixture, &bad_q4[i], set_up, test_bad_q4, tear_down);
  }
  ADD ("not-finite", NULL, test_not_finite);
  ADD ("files", NULL, test_files);
  ADD ("no-memory", NULL, test_no_memory);
  ADD ("not-copied", NULL, test_not_copied);
  return g_test_run ();
}
