#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# into-mp4.sh [IN.srt [OUT.mp4 [SECONDS]]]: a film with the translation as its
# subtitle track (tx3g), for telephones and browsers.
set -eu
. "$(dirname "$0")/env.sh"
need mp4mux gstreamer1.0-plugins-good
need x264enc gstreamer1.0-plugins-ugly

in=${1:-$sample}
out=${2:-talk.mp4}
seconds=${3:-130}
need_file "$in"

gst-launch-1.0 -q \
  mp4mux name=mux ! filesink location="$out" \
  videotestsrc num-buffers="$((seconds * 5))" pattern=blue \
    ! video/x-raw,width=320,height=180,framerate=5/1 \
    ! x264enc speed-preset=ultrafast ! queue ! mux.video_0 \
  filesrc location="$in" ! subparse ! ssmtranslate ! queue ! mux.subtitle_0
echo "$out"
