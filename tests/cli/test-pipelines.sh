#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo and those scripts of pipelines/ that are done at once.
# Usage: test-pipelines.sh /path/to/subtitle-demo /path/to/model-folder PLUGIN-FOLDER
. "$(dirname "$0")/pipelines.sh"
demo=$program

run "$demo" --output "$dir" "$samples/talk.en.srt" "$samples/harbour.en.srt"
check "the demo succeeds" status_is 0
check "the first cue of both files is there" test "$(grep -c '^   1 | ' out)" -eq 2
check "so is the last of the longer" out_has '^  60 | '
check "cues and words are counted" out_has '^103 cues, [0-9]* words in .* words/s$'
check "memory and state are told" out_has '^peak memory [0-9.]* MB, .* [0-9]* bytes$'
check "no line is wider than the page" test "$(grep ' | ' out | LC_ALL=C.UTF-8 wc -L)" -le 100
for name in talk harbour; do
  check "$name: as many cues out as in, at the same times" \
    test "$(grep -e '-->' "$samples/$name.en.srt" | md5sum)" = "$(grep -e '-->' "$name.pt.srt" | md5sum)"
done
run "$demo" --output "$dir" no-such-file.srt
check "a missing file fails" status_is 1
check "and is named" err_has "no-such-file.srt"
run "$demo"
check "no file fails" status_is 1

export SSMT_MODEL_PATH="$default_model"
# script NAME OUTPUT ARGUMENT...: true where it could be run.
script () {
  script=$1
  output=$2
  shift 2
  can_run "$script" || return 1
  run timeout 60 "$pipelines/$script.sh" "$@"
  check "$script succeeds" status_is 0
  check "$script ends with what it wrote" last_line_is "$output"
}
has_italics () { grep -A 3 '^00:01:00.820' talk.pt.vtt | grep -q '<i>.*'; }
missing () { test "$status" -ne 0 && err_has "^There is no element [a-z0-9]*: on Debian install gstr"; }

if script srt-to-srt talk.pt.srt; then
  check "as many cues, at the same times" same_times talk.pt.srt
  check "in Portuguese" grep -q '^Bom dia, Anna' talk.pt.srt
  check "nothing is escaped" grep -q 'Maria & Tom' talk.pt.srt
fi
if script srt-to-webvtt talk.pt.vtt; then
  check "it is WebVTT" test "$(head -n 1 talk.pt.vtt)" = WEBVTT
  check "as many cues, at the same times" same_times talk.pt.vtt
  check "italics stay" has_italics
  check "an ampersand is escaped, as WebVTT wants it" grep -q 'Maria &amp; Tom' talk.pt.vtt
fi
cp "$samples/talk.en.srt" "a talk.srt"
if script srt-to-srt "b talk.srt" "a talk.srt" "b talk.srt"; then
  check "blanks in names of files" cmp talk.pt.srt "b talk.srt"
fi
if script burn-in frames; then
  check "burn-in: the cues are in the frames, in their time" frames_show frames 1
fi
if script into-matroska talk.mkv; then
  check "tracks in English and Portuguese" film_has talk.mkv mkv "en pt"
  check "the Portuguese one is the translation" cmp mkv.pt.srt talk.pt.srt
  check "as many cues, at the same times, in the English one" same_times mkv.en.srt
  check "marked as muxers do" grep -q -a -e por talk.mkv
fi
if script into-mp4 talk.mp4; then
  check "a track in Portuguese" film_has talk.mp4 mp4 pt
  check "which is the translation" cmp mp4.pt.srt talk.pt.srt
fi

run "$pipelines/srt-to-srt.sh" no-such-file.srt
check "a missing file is named" err_has '^There is no file no-such-file.srt.$'
check "and nothing is overwritten" test -s talk.pt.srt

# The element alone, without the elements that come with GStreamer.
for path in "$pipelines"/*.sh; do
  name=${path##*/}
  test "$name" = env.sh && continue
  run env GST_PLUGIN_SYSTEM_PATH_1_0="$dir" GST_REGISTRY="$dir/few.bin" "$path"
  check "$name names the package that is missing" missing
done
check "nothing runs on" nothing_runs

finish
