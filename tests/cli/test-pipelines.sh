#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo and the scripts of pipelines/, on their samples.
# Usage: test-pipelines.sh /path/to/subtitle-demo /path/to/model-folder PLUGIN-FOLDER
plugins=$3
. "$(dirname "$0")/tap.sh"
demo=$(realpath "$1")
export GST_PLUGIN_PATH="$plugins"
export GST_REGISTRY="$dir/registry.bin"
export SSMT_MODEL_PATH="$model"
pipelines=$(cd "$(dirname "$0")/../../pipelines" && pwd)
samples=$pipelines/samples
cd "$dir" || exit 1

run "$demo" --output "$dir" "$samples/talk.en.srt" "$samples/harbour.en.srt"
check "the demo succeeds" status_is 0
check "the first cue of both files is there" test "$(grep -c '^   1 | ' out)" -eq 2
check "so is the last of the longer" out_has '^  60 | '
check "cues and words are counted" out_has '^103 cues, [0-9]* words in .* words/s$'
check "memory and state are told" out_has '^peak memory [0-9.]* MB, .* [0-9]* bytes$'
check "no line is wider than the page" test "$(grep ' | ' out | LC_ALL=C.UTF-8 wc -L)" -le 100
for name in talk harbour; do
  check "$name: as many cues out as in, at the same times" \
    test "$(grep -e '-->' "$samples/$name.en.srt" | md5sum)" = "$(grep -e '-->' "$name.de.srt" | md5sum)"
done
run "$demo" --output "$dir" no-such-file.srt
check "a missing file fails" status_is 1
check "and is named" err_has "no-such-file.srt"
run "$demo"
check "no file fails" status_is 1

# script NAME ELEMENT OUTPUT
script () {
  if gst-inspect-1.0 "$2" > "$dir/inspect" 2>&1; then
    run "$pipelines/$1.sh"
    check "$1 succeeds" status_is 0
    check "$1 writes $3" test -s "$dir/$3"
  else
    skip "$1" "no element $2"
  fi
}

script srt-to-srt srtenc talk.de.srt
script srt-to-webvtt webvttenc talk.de.vtt
script burn-in textoverlay frames/frame-019.png
script into-matroska matroskamux talk.mkv

finish
