/* ssmtranslate tests: a document that outlives its process
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On the real engine. The program runs itself with --child, which translates on from where the file
 * says, and is killed at random moments.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "gstssmtranslate.h"

#define N_KILLS 200
#define N_TEXTS 4000

static char *program;

static char *
dup_text (guint64 n)
{
  static const char *const words[] = { "river", "house", "winter", "letter", "friend", "street" };

  return g_strdup_printf (
      "the %s %s the old %s.", words[n % 6], n % 4 ? "carries" : "of", words[n * n / 3 % 6]);
}

static GstElement *
new_element (const char *model, const char *state)
{
  GstElement *element = gst_object_ref_sink (g_object_new (GST_TYPE_SSM_TRANSLATE, NULL));

  g_object_set (
      element, "model-path", model, "threads", 1, "guard", FALSE, "state-location", state, NULL);
  return element;
}

static GstHarness *
open_element (const char *model, const char *state)
{
  g_autoptr (GstElement) element = new_element (model, state);
  GstHarness *h = gst_harness_new_with_element (element, "sink", "src");

  gst_harness_set_src_caps_str (h, "text/x-raw, format=utf8");
  return h;
}

static char *
translate (GstHarness *h, guint64 n)
{
  char *text = dup_text (n), *out;
  GstBuffer *buffer = gst_buffer_new_wrapped (text, strlen (text));
  GstMapInfo map;

  GST_BUFFER_PTS (buffer) = n * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  buffer = gst_harness_pull (h);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  out = g_strndup ((const char *) map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return out;
}

/* How many texts the state in the file has read: u64 behind the magic, version, token and fingerprint. */
static guint64
count_kept (const char *state)
{
  g_autofree char *content = NULL;
  gsize length;
  guint64 n;

  if (!g_file_get_contents (state, &content, &length, NULL))
    return 0;
  g_assert_cmpuint (length, >, 56);
  memcpy (&n, content + 48, sizeof n);
  return GUINT64_FROM_LE (n);
}

/* --- the child ------------------------------------------------------------------- */

/* Appends a line for each text that has gone out. */
static int
run_child (const char *model, const char *state, const char *log)
{
  GstHarness *h = open_element (model, state);
  int fd = open (log, O_WRONLY | O_APPEND | O_CREAT, 0600);

  for (guint64 n = count_kept (state); n < N_TEXTS; n++) {
    g_autofree char *out = translate (h, n);
    g_autofree char *line = g_strdup_printf ("%" G_GUINT64_FORMAT " %s\n", n, out);

    if (write (fd, line, strlen (line)) < 0)
      return 1;
  }
  gst_harness_teardown (h);
  return 0;
}

/* --- the parent ------------------------------------------------------------------ */

typedef struct {
  char *folder, *model, *state, *log;
} Place;

static Place
place_new (void)
{
  Place place;

  place.folder = g_dir_make_tmp ("ssmt-kept-XXXXXX", NULL);
  place.model = g_test_build_filename (G_TEST_DIST, "data", "tiny-decoder", NULL);
  place.state = g_build_filename (place.folder, "state", NULL);
  place.log = g_build_filename (place.folder, "log", NULL);
  return place;
}

static void
place_free (Place *place)
{
  g_unlink (place->state);
  g_unlink (place->log);
  /* nothing half written is left */
  g_assert_cmpint (g_rmdir (place->folder), ==, 0);
  g_free (place->folder);
  g_free (place->model);
  g_free (place->state);
  g_free (place->log);
}

static gboolean
has_grown (const char *path, goffset *length)
{
  g_autofree char *content = NULL;
  gsize now = 0;
  gboolean grown;

  g_file_get_contents (path, &content, &now, NULL);
  grown = (goffset) now > *length;
  *length = (goffset) now;
  return grown;
}

/* From its first text on it has a random while to live. */
static void
kill_one (const Place *place)
{
  char *argv[] = { program, (char *) "--child", place->model, place->state, place->log, NULL };
  goffset length = 0;
  GPid child;
  int status;

  has_grown (place->log, &length);
  g_assert_true (g_spawn_async (NULL, argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL, &child, NULL));
  for (guint i = 0; i < 60000 && !has_grown (place->log, &length); i++)
    g_usleep (1000);
  g_usleep ((gulong) g_test_rand_int_range (0, 20000));
  kill (child, SIGKILL);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_spawn_close_pid (child);
}

/* Whatever was said of a text, by whichever child, is what an element says that nobody ends. */
static void
check_log (const Place *place)
{
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) expected = g_ptr_array_new_with_free_func (g_free);
  GstHarness *h = open_element (place->model, NULL);
  guint n_lines;

  g_assert_true (g_file_get_contents (place->log, &content, NULL, NULL));
  lines = g_strsplit (content, "\n", -1);
  n_lines = g_strv_length (lines) - 1;
  for (guint i = 0; i < n_lines; i++) {
    guint64 n = g_ascii_strtoull (lines[i], NULL, 10);

    /* a child may say again what it was killed before it could keep, and leaves out none */
    g_assert_cmpuint (n, <=, expected->len);
    while (expected->len <= n)
      g_ptr_array_add (expected, translate (h, expected->len));
    g_assert_cmpstr (strchr (lines[i], ' ') + 1, ==, expected->pdata[n]);
  }
  g_test_message ("%u texts, %u of them again", n_lines, n_lines - expected->len);
  /* most lives got on by a text or more; how many is the machine's affair */
  g_assert_cmpuint (expected->len, >, N_KILLS / 4);
  gst_harness_teardown (h);
}

static void
test_killed (void)
{
  Place place = place_new ();

  for (guint i = 0; i < N_KILLS && count_kept (place.state) < N_TEXTS; i++)
    kill_one (&place);
  check_log (&place);
  /* a temporary file of a child that was killed while it wrote */
  {
    g_autofree char *command = g_strdup_printf ("rm -f %s.*", place.state);
    g_assert_cmpint (system (command), ==, 0);
  }
  place_free (&place);
}

/* PLAYING, READY, PLAYING, and a new element: one document. */
static void
test_stopped (void)
{
  Place place = place_new ();
  GstHarness *whole = open_element (place.model, NULL);

  for (guint64 n = 0; n < 6; n += 2) {
    GstHarness *h = open_element (place.model, place.state);

    for (guint64 i = n; i < n + 2; i++) {
      g_autofree char *out = translate (h, i), *expected = translate (whole, i);

      g_assert_cmpstr (out, ==, expected);
    }
    gst_harness_teardown (h);
    g_assert_cmpuint (count_kept (place.state), ==, n + 2);
  }
  gst_harness_teardown (whole);
  place_free (&place);
}

/* A text that nobody downstream took is not behind what is kept. */
static void
test_refused (void)
{
  Place place = place_new ();
  GstHarness *h = open_element (place.model, place.state);
  g_autofree char *out = translate (h, 0);
  GstFlowReturn ret = GST_FLOW_OK;

  gst_pad_set_active (h->sinkpad, FALSE);
  for (guint n = 1; ret == GST_FLOW_OK && n < 10000; n++) {
    char *text = dup_text (n);
    GstBuffer *buffer = gst_buffer_new_wrapped (text, strlen (text));

    GST_BUFFER_PTS (buffer) = n * GST_SECOND;
    ret = gst_harness_push (h, buffer);
    g_usleep (1000);
  }
  g_assert_cmpint (ret, ==, GST_FLOW_FLUSHING);
  gst_harness_teardown (h);
  g_assert_cmpuint (count_kept (place.state), ==, 1);
  place_free (&place);
}

/* What is no state is nobody's to overwrite. */
static void
test_foreign (void)
{
  Place place = place_new ();
  GstElement *element;
  g_autofree char *content = NULL;

  g_assert_true (g_file_set_contents (place.state, "my letters", -1, NULL));
  element = new_element (place.model, place.state);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  g_assert_true (g_file_get_contents (place.state, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "my letters");
  place_free (&place);
}

int
main (int argc, char **argv)
{
  program = argv[0];
  gst_init (NULL, NULL);
  if (argc == 5 && g_str_equal (argv[1], "--child"))
    return run_child (argv[2], argv[3], argv[4]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kept/stopped", test_stopped);
  g_test_add_func ("/kept/refused", test_refused);
  g_test_add_func ("/kept/foreign", test_foreign);
  g_test_add_func ("/kept/killed", test_killed);
  return g_test_run ();
}
