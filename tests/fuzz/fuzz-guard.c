/* ssmtranslate tests: the guard around models
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever a text is, its parts cover it, its spans and numbers lie in it and apart, and what a model copies word by
 * word comes back as it was, but for marks and capitals.
 */
#include <string.h>

#include "engine/guard/caps.h"
#include "engine/guard/guard.h"
#include "engine/guard/numbers.h"
#include "engine/guard/parts.h"
#include "engine/guard/spans.h"
#include "engine/tokens/pieces.h"
#include "fuzz.h"

/* Ranges (the first member of items of `size` bytes) are ascending, apart and between characters. */
static void
check_ranges (const char *text, const GArray *items, gboolean cover)
{
  gsize size = g_array_get_element_size ((GArray *) items), done = 0;

  for (guint i = 0; i < items->len; i++) {
    const SsmtRange *range = (const SsmtRange *) (items->data + i * size);

    g_assert_cmpuint (range->start, >=, done);
    g_assert_cmpuint (range->start, <, range->end);
    g_assert_cmpuint (range->end, <=, strlen (text));
    g_assert_true (g_utf8_validate (text + range->start, range->end - range->start, NULL));
    if (cover)
      g_assert_cmpuint (range->start, ==, done);
    done = range->end;
  }
  if (cover)
    g_assert_cmpuint (done, ==, strlen (text));
}

/* Without white space, marks and capitals; characters that are not shown are no part of it. */
static char *
fold (const char *text)
{
  g_autofree char *lower = g_utf8_casefold (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *p = lower; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    /* to Unicode an apostrophe is a letter */
    if (g_unichar_isalnum (c) && c != 0x2bc)
      g_string_append_unichar (out, c);
  }
  return g_string_free (out, FALSE);
}

static void
check_guard (const SsmtGuardSettings *settings, const char *text)
{
  g_autoptr (SsmtGuarded) guarded = ssmt_guard_prepare (settings, text);
  g_auto (SsmtRestored) restored = { { NULL }, NULL };
  gsize length = strlen (guarded->text);
  g_autofree char *before = fold (text), *after = NULL;

  g_assert_true (g_utf8_validate (guarded->text, -1, NULL));
  for (gsize place = 0; place <= length; place++)
    g_assert_cmpuint (ssmt_guarded_to_old (guarded, place), <=, strlen (text));
  g_assert_cmpuint (ssmt_guarded_check (guarded, guarded->text, guarded->text)
          & (SSMT_GUARD_FAULT_COPY | SSMT_GUARD_FAULT_LENGTH | SSMT_GUARD_FAULT_LOOP), ==, 0);
  ssmt_guarded_restore (guarded, (SsmtRange){ 0, length }, guarded->text, NULL, 0, &restored);
  g_assert_true (g_utf8_validate (restored.text, -1, NULL));
  for (gsize place = 0; place <= length; place++)
    g_assert_cmpuint (ssmt_restored_to_now (&restored, place), <=, strlen (restored.text));
  after = fold (restored.text);
  /* capitals of some languages are other letters, and come back as others */
  if (guarded->lowered == NULL)
    g_assert_cmpstr (after, ==, before);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const SsmtGuardSettings settings[] = { { .reads = "en", .writes = "pt" },
    { .reads = "en", .writes = "ja", .quotes_of_target = TRUE }, { .reads = NULL, .writes = NULL } };
  g_autofree char *made = g_utf8_make_valid (size > 0 ? (const char *) data : "", (gssize) size);
  g_autofree char *text = ssmt_text_normalize (made), *word = NULL;
  g_autoptr (GArray) parts = ssmt_parts_divide (text, NULL);
  g_autoptr (GArray) numbers = ssmt_numbers_find (text);
  g_autoptr (GArray) spans = g_array_new (FALSE, FALSE, sizeof (SsmtSpan));
  g_autoptr (GPtrArray) between = g_ptr_array_new_with_free_func (g_free);

  check_ranges (text, parts, TRUE);
  check_ranges (text, numbers, FALSE);
  ssmt_spans_find (text, "en", NULL, spans);
  check_ranges (text, spans, FALSE);
  word = ssmt_parts_get_repeated (text, between);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    check_guard (&settings[i], text);
  return 0;
}
