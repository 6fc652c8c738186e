/* ssmtranslate: the guard around a model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/guard.h"

#include <string.h>

#include "engine/files/hash.h"
#include "engine/guard/caps.h"
#include "engine/guard/currencies.h"
#include "engine/guard/numbers.h"
#include "engine/guard/spans.h"

/* --- life --------------------------------------------------------------------- */

static void
clear_away (gpointer data)
{
  SsmtAway *away = data;

  g_free (away->text);
  g_free (away->copy);
}

static GArray *
new_aways (void)
{
  GArray *aways = g_array_new (FALSE, FALSE, sizeof (SsmtAway));

  g_array_set_clear_func (aways, clear_away);
  return aways;
}

void
ssmt_guarded_free (SsmtGuarded *self)
{
  if (self == NULL)
    return;
  ssmt_edits_free (self->cleared);
  ssmt_edits_free (self->lowered);
  g_array_unref (self->names);
  g_array_unref (self->signs);
  g_hash_table_unref (self->seen);
  g_ptr_array_unref (self->codes);
  g_free (self);
}

gsize
ssmt_guarded_to_old (const SsmtGuarded *self, gsize place)
{
  if (self->lowered != NULL)
    place = ssmt_edits_to_old (self->lowered, place);
  return ssmt_edits_to_old (self->cleared, place);
}

/* --- putting away ---------------------------------------------------------------- */

static gboolean
is_space_at (const char *text, gsize at)
{
  return text[at] == ' ' || text[at] == '\0';
}

/* A sign with the spaces that go with it: those behind it at the beginning of a text, those before
 * it elsewhere, where it stands between spaces. */
static SsmtRange
widen_sign (const char *text, SsmtRange range, gsize done)
{
  if (range.start == 0) {
    while (text[range.end] == ' ')
      range.end++;
  } else if (is_space_at (text, range.end)) {
    while (range.start > done && text[range.start - 1] == ' ')
      range.start--;
  }
  return range;
}

static void
put_sign (SsmtGuarded *self, const char *text, SsmtRange range)
{
  SsmtRange wide = widen_sign (text, range, self->cleared->done);
  SsmtAway away = { .copy = g_strndup (text + wide.start, wide.end - wide.start),
    .joins_left = wide.start > 0 && text[wide.start] != ' ' && !is_space_at (text, wide.start - 1),
    .joins_right = !is_space_at (text, wide.end) && text[wide.end - 1] != ' ' };
  gboolean divides = away.joins_left && away.joins_right;

  ssmt_edits_replace (self->cleared, wide, divides ? " " : "");
  away.place = self->cleared->text->len;
  g_array_append_val (self->signs, away);
}

/* Signs with nothing but spaces between are one; from spans[i] on. Returns the last of them. */
static guint
put_signs (SsmtGuarded *self, const char *text, const GArray *spans, guint i)
{
  SsmtRange range = g_array_index (spans, SsmtSpan, i).range;

  for (; i + 1 < spans->len; i++) {
    const SsmtSpan *next = &g_array_index (spans, SsmtSpan, i + 1);

    if (next->kind != SSMT_SPAN_SIGN
        || range.end + strspn (text + range.end, " ") < next->range.start)
      break;
    range.end = next->range.end;
  }
  put_sign (self, text, range);
  return i;
}

/* With the digits behind it, which would be its number's. */
static void
put_name (SsmtGuarded *self, const char *text, SsmtRange range)
{
  SsmtAway away = { .text = g_strdup_printf ("X%u", self->names->len + 1) };

  while (g_ascii_isdigit (text[range.end]))
    range.end++;
  away.copy = g_strndup (text + range.start, range.end - range.start);
  ssmt_edits_replace (self->cleared, range, away.text);
  g_array_append_val (self->names, away);
}

/* Marks that models know, from `at` up to `end`. What is written as our names are becomes one. */
static void
put_marks (SsmtGuarded *self, const char *text, gsize at, gsize end)
{
  const SsmtGuardSettings *settings = self->settings;

  while (at < end) {
    gsize next = g_utf8_next_char (text + at) - text;
    gunichar c = g_utf8_get_char (text + at);
    const char *with =
        c >= 0x80 ? ssmt_marks_find (c, settings->marks, settings->tokenizer) : NULL;

    if (with != NULL)
      ssmt_edits_replace (self->cleared, (SsmtRange){ at, next }, with);
    else if (c == 'X' && g_ascii_isdigit (text[next])) {
      put_name (self, text, (SsmtRange){ at, next });
      next = self->cleared->done;
    }
    at = next;
  }
}

/* Once, however often it is there. */
static void
keep_code (SsmtGuarded *self, const char *text, SsmtRange range)
{
  g_autofree char *code = g_strndup (text + range.start, range.end - range.start);

  if (!g_hash_table_contains (self->seen, code)) {
    g_ptr_array_add (self->codes, g_steal_pointer (&code));
    g_hash_table_add (self->seen, self->codes->pdata[self->codes->len - 1]);
  }
}

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  const SsmtSpan *x = a, *y = b;

  if (x->range.start != y->range.start)
    return x->range.start < y->range.start ? -1 : 1;
  return x->range.end > y->range.end ? -1 : x->range.end < y->range.end;
}

/* Terms that are not translated are words. */
static void
add_terms (const SsmtGuardSettings *settings, const char *text, GArray *spans)
{
  g_autoptr (GArray) terms = ssmt_terms_find (settings->glossary, text, settings->reads, FALSE);
  guint n = spans->len;

  for (guint i = 0; i < terms->len; i++) {
    const SsmtTermMatch *match = &g_array_index (terms, SsmtTermMatch, i);
    SsmtSpan span = { match->range, SSMT_SPAN_WORD };

    if (match->term->target == NULL)
      g_array_append_val (spans, span);
  }
  if (spans->len > n)
    g_array_sort (spans, compare_spans);
}

/* Whether a name, or an X, would be one with the digits behind what is dropped. */
static gboolean
would_join (const SsmtGuarded *self, const char *text, SsmtRange dropped)
{
  const SsmtEdits *cleared = self->cleared;
  const SsmtAway *last = self->names->len > 0
      ? &g_array_index (self->names, SsmtAway, self->names->len - 1)
      : NULL;

  if (!g_ascii_isdigit (text[dropped.end]))
    return FALSE;
  if (dropped.start > cleared->done)
    return text[dropped.start - 1] == 'X';
  return g_str_has_suffix (cleared->text->str, "X")
      || (last != NULL && g_str_has_suffix (cleared->text->str, last->text));
}

static void
put_away (SsmtGuarded *self, const char *text)
{
  g_autoptr (GArray) spans = g_array_new (FALSE, FALSE, sizeof (SsmtSpan));
  gsize at = 0;

  ssmt_spans_find (text, self->settings->reads, self->settings->tokenizer, spans);
  if (self->settings->glossary != NULL)
    add_terms (self->settings, text, spans);
  for (guint i = 0; i < spans->len; i++) {
    SsmtSpan *span = &g_array_index (spans, SsmtSpan, i);

    put_marks (self, text, at, span->range.start);
    /* a name has taken the digits that it begins with */
    span->range.start = MAX (span->range.start, self->cleared->done);
    at = span->range.start;
    if (at >= span->range.end)
      continue;
    if (span->kind == SSMT_SPAN_WORD)
      put_name (self, text, span->range);
    else if (span->kind == SSMT_SPAN_SIGN)
      i = put_signs (self, text, spans, i);
    else if (span->kind == SSMT_SPAN_CODE)
      keep_code (self, text, span->range);
    else
      ssmt_edits_replace (
          self->cleared, span->range, would_join (self, text, span->range) ? " " : "");
    at = MAX (at, self->cleared->done);
  }
  put_marks (self, text, at, strlen (text));
  ssmt_edits_finish (self->cleared);
}

/* Behind a name at `text`, or NULL: there is none. */
static const char *
skip_name (const SsmtGuarded *self, const char *text, guint *which)
{
  char *end;
  guint64 n;

  if (*text != 'X' || !g_ascii_isdigit (text[1]))
    return NULL;
  n = g_ascii_strtoull (text + 1, &end, 10);
  if (n < 1 || n > self->names->len)
    return NULL;
  *which = n - 1;
  return end;
}

/* A text without its names. */
static char *
dup_without_names (const SsmtGuarded *self, const char *text)
{
  GString *out;
  guint which;

  if (self->names->len == 0)
    return g_strdup (text);
  out = g_string_new (NULL);
  while (*text != '\0') {
    const char *after = skip_name (self, text, &which);

    if (after == NULL)
      g_string_append_c (out, *text++);
    else
      text = after;
  }
  return g_string_free (out, FALSE);
}

static void
put_capitals (SsmtGuarded *self)
{
  g_autofree char *words = dup_without_names (self, self->cleared->text->str);
  g_autoptr (GHashTable) kept = NULL;

  self->has_words = ssmt_text_has_letter (words);
  if (!ssmt_caps_is_all (words))
    return;
  kept = g_hash_table_new (ssmt_str_hash, g_str_equal);
  for (guint i = 0; i < self->names->len; i++)
    g_hash_table_add (kept, g_array_index (self->names, SsmtAway, i).text);
  for (guint i = 0; i < self->codes->len; i++)
    g_hash_table_add (kept, self->codes->pdata[i]);
  self->lowered =
      ssmt_caps_to_sentence (self->cleared->text->str, self->settings->reads, kept);
  for (guint i = 0; i < self->signs->len; i++) {
    SsmtAway *sign = &g_array_index (self->signs, SsmtAway, i);

    sign->place = ssmt_edits_to_now (self->lowered, sign->place);
  }
}

SsmtGuarded *
ssmt_guard_prepare (const SsmtGuardSettings *settings, const char *text)
{
  SsmtGuarded *self = g_new (SsmtGuarded, 1);

  *self = (SsmtGuarded){ .settings = settings,
    .cleared = ssmt_edits_new (text),
    .names = new_aways (),
    .signs = new_aways (),
    .codes = g_ptr_array_new_with_free_func (g_free),
    .seen = g_hash_table_new (ssmt_str_hash, g_str_equal),
    .style = ssmt_marks_get_style (text) };
  if (settings->quotes_of_target) {
    SsmtMarkStyle own = ssmt_marks_get_style_of (settings->writes);

    own.ellipsis = self->style.ellipsis;
    self->style = own;
  }
  put_away (self, text);
  put_capitals (self);
  self->text = self->lowered != NULL ? self->lowered->text->str : self->cleared->text->str;
  return self;
}

/* --- checking -------------------------------------------------------------------- */

/* Each name of the piece once, and no other. */
static gboolean
has_names (const SsmtGuarded *self, const char *piece, const char *translation)
{
  g_autofree gint *counts = NULL;
  guint which;

  if (self->names->len == 0)
    return TRUE;
  counts = g_new0 (gint, self->names->len);
  for (const char *p = piece; *p != '\0'; p++) {
    if (skip_name (self, p, &which) != NULL)
      counts[which]++;
  }
  for (const char *p = translation; *p != '\0'; p++) {
    if (skip_name (self, p, &which) != NULL)
      counts[which]--;
  }
  for (guint i = 0; i < self->names->len; i++) {
    if (counts[i] != 0)
      return FALSE;
  }
  return TRUE;
}

static guint
count (const char *text, const char *word)
{
  guint n = 0;

  for (const char *p = text; (p = strstr (p, word)) != NULL; p += strlen (word))
    n++;
  return n;
}

/* Each code of the piece as often as there; "iPhone" in "iPhones" is one, too. */
static gboolean
has_codes (const SsmtGuarded *self, const char *piece, const char *translation)
{
  for (guint i = 0; i < self->codes->len; i++) {
    guint n = count (piece, self->codes->pdata[i]);

    if (n > 0 && count (translation, self->codes->pdata[i]) < n)
      return FALSE;
  }
  return TRUE;
}

GArray *
ssmt_guarded_find_terms (const SsmtGuarded *self, const char *piece, const char *translation)
{
  const SsmtGuardSettings *settings = self->settings;
  GArray *all =
      ssmt_terms_find (settings->glossary, piece, settings->reads, self->lowered != NULL);
  GArray *lacking;

  if (translation == NULL)
    return all;
  lacking = ssmt_terms_find_lacking (all, translation, settings->writes);
  g_array_unref (all);
  return lacking;
}

static gboolean
has_terms (const SsmtGuarded *self, const char *piece, const char *translation)
{
  g_autoptr (GArray) lacking = NULL;

  if (self->settings->glossary == NULL)
    return TRUE;
  lacking = ssmt_guarded_find_terms (self, piece, translation);
  return lacking->len == 0;
}

SsmtFaults
ssmt_guarded_check (const SsmtGuarded *self, const char *piece, const char *translation)
{
  const SsmtGuardSettings *settings = self->settings;
  g_autofree char *said = dup_without_names (self, piece);
  g_autofree char *says = dup_without_names (self, translation);
  SsmtFaults faults = SSMT_GUARD_FAULT_NONE;

  if (!has_names (self, piece, translation) || !has_codes (self, piece, translation))
    faults |= SSMT_GUARD_FAULT_COPY;
  if (ssmt_numbers_compare (said, settings->reads, says, settings->writes, NULL)
          != SSMT_NUMBERS_SAME
      || !ssmt_currencies_are_kept (said, says))
    faults |= SSMT_GUARD_FAULT_NUMBER;
  if (ssmt_faults_has_foreign (said, says, settings->reads, settings->writes))
    faults |= SSMT_GUARD_FAULT_SCRIPT;
  if (ssmt_faults_has_loop (said, says))
    faults |= SSMT_GUARD_FAULT_LOOP;
  if (ssmt_faults_is_too_long (said, says))
    faults |= SSMT_GUARD_FAULT_LENGTH;
  if (!has_terms (self, piece, translation))
    faults |= SSMT_GUARD_FAULT_TERM;
  return faults;
}
