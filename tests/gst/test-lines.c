/* ssmtranslate: captions that fit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fake-ssmt.h"
#include "rig.h"

#include <string.h>

static Rig *
limited_rig (guint columns, guint lines, guint cps, gboolean is_live)
{
  Rig *rig = rig_new (NULL);

  fake_reset ();
  g_object_set (rig->element, "max-columns", columns, "max-lines", lines, "max-cps", cps, NULL);
  gst_harness_set_live (rig->h, is_live);
  return rig;
}

/* All messages that something does not fit, ";" between. */
static char *
take_messages (Rig *rig)
{
  GString *all = g_string_new (NULL);
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT))) {
    const GstStructure *s = gst_message_get_structure (message);
    guint64 pts;
    guint columns, lines;
    gdouble cps;

    if (gst_structure_has_name (s, "ssmtranslate/does-not-fit")) {
      g_assert_true (gst_structure_get (s, "pts", G_TYPE_UINT64, &pts, "columns", G_TYPE_UINT,
          &columns, "lines", G_TYPE_UINT, &lines, "cps", G_TYPE_DOUBLE, &cps, NULL));
      g_string_append_printf (all, "%s%u %u %u %.1f %s", all->len ? ";" : "",
          (guint) (pts / GST_MSECOND), columns, lines, cps, gst_structure_get_string (s, "text"));
    }
    gst_message_unref (message);
  }
  return g_string_free (all, FALSE);
}

/* "TEXT START DURATION", times in ms; "gap START DURATION"; other words are those of rig_play(). */
static void
play (Rig *rig, const char *script)
{
  g_auto (GStrv) items = g_strsplit (script, "; ", -1);

  for (guint i = 0; items[i]; i++) {
    g_auto (GStrv) words = g_strsplit (items[i], " ", -1);
    guint n = g_strv_length (words);
    GstClockTime start, duration;
    g_autofree char *text = NULL;
    GstBuffer *cue;

    if (n < 3) {
      rig_play (rig, items[i]);
      continue;
    }
    start = g_ascii_strtoull (words[n - 2], NULL, 10) * GST_MSECOND;
    duration = g_ascii_strtoull (words[n - 1], NULL, 10) * GST_MSECOND;
    g_clear_pointer (&words[n - 2], g_free);
    text = g_strjoinv (" ", words);
    g_free (words[n - 1]);
    if (g_str_equal (text, "gap")) {
      gst_harness_push_event (rig->h, gst_event_new_gap (start, duration));
      continue;
    }
    cue = gst_buffer_new_memdup (text, strlen (text));
    GST_BUFFER_PTS (cue) = start;
    GST_BUFFER_DURATION (cue) = duration;
    gst_harness_push (rig->h, cue);
  }
}

/* "TEXT START DURATION" of each buffer, ";" between, a line break as "/". */
static char *
take_cues (Rig *rig)
{
  GString *all = g_string_new (NULL);
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (rig->h))) {
    char text[256] = { 0 };

    gst_buffer_extract (buffer, 0, text, sizeof text - 1);
    g_string_append_printf (all, "%s%s %u %u", all->len ? ";" : "", g_strdelimit (text, "\n", '/'),
        (guint) (GST_BUFFER_PTS (buffer) / GST_MSECOND),
        (guint) (GST_BUFFER_DURATION (buffer) / GST_MSECOND));
    gst_buffer_unref (buffer);
  }
  return g_string_free (all, FALSE);
}

/* Translations of the fake engine are two characters longer than their source. */
static const struct {
  const char *name;
  guint columns, lines, cps;
  gboolean is_live;
  const char *script, *cues, *messages;
} rows[] = {
  { "off", 0, 0, 0, FALSE, "as it is, all of it 0 100; EOS", "1:AS IT IS, ALL OF IT 0 100", "" },
  /* lines */
  { "lines", 16, 2, 0, FALSE, "when it rains, nobody goes 0 100; EOS",
      "1:WHEN IT RAINS,/NOBODY GOES 0 100", "" },
  { "speakers", 16, 2, 0, FALSE, "- Is it?\n- No. 0 100; EOS", "- 1:IS IT?/- 2:NO. 0 100", "" },
  { "too wide", 8, 1, 0, FALSE, "incomprehensible 0 100; EOS", "1:INCOMPREHENSIBLE 0 100",
      "0 18 1 180.0 1:INCOMPREHENSIBLE" },
  { "alternative, for its width", 12, 1, 0, FALSE, "one two three 0 100; EOS", "1:ONE TWO 0 100",
      "" },
  /* time: there is a better alternative, of the same probability as good as */
  { "fits", 0, 0, 10, FALSE, "one two three 0 1500; EOS", "1:ONE TWO THREE 0 1500", "" },
  { "alternative", 0, 0, 10, FALSE, "one two three 0 1000; EOS", "1:ONE TWO 0 1000", "" },
  { "alternative, of two", 0, 0, 10, FALSE, "one two three 0 600; EOS", "1:ONE 0 600", "" },
  { "span in an alternative", 0, 0, 10, FALSE,
      "CAPS:pango-markup; <i>one</i> two three 0 1000; EOS", "<i>1:ONE</i> TWO 0 1000", "" },
  /* silence: up to what comes, at most as long as it takes */
  { "silence", 0, 0, 10, FALSE, "onetwothree 0 1000; next 5000 900; EOS",
      "1:ONETWOTHREE 0 1300;2:NEXT 5000 900", "" },
  { "some silence", 0, 0, 10, FALSE, "onetwothree 0 1000; next 1180 900; EOS",
      "1:ONETWOTHREE 0 1100;2:NEXT 1180 900", "0 13 1 11.8 1:ONETWOTHREE" },
  { "no silence", 0, 0, 10, FALSE, "onetwothree 0 1000; next 1000 900; EOS",
      "1:ONETWOTHREE 0 1000;2:NEXT 1000 900", "0 13 1 13.0 1:ONETWOTHREE" },
  { "the end", 0, 0, 10, FALSE, "onetwothree 0 1000; EOS", "1:ONETWOTHREE 0 1300", "" },
  { "overlapping", 0, 0, 10, FALSE, "onetwothree 0 1000; next 500 900; EOS",
      "1:ONETWOTHREE 0 1000;2:NEXT 500 900", "0 13 1 13.0 1:ONETWOTHREE" },
  { "live", 0, 0, 10, TRUE, "onetwothree 0 1000; next 5000 900; EOS",
      "1:ONETWOTHREE 0 1000;2:NEXT 5000 900", "0 13 1 13.0 1:ONETWOTHREE" },
  { "no letter", 0, 0, 10, FALSE, "12 34 56 78 90 0 500; EOS", "12 34 56 78 90 0 1400", "" },
  /* what lets it go */
  { "gap", 0, 0, 10, FALSE, "onetwothree 0 1000; gap 1000 9000; WAIT", "1:ONETWOTHREE 0 1300", "" },
  { "short gaps", 0, 0, 10, FALSE, "onetwothree 0 1000; gap 1000 180; gap 1180 10; WAIT",
      "1:ONETWOTHREE 0 1110", "0 13 1 11.7 1:ONETWOTHREE" },
  { "query", 0, 0, 10, FALSE, "onetwothree 0 1000; WAIT", "1:ONETWOTHREE 0 1000",
      "0 13 1 13.0 1:ONETWOTHREE" },
  { "tag", 0, 0, 10, FALSE, "onetwothree 0 1000; TAG:fr; next 5000 900; EOS",
      "1:ONETWOTHREE 0 1000;2:NEXT 5000 900", "0 13 1 13.0 1:ONETWOTHREE" },
  { "segment", 0, 0, 10, FALSE, "onetwothree 0 1000; SEGMENT; next 5000 900; EOS",
      "1:ONETWOTHREE 0 1000;2:NEXT 5000 900", "0 13 1 13.0 1:ONETWOTHREE" },
  { "flush", 0, 0, 10, FALSE, "onetwothree 0 1000; FLUSH; SEGMENT; next 5000 900; EOS",
      "1:NEXT 5000 900", "" },
};

static void
test_row (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Rig *rig = limited_rig (rows[i].columns, rows[i].lines, rows[i].cps, rows[i].is_live);
  g_autofree char *cues = NULL, *messages = NULL, *log = NULL;

  rig_begin (rig, "utf8");
  play (rig, rows[i].script);
  if (g_str_has_suffix (rows[i].script, "EOS"))
    log = rig_wait_for_eos (rig, 1);
  cues = take_cues (rig);
  messages = take_messages (rig);
  g_assert_cmpstr (cues, ==, rows[i].cues);
  g_assert_cmpstr (messages, ==, rows[i].messages);
  rig_free (rig);
}

/* A sentence has the time of its cues. */
static void
test_sentence (void)
{
  Rig *rig = limited_rig (0, 0, 10, FALSE);
  g_autofree char *cues = NULL, *log = NULL;

  g_object_set (rig->element, "segmentation", 1, NULL);
  rig_begin (rig, "utf8");
  play (rig, "one two 0 700; three four. 800 700; EOS");
  log = rig_wait_for_eos (rig, 1);
  cues = take_cues (rig);
  g_assert_cmpstr (cues, ==, "1:ONE 0 700;TWO 800 700");
  g_assert_cmpint (fake.last_taken, ==, 2);
  rig_free (rig);
}

/* Searching is for cues that do not fit; what was chosen is where the document goes on. */
static void
test_search (void)
{
  Rig *rig = limited_rig (0, 0, 10, FALSE);
  g_autofree char *cues = NULL, *log = NULL;

  rig_begin (rig, "utf8");
  play (rig,
      "one 0 1000; one two three 2000 1000; four 4000 900; onetwothree 6000 1000; one 8000 900; "
      "EOS");
  log = rig_wait_for_eos (rig, 1);
  cues = take_cues (rig);
  g_assert_cmpstr (cues, ==,
      "1:ONE 0 1000;2:ONE TWO 2000 1000;3:FOUR 4000 900;4:ONETWOTHREE 6000 1300;5:ONE 8000 900");
  g_assert_cmpint (fake.n_searched, ==, 2);
  g_assert_cmpint (fake.n_taken, ==, 1);
  g_assert_cmpint (fake.last_beam_size, ==, 1);
  rig_free (rig);
}

/* Nothing comes any more, not even an event: the cue goes out all the same. */
static void
test_silence (void)
{
  Rig *rig = limited_rig (0, 0, 10, FALSE);
  g_autofree char *text = NULL;

  rig_begin (rig, "utf8");
  play (rig, "onetwothree 0 1000");
  text = rig_pull_text (rig);
  g_assert_cmpstr (text, ==, "1:ONETWOTHREE");
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/lines/%s", rows[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/lines/sentence", test_sentence);
  g_test_add_func ("/lines/search", test_search);
  g_test_add_func ("/lines/nothing-comes", test_silence);
  return g_test_run ();
}
