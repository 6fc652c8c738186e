/* ssmtranslate: one file of a model that is fetched
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-file.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "engine/cli/fetch-progress.h"
#include "engine/cli/fetch-write.h"
#include "engine/files/zstd.h"

#define BUFFER_BYTES 65536
/* Of a file whose size the registry does not say: vocabularies, shortlists. */
#define MAX_UNSAID_BYTES (G_GUINT64_CONSTANT (256) << 20)

/* What packing may add to a file that cannot be packed. */
static guint64
get_max_packed (const RegistryFile *file)
{
  if (file->packed_size)
    return file->packed_size;
  return file->size ? file->size + file->size / 64 + 4096 : MAX_UNSAID_BYTES;
}

/* NULL without an error: it is not packed. */
static GConverter *
new_converter (const char *path, GError **error)
{
  if (g_str_has_suffix (path, ".gz"))
    return G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  return g_str_has_suffix (path, ".zst") ? ssmt_zstd_new (error) : NULL;
}

/* --- checking ---------------------------------------------------------------- */

typedef struct {
  GChecksum *sum;
  guint64 length;
} Seen;

static void
seen_clear (Seen *seen)
{
  g_checksum_free (seen->sum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Seen, seen_clear)

static gboolean
check_seen (const Seen *seen, const char *what, guint64 size, const char *hash, GError **error)
{
  if (size && seen->length != size) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s has %" G_GUINT64_FORMAT " bytes, the registry says %" G_GUINT64_FORMAT, what,
        seen->length, size);
    return FALSE;
  }
  if (hash && strcmp (g_checksum_get_string (seen->sum), hash) != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s has the SHA-256 %s, the registry says %s", what, g_checksum_get_string (seen->sum),
        hash);
    return FALSE;
  }
  return TRUE;
}

/* --- unpacking ----------------------------------------------------------------- */

/* All of `in`, to `fd` where there is one (-1: none). */
static gboolean
copy (GInputStream *in, int fd, const char *path, guint64 max, Seen *seen,
    GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_BYTES);
  gssize n;

  while ((n = g_input_stream_read (in, buffer, BUFFER_BYTES, cancellable, error)) > 0) {
    seen->length += (guint64) n;
    if (seen->length > max) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "unpacked it has more than the %" G_GUINT64_FORMAT " bytes that are expected at most",
          max);
      return FALSE;
    }
    g_checksum_update (seen->sum, buffer, n);
    if (fd >= 0 && !fetch_write (fd, path, buffer, (gsize) n, error))
      return FALSE;
  }
  return n == 0;
}

static GInputStream *
open_file (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return G_INPUT_STREAM (g_file_read (file, NULL, error));
}

/* What has arrived, as it is. */
static gboolean
check_packed (
    const char *whole, const RegistryFile *file, GCancellable *cancellable, GError **error)
{
  g_auto (Seen) seen = { g_checksum_new (G_CHECKSUM_SHA256), 0 };
  g_autoptr (GInputStream) in = NULL;

  if (!file->packed_hash && !file->packed_size)
    return TRUE;
  in = open_file (whole, error);
  return in && copy (in, -1, whole, G_MAXUINT64, &seen, cancellable, error)
      && check_seen (&seen, "what the server sends", file->packed_size, file->packed_hash, error);
}

static gboolean
unpack (const char *whole, const char *to, const RegistryFile *file, GCancellable *cancellable,
    GError **error)
{
  g_auto (Seen) seen = { g_checksum_new (G_CHECKSUM_SHA256), 0 };
  g_autoptr (GError) why = NULL;
  g_autoptr (GConverter) converter = new_converter (file->path, &why);
  g_autoptr (GInputStream) raw = why ? NULL : open_file (whole, &why);
  g_autoptr (GInputStream) in = NULL;
  gboolean good;
  int fd;

  if (!raw) {
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
  }
  in = converter ? g_converter_input_stream_new (raw, converter) : g_object_ref (raw);
  fd = fetch_write_open (to, FALSE, error);
  if (fd < 0)
    return FALSE;
  good = copy (in, fd, to, file->size ? file->size : MAX_UNSAID_BYTES, &seen, cancellable, error)
      && check_seen (&seen, "unpacked it", file->size, file->hash, error);
  return fetch_write_close (fd, to, good, good ? error : NULL) && good;
}

/* --- the file ------------------------------------------------------------------ */

/* What is wrong in itself would be as wrong the next time. */
static void
drop_wrong (const char *whole, GError **error)
{
  if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)
      && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
    return;
  g_unlink (whole);
  g_autofree char *said = g_strdup ((*error)->message);
  g_clear_error (error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s; what arrived has been thrown away. Try again; if it is as wrong then, the server or "
      "its registry is",
      said);
}

static gboolean
check_and_unpack (
    const char *path, const RegistryFile *file, GCancellable *cancellable, GError **error)
{
  g_autofree char *whole = g_strconcat (path, ".whole", NULL);
  g_autofree char *unpacked = g_strconcat (path, ".tmp", NULL);
  GError *why = NULL;

  if (check_packed (whole, file, cancellable, &why)
      && unpack (whole, unpacked, file, cancellable, &why) && fetch_rename (unpacked, path, &why)) {
    g_unlink (whole);
    return TRUE;
  }
  g_unlink (unpacked);
  drop_wrong (whole, &why);
  g_propagate_error (error, why);
  return FALSE;
}

gboolean
fetch_file (FetchHttp *http, const char *url, const RegistryFile *file, const char *folder,
    GCancellable *cancellable, GError **error)
{
  g_autofree char *path = g_build_filename (folder, file->name, NULL);
  g_autofree char *whole = g_strconcat (path, ".whole", NULL);
  g_autoptr (FetchBar) bar = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!g_file_test (whole, G_FILE_TEST_EXISTS)) {
    bar = fetch_bar_new (file->name);
    if (!fetch_http_download (http, url, path, file->packed_size, get_max_packed (file),
            fetch_bar_update, bar, cancellable, error))
      return FALSE;
  }
  if (check_and_unpack (path, file, cancellable, error))
    return TRUE;
  if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    g_prefix_error (error, "%s: ", file->name);
  return FALSE;
}
