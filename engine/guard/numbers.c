/* ssmtranslate: the numbers of a text and of its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/numbers.h"

#include <string.h>

#include <unicode/unum.h>

#define MAX_RUNS 8

/* A number while it is read: its runs of digits, and what divides them. */
typedef struct {
  char runs[MAX_RUNS][SSMT_NUMBER_MAX_DIGITS + 1];
  gunichar seps[MAX_RUNS];
  guint n;
} Digits;

gsize
ssmt_number_read_run (const char *text, char run[SSMT_NUMBER_MAX_DIGITS + 1])
{
  const char *p = text;
  guint n = 0;

  for (; g_unichar_isdigit (g_utf8_get_char (p)); p = g_utf8_next_char (p)) {
    if (n < SSMT_NUMBER_MAX_DIGITS)
      run[n++] = '0' + g_unichar_digit_value (g_utf8_get_char (p));
  }
  run[n] = '\0';
  return p - text;
}

static gboolean
is_group_space (gunichar c)
{
  return c == ' ' || c == 0xa0 || c == 0x202f || c == 0x2009;
}

/* Those of Arabic, too. */
static gboolean
is_separator (gunichar c)
{
  return c == '.' || c == ',' || c == ':' || c == '\'' || c == 0x2019 || c == 0x066b || c == 0x066c
      || is_group_space (c);
}

/* Whether the separator at `text` and the run behind it go on with the number: 1,200.50, 1 200, 19:30. */
static gboolean
goes_on (
    const Digits *digits, const char *text, char next[SSMT_NUMBER_MAX_DIGITS + 1], gsize *length)
{
  gunichar sep = g_utf8_get_char (text);
  gsize n = 0;

  if (digits->n == MAX_RUNS || !is_separator (sep))
    return FALSE;
  text = g_utf8_next_char (text);
  n = ssmt_number_read_run (text, next);
  if (n == 0)
    return FALSE;
  if ((is_group_space (sep) || sep == '\'' || sep == 0x2019)
      && (strlen (next) != 3 || strlen (digits->runs[0]) > 3
          || (digits->n > 1 && digits->seps[digits->n - 1] != sep)))
    return FALSE;
  *length = n;
  return TRUE;
}

static gsize
read_number (const char *text, Digits *digits)
{
  const char *p = text;
  char next[SSMT_NUMBER_MAX_DIGITS + 1];
  gsize length;

  digits->n = 1;
  p += ssmt_number_read_run (p, digits->runs[0]);
  while (goes_on (digits, p, next, &length)) {
    digits->seps[digits->n] = g_utf8_get_char (p);
    memcpy (digits->runs[digits->n++], next, sizeof next);
    p = g_utf8_next_char (p) + length;
  }
  return p - text;
}

/* --- readings ------------------------------------------------------------------- */

static void
add (GPtrArray *readings, char *reading)
{
  for (guint i = 0; i < readings->len; i++) {
    if (strcmp (readings->pdata[i], reading) == 0) {
      g_free (reading);
      return;
    }
  }
  g_ptr_array_add (readings, reading);
}

static char *
join (const Digits *digits, guint first, guint end, const char *between)
{
  GString *out = g_string_new (NULL);

  for (guint i = first; i < end; i++)
    g_string_append_printf (out, "%s%s", i > first ? between : "", digits->runs[i]);
  return g_string_free (out, FALSE);
}

static char *
group_by_thousands (const char *run)
{
  GString *out = g_string_new (run);

  for (gssize at = (gssize) out->len - 3; at > 0; at -= 3)
    g_string_insert_c (out, at, ' ');
  return g_string_free (out, FALSE);
}

static const char *
skip_zeros (const char *run)
{
  while (run[0] == '0' && run[1] != '\0')
    run++;
  return run;
}

/* "a.m.", "PM" behind an hour; 0: neither. */
static char
half_of_day (const char *after)
{
  while (*after == ' ' || (guchar) *after == 0xc2 || (guchar) *after == 0xa0)
    after++;
  if (g_ascii_strncasecmp (after, "am", 2) == 0 || g_ascii_strncasecmp (after, "a.m", 3) == 0)
    return 'a';
  if (g_ascii_strncasecmp (after, "pm", 2) == 0 || g_ascii_strncasecmp (after, "p.m", 3) == 0)
    return 'p';
  return 0;
}

/* The hour as others count it, with its minutes where there are some. */
static void
add_hours (GPtrArray *readings, const Digits *digits, char half)
{
  guint hour = (guint) g_ascii_strtoull (digits->runs[0], NULL, 10), n = 0, hours[3];
  const char *minutes = digits->n == 2 ? digits->runs[1] : "";

  hours[n++] = hour;
  if (half == 'p' && hour < 12)
    hours[n++] = hour + 12;
  else if (half == 'a' && hour == 12)
    hours[n++] = 0;
  else if (half == 0 && hour > 12 && hour < 24)
    hours[n++] = hour - 12;
  for (guint i = 0; i < n; i++) {
    add (readings, g_strchomp (g_strdup_printf ("%u %s", hours[i], minutes)));
    add (readings, g_strchomp (g_strdup_printf ("%02u %s", hours[i], minutes)));
    if (strcmp (minutes, "00") == 0)
      add (readings, g_strdup_printf ("%u", hours[i]));
  }
}

/* Whether its separators may divide thousands: 12,000, 1,00,000. */
static gboolean
is_grouped (const Digits *digits)
{
  for (guint i = 1; i + 1 < digits->n; i++) {
    if (strlen (digits->runs[i]) < 2 || strlen (digits->runs[i]) > 3)
      return FALSE;
  }
  return digits->n > 1 && strlen (digits->runs[digits->n - 1]) == 3;
}

/* Zeros come and go behind the point, but not three: these are thousands. */
static void
add_decimals (GPtrArray *readings, const Digits *digits)
{
  g_autofree char *whole = join (digits, 0, digits->n - 1, "");
  g_autofree char *groups = join (digits, 0, digits->n - 1, " ");
  g_autofree char *fraction = g_strdup (digits->runs[digits->n - 1]);

  add (readings, g_strdup_printf ("%s %s", whole, fraction));
  while (strlen (digits->runs[digits->n - 1]) != 3 && *fraction != '\0'
      && g_str_has_suffix (fraction, "0")) {
    fraction[strlen (fraction) - 1] = '\0';
    add (readings, g_strchomp (g_strdup_printf ("%s %s", groups, fraction)));
    add (readings, g_strchomp (g_strdup_printf ("%s %s", whole, fraction)));
  }
}

static GStrv
make_readings (const Digits *digits, const char *after)
{
  GPtrArray *readings = g_ptr_array_new ();
  const char *first = digits->runs[0];
  gboolean is_time = digits->n == 2 && digits->seps[1] == ':' && strlen (first) <= 2;
  char half = half_of_day (after);

  add (readings, join (digits, 0, digits->n, " "));
  if (is_grouped (digits) && digits->seps[1] != ':')
    add (readings, join (digits, 0, digits->n, ""));
  if (digits->n > 1 && digits->seps[digits->n - 1] != ':')
    add_decimals (readings, digits);
  if (is_time || (digits->n <= 2 && half != 0))
    add_hours (readings, digits, half);
  if (digits->n == 1 && strlen (first) > 3)
    add (readings, group_by_thousands (first));
  if (digits->n == 1 && skip_zeros (first) != first)
    add (readings, g_strdup (skip_zeros (first)));
  /* decades */
  if (digits->n == 1 && strlen (first) == 4 && *after == 's')
    add (readings, g_strdup (first + 2));
  g_ptr_array_add (readings, NULL);
  return (GStrv) g_ptr_array_free (readings, FALSE);
}

/* "th", "º" behind a number. */
static gboolean
is_ordinal (const char *after)
{
  static const char *const endings[] = { "th", "st", "nd", "rd", "\xc2\xba", "\xc2\xaa", "er", "re",
    "e " };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    if (g_ascii_strncasecmp (after, endings[i], strlen (endings[i])) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
clear_number (gpointer data)
{
  g_strfreev (((SsmtNumber *) data)->readings);
}

GArray *
ssmt_numbers_find (const char *text)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (SsmtNumber));
  const char *p = text;
  Digits digits;

  g_array_set_clear_func (numbers, clear_number);
  while (*p != '\0') {
    SsmtNumber number;

    if (!g_unichar_isdigit (g_utf8_get_char (p))) {
      p = g_utf8_next_char (p);
      continue;
    }
    number.range.start = p - text;
    p += read_number (p, &digits);
    number.range.end = p - text;
    number.readings = make_readings (&digits, p);
    number.is_ordinal = is_ordinal (p);
    number.is_grouped =
        digits.n > 1 ? is_grouped (&digits) && digits.seps[1] != ':' : strlen (digits.runs[0]) > 3;
    g_array_append_val (numbers, number);
  }
  return numbers;
}

/* --- separators ------------------------------------------------------------------- */

static gboolean
get_separators (const char *language, gunichar *decimal, gunichar *group)
{
  static const UNumberFormatSymbol symbols[] = { UNUM_DECIMAL_SEPARATOR_SYMBOL,
    UNUM_GROUPING_SEPARATOR_SYMBOL };
  gunichar *out[] = { decimal, group };
  UErrorCode status = U_ZERO_ERROR;
  UNumberFormat *format =
      language != NULL ? unum_open (UNUM_DECIMAL, NULL, 0, language, NULL, &status) : NULL;
  gboolean ok = format != NULL && U_SUCCESS (status);

  for (guint i = 0; ok && i < G_N_ELEMENTS (symbols); i++) {
    UChar symbol[4];
    int32_t n = unum_getSymbol (format, symbols[i], symbol, G_N_ELEMENTS (symbol), &status);

    ok = U_SUCCESS (status) && n == 1;
    *out[i] = ok ? symbol[0] : 0;
  }
  if (format != NULL)
    unum_close (format);
  return ok;
}

char *
ssmt_numbers_localize (const char *number, const char *from, const char *to)
{
  gunichar old[2], now[2];
  g_autoptr (GString) out = g_string_new (NULL);

  if (strpbrk (number, ".,") == NULL || !get_separators (from, &old[0], &old[1])
      || !get_separators (to, &now[0], &now[1]))
    return NULL;
  for (const char *p = number; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    c = c == old[0] ? now[0] : c == old[1] ? now[1] : c;
    g_string_append_unichar (out, c == 0x202f ? 0xa0 : c);
  }
  return strcmp (out->str, number) != 0 ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}
