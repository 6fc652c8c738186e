/* ssmtranslate: a bar that grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 24
#define INTERVAL_US 100000

struct _FetchBar {
  char *name;
  gboolean shown; /* on a terminal */
  gboolean drawn; /* something stands in the line */
  gint64 begin, last;
  guint64 first; /* bytes that were there to begin with */
};

FetchBar *
fetch_bar_new (const char *name)
{
  FetchBar *self = g_new0 (FetchBar, 1);

  self->name = g_strdup (name);
  self->shown = isatty (STDERR_FILENO);
  self->begin = g_get_monotonic_time ();
  return self;
}

static void
draw (FetchBar *self, guint64 done, guint64 total)
{
  double seconds = (double) (self->last - self->begin) / G_USEC_PER_SEC;
  double rate = seconds > 0 ? (double) (done - self->first) / seconds : 0;
  char bar[WIDTH + 1];
  guint full = total ? (guint) (done * WIDTH / total) : 0;

  for (guint i = 0; i < WIDTH; i++)
    bar[i] = i < full ? '#' : '.';
  bar[WIDTH] = '\0';
  if (total)
    fprintf (stderr, "\r%-32.32s [%s] %3u %%  %.1f of %.1f MB, %.1f MB/s  ", self->name, bar,
        (guint) (done * 100 / total), (double) done / 1e6, (double) total / 1e6, rate / 1e6);
  else
    fprintf (
        stderr, "\r%-32.32s %.1f MB, %.1f MB/s  ", self->name, (double) done / 1e6, rate / 1e6);
  fflush (stderr);
}

void
fetch_bar_update (guint64 done, guint64 total, gpointer data)
{
  FetchBar *self = data;
  gint64 now = g_get_monotonic_time ();

  if (!self->shown)
    return;
  if (!self->drawn || done < self->first) {
    self->first = done;
    self->begin = now;
  } else if (now - self->last < INTERVAL_US && done != total) {
    return;
  }
  self->drawn = TRUE;
  self->last = now;
  draw (self, done, total);
}

void
fetch_bar_free (FetchBar *self)
{
  if (self->drawn)
    fputc ('\n', stderr);
  g_free (self->name);
  g_free (self);
}
