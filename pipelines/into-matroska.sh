#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# into-matroska.sh [IN.srt [OUT.mkv [SECONDS]]]: a film with subtitles in both
# languages, each track with its language.
set -eu
. "$(dirname "$0")/env.sh"
need matroskamux gstreamer1.0-plugins-good

in=${1:-$sample}
out=${2:-talk.mkv}
seconds=${3:-130}
need_file "$in"

gst-launch-1.0 -q \
  matroskamux name=mux ! filesink location="$out" \
  videotestsrc num-buffers="$((seconds * 5))" pattern=blue \
    ! video/x-raw,width=320,height=180,framerate=5/1 ! jpegenc ! queue ! mux.video_0 \
  filesrc location="$in" ! subparse ! text/x-raw,format=utf8 \
    ! taginject tags="language-code=en" ! tee name=both \
  both. ! queue ! mux.subtitle_0 \
  both. ! queue ! ssmtranslate ! queue ! mux.subtitle_1
echo "$out"
