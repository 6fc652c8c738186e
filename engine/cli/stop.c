/* ssmt: a command that ends early, and well
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/stop.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

static volatile sig_atomic_t came;
static int nothing = -1; /* a file that has ended */

/* A read that waits is interrupted, one that is about to begin finds the end: no moment is between. */
static void
on_signal (int number)
{
  came = number;
  if (nothing >= 0)
    dup2 (nothing, STDIN_FILENO);
}

void
cli_stop_begin (void)
{
  struct sigaction action = { .sa_handler = on_signal };

  /* who reads no more ends the output, which the command sees */
  signal (SIGPIPE, SIG_IGN);
  nothing = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  sigemptyset (&action.sa_mask);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++) {
    struct sigaction old;

    /* who is started with nohup stays deaf */
    if (sigaction (signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction (signals[i], &action, NULL);
  }
}

gboolean
cli_stop_has_come (void)
{
  return came != 0;
}

void
cli_stop_end (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++) {
    struct sigaction old;

    if (sigaction (signals[i], NULL, &old) == 0 && old.sa_handler == on_signal)
      signal (signals[i], SIG_DFL);
  }
  if (came != 0)
    raise (came);
}
