/* ssmtranslate: lexical shortlists
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/shortlist.h"

#include <string.h>

#include "engine/files/file.h"

#define MAGIC G_GUINT64_CONSTANT (0xF11A48D5013417F5)
#define HEADER 6       /* u64 words */
#define CHECKED_FROM 2 /* words before are not part of the checksum */
#define MAX_FILE_BYTES ((gsize) 1 << 30)
/* What intgemm's products want, so that models were tried with it. */
#define MULTIPLE 8

struct _SsmtShortlist {
  GBytes *bytes;
  SsmtShortlistSizes sizes;
  guint32 first;
  const guint8 *offsets, *ids; /* u64, u32; may be unaligned */
};

static guint64
word_at (const guint8 *words, gsize index)
{
  guint64 word;

  memcpy (&word, words + index * sizeof word, sizeof word);
  return GUINT64_FROM_LE (word);
}

static guint32
id_at (const SsmtShortlist *self, guint64 index)
{
  guint32 id;

  memcpy (&id, self->ids + index * sizeof id, sizeof id);
  return GUINT32_FROM_LE (id);
}

/* --- loading ------------------------------------------------------------ */

G_GNUC_PRINTF (3, 4)
static gboolean
fail (GError **error, const char *path, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: %s", path, what);
  return FALSE;
}

static guint64
checksum (const guint8 *words, gsize n)
{
  guint64 sum = 0;

  for (gsize i = CHECKED_FROM; i < n; i++)
    sum ^= word_at (words, i) + 0x9e3779b9 + (sum << 6) + (sum >> 2);
  return sum;
}

static gboolean
check_header (SsmtShortlist *self, const char *path, guint64 *n_ids, GError **error)
{
  gsize size, wanted;
  const guint8 *data = g_bytes_get_data (self->bytes, &size);
  guint64 n;

  if (size < HEADER * sizeof (guint64) || word_at (data, 0) != MAGIC)
    return fail (error, path, "is no binary shortlist of Marian");
  if (word_at (data, 1) != checksum (data, size / sizeof (guint64)))
    return fail (error, path, "is damaged: its checksum is not what it says");
  n = word_at (data, 4);
  *n_ids = word_at (data, 5);
  if (n != (guint64) self->sizes.source + 1)
    return fail (error, path,
        "has lists for %" G_GUINT64_FORMAT " tokens, but the source vocabulary has %u", n - 1,
        self->sizes.source);
  if (word_at (data, 2) > self->sizes.target)
    return fail (error, path, "takes the first %" G_GUINT64_FORMAT " tokens of a vocabulary of %u",
        word_at (data, 2), self->sizes.target);
  if (*n_ids > MAX_FILE_BYTES)
    return fail (error, path, "has more entries than the file is long");
  wanted = (HEADER + n) * sizeof (guint64) + *n_ids * sizeof (guint32);
  if (size != wanted)
    return fail (
        error, path, "has %" G_GSIZE_FORMAT " bytes, expected %" G_GSIZE_FORMAT, size, wanted);
  self->first = (guint32) word_at (data, 2);
  self->offsets = data + HEADER * sizeof (guint64);
  self->ids = self->offsets + n * sizeof (guint64);
  return TRUE;
}

static gboolean
check_lists (const SsmtShortlist *self, const char *path, guint64 n_ids, GError **error)
{
  guint64 before = 0;

  for (guint32 i = 0; i <= self->sizes.source; i++) {
    guint64 offset = word_at (self->offsets, i);

    if (offset < before || offset > n_ids || (i == 0 && offset != 0))
      return fail (error, path,
          "the list of token %u begins at %" G_GUINT64_FORMAT ", behind %" G_GUINT64_FORMAT
          " and of %" G_GUINT64_FORMAT " entries",
          i, offset, before, n_ids);
    before = offset;
  }
  if (before != n_ids)
    return fail (error, path, "has entries behind the last list");
  for (guint64 i = 0; i < n_ids; i++)
    if (id_at (self, i) >= self->sizes.target)
      return fail (error, path,
          "entry %" G_GUINT64_FORMAT " is token %u, but the target vocabulary has %u", i,
          id_at (self, i), self->sizes.target);
  return TRUE;
}

SsmtShortlist *
ssmt_shortlist_parse (
    GBytes *bytes, const char *path, const SsmtShortlistSizes *sizes, GError **error)
{
  g_autoptr (SsmtShortlist) self = g_new0 (SsmtShortlist, 1);
  guint64 n_ids = 0;

  self->bytes = g_bytes_ref (bytes);
  self->sizes = *sizes;
  if (!check_header (self, path, &n_ids, error) || !check_lists (self, path, n_ids, error))
    return NULL;
  return g_steal_pointer (&self);
}

SsmtShortlist *
ssmt_shortlist_load (const char *path, const SsmtShortlistSizes *sizes, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) bytes = ssmt_file_read (path, MAX_FILE_BYTES, error);

  return bytes ? ssmt_shortlist_parse (bytes, shown, sizes, error) : NULL;
}

void
ssmt_shortlist_free (SsmtShortlist *self)
{
  if (!self)
    return;
  g_bytes_unref (self->bytes);
  g_free (self);
}

/* --- picking ------------------------------------------------------------ */

static void
mark (guint8 *marked, guint32 id, guint *n)
{
  *n += !marked[id];
  marked[id] = TRUE;
}

void
ssmt_shortlist_pick (const SsmtShortlist *self, const GArray *source, GArray *ids)
{
  guint32 target = self->sizes.target;
  g_autofree guint8 *marked = g_new0 (guint8, target);
  guint n = 0;

  for (guint32 id = 0; id < self->first; id++)
    mark (marked, id, &n);
  for (guint i = 0; i < source->len; i++) {
    guint32 token = (guint32) g_array_index (source, gint32, i);

    if (token >= self->sizes.source)
      continue;
    for (guint64 j = word_at (self->offsets, token); j < word_at (self->offsets, token + 1); j++)
      mark (marked, id_at (self, j), &n);
    if (self->sizes.shared && token < target)
      mark (marked, token, &n);
  }
  for (guint32 id = self->first; id < target && n % MULTIPLE != 0; id++)
    mark (marked, id, &n);
  g_array_set_size (ids, 0);
  for (gint32 id = 0; id < (gint32) target; id++)
    if (marked[id])
      g_array_append_val (ids, id);
}
