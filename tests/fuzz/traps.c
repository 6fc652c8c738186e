/* ssmtranslate tests: what a fuzzer does not know of GLib
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <signal.h>
#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);

static void
end (int number)
{
  abort ();
}

/* g_error() and what is critical end a program by a trap, for which no input would be written. */
int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  signal (SIGTRAP, end);
  return 0;
}
