#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# recognise.sh [SPEECH [OUT.srt]]: speech to text to another language, offline.  SPEECH
# is 16 kHz, 16 bit, one channel, without a header.
set -eu
. "$(dirname "$0")/env.sh"
need pocketsphinx "gstreamer1.0-pocketsphinx pocketsphinx-en-us"
need srtenc gstreamer1.0-plugins-bad

in=${1:-/usr/share/pocketsphinx/test/data/goforward.raw}
out=${2:-speech.de.srt}

if ! test -e "$in"; then
  echo "There is no file $in; on Debian the package pocketsphinx-testdata has it." >&2
  exit 1
fi
gst-launch-1.0 -q filesrc location="$in" \
  ! rawaudioparse format=pcm pcm-format=s16le sample-rate=16000 num-channels=1 \
  ! pocketsphinx ! ssmtranslate ! srtenc ! filesink location="$out"
echo "$out"
