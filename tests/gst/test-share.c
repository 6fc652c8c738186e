/* ssmtranslate tests: what many elements of one process share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   test-share FOLDER OTHER-FOLDER [-m perf]
 *
 * On the real engine.  Each element is in a pipeline of its own, so that no GstContext
 * helps.  With -m perf it prints what each further one costs.
 */
#include <stdio.h>

#include <gst/check/gstcheck.h>

#include "gstssmtranslate.h"
#include "resident.h"

#define N_ELEMENTS 8

static const char *folder, *other_folder;

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir))
    n++;
  return n;
}

/* A pipeline whose model is there, and a bit of it has been used. */
static GstElement *
open_pipeline (const char *model, guint threads)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *element = gst_element_factory_make ("ssmtranslate", NULL);

  g_object_set (element, "model-path", model, "threads", threads, NULL);
  gst_bin_add (GST_BIN (pipeline), element);
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  return pipeline;
}

static void
close_pipeline (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static gpointer
do_nothing (gpointer data)
{
  return data;
}

/* The first one's pool serves models that it has never seen. */
static void
test_threads (void)
{
  guint before, with_one, with_two;
  GstElement *one, *two;

  /* a sanitizer begins a thread of its own with the first one */
  g_thread_join (g_thread_new ("first", do_nothing, NULL));
  before = count_threads ();
  one = open_pipeline (folder, 3);
  with_one = count_threads ();
  two = open_pipeline (other_folder, 3);
  with_two = count_threads ();
  close_pipeline (one);
  g_assert_cmpuint (with_one, ==, before + 2);
  g_assert_cmpuint (with_two, ==, with_one);
  g_assert_cmpuint (count_threads (), ==, with_one);
  close_pipeline (two);
  g_assert_cmpuint (count_threads (), ==, before);
}

static gsize
weight_bytes (void)
{
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info =
      g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, 0, NULL, NULL);

  g_assert_nonnull (info);
  return g_file_info_get_size (info);
}

/* A further element costs its own state and scratch, and no weights. */
static void
test_memory (void)
{
  GstElement *pipelines[N_ELEMENTS];
  gsize first, all, each, weights = weight_bytes ();

  pipelines[0] = open_pipeline (folder, 1);
  first = resident_bytes ();
  g_assert_cmpuint (first, >, 0);
  for (guint i = 1; i < N_ELEMENTS; i++)
    pipelines[i] = open_pipeline (folder, 1);
  all = resident_bytes ();
  each = all > first ? (all - first) / (N_ELEMENTS - 1) : 0;
  g_test_message ("%zu bytes of weights, %zu for each further element", weights, each);
  g_assert_cmpuint (each, <, weights / 4);
  for (guint i = 0; i < N_ELEMENTS; i++)
    close_pipeline (pipelines[i]);
}

static void
bench (void)
{
  GstElement *pipelines[N_ELEMENTS];

  printf ("element   ms to READY   resident kB more   threads more\n");
  for (guint i = 0; i < N_ELEMENTS; i++) {
    gsize bytes = resident_bytes ();
    guint threads = count_threads ();
    gint64 start = g_get_monotonic_time ();

    pipelines[i] = open_pipeline (folder, 0);
    printf ("%7u   %11.2f   %16.0f   %12u\n", i + 1, (g_get_monotonic_time () - start) / 1000.0,
        ((gdouble) resident_bytes () - bytes) / 1024, count_threads () - threads);
  }
  for (guint i = 0; i < N_ELEMENTS; i++)
    close_pipeline (pipelines[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (ssmtranslate, NULL);
  g_assert_cmpint (argc, ==, 3);
  folder = argv[1];
  other_folder = argv[2];
  if (g_test_perf ()) {
    bench ();
    return 0;
  }
  g_test_add_func ("/share/threads", test_threads);
  g_test_add_func ("/share/memory", test_memory);
  return g_test_run ();
}
