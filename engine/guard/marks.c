/* ssmtranslate: marks that models have not learnt, and those that come back
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/marks.h"

#include <string.h>

#include <unicode/ulocdata.h>

#include "engine/guard/letters.h"

/* --- before ------------------------------------------------------------------ */

typedef struct {
  gunichar c;
  const char *with;
  gboolean if_unknown; /* it stays where the vocabulary has it */
} Mark;

static const Mark marks[] = {
  { 0x2018, "'", FALSE },
  { 0x2019, "'", FALSE },
  { 0x201a, "'", FALSE },
  { 0x201b, "'", FALSE },
  { 0x2039, "'", FALSE },
  { 0x203a, "'", FALSE },
  { 0x02bc, "'", FALSE },
  { 0x00b4, "'", FALSE },
  { 0x201c, "\"", FALSE },
  { 0x201d, "\"", FALSE },
  { 0x201e, "\"", FALSE },
  { 0x201f, "\"", FALSE },
  { 0x00ab, "\"", FALSE },
  { 0x00bb, "\"", FALSE },
  { 0x2026, "...", FALSE },
  { 0x2010, "-", FALSE },
  { 0x2011, "-", FALSE },
  { 0x2012, "-", FALSE },
  { 0x2013, "-", TRUE },
  { 0x2014, "-", TRUE },
  { 0x2015, "-", TRUE },
  { 0x2212, "-", TRUE },
  { 0x2044, "/", FALSE },
};

const char *
ssmt_marks_find (gunichar c, GHashTable *own, const SsmtTokenizer *tokenizer)
{
  if (own != NULL) {
    char name[7] = { 0 };

    g_unichar_to_utf8 (c, name);
    return g_hash_table_lookup (own, name);
  }
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++) {
    if (marks[i].c == c)
      return marks[i].if_unknown && ssmt_letters_knows (tokenizer, c) ? NULL : marks[i].with;
  }
  return NULL;
}

/* --- style -------------------------------------------------------------------- */

static gboolean
is_double (gunichar c)
{
  return c == 0xab || c == 0xbb || (c >= 0x201c && c <= 0x201f);
}

SsmtMarkStyle
ssmt_marks_get_style (const char *text)
{
  SsmtMarkStyle style = { 0 };

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    style.ellipsis |= c == 0x2026;
    if (c == 0x2019 && style.apostrophe == 0)
      style.apostrophe = c;
    else if (is_double (c) && style.open == 0)
      style.open = c;
    else if (is_double (c) && style.close == 0)
      style.close = c;
  }
  /* a lone one: its partner stands in another cue */
  if (style.close == 0 && style.open == 0x201d)
    style = (SsmtMarkStyle){ 0x201c, 0x201d, style.apostrophe, style.ellipsis };
  else if (style.close == 0)
    style.close = style.open == 0x201c ? 0x201d : style.open == 0xab ? 0xbb : style.open;
  return style;
}

static gunichar
get_delimiter (ULocaleData *data, ULocaleDataDelimiterType type)
{
  UErrorCode status = U_ZERO_ERROR;
  UChar found[8];
  int32_t n = ulocdata_getDelimiter (data, type, found, G_N_ELEMENTS (found), &status);

  return U_SUCCESS (status) && n == 1 ? found[0] : 0;
}

SsmtMarkStyle
ssmt_marks_get_style_of (const char *language)
{
  g_autofree char *name = g_strdelimit (g_strdup (language != NULL ? language : ""), "-", '_');
  SsmtMarkStyle style = { 0 };
  UErrorCode status = U_ZERO_ERROR;
  ULocaleData *data = *name != '\0' ? ulocdata_open (name, &status) : NULL;

  if (data == NULL || U_FAILURE (status))
    return style;
  style.open = get_delimiter (data, ULOCDATA_QUOTATION_START);
  style.close = get_delimiter (data, ULOCDATA_QUOTATION_END);
  style.apostrophe = 0x2019;
  if (style.close == 0)
    style.open = 0;
  ulocdata_close (data);
  return style;
}

static gboolean
opens (const char *text, const char *quote)
{
  const char *before = g_utf8_find_prev_char (text, quote);
  gunichar c = before != NULL ? g_utf8_get_char (before) : ' ';

  return c == ' ' || c == '(' || c == '[' || c == '-' || c == 0x2014 || c == 0xbf || c == 0xa1;
}

SsmtEdits *
ssmt_marks_apply (const char *text, const SsmtMarkStyle *style)
{
  SsmtEdits *edits = ssmt_edits_new (text);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gsize at = p - text, length = 1;
    char with[7] = { 0 };

    if (*p == '"' && style->open != 0)
      g_unichar_to_utf8 (opens (text, p) ? style->open : style->close, with);
    else if (*p == '\'' && style->apostrophe != 0)
      g_unichar_to_utf8 (opens (text, p) ? 0x2018 : style->apostrophe, with);
    else if (style->ellipsis && g_str_has_prefix (p, "...") && p[3] != '.' && (p == text || p[-1] != '.'))
      length = g_unichar_to_utf8 (0x2026, with);
    if (with[0] != '\0' && at >= edits->done)
      ssmt_edits_replace (edits, (SsmtRange){ at, at + length }, with);
  }
  ssmt_edits_finish (edits);
  return edits;
}

/* --- the end of a sentence ------------------------------------------------------ */

static const struct {
  gunichar c;
  const char *mark;
} finals[] = { { '.', "." }, { '!', "!" }, { '?', "?" }, { ':', ":" }, { 0x2026, "..." },
  { 0x3002, "." }, { 0xff01, "!" }, { 0xff1f, "?" }, { 0xff1a, ":" }, { 0x061f, "?" },
  { 0x06d4, "." }, { 0x0964, "." }, { 0x037e, "?" }, { 0xff0e, "." } };

static gboolean
is_closing (gunichar c)
{
  switch (g_unichar_type (c)) {
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
      return TRUE;
    default:
      return c == '"' || c == '\'' || c == 0x201c || c == ' ';
  }
}

const char *
ssmt_marks_get_final (const char *text, SsmtRange *range)
{
  const char *end = text + strlen (text), *last;

  while ((last = g_utf8_find_prev_char (text, end)) != NULL && is_closing (g_utf8_get_char (last)))
    end = last;
  if (last == NULL)
    end = text + strlen (text);
  *range = (SsmtRange){ end - text, end - text };
  if (last == NULL)
    return "";
  if (end - text >= 3 && strncmp (end - 3, "...", 3) == 0) {
    range->start = range->end - 3;
    while (range->start > 0 && text[range->start - 1] == '.')
      range->start--;
    return "...";
  }
  for (guint i = 0; i < G_N_ELEMENTS (finals); i++) {
    if (finals[i].c == g_utf8_get_char (last)) {
      range->start = last - text;
      return finals[i].mark;
    }
  }
  return "";
}

static gboolean
is_one_of (const char *language, const char *const *all, gsize n)
{
  for (gsize i = 0; language != NULL && i < n; i++) {
    gsize length = strlen (all[i]);

    if (g_ascii_strncasecmp (language, all[i], length) == 0 && !g_ascii_isalpha (language[length]))
      return TRUE;
  }
  return FALSE;
}

const char *
ssmt_marks_translate_final (const char *mark, const char *language)
{
  static const char *const wide[] = { "zh", "ja", "yue" };
  static const char *const arabic[] = { "ar", "fa", "ur", "ps" };
  static const char *const greek[] = { "el" };
  static const char *const danda[] = { "hi", "bn", "ne", "mr" };

  if (is_one_of (language, wide, G_N_ELEMENTS (wide)))
    return *mark == '.' && mark[1] == '\0' ? "\xe3\x80\x82" : *mark == '!' ? "\xef\xbc\x81"
        : *mark == '?'                                                      ? "\xef\xbc\x9f"
                                                                            : mark;
  if (is_one_of (language, arabic, G_N_ELEMENTS (arabic)) && *mark == '?')
    return "\xd8\x9f";
  if (is_one_of (language, greek, G_N_ELEMENTS (greek)) && *mark == '?')
    return ";";
  if (is_one_of (language, danda, G_N_ELEMENTS (danda)) && *mark == '.' && mark[1] == '\0')
    return "\xe0\xa5\xa4";
  return mark;
}
