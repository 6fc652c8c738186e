/* ssmtranslate tests: models and files of fuzz targets
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "data.h"

#include <glib/gstdio.h>

#define MEMORY "/dev/shm"

static char *folder;

char *
fuzz_data_path (const char *name)
{
  const char *tests = g_getenv ("G_TEST_SRCDIR");

  if (tests == NULL)
    g_error ("G_TEST_SRCDIR has to be the folder tests");
  return g_build_filename (tests, "data", name, NULL);
}

SsmtModel *
fuzz_data_load (const char *name)
{
  g_autofree char *path = fuzz_data_path (name);
  g_autoptr (GError) error = NULL;
  SsmtModel *model = ssmt_model_load (path, "cpu", 1, &error);

  if (model == NULL)
    g_error ("%s", error->message);
  return model;
}

SsmtStream *
fuzz_data_stream (SsmtModel *model, guint beam_size, GError **error)
{
  g_autoptr (SsmtStreamParams) params = ssmt_stream_params_new ();

  params->guard = FALSE;
  params->beam_size = beam_size;
  return ssmt_stream_new (model, params, error);
}

static void
remove_all (const char *path)
{
  gboolean is_link = g_file_test (path, G_FILE_TEST_IS_SYMLINK);
  GDir *dir = is_link ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *inner = g_build_filename (path, name, NULL);
    remove_all (inner);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

static void
remove_folder (void)
{
  remove_all (folder);
  g_clear_pointer (&folder, g_free);
}

const char *
fuzz_data_folder (void)
{
  const char *parent = g_getenv ("TMPDIR");

  if (folder != NULL)
    return folder;
  if (parent == NULL)
    parent = g_access (MEMORY, W_OK) == 0 ? MEMORY : g_get_tmp_dir ();
  folder = g_build_filename (parent, "ssmt-fuzz-XXXXXX", NULL);
  if (g_mkdtemp (folder) == NULL)
    g_error ("no folder in %s", parent);
  atexit (remove_folder);
  return folder;
}

char *
fuzz_data_write (const char *name, gconstpointer data, gsize length)
{
  char *path = g_build_filename (fuzz_data_folder (), name, NULL);
  g_autoptr (GError) error = NULL;

  /* a new one: what is mapped of the last one stays as it is */
  g_unlink (path);
  if (!g_file_set_contents_full (
          path, length > 0 ? data : "", (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error))
    g_error ("%s", error->message);
  return path;
}
