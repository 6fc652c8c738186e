/* ssmtranslate tests: whether time grows with the length of a text, or with the square of it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor's time of this thread, of more work against that of less: whatever else the machine does, and under whichever
 * sanitizer.
 */
#ifndef GROWTH_H
#define GROWTH_H

#include <glib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <time.h>

/* Does its work on a text of about `length` bytes. */
typedef void (*GrowthWork) (gsize length, gconstpointer data);

/* The least of three, in us. */
static inline gint64
growth_measure (GrowthWork work, gsize length, gconstpointer data)
{
  gint64 least = G_MAXINT64;

#ifdef __GLIBC__
  /* meson's MALLOC_PERTURB_ writes over all of what is free behind a block that grows by a little */
  mallopt (M_PERTURB, 0);
#endif
  for (guint i = 0; i < 3; i++) {
    struct timespec start, end;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &start);
    work (length, data);
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &end);
    least = MIN (
        least, (end.tv_sec - start.tv_sec) * G_USEC_PER_SEC + (end.tv_nsec - start.tv_nsec) / 1000);
  }
  return least;
}

/* Four times the length takes about four times as long; the square would be sixteen. */
static inline void
growth_assert_linear (GrowthWork work, gsize length, gconstpointer data)
{
  gint64 once = growth_measure (work, length / 4, data);
  gint64 four = growth_measure (work, length, data);

  g_test_message ("%.1f ms, four times the length %.1f ms", once / 1e3, four / 1e3);
  g_assert_cmpint (four, <, 9 * once + 20000);
}

#endif /* GROWTH_H */
