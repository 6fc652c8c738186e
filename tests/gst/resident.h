/* ssmtranslate: the memory that a test has
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TEST_RESIDENT_H
#define SSMT_TEST_RESIDENT_H

#include <stdio.h>
#include <unistd.h>

#include <glib.h>

/* 0: this system does not tell. */
static inline gsize
resident_bytes (void)
{
  gsize total = 0, resident = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (file == NULL)
    return 0;
  if (fscanf (file, "%zu %zu", &total, &resident) != 2)
    resident = 0;
  fclose (file);
  return resident * sysconf (_SC_PAGESIZE);
}

#endif /* SSMT_TEST_RESIDENT_H */
