/* ssmtranslate: documents that begin with examples
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A recurrent state reads examples once; whoever begins with them copies the state.
 */
#include "ssmt/ssmt-prime.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/stream/pair.h"

#define MAX_FILE_BYTES ((gsize) 1 << 30)

/* --- pairs ---------------------------------------------------------------- */

static gboolean
stream_read_pair (SsmtStream *self, SsmtCarried *work, const SsmtPair *pair,
    GCancellable *cancellable, GError **error)
{
  const SsmtConfig *config = self->model->config;
  guint memory_rows;

  if (!ssmt_segment_read_prompt (self, work, &pair->source, &memory_rows,
          NULL, cancellable, error)
      || !ssmt_segment_read_target (self, work, pair->target, memory_rows,
          cancellable, error))
    return FALSE;
  work->pending = config->carry_end ? config->target_end : -1;
  return TRUE;
}

gboolean
ssmt_stream_read_pair (SsmtStream *self, const char *source,
    const char *target, GCancellable *cancellable, GError **error)
{
  g_auto (SsmtPair) pair = { NULL };
  SsmtCarried work;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (source != NULL && target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!ssmt_pair_init (&pair, self->model, source, target, error))
    return FALSE;
  work = ssmt_segment_begin (self, &self->carried);
  if (!stream_read_pair (self, &work, &pair, cancellable, error)) {
    ssmt_segment_release (self, &work);
    return FALSE;
  }
  ssmt_segment_release (self, &self->carried);
  self->carried = work;
  self->carried.n_segments++;
  return TRUE;
}

/* --- where documents begin ------------------------------------------------ */

void
ssmt_start_clear (SsmtStream *self)
{
  if (self->start_encoder.device != NULL)
    ssmt_arena_clear (&self->start_encoder);
  if (self->start_decoder.device != NULL)
    ssmt_arena_clear (&self->start_decoder);
  g_clear_pointer (&self->start, g_bytes_unref);
}

static gboolean
reserve_for (SsmtArena *arena, const SsmtArena *start)
{
  return start->device == NULL
      || ssmt_arena_reserve (arena, start->positions[0]);
}

gboolean
ssmt_start_reserve (SsmtStream *self, SsmtArena *encoder, SsmtArena *decoder)
{
  return reserve_for (encoder, &self->start_encoder)
      && reserve_for (decoder, &self->start_decoder);
}

void
ssmt_start_copy (SsmtStream *self, SsmtCarried *carried)
{
  if (ssmt_network_has_encoder (self->model->network))
    ssmt_arena_copy_slot (&self->encoder, carried->encoder_slot,
        &self->start_encoder, 0);
  ssmt_arena_copy_slot (&self->decoder, carried->decoder_slot,
      &self->start_decoder, 0);
  carried->pending = self->start_pending;
}

/* The state in arenas of one slot, which are cleared again on failure. */
static gboolean
load_start (SsmtStream *self, GBytes *start, SsmtArena *encoder,
    SsmtArena *decoder, SsmtCarried *carried, GError **error)
{
  SsmtModel *model = self->model;
  gboolean has_encoder = ssmt_network_has_encoder (model->network);

  if ((has_encoder && !ssmt_network_init_arena (model->network,
              SSMT_STACK_ENCODER, encoder, self->encoder.max_tokens, 1))
      || !ssmt_network_init_arena (model->network, SSMT_STACK_DECODER,
          decoder, self->decoder.max_tokens, 1)) {
    ssmt_segment_set_memory_error (error);
  } else if (ssmt_snapshot_restore (start, carried, encoder, decoder,
          model->fingerprint, model->config->vocab_size, error)) {
    if (reserve_for (&self->encoder, encoder)
        && reserve_for (&self->decoder, decoder))
      return TRUE;
    ssmt_segment_set_memory_error (error);
  }
  if (encoder->device != NULL)
    ssmt_arena_clear (encoder);
  if (decoder->device != NULL)
    ssmt_arena_clear (decoder);
  return FALSE;
}

gboolean
ssmt_stream_set_start (SsmtStream *self, GBytes *start, GError **error)
{
  SsmtArena encoder = { 0 }, decoder = { 0 };
  SsmtCarried carried = { 0 };

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (start != NULL && !load_start (self, start, &encoder, &decoder, &carried,
          error))
    return FALSE;
  ssmt_start_clear (self);
  if (start != NULL) {
    self->start = g_bytes_ref (start);
    self->start_encoder = encoder;
    self->start_decoder = decoder;
    self->start_pending = carried.pending;
  }
  ssmt_stream_reset (self);
  return TRUE;
}

/* --- files ------------------------------------------------------------------ */

static gboolean
read_line (SsmtStream *stream, char *line, GCancellable *cancellable,
    GError **error)
{
  char *tab = strchr (line, '\t');
  gsize length = strlen (line);

  if (length > 0 && line[length - 1] == '\r')
    line[length - 1] = '\0';
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (tab == NULL || strchr (tab + 1, '\t') != NULL) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_TEXT,
        "a pair is the source, one tab and the target");
    return FALSE;
  }
  *tab = '\0';
  return ssmt_stream_read_pair (stream, line, tab + 1, cancellable, error);
}

static GBytes *
read_pairs (SsmtModel *model, const char *text, const char *shown,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtStream) stream = ssmt_stream_new (model, NULL, error);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  if (stream == NULL)
    return NULL;
  for (guint i = 0; lines[i] != NULL; i++) {
    if (!read_line (stream, lines[i], cancellable, error)) {
      g_prefix_error (error, "%s, line %u: ", shown, i + 1);
      return NULL;
    }
  }
  return ssmt_stream_save (stream, error);
}

static GBytes *
read_file (SsmtModel *model, const char *path, GCancellable *cancellable,
    GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GMappedFile) file = ssmt_file_map (path, MAX_FILE_BYTES, error);
  g_autofree char *text = NULL;
  gsize length;

  if (file == NULL)
    return NULL;
  length = g_mapped_file_get_length (file);
  if (ssmt_snapshot_is_one (g_mapped_file_get_contents (file), length))
    return g_bytes_new (g_mapped_file_get_contents (file), length);
  text = g_strndup (length > 0 ? g_mapped_file_get_contents (file) : "",
      length);
  return read_pairs (model, text, shown, cancellable, error);
}

/* The file as it is now. */
static char *
dup_key (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file,
      G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC
      "," G_FILE_ATTRIBUTE_STANDARD_SIZE, 0, NULL, NULL);
  g_autofree char *full = g_canonicalize_filename (path, NULL);

  if (info == NULL)
    return g_steal_pointer (&full);
  return g_strdup_printf ("%s\n%" G_GUINT64_FORMAT ".%u\n%" G_GOFFSET_FORMAT,
      full, g_file_info_get_attribute_uint64 (info,
          G_FILE_ATTRIBUTE_TIME_MODIFIED),
      g_file_info_get_attribute_uint32 (info,
          G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC), g_file_info_get_size (info));
}

GBytes *
ssmt_model_prime (SsmtModel *model, const char *path,
    GCancellable *cancellable, GError **error)
{
  g_autofree char *key = NULL;
  GBytes *start;

  g_return_val_if_fail (SSMT_IS_MODEL (model), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  key = dup_key (path);
  g_mutex_lock (&model->primes_lock);
  start = g_hash_table_lookup (model->primes, key);
  if (start != NULL)
    g_bytes_ref (start);
  g_mutex_unlock (&model->primes_lock);
  if (start != NULL)
    return start;

  /* two at once both read: nobody waits for another's text */
  start = read_file (model, path, cancellable, error);
  if (start == NULL)
    return NULL;
  g_mutex_lock (&model->primes_lock);
  g_hash_table_replace (model->primes, g_steal_pointer (&key),
      g_bytes_ref (start));
  g_mutex_unlock (&model->primes_lock);
  return start;
}
