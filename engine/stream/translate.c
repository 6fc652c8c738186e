/* ssmtranslate: from a segment's text to its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/aligner.h"
#include "engine/stream/segment.h"

/* One piece of text into its translation, appended to `out`. */
static gboolean
translate_piece (SsmtSegment *segment, const char *piece, GString *out, SsmtAligner *aligner)
{
  g_autofree char *text = NULL;

  if (!ssmt_segment_set_piece (segment, piece) || !ssmt_segment_read_source (segment)
      || !ssmt_segment_search (segment) || (aligner != NULL && !ssmt_segment_read_scores (segment)))
    return FALSE;
  text = ssmt_segment_dup_text (segment);
  if (out->len > 0)
    g_string_append_c (out, ' ');
  g_string_append (out, text);
  if (aligner != NULL)
    ssmt_aligner_add (aligner, piece, text, segment->prompt.source, segment->target,
        segment->scores, segment->columns);
  return TRUE;
}

static gboolean
translate_pieces (SsmtStream *self, GPtrArray *pieces, GString *out, SsmtAligner *aligner,
    GCancellable *cancellable, GError **error)
{
  g_auto (SsmtSegment) segment = { NULL };

  ssmt_segment_init (&segment, self, cancellable, error);
  segment.wants_scores = aligner != NULL;
  ssmt_segment_begin (&segment);
  for (guint i = 0; i < pieces->len; i++) {
    /* A text that is longer than a document may be goes on in a new one: nobody could
     * translate it otherwise. */
    if (i > 0 && (!self->model->config->carry || !ssmt_segment_has_room (&segment)))
      ssmt_segment_restart (&segment);
    if (!translate_piece (&segment, g_ptr_array_index (pieces, i), out, aligner))
      return FALSE;
  }
  ssmt_segment_commit (&segment);
  return TRUE;
}

static char *
stream_translate (SsmtStream *self, const char *text, SsmtAligner *aligner,
    GCancellable *cancellable, GError **error)
{
  g_autofree char *plain = NULL;
  g_autoptr (GPtrArray) pieces = NULL;
  g_autoptr (GString) out = NULL;

  if (!g_utf8_validate (text, -1, NULL)) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_TEXT, "the text is not valid UTF-8");
    return NULL;
  }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (!ssmt_text_has_letter (text))
    return g_strdup (text);
  plain = ssmt_text_normalize (text);
  pieces = g_ptr_array_new_with_free_func (g_free);
  out = g_string_new (NULL);
  if (!ssmt_text_split (self->model->tokenizers.source, plain, self->model->config->max_source,
          pieces, cancellable, error))
    return NULL;
  if (!translate_pieces (self, pieces, out, aligner, cancellable, error))
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
ssmt_stream_translate (
    SsmtStream *self, const char *text, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return stream_translate (self, text, NULL, cancellable, error);
}

char *
ssmt_stream_translate_aligned (SsmtStream *self, const char *text, SsmtAlignment **alignment,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtAligner) aligner = NULL;
  char *translation;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (alignment == NULL)
    return ssmt_stream_translate (self, text, cancellable, error);
  *alignment = NULL;
  aligner = ssmt_aligner_new (self->model->tokenizers.source, self->model->tokenizers.target);
  translation = stream_translate (self, text, aligner, cancellable, error);
  if (translation != NULL)
    *alignment = ssmt_aligner_finish (aligner, text, translation);
  return translation;
}

static void
translate_thread (GTask *task, gpointer stream, gpointer text, GCancellable *cancellable)
{
  GError *error = NULL;
  char *translation = ssmt_stream_translate (stream, text, cancellable, &error);

  if (translation != NULL)
    g_task_return_pointer (task, translation, g_free);
  else
    g_task_return_error (task, error);
}

void
ssmt_stream_translate_async (SsmtStream *self, const char *text, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SSMT_IS_STREAM (self));
  g_return_if_fail (text != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ssmt_stream_translate_async);
  g_task_set_task_data (task, g_strdup (text), g_free);
  g_task_run_in_thread (task, translate_thread);
}

char *
ssmt_stream_translate_finish (SsmtStream *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
