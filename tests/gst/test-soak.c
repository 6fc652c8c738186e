/* ssmtranslate tests: twenty thousand cues, and memory stays
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gst/check/gstharness.h>

#include "gstssmtranslate.h"
#include "resident.h"

#define N_CUES 20000
#define SETTLED 1000
#define MAX_GROWTH (1024 * 1024)

static const char *const words[] = { "harbour", "hello", "the ship", "Anna", "where", "tomorrow",
  "never mind", "water", "an old song", "yes" };

static void
test_soak (void)
{
  GstHarness *h = gst_harness_new ("ssmtranslate");
  gsize settled = 0, end;

  gst_harness_set_src_caps_str (h, "text/x-raw, format=utf8");
  for (guint i = 0; i < N_CUES; i++) {
    g_autofree char *text = g_strdup_printf (
        "%s %s!", words[i % G_N_ELEMENTS (words)], words[i / 7 % G_N_ELEMENTS (words)]);
    gsize length = strlen (text);
    GstBuffer *cue = gst_buffer_new_wrapped (g_steal_pointer (&text), length);

    GST_BUFFER_PTS (cue) = i * GST_SECOND;
    GST_BUFFER_DURATION (cue) = GST_SECOND / 2;
    g_assert_cmpint (gst_harness_push (h, cue), ==, GST_FLOW_OK);
    cue = gst_harness_pull (h);
    g_assert_nonnull (cue);
    g_assert_cmpuint (GST_BUFFER_PTS (cue), ==, i * GST_SECOND);
    g_assert_cmpuint (gst_buffer_get_size (cue), >, 0);
    gst_buffer_unref (cue);
    if (i + 1 == SETTLED)
      settled = resident_bytes ();
  }
  end = resident_bytes ();
  g_test_message (
      "resident after %d cues: %zu bytes, after %d: %zu", SETTLED, settled, N_CUES, end);
  g_assert_cmpuint (settled, >, 0);
  g_assert_cmpuint (end, <, settled + MAX_GROWTH);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (ssmtranslate, NULL);
  g_test_add_func ("/soak/memory", test_soak);
  return g_test_run ();
}
