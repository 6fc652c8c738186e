/* ssmtranslate: memory and time of this process
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-process.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND G_GUINT64_CONSTANT (1000000000)

/* The n-th word (from 0) of a file, as a number; words before the last ')' are no words. */
static guint64
read_word (const char *path, guint n)
{
  g_autofree char *text = NULL;
  const char *word, *bracket;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  bracket = strrchr (text, ')');
  for (word = bracket ? bracket + 1 : text; n > 0 && word; n--)
    word = strchr (word + 1, ' ');
  return word ? g_ascii_strtoull (word, NULL, 10) : 0;
}

/* Seconds since 1970 at which the machine has started. */
static guint64
read_boot_time (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/stat", &text, NULL, NULL))
    return 0;
  line = strstr (text, "\nbtime ");
  return line ? g_ascii_strtoull (line + strlen ("\nbtime "), NULL, 10) : 0;
}

static guint64
read_start (void)
{
  /* the 22nd field of all; the second is the name in brackets */
  guint64 ticks = read_word ("/proc/self/stat", 19), boot = read_boot_time ();
  glong frequency = sysconf (_SC_CLK_TCK);

  if (ticks == 0 || boot == 0 || frequency <= 0)
    return 0;
  return boot * NS_PER_SECOND + ticks * (NS_PER_SECOND / frequency);
}

MetricsProcess
metrics_process_read (void)
{
  glong page = sysconf (_SC_PAGESIZE);
  struct timespec cpu;
  MetricsProcess process = { 0 };

  process.resident = read_word ("/proc/self/statm", 1) * MAX (page, 0);
  process.start = read_start ();
  if (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
    process.cpu = cpu.tv_sec * NS_PER_SECOND + cpu.tv_nsec;
  return process;
}
