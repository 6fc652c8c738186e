/* ssmtranslate: one text, several languages
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "gstssmtranslatebin.h"
#include "rig.h"

/* The bin with a harness on its sink and one on each of its pads that is linked. */
typedef struct {
  GstElement *bin;
  GstHarness *in, *plain, *one, *other;
} Site;

static GstHarness *
add_pad (Site *site, const char *name, const char *language)
{
  GstPad *pad = gst_element_request_pad_simple (site->bin, name);

  g_object_set (pad, "language-code", language, NULL);
  gst_object_unref (pad);
  return gst_harness_new_with_element (site->bin, NULL, name);
}

static Site *
site_new (const char *source)
{
  Site *site = g_new0 (Site, 1);

  fake_reset ();
  site->bin = gst_object_ref_sink (g_object_new (GST_TYPE_SSM_TRANSLATE_BIN, NULL));
  g_object_set (site->bin, "language-code", source, NULL);
  return site;
}

static void
site_start (Site *site)
{
  site->in = gst_harness_new_with_element (site->bin, "sink", NULL);
  gst_harness_set_src_caps_str (site->in, "text/x-raw, format=utf8");
}

static void
site_free (Site *site)
{
  g_clear_pointer (&site->plain, gst_harness_teardown);
  g_clear_pointer (&site->one, gst_harness_teardown);
  g_clear_pointer (&site->other, gst_harness_teardown);
  gst_harness_teardown (site->in);
  gst_element_set_state (site->bin, GST_STATE_NULL);
  gst_object_unref (site->bin);
  g_free (site);
}

static void
push (Site *site, const char *text, guint n)
{
  g_assert_cmpint (gst_harness_push (site->in, rig_make_cue (text, n)), ==, GST_FLOW_OK);
}

static void
assert_text (GstHarness *h, const char *expected)
{
  GstBuffer *buffer = gst_harness_pull (h);
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  {
    g_autofree char *text = g_strndup ((char *) map.data, map.size);

    g_assert_cmpstr (text, ==, expected);
  }
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

/* Of the TAG events that came out, one after another. */
static char *
dup_languages (GstHarness *h)
{
  GString *languages = g_string_new (NULL);
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (h))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
      GstTagList *tags;
      g_autofree char *language = NULL;

      gst_event_parse_tag (event, &tags);
      gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &language);
      g_string_append_printf (languages, "%s%s", languages->len > 0 ? " " : "", language);
    }
    gst_event_unref (event);
  }
  return g_string_free (languages, FALSE);
}

static void
assert_languages (GstHarness *h, const char *expected)
{
  g_autofree char *languages = dup_languages (h);

  g_assert_cmpstr (languages, ==, expected);
}

static void
test_languages (void)
{
  Site *site = site_new ("en");

  site->one = add_pad (site, "translate_src_0", "pt");
  site->other = add_pad (site, "translate_src_1", "fr");
  site->plain = gst_harness_new_with_element (site->bin, NULL, "src");
  site_start (site);
  push (site, "hello", 1);
  push (site, "who", 2);
  assert_text (site->plain, "hello");
  assert_text (site->plain, "who");
  assert_text (site->one, "1:HELLO");
  assert_text (site->one, "2:WHO");
  assert_text (site->other, "1:HELLO");
  assert_text (site->other, "2:WHO");
  assert_languages (site->one, "pt");
  assert_languages (site->other, "fr");
  site_free (site);
}

/* Neither the text itself nor a language has to be taken. */
static void
test_unlinked (void)
{
  Site *site = site_new (NULL);
  GstPad *pad = gst_element_request_pad_simple (site->bin, "translate_src_%u");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;

  g_assert_cmpstr (GST_OBJECT_NAME (pad), ==, "translate_src_0");
  site->one = add_pad (site, "translate_src_1", "fr");
  gst_element_set_bus (site->bin, bus);
  site_start (site);
  push (site, "hello", 1);
  assert_text (site->one, "1:HELLO");
  g_assert_true (gst_harness_push_event (site->in, gst_event_new_eos ()));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_null (message);
  g_assert_cmpint (g_atomic_int_get (&fake.n_segments), ==, 1);
  gst_element_release_request_pad (site->bin, pad);
  gst_object_unref (pad);
  gst_element_set_bus (site->bin, NULL);
  site_free (site);
}

static void
test_pivot (void)
{
  Site *site = site_new ("uk");

  site->one = add_pad (site, "translate_src_0", "de");
  site->other = add_pad (site, "translate_src_1", "en");
  site_start (site);
  push (site, "hello", 1);
  assert_text (site->one, "1:1:HELLO");
  assert_text (site->other, "1:HELLO");
  assert_languages (site->one, "de");
  site_free (site);
}

/* Unsynchronised: both of the way have their languages all the same. */
static void
test_pivot_unsynchronised (void)
{
  Site *site = site_new ("uk");

  g_object_set (site->bin, "translate-latency", G_MAXUINT, NULL);
  site->one = add_pad (site, "translate_src_0", "de");
  site_start (site);
  push (site, "hello", 1);
  assert_text (site->one, "1:1:HELLO");
  site_free (site);
}

/* The stream ends, also behind changes. */
static void
assert_eos (GstHarness *h)
{
  gboolean found = FALSE;
  GstEvent *event;

  while (!found && (event = gst_harness_pull_event (h))) {
    found = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  g_assert_true (found);
}

/* What came before the change is in the old language, nothing is lost, a document begins. */
static void
test_change (void)
{
  Site *site = site_new ("en");
  g_autoptr (GstPad) pad = NULL;

  site->one = add_pad (site, "translate_src_0", "pt");
  site->other = add_pad (site, "translate_src_1", "fr");
  pad = gst_element_get_static_pad (site->bin, "translate_src_0");
  site_start (site);
  g_atomic_int_set (&fake.delay_us, 20000);
  push (site, "a", 1);
  push (site, "b", 2);
  push (site, "c", 3);
  g_object_set (pad, "language-code", "de", NULL);
  push (site, "d", 4);
  push (site, "e", 5);
  assert_text (site->one, "1:A");
  assert_text (site->one, "2:B");
  assert_text (site->one, "3:C");
  assert_text (site->one, "1:D");
  assert_text (site->one, "2:E");
  assert_languages (site->one, "pt de");
  for (guint i = 0; i < 5; i++) {
    static const char *const texts[] = { "1:A", "2:B", "3:C", "4:D", "5:E" };

    assert_text (site->other, texts[i]);
  }
  g_assert_true (gst_harness_push_event (site->in, gst_event_new_eos ()));
  assert_eos (site->one);
  assert_eos (site->other);
  site_free (site);
}

static gpointer
push_d (gpointer data)
{
  Site *site = data;

  return GINT_TO_POINTER (gst_harness_push (site->in, rig_make_cue ("d", 4)));
}

/* A flush takes the end of the old language away, for which the change waits. */
static void
test_change_and_flush (void)
{
  Site *site = site_new ("en");
  g_autoptr (GstPad) pad = NULL;
  GstSegment segment;
  GThread *thread;
  GstBuffer *before;

  site->one = add_pad (site, "translate_src_0", "pt");
  pad = gst_element_get_static_pad (site->bin, "translate_src_0");
  site_start (site);
  g_atomic_int_set (&fake.delay_us, 100000);
  push (site, "a", 1);
  push (site, "b", 2);
  push (site, "c", 3);
  g_object_set (pad, "language-code", "de", NULL);
  thread = g_thread_new ("push", push_d, site);
  g_usleep (20000);
  g_assert_true (gst_harness_push_event (site->in, gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (site->in, gst_event_new_flush_stop (TRUE)));
  g_thread_join (thread);
  g_atomic_int_set (&fake.delay_us, 0);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (site->in, gst_event_new_segment (&segment)));
  while ((before = gst_harness_try_pull (site->one)))
    gst_buffer_unref (before);
  push (site, "e", 5);
  assert_text (site->one, "1:E");
  site_free (site);
}

/* While it is under way the bin may be stopped, the pad may go, the language may change again. */
static void
test_change_and_stop (void)
{
  for (guint i = 0; i < 60; i++) {
    Site *site = site_new ("en");
    g_autoptr (GstPad) pad = NULL;

    site->one = add_pad (site, "translate_src_0", "pt");
    site->other = add_pad (site, "translate_src_1", "fr");
    pad = gst_element_get_static_pad (site->bin, "translate_src_0");
    site_start (site);
    g_atomic_int_set (&fake.delay_us, 500);
    push (site, "a", 1);
    g_object_set (pad, "language-code", "de", NULL);
    push (site, "b", 2);
    if (i % 3 == 1)
      g_object_set (pad, "language-code", "it", NULL);
    g_usleep (i * 50);
    if (i % 3 == 2) {
      /* it gives the pad back */
      g_clear_pointer (&site->one, gst_harness_teardown);
      push (site, "c", 3);
    }
    site_free (site);
  }
}

/* Pads come and go while text flows. */
static void
test_pads (void)
{
  Site *site = site_new ("en");

  site->one = add_pad (site, "translate_src_0", "pt");
  site_start (site);
  push (site, "a", 1);
  assert_text (site->one, "1:A");
  for (guint i = 1; i < 20; i++) {
    g_autofree char *name = g_strdup_printf ("translate_src_%u", i);
    GstHarness *h = add_pad (site, name, "fr");

    push (site, "b", i + 1);
    assert_text (h, "1:B");
    /* gives the pad back */
    gst_harness_teardown (h);
    g_assert_null (gst_element_get_static_pad (site->bin, name));
  }
  site_free (site);
}

static void
test_children (void)
{
  Site *site = site_new ("en");
  GstChildProxy *proxy = GST_CHILD_PROXY (site->bin);
  GstElement *translator = NULL;
  g_autofree char *language = NULL;
  guint latency, n = gst_child_proxy_get_children_count (proxy);

  site->one = add_pad (site, "translate_src_0", "pt");
  g_assert_cmpuint (
      gst_child_proxy_get_children_count (proxy), ==, n + 3); /* queue, translator, pad */
  gst_child_proxy_set (proxy, "translate_src_0::language-code", "de", NULL);
  gst_child_proxy_get (proxy, "translate_src_0::language-code", &language,
      "translate_src_0::translator", &translator, NULL);
  g_assert_cmpstr (language, ==, "de");
  g_object_set (site->bin, "translate-latency", 700, NULL);
  site_start (site);
  g_object_get (translator, "latency", &latency, NULL);
  g_assert_cmpuint (latency, ==, 700);
  gst_object_unref (translator);
  site_free (site);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_assert_true (GST_ELEMENT_REGISTER (ssmtranslatebin, NULL));
  g_test_add_func ("/bin/languages", test_languages);
  g_test_add_func ("/bin/unlinked", test_unlinked);
  g_test_add_func ("/bin/pivot", test_pivot);
  g_test_add_func ("/bin/pivot unsynchronised", test_pivot_unsynchronised);
  g_test_add_func ("/bin/change", test_change);
  g_test_add_func ("/bin/change and flush", test_change_and_flush);
  g_test_add_func ("/bin/change and stop", test_change_and_stop);
  g_test_add_func ("/bin/pads", test_pads);
  g_test_add_func ("/bin/children", test_children);
  return g_test_run ();
}
