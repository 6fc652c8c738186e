#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# recognise.sh [SPEECH [OUT.srt]]: speech to text to another language, offline, at the
# speech's pace: a cue begins when its words are known.  SPEECH is a sound file, or
# *.raw of 16 kHz, 16 bit, one channel.
set -eu
. "$(dirname "$0")/env.sh"
need pocketsphinx "gstreamer1.0-pocketsphinx pocketsphinx-en-us"
need srtenc gstreamer1.0-plugins-bad

in=${1:-/usr/share/pocketsphinx/test/data/goforward.raw}
out=${2:-speech.pt.srt}

if ! test -e "$in"; then
  echo "There is no file $in; on Debian the package pocketsphinx-testdata has one." >&2
  exit 1
fi
case $in in
  *.raw) decoder="rawaudioparse format=pcm pcm-format=s16le sample-rate=16000 num-channels=1" ;;
  *) decoder="decodebin ! audioconvert ! audioresample" ;;
esac
# Errors, among the settings that the recogniser prints.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' HUP INT TERM

# shellcheck disable=SC2086
gst-launch-1.0 -q filesrc location="$in" ! $decoder ! clocksync \
  ! pocketsphinx ! ssmtranslate ! text/x-raw,format=utf8 ! srtenc \
  ! filesink location="$out" 2> "$log" || { grep -v '^-' "$log" >&2; exit 1; }
echo "$out"
