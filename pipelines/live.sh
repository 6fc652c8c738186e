#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# live.sh [OPTION...]: `ssmt live` of the build tree: what is said and its translations on a page of the browser, at
# http://127.0.0.1:8765/; live/README.md and live.sh --help tell the options.  Where they
# name no source it is the sample, at its times.
set -eu
. "$(dirname "$0")/env.sh"

need subparse gstreamer1.0-plugins-base

live=${SSMT_LIVE:-$here/../build/pipelines/live/ssmt-live}
if ! test -x "$live"; then
  echo "There is no program ssmt-live: build the project (./demo.sh) with libsoup-3.0-dev." >&2
  exit 1
fi
case " $* " in
  *" --srt"* | *" --uri"* | *" --microphone"* | *" -m "* | *" --stdin"* | *" --pipeline"* | *" --help"* | *" -h "*) ;;
  *) set -- --srt "$sample" "$@" ;;
esac
exec "$live" "$@"
