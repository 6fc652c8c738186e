#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# over-rtp.sh [IN.srt [OUT.srt [PORT]]]: captions as RTP packets, translated where
# they arrive.  RTP carries no durations: a cue is up until the next one.
set -eu
. "$(dirname "$0")/env.sh"
need rtpgstpay gstreamer1.0-plugins-good
need srtenc gstreamer1.0-plugins-bad

in=${1:-$sample}
out=${2:-talk.rtp.srt}
port=${3:-45112}

gst-launch-1.0 -q -e udpsrc address=127.0.0.1 port="$port" \
    caps="application/x-rtp,media=application,clock-rate=90000,encoding-name=X-GST" \
  ! rtpgstdepay ! ssmtranslate ! text/x-raw,format=utf8 ! srtenc \
  ! filesink location="$out" &
receiver=$!
trap 'kill "$receiver" 2> /dev/null || true' EXIT
gst-launch-1.0 -q filesrc location="$in" ! subparse ! text/x-raw,format=utf8 \
  ! clocksync ! rtpgstpay config-interval=1 ! udpsink host=127.0.0.1 port="$port"
kill -INT "$receiver"
wait "$receiver" || true
echo "$out"
