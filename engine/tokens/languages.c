/* ssmtranslate: codes of languages, and pairs of them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/languages.h"

#include <string.h>

static gsize
count_letters (const char *text, gsize length)
{
  gsize n = 0;

  while (n < length && g_ascii_isalpha (text[n]))
    n++;
  return n;
}

gboolean
ssmt_language_is_code (const char *code, gsize length)
{
  gsize n = count_letters (code, length), script;

  if (n < 2 || n > 3)
    return FALSE;
  if (n == length)
    return TRUE;
  script = count_letters (code + n + 1, length - n - 1);
  return code[n] == '_' && script == length - n - 1 && script >= 2 && script <= 8;
}

char *
ssmt_language_to_code (const char *tag)
{
  g_auto (GStrv) parts = g_strsplit_set (tag, "-_", -1);
  const char *script = NULL;
  g_autofree char *code = NULL;

  if (!parts[0])
    return g_strdup ("");
  for (guint i = 1; parts[i] && !script; i++)
    if (strlen (parts[i]) == 4 && count_letters (parts[i], 4) == 4)
      script = parts[i];
  code = g_strconcat (parts[0], script ? "_" : NULL, script, NULL);
  return g_ascii_strdown (code, -1);
}

gboolean
ssmt_language_matches (const char *there, const char *asked)
{
  g_autofree char *one = ssmt_language_to_code (there), *other = ssmt_language_to_code (asked);

  return strcmp (one, other) == 0;
}

gboolean
ssmt_language_has_spaces (const char *tag)
{
  static const char *const without[] = { "zh", "ja", "yue", "zho", "cmn", "jpn", NULL };
  g_auto (GStrv) parts = tag ? g_strsplit_set (tag, "-_", 2) : NULL;
  g_autofree char *language = parts && parts[0] ? g_ascii_strdown (parts[0], -1) : NULL;

  return !language || !g_strv_contains (without, language);
}

static gboolean
take_pair (const char *source, gsize source_length, const char *target, gsize target_length,
    char **out_source, char **out_target)
{
  if (!ssmt_language_is_code (source, source_length)
      || !ssmt_language_is_code (target, target_length))
    return FALSE;
  *out_source = g_ascii_strdown (source, (gssize) source_length);
  *out_target = g_ascii_strdown (target, (gssize) target_length);
  return TRUE;
}

gboolean
ssmt_pair_split (const char *pair, char **source, char **target)
{
  const char *dash = strchr (pair, '-');

  return dash
      && take_pair (pair, (gsize) (dash - pair), dash + 1, strlen (dash + 1), source, target);
}

gboolean
ssmt_pair_split_joined (const char *joined, char **source, char **target)
{
  gsize length = strcspn (joined, ".");

  if (length > 2 && g_ascii_strncasecmp (joined, "en", 2) == 0
      && take_pair (joined, 2, joined + 2, length - 2, source, target))
    return TRUE;
  if (length > 2 && g_ascii_strncasecmp (joined + length - 2, "en", 2) == 0
      && take_pair (joined, length - 2, joined + length - 2, 2, source, target))
    return TRUE;
  return length == 4 && take_pair (joined, 2, joined + 2, 2, source, target);
}
