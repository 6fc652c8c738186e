/* ssmtranslate: the fake engine's translations
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fake-translation.h"

#include <string.h>

struct _SsmtTranslation {
  char *text, *committed, *tail;
  char **alternatives; /* NULL: none */
  SsmtAlignment *alignment;
  SsmtGuardFaults mended, copied;
};

SsmtTranslation *
fake_translation_new (char *text, char *committed, char *tail)
{
  SsmtTranslation *self = g_new0 (SsmtTranslation, 1);

  self->text = text;
  self->committed = committed;
  self->tail = tail;
  return self;
}

void
ssmt_alignment_free (SsmtAlignment *alignment)
{
  if (!alignment)
    return;
  g_free (alignment->target);
  g_free (alignment->source);
  g_free (alignment->source_word);
  g_free (alignment->scores);
  g_free (alignment);
}

void
ssmt_translation_unref (SsmtTranslation *self)
{
  g_free (self->text);
  g_free (self->committed);
  g_free (self->tail);
  g_strfreev (self->alternatives);
  ssmt_alignment_free (self->alignment);
  g_free (self);
}

const char *
ssmt_translation_get_text (SsmtTranslation *self)
{
  return self->text;
}

const char *
ssmt_translation_get_committed (SsmtTranslation *self)
{
  return self->committed;
}

const char *
ssmt_translation_get_tail (SsmtTranslation *self)
{
  return self->tail;
}

const SsmtAlignment *
ssmt_translation_get_alignment (SsmtTranslation *self)
{
  return self->alignment;
}

void
fake_translation_guard (SsmtTranslation *self, SsmtGuardFaults mended, SsmtGuardFaults copied)
{
  self->mended = mended;
  self->copied = copied;
}

SsmtGuardFaults
ssmt_translation_get_mended (SsmtTranslation *self)
{
  return self->mended;
}

SsmtGuardFaults
ssmt_translation_get_copied (SsmtTranslation *self)
{
  return self->copied;
}

char *
ssmt_guard_faults_to_string (SsmtGuardFaults faults)
{
  return g_strdup (faults == SSMT_GUARD_FAULT_NUMBER ? "number" : "copy+loop");
}

void
fake_translation_align (SsmtTranslation *self, const char *text)
{
  SsmtAlignment *alignment = g_new0 (SsmtAlignment, 1);
  guint n = MIN (ssmt_text_count_words (text), ssmt_text_count_words (self->text));

  alignment->n_target = alignment->n_source = n;
  alignment->target = g_new0 (SsmtRange, n + 1);
  alignment->source = g_new0 (SsmtRange, n + 1);
  alignment->source_word = g_new (gint, n + 1);
  for (guint i = 0; i < n; i++) {
    if (i > 0) {
      alignment->target[i] = alignment->target[i - 1];
      alignment->source[i] = alignment->source[i - 1];
    }
    ssmt_text_next_word (self->text, &alignment->target[i]);
    ssmt_text_next_word (text, &alignment->source[i]);
    alignment->source_word[i] = i;
  }
  self->alignment = alignment;
}

void
fake_translation_vary (SsmtTranslation *self)
{
  self->alternatives = g_new0 (char *, 4);
  self->alternatives[0] = g_strdup (self->text);
  for (guint i = 1; i < 3; i++) {
    char *space;

    self->alternatives[i] = g_strdup (self->alternatives[i - 1]);
    space = strrchr (self->alternatives[i], ' ');
    if (space)
      *space = '\0';
  }
}

guint
ssmt_translation_get_n_alternatives (SsmtTranslation *self)
{
  return self->alternatives ? g_strv_length (self->alternatives) : 0;
}

const char *
ssmt_translation_get_alternative (
    SsmtTranslation *self, guint index, double *score, guint *n_scored_tokens)
{
  if (score)
    *score = -10 - (gdouble) index;
  if (n_scored_tokens)
    *n_scored_tokens = 10;
  return self->alternatives[index];
}
