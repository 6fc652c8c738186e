#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# play.sh [FILM [playbin|playbin3 [FOLDER [RATE]]]]: a film played with its subtitles
# translated, in a window; with FOLDER into RATE PNGs a second.  Without FILM one of 15
# seconds with English subtitles is made, film.mkv, and FOLDER is played.
set -eu
. "$(dirname "$0")/env.sh"
need textoverlay gstreamer1.0-x
need pngenc gstreamer1.0-plugins-good

film=${1:-film.mkv}
playbin=${2:-playbin}
folder=${3:-}
rate=${4:-1}
player=${SSMT_PLAYER:-$here/../build/pipelines/player}

need "$playbin" gstreamer1.0-plugins-base
if ! test -x "$player"; then
  echo "There is no program player: build the project (./demo.sh)." >&2
  exit 1
fi
if test -n "${1:-}"; then
  need_file "$film"
else
  folder=${folder:-played}
  head -n 23 "$sample" | gst-launch-1.0 -q \
    matroskamux name=mux ! filesink location="$film" \
    videotestsrc num-buffers=375 pattern=blue \
      ! video/x-raw,width=640,height=360,framerate=25/1 ! jpegenc ! queue ! mux.video_0 \
    fdsrc ! subparse ! text/x-raw,format=utf8 \
      ! taginject tags="language-code=en" ! queue ! mux.subtitle_0
fi
if test -z "$folder"; then
  exec "$player" --playbin "$playbin" "$film"
fi
mkdir -p "$folder"
# At the film's pace, as a window would show it.
"$player" --playbin "$playbin" --audio-sink "fakesink sync=true" --video-sink \
  "videoconvert ! videorate ! video/x-raw,framerate=$rate/1 ! pngenc
   ! multifilesink sync=true location=\"$folder/frame-%03d.png\"" "$film"
echo "$folder"
