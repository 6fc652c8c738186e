#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# burn-in.sh [IN.srt [FOLDER [SECONDS]]]: the translation drawn on video frames, one
# PNG a second.
set -eu
. "$(dirname "$0")/env.sh"
need textoverlay gstreamer1.0-x
need pngenc gstreamer1.0-plugins-good

in=${1:-$sample}
folder=${2:-frames}
seconds=${3:-20}
need_file "$in"

mkdir -p "$folder"
gst-launch-1.0 -q \
  videotestsrc num-buffers="$((seconds * 25))" pattern=blue \
    ! video/x-raw,width=640,height=360,framerate=25/1 \
    ! textoverlay name=overlay font-desc="DejaVu Sans 20" \
    ! videoconvert ! videorate ! video/x-raw,framerate=1/1 \
    ! pngenc ! multifilesink location="$folder/frame-%03d.png" \
  filesrc location="$in" ! subparse ! ssmtranslate ! queue ! overlay.text_sink
echo "$folder"
