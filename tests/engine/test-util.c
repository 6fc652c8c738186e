/* ssmtranslate tests: files made on the spot, errors looked at
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-util.h"

#include <string.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

char *
test_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("ssmt-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static void
remove_all (const char *path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *inner = g_build_filename (path, name, NULL);
    remove_all (inner);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_assert_cmpint (g_remove (path), ==, 0);
}

void
test_folder_remove (char *folder)
{
  remove_all (folder);
  g_free (folder);
}

char *
test_file_write (const char *folder, const char *name, gconstpointer data, gsize length)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  /* a new file each time, without waiting for the disk */
  g_unlink (path);
  g_file_set_contents_full (
      path, data ? data : "", (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  return path;
}

GBytes *
test_file_read (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *data;
  gsize length;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, length);
}

char *
test_data (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", name, NULL);
}

void
test_append (GByteArray *bytes, gconstpointer data, gsize n)
{
  g_byte_array_append (bytes, data, (guint) n);
}

void
test_append_u32 (GByteArray *bytes, guint32 value)
{
  value = GUINT32_TO_LE (value);
  test_append (bytes, &value, sizeof value);
}

void
test_append_u64 (GByteArray *bytes, guint64 value)
{
  value = GUINT64_TO_LE (value);
  test_append (bytes, &value, sizeof value);
}

char *
test_replace (const char *text, const char *find, const char *replace)
{
  const char *at;

  if (!find)
    return g_strdup (text);
  at = strstr (text, find);
  g_assert_nonnull (at);
  g_assert_null (strstr (at + 1, find));
  return g_strdup_printf ("%.*s%s%s", (int) (at - text), text, replace, at + strlen (find));
}

void
test_expect_error (GError **error, int code, const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, "|", -1);

  g_assert_error (*error, SSMT_ERROR, code);
  g_assert_true (g_utf8_validate ((*error)->message, -1, NULL));
  for (char **word = list; *word; word++) {
    if (!strstr ((*error)->message, *word)) {
      g_test_message ("\"%s\" is not in: %s", *word, (*error)->message);
      g_test_fail ();
    }
  }
  g_clear_error (error);
}

/* --- safetensors -------------------------------------------------------- */

static void
append_header (GByteArray *file, const char *header, gsize length)
{
  guint64 n = GUINT64_TO_LE ((guint64) length);

  g_byte_array_append (file, (const guint8 *) &n, sizeof n);
  g_byte_array_append (file, (const guint8 *) header, (guint) length);
}

GBytes *
test_safetensors (const char *header, gsize n_data)
{
  GByteArray *file = g_byte_array_new ();

  append_header (file, header, strlen (header));
  for (gsize i = 0; i < n_data; i++) {
    guint8 byte = (guint8) i;
    g_byte_array_append (file, &byte, 1);
  }
  return g_byte_array_free_to_bytes (file);
}

static void
tensor_free (gpointer data)
{
  TestTensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->dtype);
  g_free (tensor->shape);
  g_bytes_unref (tensor->data);
  g_free (tensor);
}

GPtrArray *
test_tensors_new (void)
{
  return g_ptr_array_new_with_free_func (tensor_free);
}

void
test_tensors_add (GPtrArray *tensors, const char *name, const char *dtype, const char *shape,
    gconstpointer data, gsize length)
{
  TestTensor *tensor = g_new0 (TestTensor, 1);

  tensor->name = g_strdup (name);
  tensor->dtype = g_strdup (dtype);
  tensor->shape = g_strdup (shape);
  tensor->data = g_bytes_new (data, length);
  g_ptr_array_add (tensors, tensor);
}

GPtrArray *
test_tensors_read (const char *path)
{
  g_autoptr (GBytes) bytes = test_file_read (path);
  g_autoptr (JsonParser) parser = json_parser_new ();
  const guint8 *file = g_bytes_get_data (bytes, NULL);
  GPtrArray *tensors = test_tensors_new ();
  JsonObject *header;
  guint64 n;

  memcpy (&n, file, sizeof n);
  n = GUINT64_FROM_LE (n);
  g_assert_true (json_parser_load_from_data (parser, (const char *) file + 8, (gssize) n, NULL));
  header = json_node_get_object (json_parser_get_root (parser));
  g_autoptr (GList) names = json_object_get_members (header);
  for (GList *l = names; l; l = l->next) {
    JsonObject *info = json_object_get_object_member (header, l->data);
    JsonArray *offsets;
    g_autofree char *shape = NULL;

    if (strcmp (l->data, "__metadata__") == 0)
      continue;
    offsets = json_object_get_array_member (info, "data_offsets");
    shape = json_to_string (json_object_get_member (info, "shape"), FALSE);
    test_tensors_add (tensors, l->data, json_object_get_string_member (info, "dtype"), shape,
        file + 8 + n + json_array_get_int_element (offsets, 0),
        (gsize) (json_array_get_int_element (offsets, 1)
            - json_array_get_int_element (offsets, 0)));
  }
  return tensors;
}

TestTensor *
test_tensors_find (GPtrArray *tensors, const char *name)
{
  for (guint i = 0; i < tensors->len; i++) {
    TestTensor *tensor = tensors->pdata[i];

    if (strcmp (tensor->name, name) == 0)
      return tensor;
  }
  return NULL;
}

GBytes *
test_tensors_write (GPtrArray *tensors, guint padding)
{
  g_autoptr (GString) header = g_string_new ("{");
  GByteArray *file = g_byte_array_new ();
  gsize offset = 0;

  for (guint i = 0; i < tensors->len; i++) {
    const TestTensor *t = tensors->pdata[i];
    gsize size = g_bytes_get_size (t->data);

    g_string_append_printf (header,
        "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,"
        "\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}",
        i ? "," : "", t->name, t->dtype, t->shape, offset, offset + size);
    offset += size;
  }
  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  for (guint i = 0; i < padding; i++)
    g_string_append_c (header, ' ');

  append_header (file, header->str, header->len);
  for (guint i = 0; i < tensors->len; i++) {
    const TestTensor *t = tensors->pdata[i];

    g_byte_array_append (
        file, g_bytes_get_data (t->data, NULL), (guint) g_bytes_get_size (t->data));
  }
  return g_byte_array_free_to_bytes (file);
}
