/* ssmtranslate tests: films from anywhere, where what a muxer leaves out is copied
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first half is the film, the second what has been written of it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "gst/subtitle/film.h"

/* A file in memory, as a path. */
static char *
make_file (const uint8_t *data, size_t size, int *fd)
{
  *fd = memfd_create ("film", MFD_CLOEXEC);
  g_assert_cmpint (write (*fd, data, size), ==, size);
  return g_strdup_printf ("/proc/self/fd/%d", *fd);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  int source_fd, written_fd;
  g_autofree char *source = make_file (data, size / 2, &source_fd);
  g_autofree char *written = make_file (data + size / 2, size - size / 2, &written_fd);
  g_autoptr (GError) error = NULL;
  gboolean good = sub_matroska_complete (source, written, &error);

  g_assert_true (good == (error == NULL));
  close (source_fd);
  close (written_fd);
  return 0;
}
