#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: test-engine.sh CHECKASM TEST [ARGUMENT...]
# Runs a test of the engine on the device "cuda"; skipped, never passed, where there is none, unless
# NEEDS_DEVICE is set: then it fails.
set -eu
checkasm=$1
shift
code=0
why=$("$checkasm" --device=cuda memory) || code=$?
if test "$code" = 77 && test -z "${NEEDS_DEVICE:-}"; then
  echo "1..0 # SKIP $(echo "$why" | head -n 1)"
  exit 0
fi
SSMT_TEST_DEVICE=cuda exec "$@"
