#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# live.sh [OPTION...]: `ssmt live` of the build tree (live/README.md); live.sh --help tells the options.
# Without any, the sample at its times, on a page at http://127.0.0.1:8765/
set -eu
. "$(dirname "$0")/env.sh"

live=${SSMT_LIVE:-$here/../build/pipelines/live/ssmt-live}
if ! test -x "$live"; then
  echo "There is no program ssmt-live: build the project (./demo.sh) with libsoup-3.0-dev." >&2
  exit 1
fi
test $# -gt 0 || set -- --srt "$sample"
exec "$live" "$@"
