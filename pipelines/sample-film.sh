#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# sample-film.sh [OUT.mkv [IN.srt [SECONDS]]]: a film to try things with: a picture that stands still, a quiet sea, and
# an English text track.
set -eu
. "$(dirname "$0")/env.sh"
need matroskamux gstreamer1.0-plugins-good
need rsvgdec gstreamer1.0-plugins-bad

out=${1:-film.mkv}
in=${2:-$here/samples/harbour.en.srt}
seconds=${3:-60}
need_file "$in"

gst-launch-1.0 -q matroskamux name=mux ! filesink location="$out" \
  filesrc location="$here/samples/harbour.svg" ! rsvgdec ! videoconvert ! imagefreeze num-buffers="$((seconds * 5))" \
    ! video/x-raw,framerate=5/1 ! videoconvert ! vp8enc deadline=1 target-bitrate=300000 ! queue ! mux.video_0 \
  audiotestsrc wave=pink-noise volume=0.01 num-buffers="$((seconds * 10))" samplesperbuffer=4800 \
    ! audio/x-raw,rate=48000,channels=1 ! opusenc ! queue ! mux.audio_0 \
  filesrc location="$in" ! subparse ! text/x-raw,format=utf8 ! taginject tags="language-code=en" \
    ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=0 ! mux.subtitle_0
echo "$out"
