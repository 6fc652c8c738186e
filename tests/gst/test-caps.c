/* ssmtranslate: formats, markup, tags and what else a cue carries
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

#define UTF8 "text/x-raw,format=utf8"
#define PANGO "text/x-raw,format=pango-markup"
#define BOTH "text/x-raw,format={utf8,pango-markup}"
#define PLAIN ";text/plain"

/* --- formats ------------------------------------------------------------------ */

static const struct {
  const char *name;
  const char *in;    /* format of the input */
  const char *takes; /* caps of downstream, NULL: any */
  const char *out;   /* format of the output */
  const char *cue, *expected;
} formats[] = {
  { "utf8 to utf8", "utf8", UTF8, "utf8", "r&d", "1:R&D" },
  { "utf8 to pango", "utf8", PANGO, "pango-markup", "r&d", "1:R&amp;D" },
  { "utf8 to both", "utf8", BOTH, "utf8", "r&d", "1:R&D" },
  { "utf8 to any", "utf8", NULL, "utf8", "r&d", "1:R&D" },
  { "pango to utf8", "pango-markup", UTF8, "utf8", "<i>r&amp;d</i>", "1:R&D" },
  { "pango to pango", "pango-markup", PANGO, "pango-markup", "<i>r&amp;d</i>", "<i>1:R&amp;D</i>" },
  { "pango to both", "pango-markup", BOTH, "pango-markup", "<i>r&amp;d</i>", "<i>1:R&amp;D</i>" },
  { "pango to any", "pango-markup", NULL, "pango-markup", "a", "1:A" },
  { "WebVTT leftovers", "pango-markup", PANGO, "pango-markup", "<v Roger>q&amp;amp;a</v>",
      "1:Q&amp;A" },
  { "WebVTT leftovers, utf8", "utf8", UTF8, "utf8", "<v Roger>q&amp;amp;a</v>", "1:Q&A" },
  { "two speakers", "utf8", UTF8, "utf8", "- a\n- b", "- 1:A\n- 2:B" },
  { "code", "pango-markup", UTF8, "utf8", "{\\an8}a", "{\\an8}1:A" },
  { "lines", "utf8", UTF8, "utf8", "a b\nc d", "1:A B\nC D" },
  { "no letters, markup", "pango-markup", UTF8, "utf8", "<b>1</b> &lt; 2", "1 < 2" },
};

static char *
current_format (GstHarness *h)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);

  return g_strdup (gst_structure_get_string (gst_caps_get_structure (caps, 0), "format"));
}

static void
test_format (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *text = NULL, *format = NULL;
  Rig *rig;

  fake_reset ();
  rig = rig_new (NULL);
  if (formats[i].takes)
    gst_harness_set_sink_caps_str (rig->h, formats[i].takes);
  rig_begin (rig, formats[i].in);
  gst_harness_push (rig->h, rig_make_cue (formats[i].cue, 0));
  text = rig_pull_text (rig);
  format = current_format (rig->h);
  g_assert_cmpstr (format, ==, formats[i].out);
  g_assert_cmpstr (text, ==, formats[i].expected);
  rig_free (rig);
}

/* Either format comes in whatever downstream takes; nothing where it takes no text. */
static void
test_caps_query (void)
{
  static const struct {
    const char *takes;
    const char *accepts;
  } rows[] = {
    { UTF8, BOTH PLAIN },
    { PANGO, BOTH PLAIN },
    { BOTH, BOTH PLAIN },
    { "audio/x-raw", "EMPTY" },
    { UTF8 ",language=de", BOTH ",language=de" PLAIN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Rig *rig = rig_new (NULL);
    g_autoptr (GstCaps) expected = gst_caps_from_string (rows[i].accepts);
    g_autoptr (GstCaps) filter = gst_caps_from_string (UTF8);
    GstCaps *caps, *filtered;

    gst_harness_set_sink_caps_str (rig->h, rows[i].takes);
    caps = gst_pad_peer_query_caps (rig->h->srcpad, NULL);
    filtered = gst_pad_peer_query_caps (rig->h->srcpad, filter);
    g_assert_true (gst_caps_is_equal (caps, expected));
    g_assert_true (gst_caps_is_subset (filtered, filter));
    gst_caps_unref (caps);
    gst_caps_unref (filtered);
    rig_free (rig);
  }
}

static void
test_accept_caps (void)
{
  Rig *rig = rig_new (NULL);
  static const struct {
    const char *caps;
    gboolean accepted;
  } rows[] = {
    { UTF8, TRUE },
    { PANGO, TRUE },
    { UTF8 ",language=en", TRUE },
    { "text/x-raw,format=utf-16", FALSE },
    { "text/x-raw", FALSE },
    { "audio/x-raw", FALSE },
  };

  gst_harness_set_sink_caps_str (rig->h, UTF8);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (rows[i].caps);

    g_assert_cmpint (gst_pad_peer_query_accept_caps (rig->h->srcpad, caps), ==, rows[i].accepted);
  }
  rig_free (rig);
}

static void
test_extra_fields (void)
{
  Rig *rig = rig_new (NULL);
  g_autoptr (GstCaps) expected = gst_caps_from_string (UTF8 ",track=(int)3");
  g_autoptr (GstCaps) caps = NULL;

  gst_harness_set_sink_caps_str (rig->h, UTF8 ",track=(int)[1,5]");
  gst_harness_set_src_caps_str (rig->h, PANGO ",track=(int)3");
  gst_harness_push (rig->h, rig_make_cue ("a", 0));
  gst_buffer_unref (gst_harness_pull (rig->h));
  caps = gst_pad_get_current_caps (rig->h->sinkpad);
  g_assert_true (gst_caps_is_equal (caps, expected));
  rig_free (rig);
}

/* Downstream changes its mind between two cues. */
static void
test_reconfigure (void)
{
  Rig *rig = rig_new (NULL);
  g_autofree char *first = NULL, *second = NULL, *log = NULL;

  gst_harness_set_sink_caps_str (rig->h, PANGO);
  rig_begin (rig, "pango-markup");
  gst_harness_push (rig->h, rig_make_cue ("<i>a</i>", 0));
  first = rig_pull_text (rig);
  g_free (rig_take_log (rig));
  gst_harness_set_sink_caps_str (rig->h, UTF8);
  gst_harness_push_upstream_event (rig->h, gst_event_new_reconfigure ());
  gst_harness_push (rig->h, rig_make_cue ("<i>b</i>", 1));
  second = rig_pull_text (rig);
  log = rig_take_log (rig);
  g_assert_cmpstr (first, ==, "<i>1:A</i>");
  g_assert_cmpstr (second, ==, "2:B");
  g_assert_cmpstr (log, ==, "caps:utf8 2:B");
  rig_free (rig);
}

static void
test_no_format (void)
{
  Rig *rig = rig_new (NULL);
  GstFlowReturn ret = GST_FLOW_OK;

  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue ("a", 0));
  gst_buffer_unref (gst_harness_pull (rig->h));
  gst_harness_set_sink_caps_str (rig->h, "audio/x-raw");
  gst_harness_push_upstream_event (rig->h, gst_event_new_reconfigure ());
  for (guint i = 0; ret == GST_FLOW_OK && i < 1000; i++) {
    ret = gst_harness_push (rig->h, rig_make_cue ("a", i));
    g_usleep (1000);
  }
  g_assert_cmpint (ret, ==, GST_FLOW_NOT_NEGOTIATED);
  rig_free (rig);
}

/* --- what a cue carries ----------------------------------------------------------- */

static void
test_times (void)
{
  static const struct {
    GstClockTime pts, duration;
  } rows[] = {
    { GST_SECOND, GST_SECOND }, { GST_SECOND, 0 }, { GST_SECOND, GST_CLOCK_TIME_NONE },
    { GST_CLOCK_TIME_NONE, GST_SECOND }, { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE },
    { 500 * GST_MSECOND, 10 * GST_SECOND }, /* before the one before */
    { 600 * GST_MSECOND, GST_SECOND },      /* overlaps */
  };
  Rig *rig = rig_new (NULL);

  rig_begin (rig, "utf8");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstBuffer *buffer = rig_make_cue ("a", i);

    GST_BUFFER_PTS (buffer) = rows[i].pts;
    GST_BUFFER_DURATION (buffer) = rows[i].duration;
    gst_harness_push (rig->h, buffer);
    buffer = gst_harness_pull (rig->h);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, rows[i].pts);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, rows[i].duration);
    gst_buffer_unref (buffer);
  }
  rig_free (rig);
}

static void
test_metas (void)
{
  Rig *rig = rig_new (NULL);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("timestamp/x-test");
  GstBuffer *buffer = rig_make_cue ("hello", 3);
  GstReferenceTimestampMeta *reference;
  GstCustomMeta *custom;
  static const char *no_tags[] = { NULL };

  if (!gst_meta_get_info ("TestWordsMeta"))
    gst_meta_register_custom ("TestWordsMeta", no_tags, NULL, NULL, NULL);
  gst_buffer_add_reference_timestamp_meta (buffer, caps, 77, 5);
  gst_structure_set (
      gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, "TestWordsMeta")), "words",
      G_TYPE_INT, 4, NULL);
  GST_BUFFER_OFFSET (buffer) = 9;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_DISCONT);

  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, buffer);
  buffer = gst_harness_pull (rig->h);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_MARKER));
  g_assert_true (GST_BUFFER_IS_DISCONT (buffer));
  reference = gst_buffer_get_reference_timestamp_meta (buffer, caps);
  g_assert_nonnull (reference);
  g_assert_cmpuint (reference->timestamp, ==, 77);
  custom = gst_buffer_get_custom_meta (buffer, "TestWordsMeta");
  g_assert_nonnull (custom);
  g_assert_true (gst_structure_has_field (gst_custom_meta_get_structure (custom), "words"));
  gst_buffer_unref (buffer);
  rig_free (rig);
}

/* What needs no translation is the same buffer, not a copy. */
static void
test_untouched (void)
{
  static const char *const texts[] = { "", "12:30", "\342\231\252", "...\n" };
  Rig *rig = rig_new (NULL);

  rig_begin (rig, "utf8");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GstBuffer *in = rig_make_cue (texts[i], i), *out;

    gst_harness_push (rig->h, gst_buffer_ref (in));
    out = gst_harness_pull (rig->h);
    g_assert_true (out == in);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  rig_free (rig);
}

static void
test_list (void)
{
  Rig *rig = rig_new (NULL);
  GstBufferList *list = gst_buffer_list_new ();
  g_autofree char *log = NULL;

  rig_begin (rig, "utf8");
  gst_buffer_list_add (list, rig_make_cue ("a", 0));
  gst_buffer_list_add (list, rig_make_cue ("b", 1));
  g_assert_cmpint (gst_pad_push_list (rig->h->srcpad, list), ==, GST_FLOW_OK);
  rig_wait (rig);
  log = rig_take_log (rig);
  g_assert_true (g_str_has_suffix (log, " 1:A 2:B"));
  rig_free (rig);
}

/* --- bad cues -------------------------------------------------------------------- */

/* All come through, the bus hears of it once, the rest is translated. */
static void
test_bad_cues (void)
{
  static const struct {
    const char *bytes;
    gsize size;
    const char *expected;
  } rows[] = {
    { "a\377b", 3, "1:A\357\277\275B" },
    { "\377\376", 2, "\357\277\275\357\277\275" },
    { "<i>badtext</i>", 14, "<i>badtext</i>" },
    { "- badtext\n- good", 16, "- badtext\n- 2:GOOD" },
    { "a\0b", 3, "3:A\357\277\275B" },
    { "a\0\0", 3, "4:A" },
    { "\0", 1, "" },
    { "\303", 1, "\357\277\275" },
  };
  Rig *rig;
  g_autofree char *first = NULL, *second = NULL, *error = NULL;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "pango-markup");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = NULL;

    gst_harness_push (rig->h, gst_buffer_new_memdup (rows[i].bytes, rows[i].size));
    text = rig_pull_text (rig);
    g_assert_cmpstr (text, ==, rows[i].expected);
  }
  first = rig_pop_message (rig, GST_MESSAGE_WARNING);
  second = rig_pop_message (rig, GST_MESSAGE_WARNING);
  error = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_cmpstr (first, !=, NULL);
  g_assert_cmpstr (second, ==, NULL);
  g_assert_cmpstr (error, ==, NULL);
  rig_free (rig);
}

static void
test_too_long (void)
{
  Rig *rig;
  g_autofree char *text = g_malloc (100001), *out = NULL;

  fake_reset ();
  memset (text, 'x', 100000);
  text[100000] = '\0';
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue (text, 0));
  out = rig_pull_text (rig);
  g_assert_cmpstr (out, ==, text);
  g_assert_cmpint (fake.n_started, ==, 0);
  rig_free (rig);
}

/* Tags of words need an alignment, whose size is the square of the cue's. */
static void
test_too_long_to_align (void)
{
  static const gsize sizes[] = { 2000, 60000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Rig *rig = rig_new (NULL);
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *out = NULL;

    while (text->len < sizes[i])
      g_string_append (text, "a <i>b</i> ");
    rig_begin (rig, "pango-markup");
    gst_harness_push (rig->h, rig_make_cue (text->str, 0));
    out = rig_pull_text (rig);
    g_assert_true (g_str_has_prefix (out, "1:A "));
    g_assert_cmpint (strstr (out, "<i>B</i> A") != NULL, ==, i == 0);
    rig_free (rig);
  }
}

/* What is not the cue's fault stops the stream. */
static void
test_engine_error (void)
{
  Rig *rig;
  GstFlowReturn ret = GST_FLOW_OK;
  g_autofree char *error = NULL;

  fake_reset ();
  rig = rig_new (NULL);
  rig_begin (rig, "utf8");
  gst_harness_push (rig->h, rig_make_cue ("nodevice", 0));
  for (guint i = 0; ret == GST_FLOW_OK && i < 1000; i++) {
    ret = gst_harness_push (rig->h, rig_make_cue ("a", i));
    g_usleep (1000);
  }
  g_assert_cmpint (ret, ==, GST_FLOW_ERROR);
  error = rig_pop_message (rig, GST_MESSAGE_ERROR);
  g_assert_nonnull (strstr (error, "the device has failed"));
  rig_free (rig);
}

/* --- tags ------------------------------------------------------------------------ */

static void
test_tag_keeps_rest (void)
{
  Rig *rig = rig_new (NULL);
  GstTagList *tags;
  GstEvent *event;
  g_autofree char *title = NULL, *code = NULL, *name = NULL;

  rig_begin (rig, "utf8");
  gst_harness_push_event (rig->h,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_LANGUAGE_CODE, "en", GST_TAG_LANGUAGE_NAME,
          "English", GST_TAG_TITLE, "Talk", NULL)));
  rig_wait (rig);
  event = gst_pad_get_sticky_event (rig->h->sinkpad, GST_EVENT_TAG, 0);
  gst_event_parse_tag (event, &tags);
  gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &code);
  gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_NAME, &name);
  gst_tag_list_get_string (tags, GST_TAG_TITLE, &title);
  g_assert_cmpstr (code, ==, "de");
  g_assert_cmpstr (name, ==, NULL);
  g_assert_cmpstr (title, ==, "Talk");
  gst_event_unref (event);
  rig_free (rig);
}

/* What the model writes, as ISO 639 says it. */
static void
test_tag_codes (void)
{
  static const struct {
    const char *path;
    const char *log;
  } rows[] = {
    { "en-de", "stream-start caps:utf8 segment tag:de 1:A" },
    { "en-pt-BR", "stream-start caps:utf8 segment tag:pt 1:A" },
    { "en-zh-Hans", "stream-start caps:utf8 segment tag:zh 1:A" },
    { "en-ger", "stream-start caps:utf8 segment tag:de 1:A" },
    { "nothing said", "stream-start caps:utf8 segment 1:A" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Rig *rig = rig_new (rows[i].path);
    g_autofree char *log = NULL;

    rig_play (rig, "BEGIN:utf8 a WAIT");
    log = rig_take_log (rig);
    g_assert_cmpstr (log, ==, rows[i].log);
    rig_free (rig);
  }
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *path = g_strdup_printf ("/formats/%s", formats[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_format);
  }
  g_test_add_func ("/caps/query", test_caps_query);
  g_test_add_func ("/caps/accept", test_accept_caps);
  g_test_add_func ("/caps/extra fields", test_extra_fields);
  g_test_add_func ("/caps/reconfigure", test_reconfigure);
  g_test_add_func ("/caps/no format", test_no_format);
  g_test_add_func ("/cue/times", test_times);
  g_test_add_func ("/cue/metas", test_metas);
  g_test_add_func ("/cue/untouched", test_untouched);
  g_test_add_func ("/cue/list", test_list);
  g_test_add_func ("/bad/cues", test_bad_cues);
  g_test_add_func ("/bad/too long", test_too_long);
  g_test_add_func ("/bad/too long to align", test_too_long_to_align);
  g_test_add_func ("/bad/engine error", test_engine_error);
  g_test_add_func ("/tags/keep the rest", test_tag_keeps_rest);
  g_test_add_func ("/tags/codes", test_tag_codes);
  return g_test_run ();
}
