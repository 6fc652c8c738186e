/* ssmtranslate tests: 10,000 lines in 21 scripts
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lines.h"

#include <string.h>

#include "test-util.h"

#define N_SCRIPTS 21

guint64
lines_random (guint64 *state, guint64 n)
{
  *state =
      *state * G_GUINT64_CONSTANT (6364136223846793005) + G_GUINT64_CONSTANT (1442695040888963407);
  return (*state >> 33) % n;
}

static guint
read_hex (const char **p, guint most)
{
  guint value = 0;

  for (guint i = 0; i < most && g_ascii_isxdigit (**p); i++)
    value = value * 16 + (guint) g_ascii_xdigit_value (*(*p)++);
  return value;
}

/* "~0041-005A": a character from a range; anything else is none. */
static gboolean
expand_range (const char **item, guint64 *random, GString *out)
{
  const char *p = *item + 1;
  guint low = read_hex (&p, 5), high;

  if (p < *item + 5 || *p++ != '-')
    return FALSE;
  high = read_hex (&p, 5);
  g_string_append_unichar (out, low + (gunichar) lines_random (random, high - low + 1));
  *item = p;
  return TRUE;
}

static void
expand (const char *item, guint64 *random, GString *out)
{
  while (*item) {
    const char *p = item + 2;

    if (*item == '~' && expand_range (&item, random, out))
      continue;
    if (*item != '\\') {
      g_string_append_c (out, *item++);
      continue;
    }
    if (item[1] == 'u')
      g_string_append_unichar (out, read_hex (&p, 4));
    else if (item[1] == 'x')
      g_string_append_c (out, (char) read_hex (&p, 2));
    else
      g_string_append_c (out, item[1]);
    item = p;
  }
}

static void
expand_any (char **items, guint times, guint64 *random, GString *out)
{
  g_autoptr (GString) text = g_string_new (NULL);

  expand (items[lines_random (random, g_strv_length (items))], random, text);
  while (times-- > 0)
    g_string_append_len (out, text->str, (gssize) text->len);
}

static GString *
make_line (GPtrArray *lists, guint i, guint64 *random)
{
  char **mine = lists->pdata[i % N_SCRIPTS];
  char **spaces = lists->pdata[lists->len - 1];
  GString *line = g_string_new (NULL);

  for (guint64 n = lines_random (random, 12); n > 0; n--) {
    char **items = mine;
    guint64 joined = 1, space;

    if (lines_random (random, 4) == 3)
      items = lists->pdata[lines_random (random, lists->len)];
    if (lines_random (random, 8) == 0)
      joined = 1 + lines_random (random, 6);
    while (joined-- > 0)
      expand_any (items, 1, random, line);
    space = lines_random (random, 16);
    if (space < 12)
      g_string_append_c (line, ' ');
    else if (space < 14)
      expand_any (spaces, 1, random, line);
  }
  if (i % 500 == 499)
    expand_any (mine, 300, random, line);
  return line;
}

static void
free_line (gpointer line)
{
  g_string_free (line, TRUE);
}

GPtrArray *
lines_new (void)
{
  g_autofree char *path = test_data ("tokenizers/scripts.txt");
  g_autoptr (GBytes) file = test_file_read (path);
  g_autofree char *text = g_strndup (g_bytes_get_data (file, NULL), g_bytes_get_size (file));
  g_auto (GStrv) rows = g_strsplit (text, "\n", -1);
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  GPtrArray *lines = g_ptr_array_new_with_free_func (free_line);
  guint64 random = 1;

  for (guint i = 0; rows[i]; i++)
    if (*rows[i])
      g_ptr_array_add (lists, g_strsplit (strchr (rows[i], '\t') + 1, "\t", -1));
  for (guint i = 0; i < N_LINES; i++)
    g_ptr_array_add (lines, make_line (lists, i, &random));
  return lines;
}
