/* ssmtranslate: what a tokenizer.json looks for in a text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its expressions are written for Oniguruma with Ruby's syntax
 * (oniguruma/doc/RE). They are turned into PCRE's, classes such as \s spelled
 * out, since PCRE's have other members (U+180E is one of its spaces).
 */
#include "engine/tokens/pattern.h"

#include <string.h>

#define MAX_REGEX 16384 /* bytes */

#define SPACE                                                                                      \
  "\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"                                       \
  "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define NO_SPACE                                                                                   \
  "\\x00-\\x{08}\\x{0e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}"                                     \
  "\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"                                        \
  "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"                                      \
  "\\x{3001}-\\x{10ffff}"
/* Oniguruma's, with the numbers of Latin-1 and without the joiners. */
#define WORD                                                                                       \
  "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"                                                            \
  "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"

struct _SsmtPattern {
  GRegex *regex; /* or NULL */
  char *literal; /* or NULL */
  gsize length;  /* of it */
  gboolean (*is) (gunichar c);
};

gboolean
ssmt_pattern_is_space (gunichar c)
{
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680
      || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f
      || c == 0x3000;
}

gboolean
ssmt_pattern_is_word (gunichar c)
{
  switch (g_unichar_type (c)) {
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_CONNECT_PUNCTUATION:
      return TRUE;
    default: /* joiners; Other_Alphabetic that is no mark */
      return c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9)
          || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169)
          || (c >= 0x1f170 && c <= 0x1f189);
  }
}

/* --- from Oniguruma to PCRE --------------------------------------------- */

typedef struct {
  const char *p; /* what is still to read */
  GString *out;
  gboolean in_class;
  const char *why; /* what is not supported */
} Translation;

static gboolean
refuse (Translation *t, const char *why)
{
  t->why = why;
  return FALSE;
}

/* A class for inside or outside of brackets. */
static gboolean
put_class (Translation *t, const char *members)
{
  g_string_append_printf (t->out, t->in_class ? "%s" : "[%s]", members);
  return TRUE;
}

/* \p{L}, \p{^L}, \p{Han}; PCRE takes a bare script for its extensions too. */
static gboolean
put_property (Translation *t, char letter)
{
  const char *end = strchr (t->p, '}');
  gsize length;

  if (*t->p != '{' || !end)
    return refuse (t, "a property must stand in braces, as in \\p{L}");
  t->p++;
  if (*t->p == '^') {
    letter = letter == 'p' ? 'P' : 'p';
    t->p++;
  }
  length = (gsize) (end - t->p);
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalpha (t->p[i]) && t->p[i] != '_')
      return refuse (t, "a property must be named by letters");
  if (length == 0)
    return refuse (t, "a property has no name");
  g_string_append_printf (
      t->out, length <= 2 ? "\\%c{%.*s}" : "\\%c{sc:%.*s}", letter, (int) length, t->p);
  t->p = end + 1;
  return TRUE;
}

static gboolean
put_number (Translation *t, char kind)
{
  gboolean braces = kind == 'x' && *t->p == '{';
  guint digits = 0, most = braces ? 6 : kind == 'u' ? 4 : 2;
  guint32 value = 0;

  t->p += braces;
  for (; digits < most && g_ascii_isxdigit (*t->p); digits++)
    value = value * 16 + (guint32) g_ascii_xdigit_value (*t->p++);
  if (braces ? digits == 0 || *t->p != '}' : digits != most)
    return refuse (t, "a character's number must be \\xHH, \\x{H...} or \\uHHHH");
  t->p += braces;
  if (value == 0 || !g_unichar_validate (value) || (kind == 'x' && !braces && value > 0x7f))
    return refuse (t, "a character's number is none");
  g_string_append_printf (t->out, "\\x{%x}", value);
  return TRUE;
}

static gboolean
put_escape (Translation *t)
{
  char c = *t->p;

  if (c & 0x80) /* a character of its own */
    return TRUE;
  if (c != '\0')
    t->p++;
  switch (c) {
    case 's':
      return put_class (t, SPACE);
    case 'S':
      return put_class (t, NO_SPACE);
    case 'd':
      return put_class (t, "\\p{Nd}");
    case 'D':
      return put_class (t, "\\P{Nd}");
    case 'w':
      return put_class (t, WORD);
    case 'W':
      if (t->in_class)
        return refuse (t, "\\W in brackets");
      return put_class (t, "^" WORD);
    case 'p':
    case 'P':
      return put_property (t, c);
    case 'x':
    case 'u':
      return put_number (t, c);
    case 'v':
      g_string_append (t->out, "\\x{b}");
      return TRUE;
    case 'A':
    case 'z':
      if (t->in_class)
        return refuse (t, "\\A or \\z in brackets");
      break;
    case 'r':
    case 'n':
    case 't':
    case 'f':
    case 'a':
    case 'e':
      break;
    default:
      if (!g_ascii_ispunct (c) && c != ' ')
        return refuse (t,
            "an escape other than \\s \\S \\d \\D \\w \\W \\p \\P "
            "\\x \\u \\r \\n \\t \\v \\f \\a \\e \\A \\z");
  }
  g_string_append_c (t->out, '\\');
  g_string_append_c (t->out, c);
  return TRUE;
}

static gboolean
put_group (Translation *t)
{
  static const char *const kinds[] = { "?:", "?=", "?!", "?<=", "?<!", "?>", "?i:", "?-i:" };

  g_string_append_c (t->out, '(');
  if (*t->p == '*')
    return refuse (t, "a group that begins with *");
  if (*t->p != '?')
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_has_prefix (t->p, kinds[i])) {
      g_string_append (t->out, kinds[i]);
      t->p += strlen (kinds[i]);
      return TRUE;
    }
  }
  return refuse (t, "a group other than (?: (?= (?! (?<= (?<! (?> (?i: (?-i:");
}

/* {n}, {n,}, {n,m}. Behind them Ruby reads + and, after {n}, ? otherwise. */
static gboolean
put_interval (Translation *t)
{
  const char *p = t->p;
  gboolean range;

  while (g_ascii_isdigit (*p))
    p++;
  if (p == t->p)
    return refuse (t, "a { that is neither escaped nor an interval such as {1,3}");
  range = *p == ',';
  p += range;
  while (range && g_ascii_isdigit (*p))
    p++;
  if (*p != '}')
    return refuse (t, "a { that is neither escaped nor an interval such as {1,3}");
  if (p[1] == '+' || (p[1] == '?' && !range))
    return refuse (t, "a sign behind an interval such as {1,3}");
  g_string_append_c (t->out, '{');
  g_string_append_len (t->out, t->p, p + 1 - t->p);
  t->p = p + 1;
  return TRUE;
}

static gboolean
put_in_class (Translation *t, char c)
{
  if (c == '[')
    return refuse (t, "brackets in brackets");
  if (c == '&' && *t->p == '&')
    return refuse (t, "&& in brackets");
  t->in_class = c != ']';
  g_string_append_c (t->out, c);
  return TRUE;
}

static gboolean
translate_one (Translation *t)
{
  char c = *t->p++;

  if (c == '\\')
    return put_escape (t);
  if (t->in_class)
    return put_in_class (t, c);
  if (c == '(')
    return put_group (t);
  if (c == '{')
    return put_interval (t);
  g_string_append_c (t->out, c);
  if (c == '[') {
    t->in_class = TRUE;
    if (*t->p == '^')
      g_string_append_c (t->out, *t->p++);
    if (*t->p == ']')
      return refuse (t, "a ] first in brackets");
  }
  return TRUE;
}

/* --- making ------------------------------------------------------------- */

static GRegex *
compile (const char *regex, GError **error)
{
  return g_regex_new (regex,
      G_REGEX_OPTIMIZE | G_REGEX_MULTILINE | G_REGEX_NO_AUTO_CAPTURE | G_REGEX_NEWLINE_LF,
      G_REGEX_MATCH_DEFAULT, error);
}

SsmtPattern *
ssmt_pattern_new_regex (const char *regex, const char *where, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (SsmtPattern) self = g_new0 (SsmtPattern, 1);
  g_autoptr (GError) why = NULL;
  Translation t = { regex, out, FALSE, NULL };

  if (strlen (regex) > MAX_REGEX) {
    ssmt_json_fail (
        error, SSMT_ERROR_UNSUPPORTED, where, "the expression is longer than %d bytes", MAX_REGEX);
    return NULL;
  }
  while (*t.p && translate_one (&t))
    continue;
  if (t.why) {
    ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, where,
        "the expression \"%s\" cannot be used at byte %" G_GSIZE_FORMAT ": %s is not supported",
        regex, (gsize) (t.p - regex), t.why);
    return NULL;
  }
  self->regex = compile (out->str, &why);
  if (!self->regex) {
    ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, where,
        "the expression \"%s\" cannot be used: %s", regex, why->message);
    return NULL;
  }
  return g_steal_pointer (&self);
}

SsmtPattern *
ssmt_pattern_new_pcre (const char *regex)
{
  SsmtPattern *self = g_new0 (SsmtPattern, 1);

  self->regex = compile (regex, NULL);
  if (!self->regex)
    g_clear_pointer (&self, ssmt_pattern_free);
  return self;
}

SsmtPattern *
ssmt_pattern_new_literal (const char *text)
{
  SsmtPattern *self = g_new0 (SsmtPattern, 1);

  self->literal = g_strdup (text);
  self->length = strlen (text);
  return self;
}

SsmtPattern *
ssmt_pattern_new_class (gboolean (*is) (gunichar c))
{
  SsmtPattern *self = g_new0 (SsmtPattern, 1);

  self->is = is;
  return self;
}

SsmtPattern *
ssmt_pattern_parse (const SsmtJson *json, const char *key, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: %s", json->where, key);
  SsmtJson pattern = { NULL, where };
  const char *text;

  if (!ssmt_json_get_object (json, key, &pattern.object, error))
    return NULL;
  if (ssmt_json_has (&pattern, "Regex"))
    return ssmt_json_get_string (&pattern, "Regex", &text, error)
        ? ssmt_pattern_new_regex (text, where, error)
        : NULL;
  if (!ssmt_json_get_string (&pattern, "String", &text, error))
    return NULL;
  if (*text)
    return ssmt_pattern_new_literal (text);
  ssmt_json_wanted (&pattern, "String", "a text that is not empty", error);
  return NULL;
}

void
ssmt_pattern_free (SsmtPattern *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self->literal);
  g_free (self);
}

/* --- finding ------------------------------------------------------------ */

/* A match and what lies before it. */
static void
put_match (GArray *ranges, gsize start, gsize end)
{
  gsize last = ranges->len > 0 ? g_array_index (ranges, SsmtRange, ranges->len - 1).end : 0;
  SsmtRange before = { last, start, FALSE }, match = { start, end, TRUE };

  if (last < start)
    g_array_append_val (ranges, before);
  g_array_append_val (ranges, match);
}

static void
find_literal (const SsmtPattern *self, const char *text, gsize length, GArray *ranges)
{
  const char *end = text + length;

  for (const char *p = text; (gsize) (end - p) >= self->length;) {
    p = memchr (p, self->literal[0], (gsize) (end - p) - self->length + 1);
    if (!p)
      break;
    if (memcmp (p, self->literal, self->length) == 0) {
      put_match (ranges, (gsize) (p - text), (gsize) (p - text) + self->length);
      p += self->length;
    } else
      p++;
  }
}

static void
find_class (const SsmtPattern *self, const char *text, gsize length, GArray *ranges)
{
  for (const char *p = text, *next; p < text + length; p = next) {
    next = g_utf8_next_char (p);
    if (self->is (g_utf8_get_char (p)))
      put_match (ranges, (gsize) (p - text), (gsize) (next - text));
  }
}

/* An empty match right behind a match is none, as in the onig crate. */
static gboolean
find_regex (const SsmtPattern *self, const char *text, gsize length, GArray *ranges, GError **error)
{
  gsize at = 0, last_end = G_MAXSIZE;

  while (at <= length) {
    g_autoptr (GMatchInfo) info = NULL;
    g_autoptr (GError) why = NULL;
    int start, end;

    if (!g_regex_match_full (self->regex, text, (gssize) length, (int) at, 0, &info, &why)
        || !g_match_info_fetch_pos (info, 0, &start, &end)) {
      if (!why)
        return TRUE;
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT,
          "the tokenizer's expression cannot be searched for in this text: %s", why->message);
      return FALSE;
    }
    if (start == end && (gsize) end == last_end) {
      at += at < length ? (gsize) (g_utf8_next_char (text + at) - (text + at)) : 1;
      continue;
    }
    put_match (ranges, (gsize) start, (gsize) end);
    at = last_end = (gsize) end;
  }
  return TRUE;
}

gboolean
ssmt_pattern_find (
    const SsmtPattern *self, const char *text, gsize length, GArray *ranges, GError **error)
{
  SsmtRange rest = { 0, length, FALSE };

  g_array_set_size (ranges, 0);
  if (length == 0) {
    g_array_append_val (ranges, rest);
    return TRUE;
  }
  if (self->regex) {
    if (length > G_MAXINT32) {
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "the text is too long");
      return FALSE;
    }
    if (!find_regex (self, text, length, ranges, error))
      return FALSE;
  } else if (self->literal)
    find_literal (self, text, length, ranges);
  else
    find_class (self, text, length, ranges);
  if (ranges->len > 0)
    rest.start = g_array_index (ranges, SsmtRange, ranges->len - 1).end;
  if (rest.start < length)
    g_array_append_val (ranges, rest);
  return TRUE;
}
