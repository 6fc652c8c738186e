#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# overlay.sh [IN.srt [FOLDER [SECONDS]]]: as burn-in.sh, with the subtitleoverlay
# that players use.  It does not wait for text, so the video goes at its own pace.
set -eu
. "$(dirname "$0")/env.sh"
need subtitleoverlay gstreamer1.0-plugins-base
need textoverlay gstreamer1.0-x
need pngenc gstreamer1.0-plugins-good

in=${1:-$sample}
folder=${2:-overlay}
seconds=${3:-20}
need_file "$in"

mkdir -p "$folder"
gst-launch-1.0 -q \
  videotestsrc num-buffers="$((seconds * 25))" pattern=blue \
    ! video/x-raw,width=640,height=360,framerate=25/1 ! clocksync ! overlay.video_sink \
  subtitleoverlay name=overlay font-desc="DejaVu Sans 20" \
    ! videoconvert ! videorate ! video/x-raw,framerate=1/1 \
    ! pngenc ! multifilesink location="$folder/frame-%03d.png" \
  filesrc location="$in" ! subparse ! ssmtranslate ! queue \
    ! overlay.subtitle_sink
echo "$folder"
