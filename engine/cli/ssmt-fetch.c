/* ssmt-fetch: the commands of `ssmt` that go on line
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of its own, which `ssmt` starts: loading libsoup and what it needs takes as long as the first line of a
 * translation.
 */
#include <locale.h>
#include <string.h>

#include "engine/cli/cli.h"

int
main (int argc, char **argv)
{
  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");
  if (argc > 0 && strcmp (argv[0], "fetch") == 0)
    return cli_fetch (argc, argv);
  if (argc > 0 && strcmp (argv[0], "models") == 0)
    return cli_models (argc, argv);
  cli_message ("this is a part of \"ssmt fetch\" and \"ssmt models --available\"");
  return CLI_USAGE;
}
