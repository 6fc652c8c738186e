/* ssmtranslate tests: glossaries from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is read finds terms in its own text, in order and at the borders of characters; what is not has an
 * error with a line.
 */
#include <string.h>

#include "engine/guard/terms.h"
#include "fuzz.h"

static void
check_terms (SsmtGlossary *glossary, const char *text, const char *language)
{
  g_autoptr (GArray) matches = ssmt_terms_find (glossary, text, language, FALSE);
  g_autoptr (GArray) lacking = ssmt_terms_find_lacking (matches, text, language);
  gsize done = 0;

  g_assert_cmpuint (lacking->len, <=, matches->len);
  for (guint i = 0; i < matches->len; i++) {
    const SsmtTermMatch *match = &g_array_index (matches, SsmtTermMatch, i);

    g_assert_cmpuint (match->range.start, >=, done);
    g_assert_cmpuint (match->range.start, <, match->range.end);
    g_assert_cmpuint (match->range.end, <=, strlen (text));
    g_assert_true (g_utf8_validate (
        text + match->range.start, match->range.end - match->range.start, NULL));
    if (match->term->target != NULL) {
      g_autoptr (GPtrArray) forms = ssmt_terms_get_forms (match, language);

      g_assert_cmpstr (forms->pdata[0], ==, match->term->target);
    }
    done = match->range.end;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const languages[] = { NULL, "en", "pt-BR", "ja", "deu" };
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtGlossary) glossary =
      ssmt_glossary_new_from_text ((const char *) data, size, &error);
  g_autofree char *text =
      g_utf8_make_valid (size > 0 ? (const char *) data : "", (gssize) MIN (size, 4096));

  g_assert_true ((glossary == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_true (g_str_has_prefix (error->message, "line "));
  for (guint i = 0; glossary != NULL && i < G_N_ELEMENTS (languages); i++)
    check_terms (glossary, text, languages[i]);
  return 0;
}
