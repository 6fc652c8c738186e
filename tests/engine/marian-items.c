/* ssmtranslate tests: a Marian model that can be changed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "marian-items.h"

#include <string.h>

#include "test-util.h"

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->name);
  g_byte_array_unref (item->data);
  g_free (item);
}

static GPtrArray *
read_items (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtMarianFile) file = ssmt_marian_file_open (path, &error);
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  g_assert_no_error (error);
  for (guint i = 0; i < file->items->len; i++) {
    const SsmtMarianItem *from = file->items->pdata[i];
    Item *item = g_new0 (Item, 1);
    gsize length = from->n_elements * (from->type & 0xff)
        + (from->type == SSMT_MARIAN_INTGEMM8 ? sizeof (float) : 0);

    item->name = g_strdup (from->name);
    item->type = from->type;
    item->n_dims = from->n_dims;
    memcpy (item->shape, from->shape, sizeof item->shape);
    item->data = g_byte_array_append (g_byte_array_new (), from->data, (guint) length);
    g_ptr_array_add (items, item);
  }
  return items;
}

Item *
find_item (GPtrArray *items, const char *name)
{
  for (guint i = 0; i < items->len; i++)
    if (g_str_equal (((Item *) items->pdata[i])->name, name))
      return items->pdata[i];
  return NULL;
}

static void
append_u64 (GByteArray *file, guint64 value)
{
  value = GUINT64_TO_LE (value);
  g_byte_array_append (file, (const guint8 *) &value, sizeof value);
}

GByteArray *
write_items (GPtrArray *items)
{
  GByteArray *file = g_byte_array_new ();

  append_u64 (file, 1);
  append_u64 (file, items->len);
  for (guint i = 0; i < items->len; i++) {
    const Item *item = items->pdata[i];

    append_u64 (file, strlen (item->name) + 1);
    append_u64 (file, item->type);
    append_u64 (file, item->n_dims);
    append_u64 (file, item->data->len);
  }
  for (guint i = 0; i < items->len; i++) {
    const Item *item = items->pdata[i];
    g_byte_array_append (file, (const guint8 *) item->name, (guint) strlen (item->name) + 1);
  }
  for (guint i = 0; i < items->len; i++)
    for (guint j = 0; j < ((Item *) items->pdata[i])->n_dims; j++) {
      guint32 size = GUINT32_TO_LE (((Item *) items->pdata[i])->shape[j]);
      g_byte_array_append (file, (const guint8 *) &size, sizeof size);
    }
  append_u64 (file, 0);
  for (guint i = 0; i < items->len; i++) {
    const Item *item = items->pdata[i];
    g_byte_array_append (file, item->data->data, item->data->len);
  }
  return file;
}

/* --- folders -------------------------------------------------------------- */

void
copy_file (const char *from, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (from, name, NULL);
  g_autoptr (GBytes) bytes = test_file_read (path);

  g_free (test_file_write (folder, name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
}

char *
copy_student (void)
{
  g_autofree char *from = test_data ("marian/student-int8");
  char *folder = test_folder_new ();

  copy_file (from, folder, MODEL);
  copy_file (from, folder, "vocab.xxyy.spm");
  copy_file (from, folder, "lex.50.50.xxyy.s2t.bin");
  return folder;
}

GPtrArray *
read_student (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, MODEL, NULL);
  return read_items (path);
}

void
write_student (const char *folder, GPtrArray *items)
{
  g_autoptr (GByteArray) file = write_items (items);
  g_free (test_file_write (folder, MODEL, file->data, file->len));
}
