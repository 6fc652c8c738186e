/* subtitle-demo: source and translation beside each other
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "demo-columns.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PAGE_WIDTH 100
#define MIN_WIDTH 40
#define MAX_WIDTH 140

guint
demo_columns_width (void)
{
  struct winsize size;
  guint width = PAGE_WIDTH;

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
    width = size.ws_col;
  return CLAMP (width, MIN_WIDTH, MAX_WIDTH);
}

static guint
char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c) || g_unichar_iscntrl (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/* Bytes of `text` that go into one line: up to the last blank that fits, or to
 * the last letter where there is none. `used` becomes its columns. */
static gsize
fit_line (const char *text, guint width, guint *used)
{
  const char *blank = NULL;
  const char *p;
  guint columns = 0, before_blank = 0;

  for (p = text; *p && *p != '\n'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c == ' ') {
      blank = p;
      before_blank = columns;
    }
    if (columns + char_width (c) > width)
      break;
    columns += char_width (c);
  }
  if (!*p || *p == '\n' || !blank || p == text) {
    *used = columns;
    return p - text;
  }
  *used = before_blank;
  return blank - text;
}

static void
print_line (const char **text, guint width, gboolean pad)
{
  guint used = 0;
  gsize bytes = fit_line (*text, width, &used);

  fwrite (*text, 1, bytes, stdout);
  if (pad)
    printf ("%*s", (int) (width - used), "");
  *text += bytes;
  if (**text == ' ' || **text == '\n')
    (*text)++;
}

void
demo_columns_print (guint width, const char *number, const char *source, const char *translation)
{
  guint half = (width - 10) / 2; /* the number and two bars */

  do {
    printf ("%4s | ", number);
    print_line (&source, half, TRUE);
    fputs (" | ", stdout);
    print_line (&translation, half, FALSE);
    putchar ('\n');
    number = "";
  } while (*source || *translation);
  fflush (stdout);
}
