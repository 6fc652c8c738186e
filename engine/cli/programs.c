/* ssmt subtitle, ssmt live, ssmt fetch: start the programs that do it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Those have GStreamer and libsoup, which this one does without.
 */
#include "engine/cli/programs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

/* Beside this program in a build tree or an installation that has been moved, else where it was to be installed. */
static char *
find_program (const char *name)
{
  static const char *const places[] = { ".", "../../gst/subtitle", "../../pipelines/live",
    "../libexec/ssmt-1.0" };
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self ? g_path_get_dirname (self) : NULL;

  for (guint i = 0; folder && i < G_N_ELEMENTS (places); i++) {
    g_autofree char *path = g_build_filename (folder, places[i], name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
      return g_steal_pointer (&path);
  }
  return g_build_filename (SSMT_LIBEXEC_FOLDER, name, NULL);
}

int
cli_start_program (const char *name, char **argv)
{
  g_autofree char *program = find_program (name);

  execv (program, argv);
  if (errno == ENOENT)
    cli_message (
        "%s is not installed: it is built where the development files of GStreamer and, for "
        "\"ssmt live\", libsoup 3 are",
        program);
  else
    cli_message ("cannot start %s: %s", program, g_strerror (errno));
  return CLI_FAILED;
}

int
cli_subtitle (int argc, char **argv)
{
  return cli_start_program ("ssmt-subtitle", argv);
}

int
cli_live (int argc, char **argv)
{
  return cli_start_program ("ssmt-live", argv);
}

int
cli_fetch (int argc, char **argv)
{
  return cli_start_program ("ssmt-fetch", argv);
}
