/* ssmtranslate: the translation of a text, and what is known of it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A boxed type, not a GObject: it is a value, nobody derives from it or listens to it, and one is
 * made for each cue.
 */
#include "engine/stream/translation-private.h"

G_DEFINE_BOXED_TYPE (
    SsmtTranslation, ssmt_translation, ssmt_translation_ref, ssmt_translation_unref)

GType
ssmt_translate_flags_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = { { SSMT_TRANSLATE_NONE, "Nothing but the translation",
                                            "none" },
    { SSMT_TRANSLATE_ALIGN, "Which words translate which", "align" },
    { SSMT_TRANSLATE_GROWING, "The text may still change", "growing" },
    { SSMT_TRANSLATE_ALTERNATIVES, "Other translations, too", "alternatives" }, { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("SsmtTranslateFlags", values));
  return type;
}

GType
ssmt_guard_faults_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = { { SSMT_GUARD_FAULT_NONE, "Nothing was wrong", "none" },
    { SSMT_GUARD_FAULT_COPY, "What is to be copied was lost", "copy" },
    { SSMT_GUARD_FAULT_NUMBER, "A number was lost or invented", "number" },
    { SSMT_GUARD_FAULT_SCRIPT, "Letters of another script", "script" },
    { SSMT_GUARD_FAULT_LOOP, "The same word again and again", "loop" },
    { SSMT_GUARD_FAULT_LENGTH, "Several times as long as the text", "length" },
    { SSMT_GUARD_FAULT_TERM, "A term not as the glossary says", "term" }, { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("SsmtGuardFaults", values));
  return type;
}

char *
ssmt_guard_faults_to_string (SsmtGuardFaults faults)
{
  g_autoptr (GTypeClass) type = g_type_class_ref (SSMT_TYPE_GUARD_FAULTS);
  const GFlagsClass *flags = G_FLAGS_CLASS (type);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < flags->n_values; i++) {
    if (flags->values[i].value != 0 && (faults & flags->values[i].value))
      g_string_append_printf (out, "%s%s", out->len > 0 ? "+" : "", flags->values[i].value_nick);
  }
  return g_strdup (out->len > 0 ? out->str : "none");
}

SsmtTranslation *
ssmt_translation_new (char *text, char *committed, char *tail, const SsmtTally *tally)
{
  SsmtTranslation *self = g_new0 (SsmtTranslation, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->text = text;
  self->committed = committed;
  self->tail = tail;
  if (tally != NULL)
    self->tally = *tally;
  return self;
}

void
ssmt_alternative_free (SsmtAlternative *alternative)
{
  g_free (alternative->text);
  g_array_unref (alternative->tokens);
  g_free (alternative);
}

SsmtTranslation *
ssmt_translation_ref (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
ssmt_translation_unref (SsmtTranslation *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_free (self->text);
  g_free (self->committed);
  g_free (self->tail);
  ssmt_alignment_free (self->alignment);
  g_clear_pointer (&self->alternatives, g_ptr_array_unref);
  g_free (self->source);
  g_free (self->piece);
  g_free (self);
}

const char *
ssmt_translation_get_text (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->text;
}

const char *
ssmt_translation_get_committed (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->committed;
}

const char *
ssmt_translation_get_tail (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->tail;
}

double
ssmt_translation_get_score (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->tally.score;
}

guint
ssmt_translation_get_n_scored_tokens (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->tally.n_scored;
}

const SsmtAlignment *
ssmt_translation_get_alignment (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->alignment;
}

guint
ssmt_translation_get_n_alternatives (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->alternatives != NULL ? self->alternatives->len : 0;
}

const char *
ssmt_translation_get_alternative (
    SsmtTranslation *self, guint index, double *score, guint *n_scored_tokens)
{
  const SsmtAlternative *alternative;

  g_return_val_if_fail (index < ssmt_translation_get_n_alternatives (self), NULL);
  alternative = self->alternatives->pdata[index];
  if (score != NULL)
    *score = alternative->score;
  if (n_scored_tokens != NULL)
    *n_scored_tokens = alternative->n_scored;
  return alternative->text;
}

guint
ssmt_translation_get_n_source_tokens (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->tally.n_source;
}

guint
ssmt_translation_get_n_target_tokens (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->tally.n_target;
}

gint64
ssmt_translation_get_duration (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->duration;
}

SsmtGuardFaults
ssmt_translation_get_mended (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, SSMT_GUARD_FAULT_NONE);
  return self->mended;
}

SsmtGuardFaults
ssmt_translation_get_copied (SsmtTranslation *self)
{
  g_return_val_if_fail (self != NULL, SSMT_GUARD_FAULT_NONE);
  return self->copied;
}
