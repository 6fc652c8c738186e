/* ssmtranslate tests: a text from anywhere, whose language is asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fuzz.h"
#include "ssmt/ssmt.h"

/* The first line is what is expected. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const candidates[] = { "en", "de", "zh-Hant", NULL };
  g_autofree char *all = size > 0 ? g_strndup ((const char *) data, size) : g_strdup ("");
  char *text = strchr (all, '\n');
  const char *any, *one;
  double confidence = -1;

  if (text)
    *text++ = '\0';
  else
    text = all + strlen (all);
  any = ssmt_language_identify (text, NULL, all, &confidence);
  g_assert_true (confidence >= 0 && confidence <= 1);
  g_assert_true (any != NULL || confidence == 0);
  g_assert_true (any == NULL || g_utf8_validate (text, -1, NULL));
  one = ssmt_language_identify (text, candidates, NULL, NULL);
  g_assert_true (one == NULL || strcmp (one, "en") == 0 || strcmp (one, "de") == 0
      || g_str_has_prefix (one, "zh"));
  return 0;
}
