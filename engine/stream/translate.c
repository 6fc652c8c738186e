/* ssmtranslate: from a segment's text to its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/stream/alternatives.h"
#include "engine/stream/growing.h"
#include "engine/stream/guarded-text.h"

static SsmtTranslation *
new_translation (SsmtStream *self, const SsmtGuardedText *text)
{
  const char *whole = text->out->str;
  SsmtTranslation *translation = ssmt_translation_new (g_strdup (whole),
      self->growing != NULL ? ssmt_growing_dup_rest (self->growing, whole) : g_strdup (whole),
      g_strdup (""), &text->segment->tally);

  translation->mended = text->mended;
  translation->copied = text->copied;
  return translation;
}

static SsmtTranslation *
translate_text (SsmtStream *self, const char *text, SsmtTranslateFlags flags, SsmtAligner *aligner,
    SsmtBudget *budget, GError **error)
{
  g_autoptr (GPtrArray) ended = ssmt_ended_new ();
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *plain = ssmt_text_normalize (text);
  g_auto (SsmtSegment) segment = { NULL };
  SsmtGuardedText guarded = { .segment = &segment,
    .aligner = aligner,
    .begin = self->growing != NULL ? self->growing->committed : NULL,
    .plain = plain,
    .out = out,
    .alternatives = texts };
  SsmtTranslation *translation;

  ssmt_segment_init (&segment, self, budget, error);
  if (flags & SSMT_TRANSLATE_ALTERNATIVES)
    segment.ended = ended;
  ssmt_segment_begin (&segment);
  if (!ssmt_guarded_text_translate (&guarded) || !ssmt_budget_check (budget, error))
    return NULL;
  ssmt_segment_commit (&segment);
  translation = new_translation (self, &guarded);
  if (segment.ended != NULL && guarded.n_pieces == 1 && guarded.copied == 0)
    ssmt_translation_set_alternatives (translation, text, &segment, texts);
  if (aligner != NULL)
    translation->alignment = ssmt_aligner_finish (aligner, plain, text, out->str);
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
    SsmtBudget *budget, GError **error)
{
  SsmtTranslation *translation = ssmt_text_has_letter (text)
      ? translate_text (self, text, flags, aligner, budget, error)
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
  g_auto (SsmtBudget) budget = { NULL };
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
  ssmt_budget_init (&budget, strlen (text), cancellable);
  if (flags & SSMT_TRANSLATE_ALIGN)
    aligner =
        ssmt_aligner_new (self->model->tokenizers.source, self->model->tokenizers.target, &budget);
  translation = flags & SSMT_TRANSLATE_GROWING
      ? ssmt_growing_translate (self, text, aligner, &budget, error)
      : translate_final (self, text, flags, aligner, &budget, error);
  if (translation == NULL)
    return NULL;
  /* of what was passed through nothing is known */
  if (aligner != NULL && translation->alignment == NULL)
    translation->alignment = ssmt_aligner_finish (aligner, text, text, translation->text);
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
