/* ssmtranslate: "normalizer" of a tokenizer.json
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/bpe-parts.h"

#include <string.h>

#include "engine/tokens/pattern.h"

/* Of a run of marks: bytes times bytes that take as long as a step. */
#define SQUARE_STEPS 64

typedef struct {
  enum { UNICODE, LOWERCASE, REPLACE, PREPEND, STRIP } kind;
  GNormalizeMode mode;  /* UNICODE */
  SsmtPattern *pattern; /* REPLACE */
  char *content;        /* REPLACE, PREPEND */
  gboolean left, right; /* STRIP */
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  ssmt_pattern_free (step->pattern);
  g_free (step->content);
  g_free (step);
}

/* --- reading ------------------------------------------------------------ */

static gboolean
parse_content (const SsmtJson *json, const char *key, Step *step, GError **error)
{
  const char *content;

  if (!ssmt_json_get_string (json, key, &content, error))
    return FALSE;
  step->content = g_strdup (content);
  return TRUE;
}

static gboolean
parse (const SsmtJson *json, const char *type, GPtrArray *steps, GError **error)
{
  static const struct {
    const char *type;
    GNormalizeMode mode;
  } forms[] = {
    { "NFC", G_NORMALIZE_NFC },
    { "NFD", G_NORMALIZE_NFD },
    { "NFKC", G_NORMALIZE_NFKC },
    { "NFKD", G_NORMALIZE_NFKD },
  };
  Step *step = g_new0 (Step, 1);

  g_ptr_array_add (steps, step);
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
    if (strcmp (type, forms[i].type) == 0) {
      step->kind = UNICODE;
      step->mode = forms[i].mode;
      return TRUE;
    }
  }
  if (strcmp (type, "Lowercase") == 0) {
    step->kind = LOWERCASE;
    return TRUE;
  }
  if (strcmp (type, "Replace") == 0) {
    step->kind = REPLACE;
    step->pattern = ssmt_pattern_parse (json, "pattern", error);
    return step->pattern && parse_content (json, "content", step, error);
  }
  if (strcmp (type, "Prepend") == 0) {
    step->kind = PREPEND;
    return parse_content (json, "prepend", step, error);
  }
  if (strcmp (type, "Strip") == 0) {
    step->kind = STRIP;
    return ssmt_json_get_boolean (json, "strip_left", &step->left, error)
        && ssmt_json_get_boolean (json, "strip_right", &step->right, error);
  }
  return ssmt_bpe_unsupported (json, "normalizer", type,
      "NFC, NFD, NFKC, NFKD, Lowercase, Replace, Prepend, Strip, Sequence", error);
}

GPtrArray *
ssmt_bpe_normalizers_parse (const SsmtJson *top, GError **error)
{
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (step_free);

  return ssmt_bpe_parse_steps (top, "normalizer", "normalizers", parse, steps, error)
      ? g_steal_pointer (&steps)
      : NULL;
}

/* --- running ------------------------------------------------------------ */

static gboolean
is_ascii (const GString *text)
{
  for (gsize i = 0; i < text->len; i++)
    if (text->str[i] & 0x80)
      return FALSE;
  return TRUE;
}

/* Whether text may be cut before `c`: it is no mark, nor does what it is made
 * of join what comes before. Of such there are more. */
static gboolean
begins (gunichar c)
{
  if (c < 0x80 || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3))
    return TRUE;
  return g_unichar_isupper (c) || g_unichar_islower (c);
}

/* In short pieces, since GLib's time grows with the square of the length. */
static gboolean
run_unicode (const Step *step, GString *text, SsmtBudget *budget)
{
  g_autofree char *before = NULL;
  const char *p, *done;

  if (is_ascii (text))
    return TRUE;
  p = done = before = g_strndup (text->str, text->len);
  g_string_truncate (text, 0);
  while (*done) {
    g_autofree char *normal = NULL;

    do
      p = g_utf8_next_char (p);
    while (*p && (p - done < 128 || !begins (g_utf8_get_char (p))));
    if (!ssmt_budget_spend (budget, (guint64) (p - done) * (guint64) (p - done) / SQUARE_STEPS))
      return FALSE;
    normal = g_utf8_normalize (done, p - done, step->mode);
    g_string_append (text, normal);
    done = p;
  }
  return TRUE;
}

/* GLib lowers letters only, the reference numbers and symbols too. */
static gunichar
lower (gunichar c)
{
  if (c >= 0x2160 && c <= 0x216f)
    return c + 16;
  if (c >= 0x24b6 && c <= 0x24cf)
    return c + 26;
  return g_unichar_tolower (c);
}

static void
run_lowercase (GString *text)
{
  g_autofree char *before = g_strndup (text->str, text->len);

  g_string_truncate (text, 0);
  for (const char *p = before; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    g_string_append_unichar (text, lower (c));
    if (c == 0x130) /* the only one with two [SpecialCasing] */
      g_string_append_unichar (text, 0x307);
  }
}

static gboolean
run_replace (const Step *step, GString *text, gboolean *first, SsmtBudget *budget)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (SsmtRange));
  g_autofree char *before = g_strndup (text->str, text->len);
  gsize length = strlen (step->content);

  if (!ssmt_pattern_find (step->pattern, before, text->len, ranges, budget))
    return FALSE;
  g_string_truncate (text, 0);
  for (guint i = 0; i < ranges->len; i++) {
    const SsmtRange *range = &g_array_index (ranges, SsmtRange, i);
    const char *part = range->match ? step->content : before + range->start;

    if (!ssmt_budget_append (budget, text, part, range->match ? length : range->end - range->start))
      return FALSE;
    if (range->match && range->start == 0 && range->end > 0 && length == 0)
      *first = FALSE;
  }
  return TRUE;
}

static gboolean
run_prepend (const Step *step, GString *text, SsmtBudget *budget)
{
  if (text->len == 0)
    return TRUE;
  if (!ssmt_budget_allows (budget, text->len + strlen (step->content)))
    return FALSE;
  g_string_prepend (text, step->content);
  return TRUE;
}

static void
run_strip (const Step *step, GString *text, gboolean *first)
{
  gsize start = 0, end = text->len;

  while (step->left && start < end && ssmt_pattern_is_space (g_utf8_get_char (text->str + start)))
    start = (gsize) (g_utf8_next_char (text->str + start) - text->str);
  while (step->right && end > start) {
    const char *last = g_utf8_prev_char (text->str + end);

    if (!ssmt_pattern_is_space (g_utf8_get_char (last)))
      break;
    end = (gsize) (last - text->str);
  }
  g_string_truncate (text, end);
  g_string_erase (text, 0, (gssize) start);
  if (start > 0)
    *first = FALSE;
}

static gboolean
run_step (const Step *step, GString *text, gboolean *first, SsmtBudget *budget)
{
  switch (step->kind) {
    case REPLACE:
      return run_replace (step, text, first, budget);
    case PREPEND:
      return run_prepend (step, text, budget);
    case UNICODE:
      if (!run_unicode (step, text, budget))
        return FALSE;
      break;
    case LOWERCASE:
      run_lowercase (text);
      break;
    case STRIP:
      run_strip (step, text, first);
  }
  return ssmt_budget_allows (budget, text->len);
}

gboolean
ssmt_bpe_normalize (const GPtrArray *steps, GString *text, gboolean *first, SsmtBudget *budget)
{
  for (guint i = 0; i < steps->len; i++)
    if (!ssmt_budget_spend_bytes (budget, text->len)
        || !run_step (steps->pdata[i], text, first, budget))
      return FALSE;
  return TRUE;
}
