/* ssmtranslate tests: the guard and long texts
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/gaps.h"
#include "tests/growth.h"

#include <string.h>

static const SsmtGuardSettings english = { .reads = "en", .writes = "pt" };

static void
guard_and_restore (gsize length, gconstpointer unit)
{
  g_autoptr (GString) text = g_string_new ("{a} ");
  g_autoptr (SsmtGuarded) guarded = NULL;
  g_auto (SsmtRestored) out = { { NULL }, NULL };

  while (text->len < length)
    g_string_append (text, unit);
  guarded = ssmt_guard_prepare (&english, text->str);
  ssmt_guarded_check (guarded, guarded->text, guarded->text);
  ssmt_guarded_restore (
      guarded, (SsmtRange){ 0, strlen (guarded->text) }, guarded->text, NULL, 0, &out);
  g_assert_cmpuint (strlen (out.text), >, 0);
}

/* Text whose every place was looked at from every other took minutes. */
static void
test_long (void)
{
  static const char *const units[] = { "\360\237\230\200 a ", "a\360\237\230\200", "-", "\302\275",
    "ab", "\302\262-", "1 ", "a-" };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    growth_assert_linear (guard_and_restore, 400000, units[i]);
}

/* As it is defined. */
static guint
find_gap (const SsmtGuardLinks *links, guint first, gsize place, gsize length)
{
  double wanted = (double) place * links->n / length, best_distance = 0;
  guint best = first, fewest = G_MAXUINT;

  for (guint gap = first; gap <= links->n; gap++) {
    double distance = ABS (gap - wanted);
    guint wrong = 0;

    for (guint i = 0; i < links->n; i++)
      wrong += links->source[i] >= 0 && (i < gap) != ((gsize) links->source[i] < place);
    if (wrong < fewest || (wrong == fewest && distance < best_distance)) {
      fewest = wrong;
      best = gap;
      best_distance = distance;
    }
  }
  return best;
}

static void
test_gaps (void)
{
  for (guint round = 0; round < 2000; round++) {
    gssize source[20];
    gsize length = (gsize) g_test_rand_int_range (1, 40);
    SsmtGuardLinks links = { NULL, source, (guint) g_test_rand_int_range (0, 20) };
    g_autoptr (SsmtGaps) gaps = NULL;

    for (guint i = 0; i < links.n; i++)
      source[i] = g_test_rand_int_range (-1, (gint32) length);
    gaps = ssmt_gaps_new (&links, length);
    for (gsize place = 0; place < length; place += (gsize) g_test_rand_int_range (0, 3)) {
      guint first = links.n > 0 ? (guint) g_test_rand_bit () : 0;

      g_assert_cmpuint (
          ssmt_gaps_find (gaps, first, place), ==, find_gap (&links, first, place, length));
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guard/long", test_long);
  g_test_add_func ("/guard/gaps", test_gaps);
  return g_test_run ();
}
