/* ssmtranslate: writes a safetensors file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

struct _CliSafetensors {
  char *path;
  int fd;
  guint64 data_offset;
  GHashTable *infos; /* name -> SsmtTensor of the caller's array */
};

static gboolean
fail (const CliSafetensors *self, int code, GError **error)
{
  g_autofree char *shown = g_filename_display_name (self->path);

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: cannot be written: %s",
      shown, g_strerror (code));
  return FALSE;
}

static gboolean
write_at (CliSafetensors *self, guint64 offset, gconstpointer data, gsize bytes, GError **error)
{
  const guint8 *p = data;

  while (bytes > 0) {
    ssize_t n = pwrite (self->fd, p, bytes, offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail (self, n < 0 ? errno : ENOSPC, error);
    p += n;
    offset += n;
    bytes -= n;
  }
  return TRUE;
}

/* --- header --------------------------------------------------------------- */

static guint
rank (SsmtDType dtype)
{
  static const SsmtDType order[] = { SSMT_DTYPE_F32, SSMT_DTYPE_BF16, SSMT_DTYPE_F16,
    SSMT_DTYPE_I8 };
  guint i = 0;

  while (i < G_N_ELEMENTS (order) && order[i] != dtype)
    i++;
  return i;
}

static gint
by_width_and_name (gconstpointer a, gconstpointer b)
{
  const SsmtTensor *x = a, *y = b;
  gint order = (gint) rank (x->dtype) - (gint) rank (y->dtype);

  return order ? order : strcmp (x->name, y->name);
}

static void
append_info (GString *header, const SsmtTensor *info)
{
  g_string_append (header, header->len > 1 ? ",\"" : "\"");
  for (const char *p = info->name; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (header, '\\');
    g_string_append_c (header, *p);
  }
  g_string_append_printf (
      header, "\":{\"dtype\":\"%s\",\"shape\":[", ssmt_safetensors_dtype_name (info->dtype));
  for (guint i = 0; i < info->n_dims; i++)
    g_string_append_printf (header, "%s%" G_GUINT64_FORMAT, i ? "," : "", info->shape[i]);
  g_string_append_printf (header,
      "],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}", info->begin, info->end);
}

static gboolean
write_header (CliSafetensors *self, GArray *tensors, GError **error)
{
  g_autoptr (GString) header = g_string_new ("{");
  guint64 end = 0, length;

  g_array_sort (tensors, by_width_and_name);
  for (guint i = 0; i < tensors->len; i++) {
    SsmtTensor *info = &g_array_index (tensors, SsmtTensor, i);

    info->n_elements = 1;
    for (guint k = 0; k < info->n_dims; k++)
      info->n_elements *= info->shape[k];
    info->begin = end;
    info->end = end += info->n_elements * ssmt_dtype_size (info->dtype);
    g_hash_table_insert (self->infos, info->name, info);
    append_info (header, info);
  }
  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  length = GUINT64_TO_LE ((guint64) header->len);
  self->data_offset = sizeof length + header->len;
  return write_at (self, 0, &length, sizeof length, error)
      && write_at (self, sizeof length, header->str, header->len, error);
}

/* --- the file ------------------------------------------------------------- */

CliSafetensors *
cli_safetensors_create (const char *path, GArray *tensors, GError **error)
{
  g_autoptr (CliSafetensors) self = g_new0 (CliSafetensors, 1);

  self->path = g_strdup (path);
  self->infos = g_hash_table_new (g_str_hash, g_str_equal);
  self->fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (self->fd < 0) {
    fail (self, errno, error);
    return NULL;
  }
  if (!write_header (self, tensors, error))
    return NULL;
  return g_steal_pointer (&self);
}

gboolean
cli_safetensors_write (CliSafetensors *self, const char *name, guint64 offset, gconstpointer data,
    gsize bytes, GError **error)
{
  const SsmtTensor *info = g_hash_table_lookup (self->infos, name);

  g_return_val_if_fail (info && offset + bytes <= info->end - info->begin, FALSE);
  return write_at (self, self->data_offset + info->begin + offset, data, bytes, error);
}

gboolean
cli_safetensors_finish (CliSafetensors *self, GError **error)
{
  int fd = self->fd;

  /* A full disk may show only now. */
  if (fsync (fd) != 0)
    return fail (self, errno, error);
  self->fd = -1;
  return close (fd) == 0 || fail (self, errno, error);
}

void
cli_safetensors_free (CliSafetensors *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->infos)
    g_hash_table_unref (self->infos);
  g_free (self->path);
  g_free (self);
}
