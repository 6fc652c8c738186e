/* ssmtranslate tests: a flush in the middle of what the engine does
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gst/check/gstharness.h>

#include "gstssmtranslate.h"

#define N_TRIES 20
/* The next try waits so much longer, so that every step is met at work: markup,
 * cutting into pieces, reading, searching. */
#define STEP_US 10000
#define MAX_US 50000

/* Cues that keep the engine busy for many seconds, of `unit` again and again. */
static const struct {
  const char *name;
  const char *unit;
  gsize size; /* bytes, at most */
} cues[] = {
  { "sentences",
      "He had sold the old house by the river, and nobody knew "
      "why. ",
      CUE_MAX_LENGTH },
  { "no sentence ends", "and then the house and the river ", CUE_MAX_LENGTH },
  { "one word", "xylophon", CUE_MAX_LENGTH },
  /* another script would be copied at once */
  { "not of this language", "neniu scias kial ", CUE_MAX_LENGTH },
  { "speakers", "- No.\n", CUE_MAX_LENGTH },
  { "tags", "a <i>small</i> house &amp; ", CUE_MAX_LENGTH },
  { "tags inside tags", "<i>a hen ", CUE_MAX_LENGTH },
  { "tags and no space", "a<i>b</i>", CUE_MAX_LENGTH },
  { "words that are aligned", "a <i>small</i> house and ", 4000 },
};

static int
compare (const void *a, const void *b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
push_head (GstHarness *h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

static GstBuffer *
make_cue (guint i)
{
  GString *text = g_string_new (NULL);
  gsize size;

  while (text->len + strlen (cues[i].unit) <= cues[i].size)
    g_string_append (text, cues[i].unit);
  size = text->len;
  return gst_buffer_new_wrapped (g_string_free (text, FALSE), size);
}

/* What a flush takes, in us, `wait` us after the cue came in. */
static gint64
flush_once (GstHarness *h, GstBuffer *cue, guint wait)
{
  gint64 start;

  push_head (h);
  g_assert_cmpint (gst_harness_push (h, gst_buffer_ref (cue)), ==, GST_FLOW_OK);
  g_usleep (wait);
  start = g_get_monotonic_time ();
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  return g_get_monotonic_time () - start;
}

static void
test_flush (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  GstHarness *h = gst_harness_new ("ssmtranslate");
  GstBuffer *cue = make_cue (i), *out;
  gint64 times[N_TRIES];

  g_object_set (h->element, "beam-size", 16, NULL);
  gst_harness_set_src_caps_str (h, "text/x-raw, format=pango-markup");
  for (guint k = 0; k < N_TRIES; k++)
    times[k] = flush_once (h, cue, k * STEP_US);
  qsort (times, N_TRIES, sizeof *times, compare);
  g_test_message ("%s: median %.1f ms, longest %.1f ms", cues[i].name, times[N_TRIES / 2] / 1000.0,
      times[N_TRIES - 1] / 1000.0);
  g_assert_cmpint (times[N_TRIES / 2], <, MAX_US);

  /* nothing of it came out, and what comes next does */
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 0);
  push_head (h);
  gst_harness_push (h, gst_buffer_new_memdup ("Yes.", 4));
  out = gst_harness_pull (h);
  g_assert_nonnull (out);
  gst_buffer_unref (out);
  gst_buffer_unref (cue);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (ssmtranslate, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
    g_autofree char *path = g_strdup_printf ("/flush/%s", cues[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_flush);
  }
  return g_test_run ();
}
