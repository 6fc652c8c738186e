/* ssmtranslate: what a tokenizer.json looks for in a text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/pattern.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/tokens/pattern-syntax.h"

#define MAX_REGEX 16384 /* bytes */
#define MAX_HEAP 65536  /* KiB that a search may take for its way back */
#define MAX_DEPTH 1000000

struct _SsmtPattern {
  pcre2_code *regex; /* or NULL */
  char *literal;     /* or NULL */
  gsize length;      /* of it */
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

/* --- making ------------------------------------------------------------- */

/* Calls back before each item, so that a search can be counted and ended. Not by PCRE's own
 * compiler for machine code: that counts in another way, and not on every machine. */
static pcre2_code *
compile (const char *regex, char **why)
{
  pcre2_compile_context *context = pcre2_compile_context_create (NULL);
  pcre2_code *code;
  PCRE2_UCHAR message[256];
  PCRE2_SIZE at;
  int problem;

  pcre2_set_newline (context, PCRE2_NEWLINE_LF);
  pcre2_set_bsr (context, PCRE2_BSR_UNICODE);
  code = pcre2_compile ((PCRE2_SPTR) regex, PCRE2_ZERO_TERMINATED,
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_AUTO_CAPTURE | PCRE2_AUTO_CALLOUT,
      &problem, &at, context);
  pcre2_compile_context_free (context);
  if (code != NULL)
    return code;
  pcre2_get_error_message (problem, message, sizeof message);
  *why = g_strdup ((const char *) message);
  return NULL;
}

SsmtPattern *
ssmt_pattern_new_regex (const char *regex, const char *where, GError **error)
{
  g_autoptr (SsmtPattern) self = g_new0 (SsmtPattern, 1);
  g_autofree char *translated = NULL, *why = NULL;
  const char *unsupported;
  gsize at;

  if (strlen (regex) > MAX_REGEX) {
    ssmt_json_fail (
        error, SSMT_ERROR_UNSUPPORTED, where, "the expression is longer than %d bytes", MAX_REGEX);
    return NULL;
  }
  translated = ssmt_pattern_translate (regex, &at, &unsupported);
  if (!translated) {
    ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, where,
        "the expression \"%s\" cannot be used at byte %" G_GSIZE_FORMAT ": %s is not supported",
        regex, at, unsupported);
    return NULL;
  }
  self->regex = compile (translated, &why);
  if (!self->regex) {
    ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, where,
        "the expression \"%s\" cannot be used: %s", regex, why);
    return NULL;
  }
  return g_steal_pointer (&self);
}

SsmtPattern *
ssmt_pattern_new_pcre (const char *regex)
{
  g_autofree char *why = NULL;
  SsmtPattern *self = g_new0 (SsmtPattern, 1);

  self->regex = compile (regex, &why);
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
  g_clear_pointer (&self->regex, pcre2_code_free);
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

static gboolean
find_literal (
    const SsmtPattern *self, const char *text, gsize length, GArray *ranges, SsmtBudget *budget)
{
  const char *end = text + length;

  for (const char *p = text; (gsize) (end - p) >= self->length;) {
    p = memchr (p, self->literal[0], (gsize) (end - p) - self->length + 1);
    if (!p)
      break;
    if (!ssmt_budget_spend_bytes (budget, self->length))
      return FALSE;
    if (memcmp (p, self->literal, self->length) == 0) {
      put_match (ranges, (gsize) (p - text), (gsize) (p - text) + self->length);
      p += self->length;
    } else
      p++;
  }
  return TRUE;
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

/* A search in one text, of as many matches as there are. */
typedef struct {
  pcre2_match_context *context;
  pcre2_match_data *data;
  SsmtBudget *budget;
  gsize at; /* where the item tried last began */
} Search;

/* An item may have gone over much text, as \p{L}+ does. */
static int
count_item (pcre2_callout_block *block, void *data)
{
  Search *search = data;
  gsize at = block->current_position;
  gsize way = at > search->at ? at - search->at : search->at - at;

  search->at = at;
  return ssmt_budget_spend (search->budget, 1 + way) ? 0 : PCRE2_ERROR_CALLOUT;
}

static gboolean
search_init (Search *search, SsmtBudget *budget)
{
  *search =
      (Search){ pcre2_match_context_create (NULL), pcre2_match_data_create (1, NULL), budget, 0 };
  if (search->context == NULL || search->data == NULL)
    return ssmt_budget_fail (budget, "no memory left to search in the text");
  pcre2_set_callout (search->context, count_item, search);
  pcre2_set_heap_limit (search->context, MAX_HEAP);
  pcre2_set_depth_limit (search->context, MAX_DEPTH);
  pcre2_set_match_limit (search->context, (guint32) MIN (budget->left, G_MAXUINT32));
  return TRUE;
}

static void
search_clear (Search *search)
{
  pcre2_match_data_free (search->data);
  pcre2_match_context_free (search->context);
}

/* From `at` on. *found: there is a match. */
static gboolean
search_next (Search *search, const SsmtPattern *pattern, const char *text, gsize length, gsize at,
    gboolean *found)
{
  PCRE2_UCHAR message[256];
  int result;

  search->at = at;
  if (!ssmt_budget_spend (search->budget, 1))
    return FALSE;
  result = pcre2_match (pattern->regex, (PCRE2_SPTR) text, length, at, PCRE2_NO_UTF_CHECK,
      search->data, search->context);
  *found = result >= 0;
  if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
    return TRUE;
  pcre2_get_error_message (result, message, sizeof message);
  return ssmt_budget_fail (search->budget,
      "the tokenizer's expression cannot be searched for in this text: %s", (char *) message);
}

/* An empty match right behind a match is none, as in the onig crate. */
static gboolean
search_all (Search *search, const SsmtPattern *self, const char *text, gsize length, GArray *ranges)
{
  const PCRE2_SIZE *match = pcre2_get_ovector_pointer (search->data);
  gsize at = 0, last_end = G_MAXSIZE;
  gboolean found;

  while (at <= length) {
    if (!search_next (search, self, text, length, at, &found))
      return FALSE;
    if (!found)
      break;
    if (match[0] == match[1] && match[1] == last_end) {
      at += at < length ? (gsize) (g_utf8_next_char (text + at) - (text + at)) : 1;
      continue;
    }
    put_match (ranges, match[0], match[1]);
    at = last_end = match[1];
  }
  return TRUE;
}

static gboolean
find_regex (
    const SsmtPattern *self, const char *text, gsize length, GArray *ranges, SsmtBudget *budget)
{
  Search search;
  gboolean fine = search_init (&search, budget) && search_all (&search, self, text, length, ranges);

  search_clear (&search);
  return fine;
}

gboolean
ssmt_pattern_find (
    const SsmtPattern *self, const char *text, gsize length, GArray *ranges, SsmtBudget *budget)
{
  SsmtRange rest = { 0, length, FALSE };

  g_array_set_size (ranges, 0);
  if (length == 0) {
    g_array_append_val (ranges, rest);
    return TRUE;
  }
  if (!ssmt_budget_spend_bytes (budget, length))
    return FALSE;
  if (self->regex) {
    if (!find_regex (self, text, length, ranges, budget))
      return FALSE;
  } else if (self->literal) {
    if (!find_literal (self, text, length, ranges, budget))
      return FALSE;
  } else
    find_class (self, text, length, ranges);
  if (ranges->len > 0)
    rest.start = g_array_index (ranges, SsmtRange, ranges->len - 1).end;
  if (rest.start < length)
    g_array_append_val (ranges, rest);
  return TRUE;
}
