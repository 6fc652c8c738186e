#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# srt-to-webvtt.sh [IN.srt [OUT.vtt]]: for the <track> of a web page; italics stay.
set -eu
. "$(dirname "$0")/env.sh"
need webvttenc gstreamer1.0-plugins-bad

in=${1:-$sample}
out=${2:-talk.pt.vtt}
need_file "$in"

gst-launch-1.0 -q filesrc location="$in" ! subparse ! ssmtranslate \
  ! webvttenc ! filesink location="$out"
echo "$out"
