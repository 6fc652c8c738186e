/* ssmtranslate: "pre_tokenizer" of a tokenizer.json
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/bpe-parts.h"

#include <string.h>

#include "engine/tokens/pattern.h"

/* [GPT-2, encoder.py], spelled as pattern.c spells \s */
#define GPT2                                                                                       \
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+"                                                    \
  "| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

typedef enum { REMOVED, ISOLATED, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT, CONTIGUOUS } Behavior;

static const char *const behaviors[] = { "Removed", "Isolated", "MergedWithPrevious",
  "MergedWithNext", "Contiguous" };

typedef struct {
  SsmtPattern *pattern; /* NULL: no splitting */
  gboolean invert;
  Behavior behavior;
  SsmtPrepend prepend; /* `meta` before the text */
  gunichar meta;       /* 0: none; spaces become it */
  gboolean bytes;      /* bytes become characters */
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  ssmt_pattern_free (step->pattern);
  g_free (step);
}

/* --- reading ------------------------------------------------------------ */

static gboolean
parse_behavior (const SsmtJson *json, Behavior *behavior, GError **error)
{
  const char *name;

  if (!ssmt_json_get_string (json, "behavior", &name, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (behaviors); i++) {
    if (strcmp (name, behaviors[i]) == 0) {
      *behavior = (Behavior) i;
      return TRUE;
    }
  }
  return ssmt_json_wanted (json, "behavior",
      "\"Removed\", \"Isolated\", "
      "\"MergedWithPrevious\", \"MergedWithNext\" or \"Contiguous\"",
      error);
}

static gboolean
parse_byte_level (const SsmtJson *json, Step *step, GError **error)
{
  gboolean prefix, regex;

  if (!ssmt_json_get_boolean (json, "add_prefix_space", &prefix, error)
      || !ssmt_bpe_get_flag (json, "use_regex", TRUE, &regex, error))
    return FALSE;
  step->bytes = TRUE;
  step->behavior = ISOLATED;
  step->prepend = prefix ? SSMT_PREPEND_ALWAYS : SSMT_PREPEND_NEVER;
  step->meta = ' ';
  if (regex)
    step->pattern = ssmt_pattern_new_regex (GPT2, json->where, error);
  return !regex || step->pattern;
}

static gboolean
parse_metaspace (const SsmtJson *json, Step *step, GError **error)
{
  gboolean split;
  char text[7] = { 0 };

  if (!ssmt_bpe_get_char (json, "replacement", &step->meta, error)
      || !ssmt_bpe_get_prepend (json, &step->prepend, error)
      || !ssmt_bpe_get_flag (json, "split", TRUE, &split, error))
    return FALSE;
  step->behavior = MERGED_WITH_NEXT;
  g_unichar_to_utf8 (step->meta, text);
  if (split)
    step->pattern = ssmt_pattern_new_literal (text);
  return TRUE;
}

static gboolean
is_number (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type == G_UNICODE_DECIMAL_NUMBER || type == G_UNICODE_LETTER_NUMBER
      || type == G_UNICODE_OTHER_NUMBER;
}

static gboolean
is_punctuation (gunichar c)
{
  switch (g_unichar_type (c)) {
    case G_UNICODE_CONNECT_PUNCTUATION:
    case G_UNICODE_DASH_PUNCTUATION:
    case G_UNICODE_OPEN_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
    case G_UNICODE_OTHER_PUNCTUATION:
      return TRUE;
    default:
      return c < 0x80 && g_ascii_ispunct ((char) c);
  }
}

static gboolean
parse_whitespace (const SsmtJson *json, Step *step, GError **error)
{
  step->invert = TRUE;
  step->behavior = REMOVED;
  step->pattern = ssmt_pattern_new_pcre ("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}]+"
                                         "|[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}"
                                         "\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"
                                         "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}]+");
  return step->pattern
      || ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, json->where,
          "pre-tokenizer \"Whitespace\" needs PCRE2 10.40 or later");
}

static gboolean
parse_split (const SsmtJson *json, Step *step, GError **error)
{
  step->pattern = ssmt_pattern_parse (json, "pattern", error);
  return step->pattern && parse_behavior (json, &step->behavior, error)
      && ssmt_bpe_get_flag (json, "invert", FALSE, &step->invert, error);
}

static gboolean
parse (const SsmtJson *json, const char *type, GPtrArray *steps, GError **error)
{
  Step *step = g_new0 (Step, 1);

  g_ptr_array_add (steps, step);
  step->prepend = SSMT_PREPEND_NEVER;
  if (strcmp (type, "ByteLevel") == 0)
    return parse_byte_level (json, step, error);
  if (strcmp (type, "Metaspace") == 0)
    return parse_metaspace (json, step, error);
  if (strcmp (type, "Whitespace") == 0)
    return parse_whitespace (json, step, error);
  if (strcmp (type, "Split") == 0)
    return parse_split (json, step, error);
  if (strcmp (type, "WhitespaceSplit") == 0) {
    step->pattern = ssmt_pattern_new_class (ssmt_pattern_is_space);
    step->behavior = REMOVED;
    return TRUE;
  }
  if (strcmp (type, "Digits") == 0) {
    gboolean individual;

    if (!ssmt_bpe_get_flag (json, "individual_digits", FALSE, &individual, error))
      return FALSE;
    step->pattern = ssmt_pattern_new_class (is_number);
    step->behavior = individual ? ISOLATED : CONTIGUOUS;
    return TRUE;
  }
  if (strcmp (type, "Punctuation") == 0) {
    step->pattern = ssmt_pattern_new_class (is_punctuation);
    step->behavior = ISOLATED;
    return !ssmt_json_has (json, "behavior") || parse_behavior (json, &step->behavior, error);
  }
  return ssmt_bpe_unsupported (json, "pre-tokenizer", type,
      "ByteLevel, Split, Digits, Whitespace, WhitespaceSplit, Punctuation, "
      "Metaspace, Sequence",
      error);
}

GPtrArray *
ssmt_bpe_splitters_parse (const SsmtJson *top, GError **error)
{
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (step_free);

  return ssmt_bpe_parse_steps (top, "pre_tokenizer", "pretokenizers", parse, steps, error)
      ? g_steal_pointer (&steps)
      : NULL;
}

/* --- running ------------------------------------------------------------ */

/* Joins neighbours in place, as the behavior says. */
static void
join_ranges (GArray *ranges, Behavior behavior)
{
  SsmtRange *r = (SsmtRange *) (gpointer) ranges->data;
  guint n = ranges->len, kept = 0;
  gboolean last = FALSE;

  if (behavior == MERGED_WITH_NEXT) {
    for (guint i = n; i-- > 0;) {
      gboolean match = r[i].match;

      if (match && !last && i + 1 < n) {
        r[i + 1].start = r[i].start;
        r[i].end = r[i].start; /* empty: left out later */
      }
      last = match;
    }
    return;
  }
  for (guint i = 0; i < n; i++) {
    gboolean match = r[i].match;
    gboolean join = behavior == CONTIGUOUS ? match == last : match && !last;

    if (join && kept > 0)
      r[kept - 1].end = r[i].end;
    else
      r[kept++] = r[i];
    last = match;
  }
  g_array_set_size (ranges, kept);
}

static void
add_part (const Step *step, const char *text, gsize length, gboolean first, SsmtBpeText *out)
{
  gsize start = out->text->len;
  SsmtBpePart part = { start, 0, -1, first };

  if (length == 0)
    return;
  if (!step->bytes) {
    ssmt_bpe_text_add (out, text, length, -1, first);
    return;
  }
  for (gsize i = 0; i < length; i++) {
    gunichar c = ssmt_byte_to_char ((guint8) text[i]);

    if (c < 0x80)
      g_string_append_c (out->text, (char) c);
    else
      g_string_append_unichar (out->text, c);
  }
  part.length = out->text->len - start;
  g_array_append_val (out->parts, part);
}

/* Spaces become `meta`, and one comes first where there is to be one. */
static void
put_meta (const Step *step, const char *text, gsize length, gboolean first, GString *buffer)
{
  gboolean wanted =
      step->prepend == SSMT_PREPEND_ALWAYS || (step->prepend == SSMT_PREPEND_FIRST && first);

  g_string_truncate (buffer, 0);
  for (gsize i = 0; i < length; i++) {
    if (text[i] == ' ' && step->meta != ' ')
      g_string_append_unichar (buffer, step->meta);
    else
      g_string_append_c (buffer, text[i]);
  }
  if (wanted && (buffer->len == 0 || g_utf8_get_char (buffer->str) != step->meta))
    g_string_prepend_unichar (buffer, step->meta);
}

static gboolean
run_step (const Step *step, const char *text, gsize length, gboolean first, GString *buffer,
    GArray *ranges, SsmtBpeText *out, SsmtBudget *budget)
{
  if (!ssmt_budget_spend_bytes (budget, length))
    return FALSE;
  if (step->meta) {
    put_meta (step, text, length, first, buffer);
    text = buffer->str;
    length = buffer->len;
  }
  if (!step->pattern) {
    add_part (step, text, length, first, out);
    return ssmt_budget_allows (budget, out->text->len);
  }
  if (!ssmt_pattern_find (step->pattern, text, length, ranges, budget))
    return FALSE;
  for (guint i = 0; i < ranges->len && step->invert; i++)
    g_array_index (ranges, SsmtRange, i).match ^= TRUE;
  if (step->behavior >= MERGED_WITH_PREVIOUS)
    join_ranges (ranges, step->behavior);
  for (guint i = 0; i < ranges->len; i++) {
    const SsmtRange *range = &g_array_index (ranges, SsmtRange, i);

    if (step->behavior != REMOVED || !range->match)
      add_part (
          step, text + range->start, range->end - range->start, first && range->start == 0, out);
  }
  return ssmt_budget_allows (budget, out->text->len);
}

gboolean
ssmt_bpe_split (const GPtrArray *steps, SsmtBpeText *text, SsmtBudget *budget)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (SsmtRange));
  gboolean fine = TRUE;

  for (guint i = 0; i < steps->len && fine; i++) {
    SsmtBpeText out;

    ssmt_bpe_text_init (&out);
    for (guint j = 0; j < text->parts->len && fine; j++) {
      const SsmtBpePart *part = &g_array_index (text->parts, SsmtBpePart, j);
      const char *p = text->text->str + part->start;

      if (part->id >= 0)
        ssmt_bpe_text_add (&out, p, part->length, part->id, part->first);
      else
        fine =
            run_step (steps->pdata[i], p, part->length, part->first, buffer, ranges, &out, budget);
    }
    ssmt_bpe_text_clear (text);
    *text = out;
  }
  return fine;
}
