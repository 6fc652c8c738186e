#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# pipelines/play.sh with playbin and playbin3, and the program that it runs.
# Usage: test-pipelines-play.sh /path/to/player /path/to/model-folder PLUGIN-FOLDER
. "$(dirname "$0")/pipelines.sh"
SSMT_PLAYER=$program
export SSMT_PLAYER SSMT_MODEL_PATH="$default_model"

cat > short.srt << 'END'
1
00:00:00,500 --> 00:00:01,730
Good morning, Anna.

2
00:00:02,010 --> 00:00:02,990
Maria & Tom will be there.

3
00:00:02,990 --> 00:00:03,810
- Is he ill?
- No, he is just old.

END

begin playbin play
mkdir elsewhere
cd elsewhere && begin ../playbin3 play "" playbin3 ../played3
cd ..
for file in short.srt "$samples/talk.en.srt"; do
  name=${file##*/}
  "$pipelines/srt-to-srt.sh" "$file" "${name%%.*}.pt.srt" > out 2> err
done
# All frames, as fast as they come: the player has to have them wait for the text.
if test -d playbin; then
  gst-launch-1.0 -q matroskamux name=mux ! filesink location=short.mkv \
    videotestsrc num-buffers=110 pattern=blue ! video/x-raw,width=640,height=360,framerate=25/1 \
    ! jpegenc ! mux.video_0 filesrc location=short.srt ! subparse ! queue ! mux.subtitle_0
  for player in playbin playbin3; do
    mkdir "all-$player"
    begin "player-$player" player --playbin "$player" --video-sink \
      "videoconvert ! pngenc ! multifilesink location=all-$player/frame-%03d.png" short.mkv
  done
fi
wait

if end playbin played; then
  check "playbin: the cues are in the pictures, in their time" frames_show played 1
fi
if end playbin3 ../played3; then
  check "playbin3: the cues are in the pictures, in their time" frames_show played3 1
fi
for player in playbin playbin3; do
  if end "player-$player"; then
    check "$player: each frame has its text" frames_show "all-$player" 25 short.pt.srt
  fi
done
run "$pipelines/play.sh" no-such-film.mkv playbin nothing
check "play names the film that is not there" err_has no-such-film.mkv
run "$program" no-such-film.mkv
check "so does the player" err_has no-such-film.mkv
run "$pipelines/play.sh" "$pipelines/play.sh" playbin nothing
check "play fails where there is no film" status_is 1
check "nothing runs on" nothing_runs

finish
