/* ssmtranslate tests: text in lines
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first two bytes are limits, the rest is text. Whatever it is, its lines stand in order and between
 * characters, all that is between them is white space, and there are no more than were allowed.
 */
#include <string.h>

#include <ssmt/ssmt.h>

#include "fuzz.h"

static void
check_gap (const char *text, gsize start, gsize end)
{
  for (const char *p = text + start; p < text + end; p = g_utf8_next_char (p)) {
    if (!ssmt_text_is_space (g_utf8_get_char (p)))
      g_error ("lost at %zu: %s", (gsize) (p - text), text);
  }
}

static void
check (SsmtLines *breaks, const char *text, guint max_columns, guint max_lines)
{
  guint n;
  g_autofree SsmtRange *lines = ssmt_lines_find (breaks, text, max_columns, max_lines, &n);
  gsize done = 0;

  if (max_lines > 0 && n > max_lines)
    g_error ("%u lines for %u: %s", n, max_lines, text);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint (lines[i].start, >=, done);
    g_assert_cmpuint (lines[i].start, <, lines[i].end);
    g_assert_cmpuint (lines[i].end, <=, strlen (text));
    g_assert_true (g_utf8_validate (text + lines[i].start, lines[i].end - lines[i].start, NULL));
    check_gap (text, done, lines[i].start);
    done = lines[i].end;
  }
  check_gap (text, done, strlen (text));
  g_assert_cmpuint (ssmt_text_count_characters (text), <=, g_utf8_strlen (text, -1));
  g_assert_cmpuint (ssmt_text_count_columns (text), <=, 2 * g_utf8_strlen (text, -1));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const languages[] = { NULL, "en", "pt", "ja", "ko", "th" };
  static SsmtLines *breaks[G_N_ELEMENTS (languages)];
  g_autofree char *text = NULL;

  if (size < 2)
    return 0;
  text = g_utf8_make_valid ((const char *) data + 2, (gssize) (size - 2));
  for (guint i = 0; i < G_N_ELEMENTS (languages); i++) {
    if (breaks[i] == NULL)
      breaks[i] = ssmt_lines_new (languages[i]);
    check (breaks[i], text, data[0] % 64, data[1] % 5);
  }
  return 0;
}
