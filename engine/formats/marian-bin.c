/* ssmtranslate: Marian's binary container
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/formats/marian-file.h"

#define VERSION 1
/* The largest model of many layers has some hundreds. */
#define MAX_ITEMS 65536

typedef struct {
  guint64 name, type, dims, data; /* name and data: bytes */
} Header;

/* What is left of the file. */
typedef struct {
  SsmtMarianFile *file;
  const guint8 *at;
  gsize left;
  GError **error;
} Cursor;

static gboolean
fail (const Cursor *cursor, const char *what)
{
  g_set_error (cursor->error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: %s", cursor->file->path, what);
  return FALSE;
}

static gboolean
take (Cursor *cursor, gsize n, const guint8 **bytes)
{
  if (n > cursor->left)
    return fail (cursor, "ends in the middle of its items: it is not whole");
  *bytes = cursor->at;
  cursor->at += n;
  cursor->left -= n;
  return TRUE;
}

static gboolean
take_u64 (Cursor *cursor, guint64 *value)
{
  const guint8 *bytes;

  if (!take (cursor, sizeof *value, &bytes))
    return FALSE;
  memcpy (value, bytes, sizeof *value);
  *value = GUINT64_FROM_LE (*value);
  return TRUE;
}

static gboolean
read_headers (Cursor *cursor, GArray *headers)
{
  guint64 version, n;

  if (!take_u64 (cursor, &version) || !take_u64 (cursor, &n))
    return FALSE;
  if (version != VERSION)
    return fail (cursor, "is no Marian model: it does not begin with version 1");
  if (n == 0 || n > MAX_ITEMS)
    return fail (cursor, "has a number of items that no model has");
  for (guint64 i = 0; i < n; i++) {
    Header header;

    if (!take_u64 (cursor, &header.name) || !take_u64 (cursor, &header.type)
        || !take_u64 (cursor, &header.dims) || !take_u64 (cursor, &header.data))
      return FALSE;
    if (header.name == 0 || header.type > G_MAXUINT32 || header.dims > SSMT_MARIAN_MAX_DIMS)
      return fail (cursor, "has an item without a name, or with more dimensions than any has");
    g_array_append_val (headers, header);
  }
  return TRUE;
}

static gboolean
read_names (Cursor *cursor, const GArray *headers, SsmtMarianItem *items)
{
  for (guint i = 0; i < headers->len; i++) {
    gsize length = g_array_index (headers, Header, i).name;
    const guint8 *name;

    if (!take (cursor, length, &name))
      return FALSE;
    if (memchr (name, 0, length) != name + length - 1)
      return fail (cursor, "has an item whose name does not end in its last byte");
    items[i].name = (char *) name; /* a copy is made by ssmt_marian_file_add() */
  }
  return TRUE;
}

static gboolean
read_shapes (Cursor *cursor, const GArray *headers, SsmtMarianItem *items)
{
  for (guint i = 0; i < headers->len; i++) {
    const Header *header = &g_array_index (headers, Header, i);
    const guint8 *shape;

    items[i].type = (guint32) header->type;
    items[i].n_dims = (guint) header->dims;
    if (!take (cursor, items[i].n_dims * sizeof (guint32), &shape))
      return FALSE;
    memcpy (items[i].shape, shape, items[i].n_dims * sizeof (guint32));
    for (guint j = 0; j < items[i].n_dims; j++)
      items[i].shape[j] = GUINT32_FROM_LE (items[i].shape[j]);
  }
  return TRUE;
}

static gboolean
read_items (Cursor *cursor, const GArray *headers, SsmtMarianItem *items)
{
  const guint8 *bytes;
  guint64 padding;

  if (!read_names (cursor, headers, items) || !read_shapes (cursor, headers, items)
      || !take_u64 (cursor, &padding) || !take (cursor, padding, &bytes))
    return FALSE;
  cursor->file->header = cursor->at - (const guint8 *) g_bytes_get_data (cursor->file->file, NULL);
  for (guint i = 0; i < headers->len; i++) {
    gsize length = g_array_index (headers, Header, i).data;

    if (length > cursor->left)
      return ssmt_marian_file_fail (cursor->file, cursor->error, SSMT_ERROR_INVALID, items[i].name,
          "has %" G_GSIZE_FORMAT " bytes, but the file ends before", length);
    take (cursor, length, &items[i].data);
    if (!ssmt_marian_file_add (cursor->file, &items[i], length, NULL, cursor->error))
      return FALSE;
  }
  return TRUE;
}

gboolean
ssmt_marian_bin_read (SsmtMarianFile *self, GBytes *bytes, GError **error)
{
  g_autoptr (GArray) headers = g_array_new (FALSE, FALSE, sizeof (Header));
  g_autofree SsmtMarianItem *items = NULL;
  Cursor cursor = { .file = self, .error = error };

  self->file = g_bytes_ref (bytes);
  cursor.at = g_bytes_get_data (bytes, &cursor.left);
  if (!read_headers (&cursor, headers))
    return FALSE;
  items = g_new0 (SsmtMarianItem, headers->len);
  return read_items (&cursor, headers, items);
}
