/* ssmtranslate: files that may be packed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gio/gio.h>

#include "engine/files/file.h"
#include "engine/files/zstd.h"

#define CHUNK (64 * 1024)
/* Weights are packed to a half at best, lists to a tenth; what grows more was made to fill the memory. */
#define MAX_RATIO 256
#define ALWAYS_ALLOWED ((gsize) 1 << 20)

typedef struct {
  const char *shown;
  const guint8 *data;
  gsize size, max;
  GByteArray *out;
} Unpacking;

static gboolean
fail (const Unpacking *self, SsmtError code, const char *why, GError **error)
{
  g_set_error (error, SSMT_ERROR, code, "%s: %s", self->shown, why);
  return FALSE;
}

gboolean
ssmt_file_has_room (const GByteArray *array, gsize more)
{
  gsize wanted = array->len + more, room = ALWAYS_ALLOWED;
  gpointer probe;

  /* they grow to powers of two */
  while (room < wanted && room <= G_MAXSIZE / 4)
    room *= 2;
  if (room == ALWAYS_ALLOWED || (array->len > 0 && array->len > room / 2))
    return TRUE;
  probe = g_try_malloc (room);
  g_free (probe);
  return probe != NULL;
}

/* FALSE where more comes out than there may be. */
static gboolean
append (Unpacking *self, const guint8 *bytes, gsize n, GError **error)
{
  if (self->max && n > self->max - self->out->len)
    return fail (self, SSMT_ERROR_INVALID, "is larger than allowed when it is unpacked", error);
  if (n + self->out->len > ALWAYS_ALLOWED && (n + self->out->len) / MAX_RATIO > self->size)
    return fail (self, SSMT_ERROR_INVALID,
        "is many times larger when it is unpacked than any model's file", error);
  if (n > G_MAXUINT - self->out->len)
    return fail (self, SSMT_ERROR_INVALID, "has more than 4 GiB when it is unpacked", error);
  if (!ssmt_file_has_room (self->out, n))
    return fail (self, SSMT_ERROR_MEMORY, "no memory left to unpack it", error);
  g_byte_array_append (self->out, bytes, (guint) n);
  return TRUE;
}

static gboolean
unpack (Unpacking *self, GConverter *converter, GError **error)
{
  g_autofree guint8 *chunk = g_malloc (CHUNK);
  GConverterResult result = G_CONVERTER_CONVERTED;
  gsize at = 0, read, written;

  while (result != G_CONVERTER_FINISHED) {
    g_autoptr (GError) why = NULL;

    result = g_converter_convert (converter, self->data + at, self->size - at, chunk, CHUNK,
        G_CONVERTER_INPUT_AT_END, &read, &written, &why);
    if (result == G_CONVERTER_ERROR)
      return fail (self, SSMT_ERROR_INVALID, why->message, error);
    at += read;
    if (!append (self, chunk, written, error))
      return FALSE;
  }
  return at == self->size || fail (self, SSMT_ERROR_INVALID, "goes on behind its end", error);
}

static GConverter *
gzip_new (GError **error)
{
  return G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
}

static const struct {
  const char *ending;
  GConverter *(*open) (GError **error);
} kinds[] = { { ".gz", gzip_new }, { ".zst", ssmt_zstd_new } };

gsize
ssmt_file_plain_length (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_suffix (name, kinds[i].ending))
      return strlen (name) - strlen (kinds[i].ending);
  return strlen (name);
}

GBytes *
ssmt_file_unpack (GBytes *bytes, const char *path, gsize max, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GConverter) converter = NULL;
  g_autoptr (GByteArray) out = NULL;
  g_autoptr (GError) why = NULL;
  Unpacking unpacking = { .shown = shown, .max = max };

  unpacking.data = g_bytes_get_data (bytes, &unpacking.size);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_has_suffix (path, kinds[i].ending))
      continue;
    unpacking.out = out = g_byte_array_new ();
    if (unpacking.size == 0) {
      fail (&unpacking, SSMT_ERROR_INVALID, "is empty", error);
      return NULL;
    }
    converter = kinds[i].open (&why);
    if (!converter) {
      fail (&unpacking, SSMT_ERROR_UNSUPPORTED, why->message, error);
      return NULL;
    }
    return unpack (&unpacking, converter, error)
        ? g_byte_array_free_to_bytes (g_steal_pointer (&out))
        : NULL;
  }
  return g_bytes_ref (bytes);
}

GBytes *
ssmt_file_read (const char *path, gsize max, GError **error)
{
  g_autoptr (GBytes) bytes = ssmt_file_load (path, max, error);

  return bytes ? ssmt_file_unpack (bytes, path, max, error) : NULL;
}
