/* ssmtranslate: from a segment's text to its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/stream/alternatives.h"
#include "engine/stream/growing.h"
#include "engine/tokens/languages.h"

/* Pieces of the source, and whether spaces stood between them. A model that carries nothing has seen
 * single sentences only. Text that grew is cut as it was while it grew. */
static gboolean
split (SsmtStream *self, const char *plain, GPtrArray *pieces, GCancellable *cancellable,
    GError **error)
{
  const SsmtConfig *config = self->model->config;
  const SsmtTokenizer *tokenizer = self->model->tokenizers.source;

  if (config->carry || self->growing != NULL)
    return ssmt_text_split (tokenizer, plain, config->max_source, pieces, cancellable, error);
  if (self->sentences == NULL)
    self->sentences = ssmt_sentences_new (config->text.source_language);
  return ssmt_text_split_sentences (
      tokenizer, self->sentences, plain, config->max_source, pieces, cancellable, error);
}

/* Puts `*rest` of the source behind the piece, which it begins with, and FALSE where a space stands
 * before it. */
static gboolean
skip_piece (const char **rest, const char *piece)
{
  gsize spaces = strspn (*rest, " ");

  *rest += spaces + strlen (piece);
  return spaces == 0;
}

/* The translation of all pieces of `plain`, on one line; NULL: *segment->error. What grew begins the
 * first. */
static char *
translate_pieces (
    SsmtSegment *segment, const char *plain, const GPtrArray *pieces, SsmtAligner *aligner)
{
  SsmtStream *stream = segment->stream;
  gboolean spaces = ssmt_language_has_spaces (stream->model->config->text.target_language);
  const GArray *begin = stream->growing != NULL ? stream->growing->committed : NULL;
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < pieces->len; i++) {
    g_autofree char *text = NULL;
    gboolean joint = skip_piece (&plain, g_ptr_array_index (pieces, i));
    SsmtJoints joints = { joint && i > 0, !spaces && i > 0 };

    /* A text that is longer than a document may be goes on in a new one: nobody could
     * translate it otherwise. */
    if (i > 0 && (!stream->model->config->carry || !ssmt_segment_has_room (segment)))
      ssmt_segment_restart (segment);
    if (!ssmt_segment_translate (segment, g_ptr_array_index (pieces, i), i == 0 ? begin : NULL))
      return NULL;
    text = ssmt_segment_dup_text (segment);
    if (out->len > 0 && spaces)
      g_string_append_c (out, ' ');
    g_string_append (out, text);
    if (aligner != NULL)
      ssmt_aligner_add (aligner, joints, segment->piece, text, segment->prompt.source,
          segment->target, segment->scores, segment->columns);
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static SsmtTranslation *
translate_text (SsmtStream *self, const char *text, SsmtTranslateFlags flags, SsmtAligner *aligner,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) ended = ssmt_ended_new ();
  SsmtTranslation *translation;
  g_autofree char *plain = ssmt_text_normalize (text);
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  g_auto (SsmtSegment) segment = { NULL };
  char *whole, *rest;

  if (!split (self, plain, pieces, cancellable, error))
    return NULL;
  ssmt_segment_init (&segment, self, cancellable, error);
  segment.wants_scores = aligner != NULL;
  if (flags & SSMT_TRANSLATE_ALTERNATIVES && pieces->len == 1)
    segment.ended = ended;
  ssmt_segment_begin (&segment);
  whole = translate_pieces (&segment, plain, pieces, aligner);
  if (whole == NULL)
    return NULL;
  ssmt_segment_commit (&segment);
  rest = self->growing != NULL ? ssmt_growing_dup_rest (self->growing, whole) : g_strdup (whole);
  translation = ssmt_translation_new (whole, rest, g_strdup (""), &segment.tally);
  if (segment.ended != NULL)
    ssmt_translation_set_alternatives (translation, text, &segment);
  return translation;
}

/* Text that needs no translation, or that what grew has come to. */
static SsmtTranslation *
pass_through (SsmtStream *self, const char *text)
{
  const SsmtGrowing *growing = self->growing;
  gboolean is_said = growing != NULL && growing->committed->len > 0;

  return ssmt_translation_new (g_strdup (is_said ? growing->said : text),
      g_strdup (is_said ? "" : text), g_strdup (""), NULL);
}

/* The text is final, whether it grew or not. */
static SsmtTranslation *
translate_final (SsmtStream *self, const char *text, SsmtTranslateFlags flags, SsmtAligner *aligner,
    GCancellable *cancellable, GError **error)
{
  SsmtTranslation *translation = ssmt_text_has_letter (text)
      ? translate_text (self, text, flags, aligner, cancellable, error)
      : pass_through (self, text);

  if (translation != NULL)
    ssmt_stream_drop_growing (self);
  return translation;
}

SsmtTranslation *
ssmt_stream_translate (SsmtStream *self, const char *text, SsmtTranslateFlags flags,
    GCancellable *cancellable, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (SsmtAligner) aligner = NULL;
  SsmtTranslation *translation;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_utf8_validate (text, -1, NULL)) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_TEXT, "the text is not valid UTF-8");
    return NULL;
  }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (flags & SSMT_TRANSLATE_ALIGN)
    aligner = ssmt_aligner_new (self->model->tokenizers.source, self->model->tokenizers.target);
  translation = flags & SSMT_TRANSLATE_GROWING
      ? ssmt_growing_translate (self, text, aligner, cancellable, error)
      : translate_final (self, text, flags, aligner, cancellable, error);
  if (translation == NULL)
    return NULL;
  if (aligner != NULL)
    translation->alignment = ssmt_aligner_finish (aligner, text, translation->text);
  translation->duration = g_get_monotonic_time () - start;
  return translation;
}

/* --- meanwhile -------------------------------------------------------------- */

typedef struct {
  char *text;
  SsmtTranslateFlags flags;
} TranslateData;

static void
translate_data_free (gpointer data)
{
  TranslateData *translate = data;

  g_free (translate->text);
  g_free (translate);
}

static void
translate_thread (GTask *task, gpointer stream, gpointer data, GCancellable *cancellable)
{
  const TranslateData *translate = data;
  GError *error = NULL;
  SsmtTranslation *translation =
      ssmt_stream_translate (stream, translate->text, translate->flags, cancellable, &error);

  if (translation != NULL)
    g_task_return_pointer (task, translation, (GDestroyNotify) ssmt_translation_unref);
  else
    g_task_return_error (task, error);
}

void
ssmt_stream_translate_async (SsmtStream *self, const char *text, SsmtTranslateFlags flags,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  TranslateData *data;

  g_return_if_fail (SSMT_IS_STREAM (self));
  g_return_if_fail (text != NULL);
  data = g_new (TranslateData, 1);
  *data = (TranslateData){ g_strdup (text), flags };
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ssmt_stream_translate_async);
  g_task_set_task_data (task, data, translate_data_free);
  g_task_run_in_thread (task, translate_thread);
}

SsmtTranslation *
ssmt_stream_translate_finish (SsmtStream *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
