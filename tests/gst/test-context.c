/* ssmtranslate: the element and a document that has become too long for its model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

static char *
translate (Rig *rig, const char *text, guint n)
{
  gst_harness_push (rig->h, rig_make_cue (text, n));
  return rig_pull_text (rig);
}

/* The document begins anew, no cue is lost, and it is said once. */
static void
test_full (void)
{
  g_autofree char *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
  g_autofree char *warning = NULL;
  Rig *rig;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  first = translate (rig, "a", 0);
  g_assert_cmpstr (first, ==, "1:A");
  second = translate (rig, "contextfull b", 1);
  g_assert_cmpstr (second, ==, "1:CONTEXTFULL B");
  third = translate (rig, "c", 2);
  g_assert_cmpstr (third, ==, "2:C");
  fourth = translate (rig, "contextfull d", 3);
  g_assert_cmpstr (fourth, ==, "1:CONTEXTFULL D");
  warning = rig_pop_message (rig, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  g_assert_nonnull (strstr (warning, "a new document begins"));
  g_assert_null (rig_pop_message (rig, GST_MESSAGE_WARNING));
  g_assert_null (rig_pop_message (rig, GST_MESSAGE_ERROR));
  rig_free (rig);
}

/* What would not even fit alone stays as it is, and the rest goes on. */
static void
test_too_long (void)
{
  g_autofree char *first = NULL, *second = NULL;
  Rig *rig;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  first = translate (rig, "contextless", 0);
  g_assert_cmpstr (first, ==, "contextless");
  second = translate (rig, "b", 1);
  g_assert_cmpstr (second, ==, "1:B");
  g_assert_null (rig_pop_message (rig, GST_MESSAGE_ERROR));
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/context/full", test_full);
  g_test_add_func ("/context/too-long", test_too_long);
  return g_test_run ();
}
