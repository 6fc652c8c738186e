/* ssmtranslate: which language a row of texts is in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-language-tracker.h"
#include "ssmt/ssmt-language.h"

/* A confidence with which a text may differ from all before it. */
#define SURE 0.85
/* What the language of the row can gather: another one needs more, two sentences. */
#define MOST_EVIDENCE 1.5
/* Less than any text that is identified: texts know better than tags. */
#define EXPECTED_EVIDENCE 0.3

struct _SsmtLanguageTracker {
  char *language; /* of the row; NULL: not known */
  double evidence;
  char *rival; /* of the latest texts that seemed to be in another, NULL: none */
  double rival_evidence;
};

G_DEFINE_BOXED_TYPE (SsmtLanguageTracker, ssmt_language_tracker, ssmt_language_tracker_copy,
    ssmt_language_tracker_free)

SsmtLanguageTracker *
ssmt_language_tracker_new (void)
{
  return g_new0 (SsmtLanguageTracker, 1);
}

SsmtLanguageTracker *
ssmt_language_tracker_copy (const SsmtLanguageTracker *self)
{
  SsmtLanguageTracker *copy = g_memdup2 (self, sizeof *self);

  copy->language = g_strdup (self->language);
  copy->rival = g_strdup (self->rival);
  return copy;
}

static void
set_rival (SsmtLanguageTracker *self, const char *rival, double evidence)
{
  g_free (self->rival);
  self->rival = g_strdup (rival);
  self->rival_evidence = evidence;
}

void
ssmt_language_tracker_free (SsmtLanguageTracker *self)
{
  if (self == NULL)
    return;
  g_free (self->language);
  g_free (self->rival);
  g_free (self);
}

void
ssmt_language_tracker_reset (SsmtLanguageTracker *self, const char *expected)
{
  char *language = g_strdup (expected);

  g_free (self->language);
  self->language = language;
  self->evidence = expected != NULL ? EXPECTED_EVIDENCE : 0;
  set_rival (self, NULL, 0);
}

/* For the rival, were the text in `language` added. */
static double
sum_rival (const SsmtLanguageTracker *self, const char *language, double confidence)
{
  gboolean is_rival = self->rival != NULL && ssmt_language_is_same (self->rival, language);

  return confidence + (is_rival ? self->rival_evidence : 0);
}

const char *
ssmt_language_tracker_peek (
    const SsmtLanguageTracker *self, const char *language, double confidence)
{
  if (language == NULL)
    return self->language;
  if (self->language == NULL)
    return language;
  if (ssmt_language_is_same (self->language, language))
    return self->language;
  return confidence >= SURE || sum_rival (self, language, confidence) > self->evidence
      ? language
      : self->language;
}

const char *
ssmt_language_tracker_add (SsmtLanguageTracker *self, const char *language, double confidence)
{
  const char *taken = ssmt_language_tracker_peek (self, language, confidence);
  double evidence;

  if (language == NULL)
    return taken;
  if (self->language != NULL && ssmt_language_is_same (self->language, language)) {
    self->evidence = MIN (self->evidence + confidence, MOST_EVIDENCE);
    set_rival (self, NULL, 0);
    return taken;
  }
  evidence = sum_rival (self, language, confidence);
  if (self->language != NULL && evidence <= self->evidence) {
    set_rival (self, language, evidence);
    return taken;
  }
  ssmt_language_tracker_reset (self, language);
  self->evidence = MIN (evidence, MOST_EVIDENCE);
  return self->language;
}

const char *
ssmt_language_tracker_get_language (const SsmtLanguageTracker *self)
{
  return self->language;
}
