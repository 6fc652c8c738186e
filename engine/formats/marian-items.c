/* ssmtranslate: the items of Marian's containers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/marian-file.h"

#include <string.h>

#include "engine/files/hash.h"

/* An item, and what keeps its data. */
typedef struct {
  SsmtMarianItem item;
  GBytes *owner;
} OwnedItem;

static void
item_free (gpointer data)
{
  OwnedItem *owned = data;

  g_clear_pointer (&owned->owner, g_bytes_unref);
  g_free (owned->item.name);
  g_free (owned);
}

gboolean
ssmt_marian_file_fail (const SsmtMarianFile *self, GError **error, SsmtError code, const char *name,
    const char *format, ...)
{
  g_autofree char *what = NULL;
  g_autofree char *shown = g_utf8_make_valid (name, (gssize) MIN (strlen (name), 128));
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, SSMT_ERROR, code, "%s: item \"%s\" %s", self->path, shown, what);
  return FALSE;
}

SsmtMarianItem *
ssmt_marian_file_find (const SsmtMarianFile *self, const char *name)
{
  return g_hash_table_lookup (self->names, name);
}

/* Bytes of `n` elements; the low byte of a type is the size of one. */
static gboolean
get_bytes (const SsmtMarianItem *item, gsize *bytes)
{
  return g_size_checked_mul (bytes, item->n_elements, item->type & 0xff)
      && (item->type != SSMT_MARIAN_INTGEMM8 || g_size_checked_add (bytes, *bytes, sizeof (float)));
}

gboolean
ssmt_marian_file_add (
    SsmtMarianFile *self, const SsmtMarianItem *item, gsize length, GBytes *owner, GError **error)
{
  OwnedItem *owned;
  gsize n = 1, bytes;

  for (guint i = 0; i < item->n_dims; i++)
    if (item->shape[i] == 0 || item->shape[i] > G_MAXINT32
        || !g_size_checked_mul (&n, n, item->shape[i]))
      return ssmt_marian_file_fail (self, error, SSMT_ERROR_INVALID, item->name,
          "has dimension %u of %u, expected 1 or more", i, item->shape[i]);
  if (g_hash_table_contains (self->names, item->name))
    return ssmt_marian_file_fail (
        self, error, SSMT_ERROR_INVALID, item->name, "stands there twice");

  owned = g_new0 (OwnedItem, 1);
  owned->item = *item;
  owned->item.name = g_strdup (item->name);
  owned->item.n_elements = n;
  owned->owner = owner ? g_bytes_ref (owner) : NULL;
  g_ptr_array_add (self->items, owned);
  g_hash_table_insert (self->names, owned->item.name, owned);
  if (get_bytes (&owned->item, &bytes) && bytes <= length)
    return TRUE;
  return ssmt_marian_file_fail (self, error, SSMT_ERROR_INVALID, item->name,
      "has %" G_GSIZE_FORMAT " bytes, too few for %" G_GSIZE_FORMAT " elements of type 0x%x",
      length, n, item->type);
}

SsmtMarianFile *
ssmt_marian_file_new (const char *path)
{
  SsmtMarianFile *self = g_new0 (SsmtMarianFile, 1);

  self->path = g_strdup (path);
  self->items = g_ptr_array_new_with_free_func (item_free);
  self->names = g_hash_table_new (ssmt_str_hash, g_str_equal);
  return self;
}

void
ssmt_marian_file_free (SsmtMarianFile *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->names);
  g_ptr_array_unref (self->items);
  g_clear_pointer (&self->file, g_bytes_unref);
  g_free (self->path);
  g_free (self);
}
