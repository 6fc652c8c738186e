/* ssmtranslate: Marian's models as NumPy's .npz
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <zip.h>

#include "engine/formats/marian-file.h"

#define MAX_ITEMS 65536
#define MAX_BYTES ((guint64) 1 << 34) /* of all tensors, unpacked */
/* Floats hardly get smaller; what grows more was made to fill the memory. */
#define MAX_RATIO 64
#define ALWAYS_ALLOWED ((guint64) 1 << 20)
#define MAGIC "\x93NUMPY"

static gboolean
fail_zip (const SsmtMarianFile *self, zip_error_t *why, GError **error)
{
  g_set_error (
      error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: %s", self->path, zip_error_strerror (why));
  zip_error_fini (why);
  return FALSE;
}

/* --- .npy --------------------------------------------------------------- */

/* Behind `'KEY':` and spaces in the dictionary, or NULL. */
static const char *
find_value (const char *dictionary, const char *key)
{
  const char *at = strstr (dictionary, key);

  return at ? at + strlen (key) + strspn (at + strlen (key), " ") : NULL;
}

/* "(3, 4)", "(5,)", "()" */
static gboolean
read_shape (const char *text, SsmtMarianItem *item)
{
  if (!text || *text++ != '(')
    return FALSE;
  for (item->n_dims = 0;; text += strspn (text, ", ")) {
    guint64 value;
    char *end;

    if (*text == ')')
      return TRUE;
    if (!g_ascii_isdigit (*text) || item->n_dims == SSMT_MARIAN_MAX_DIMS)
      return FALSE;
    value = g_ascii_strtoull (text, &end, 10);
    if (value > G_MAXINT32)
      return FALSE;
    item->shape[item->n_dims++] = (guint32) value;
    text = end;
  }
}

static gboolean
read_header (const char *dictionary, SsmtMarianItem *item)
{
  static const struct {
    const char *name;
    guint32 type;
  } types[] = { { "'<f4'", SSMT_MARIAN_FLOAT32 }, { "'<f2'", SSMT_MARIAN_FLOAT16 },
    { "'|i1'", SSMT_MARIAN_INT8 }, { "'<i1'", SSMT_MARIAN_INT8 } };
  const char *type = find_value (dictionary, "'descr':");
  const char *order = find_value (dictionary, "'fortran_order':");

  for (guint i = 0; type && i < G_N_ELEMENTS (types); i++)
    if (g_str_has_prefix (type, types[i].name))
      item->type = types[i].type;
  return item->type && order && g_str_has_prefix (order, "False")
      && read_shape (find_value (dictionary, "'shape':"), item);
}

static gboolean
add_array (SsmtMarianFile *self, const char *name, GBytes *npy, GError **error)
{
  gsize size, length, prefix;
  const guint8 *data = g_bytes_get_data (npy, &size);
  g_autofree char *dictionary = NULL;
  SsmtMarianItem item = { .name = (char *) name };

  if (size < 12 || memcmp (data, MAGIC, strlen (MAGIC)) != 0 || data[6] < 1 || data[6] > 3)
    return ssmt_marian_file_fail (
        self, error, SSMT_ERROR_INVALID, name, "is no array of NumPy, version 1 to 3");
  prefix = data[6] == 1 ? 10 : 12;
  length = data[8] | data[9] << 8;
  if (prefix == 12)
    length |= (gsize) data[10] << 16 | (gsize) data[11] << 24;
  if (length > size - prefix)
    return ssmt_marian_file_fail (self, error, SSMT_ERROR_INVALID, name, "ends in its header");
  dictionary = g_strndup ((const char *) data + prefix, length);
  if (!read_header (dictionary, &item))
    return ssmt_marian_file_fail (self, error, SSMT_ERROR_UNSUPPORTED, name,
        "must be floats of 32 or 16 bits in C's order, with at most %d dimensions",
        SSMT_MARIAN_MAX_DIMS);
  item.data = data + prefix + length;
  return ssmt_marian_file_add (self, &item, size - prefix - length, npy, error);
}

/* --- the archive -------------------------------------------------------- */

/* NULL: it has not exactly this size, or not the sum that the archive says. */
static GBytes *
read_entry (zip_t *zip, zip_uint64_t index, gsize size)
{
  zip_file_t *entry = zip_fopen_index (zip, index, 0);
  guint8 *bytes = entry ? g_try_malloc (size + 1) : NULL;
  zip_int64_t n = 1;
  gsize done = 0;

  /* the sum is looked at when there is no more, hence a byte more is asked for */
  while (bytes && n > 0 && done <= size) {
    n = zip_fread (entry, bytes + done, size + 1 - done);
    done += n > 0 ? (gsize) n : 0;
  }
  if (entry && zip_fclose (entry) != 0)
    n = -1;
  if (bytes && n == 0 && done == size)
    return g_bytes_new_take (bytes, size);
  g_free (bytes);
  return NULL;
}

/* `left`: bytes that may still be unpacked. */
static gboolean
add_entry (SsmtMarianFile *self, zip_t *zip, zip_uint64_t index, guint64 *left, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GBytes) npy = NULL;
  zip_stat_t stat;

  if (zip_stat_index (zip, index, 0, &stat) != 0
      || (stat.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE)) != (ZIP_STAT_NAME | ZIP_STAT_SIZE))
    return fail_zip (self, zip_get_error (zip), error);
  name = g_str_has_suffix (stat.name, ".npy") ? g_strndup (stat.name, strlen (stat.name) - 4)
                                              : g_strdup (stat.name);
  if (stat.size > *left)
    return ssmt_marian_file_fail (
        self, error, SSMT_ERROR_INVALID, name, "is larger than any model when it is unpacked");
  *left -= stat.size;
  npy = read_entry (zip, index, stat.size);
  if (!npy)
    return ssmt_marian_file_fail (
        self, error, SSMT_ERROR_INVALID, name, "cannot be unpacked: %s", zip_strerror (zip));
  return add_array (self, name, npy, error);
}

gboolean
ssmt_marian_npz_read (SsmtMarianFile *self, GBytes *bytes, GError **error)
{
  zip_error_t why;
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);
  zip_source_t *source;
  zip_t *zip;
  zip_int64_t n;
  guint64 left;
  gboolean good = TRUE;

  zip_error_init (&why);
  source = zip_source_buffer_create (data, size, 0, &why);
  if (!source)
    return fail_zip (self, &why, error);
  zip = zip_open_from_source (source, ZIP_RDONLY | ZIP_CHECKCONS, &why);
  if (!zip) {
    zip_source_free (source);
    return fail_zip (self, &why, error);
  }
  left = MIN (MAX_BYTES, ALWAYS_ALLOWED + MAX_RATIO * (guint64) size);
  n = zip_get_num_entries (zip, 0);
  if (n > MAX_ITEMS) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has a number of items that no model has", self->path);
    good = FALSE;
  }
  for (zip_int64_t i = 0; good && i < n; i++)
    good = add_entry (self, zip, (zip_uint64_t) i, &left, error);
  zip_discard (zip);
  zip_error_fini (&why);
  return good;
}
