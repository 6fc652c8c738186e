#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# srt-to-srt.sh [IN.srt [OUT.srt]]: a subtitle file in, a translated one out.
set -eu
. "$(dirname "$0")/env.sh"
need srtenc gstreamer1.0-plugins-bad

in=${1:-$sample}
out=${2:-talk.pt.srt}
need_file "$in"

# utf8 behind the element: without it "&" would be written as "&amp;".
gst-launch-1.0 -q filesrc location="$in" ! subparse ! ssmtranslate \
  ! text/x-raw,format=utf8 ! srtenc ! filesink location="$out"
echo "$out"
