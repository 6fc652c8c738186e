/* ssmtranslate: which language a text is in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-language.h"

#include <math.h>
#include <string.h>

#include "engine/tokens/languages.h"

/* In lower case, without script and region. */
static char *
dup_language (const char *tag)
{
  g_autofree char *language = g_ascii_strdown (tag, (gssize) strcspn (tag, "-_"));

  if (strcmp (language, "nb") == 0 || strcmp (language, "nn") == 0)
    return g_strdup ("no");
  return g_steal_pointer (&language);
}

gboolean
ssmt_language_is_same (const char *one, const char *other)
{
  g_autofree char *a = dup_language (one), *b = dup_language (other);

  return strcmp (a, b) == 0;
}

#ifdef HAVE_CLD2
#include "engine/tokens/cld2.h"

/* More says nothing more of a language. */
#define MOST_BYTES 4096
/* So many bytes leave 37 % of the doubt: no less than what was measured, docs/quality.md. */
#define BYTES_OF_DOUBT 8.0
/* What is only guessed is worth so much less. */
#define GUESS 0.25

/* CLD2's codes that are older than BCP 47, and back. */
static const struct {
  const char *cld2, *bcp47;
} renamed[] = { { "iw", "he" }, { "jw", "jv" }, { "tl", "fil" } };

gboolean
ssmt_language_can_identify (void)
{
  return TRUE;
}

static const char *
get_bcp47 (const char *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (renamed); i++) {
    if (strcmp (renamed[i].cld2, code) == 0)
      return renamed[i].bcp47;
  }
  return code;
}

static char *
dup_cld2_code (const char *tag)
{
  g_autofree char *code = ssmt_language_to_code (tag);

  code[strcspn (code, "_")] = '\0';
  for (guint i = 0; i < G_N_ELEMENTS (renamed); i++) {
    if (strcmp (renamed[i].bcp47, code) == 0)
      return g_strdup (renamed[i].cld2);
  }
  return g_steal_pointer (&code);
}

static gboolean
is_candidate (const char *language, const char *const *candidates)
{
  if (!candidates)
    return TRUE;
  for (guint i = 0; candidates[i]; i++) {
    if (ssmt_language_is_same (candidates[i], language))
      return TRUE;
  }
  return FALSE;
}

/* The likeliest that is a candidate, NULL: none. */
static const char *
choose (const SsmtCld2Result *result, const char *const *candidates, double *confidence)
{
  for (guint i = 0; i < SSMT_CLD2_MOST; i++) {
    const char *language = result->languages[i] ? get_bcp47 (result->languages[i]) : NULL;

    if (!language || !is_candidate (language, candidates))
      continue;
    *confidence = result->shares[i] / 100.0 * (1 - exp (-result->bytes / BYTES_OF_DOUBT));
    return language;
  }
  return NULL;
}

static int
get_length (const char *text)
{
  gsize length = strlen (text);

  if (length <= MOST_BYTES)
    return (int) length;
  return (int) (g_utf8_find_prev_char (text, text + MOST_BYTES) - text);
}

const char *
ssmt_language_identify (
    const char *text, const char *const *candidates, const char *expected, double *confidence)
{
  g_autofree char *hint = expected ? dup_cld2_code (expected) : NULL;
  const char *language = NULL;
  SsmtCld2Result result;
  double sure = 0;

  g_return_val_if_fail (text != NULL, NULL);

  if (g_utf8_validate (text, -1, NULL)) {
    ssmt_cld2_detect (text, get_length (text), hint, FALSE, &result);
    if (result.is_reliable)
      language = choose (&result, candidates, &sure);
    if (!language && candidates) {
      ssmt_cld2_detect (text, get_length (text), hint, TRUE, &result);
      language = choose (&result, candidates, &sure);
      sure *= GUESS;
    }
  }
  if (confidence)
    *confidence = language ? sure : 0;
  return language;
}

#else

gboolean
ssmt_language_can_identify (void)
{
  return FALSE;
}

const char *
ssmt_language_identify (
    const char *text, const char *const *candidates, const char *expected, double *confidence)
{
  g_return_val_if_fail (text != NULL, NULL);

  if (confidence)
    *confidence = 0;
  return NULL;
}

#endif
