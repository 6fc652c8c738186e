/* ssmtranslate: a text and a translation that is given, as a model reads them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/pair.h"

static gboolean
fail (GError **error, const char *what, const char *problem)
{
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "the %s of a pair %s", what,
      problem);
  return FALSE;
}

/* One line of text, or NULL. */
static char *
dup_side (const char *text, const char *what, GError **error)
{
  g_autofree char *plain = NULL;

  if (!g_utf8_validate (text, -1, NULL)) {
    fail (error, what, "is not valid UTF-8");
    return NULL;
  }
  plain = ssmt_text_normalize (text);
  if (*plain != '\0')
    return g_steal_pointer (&plain);
  fail (error, what, "is empty");
  return NULL;
}

gboolean
ssmt_pair_init (SsmtPair *pair, const SsmtModel *model, const char *source,
    const char *target, GError **error)
{
  *pair = (SsmtPair) {.target = g_array_new (FALSE, FALSE, sizeof (gint32)) };
  pair->source_text = dup_side (source, "source", error);
  if (pair->source_text == NULL)
    return FALSE;
  pair->target_text = dup_side (target, "target", error);
  if (pair->target_text == NULL
      || !ssmt_template_compose (model->tokenizers.segment, pair->source_text,
          &pair->source, error)
      || !ssmt_tokenizer_encode (model->tokenizers.target, pair->target_text,
          -1, pair->target, error))
    return FALSE;
  if (pair->source.source->len > model->config->max_source)
    return fail (error, "source", "is longer than a segment");
  if (pair->target->len > model->config->max_target)
    return fail (error, "target", "is longer than a segment");
  return TRUE;
}

void
ssmt_pair_clear (SsmtPair *pair)
{
  ssmt_prompt_clear (&pair->source);
  g_clear_pointer (&pair->target, g_array_unref);
  g_clear_pointer (&pair->source_text, g_free);
  g_clear_pointer (&pair->target_text, g_free);
}

SsmtCarried
ssmt_pair_begin (SsmtStream *self)
{
  SsmtCarried work = ssmt_segment_begin (self, &self->carried);

  if (!ssmt_segment_is_carried (self))
    ssmt_segment_reset_carried (self, &work);
  return work;
}
