#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# over-rtp.sh [IN.srt [OUT.srt [PORT]]]: captions as RTP packets at their time, translated
# where they arrive.  That takes as long as the captions do.  RTP carries no durations
# (srtenc writes a second) and a receiver counts time from its own start.
set -eu
. "$(dirname "$0")/env.sh"
need rtpgstpay gstreamer1.0-plugins-good
need udpsrc gstreamer1.0-plugins-good
need srtenc gstreamer1.0-plugins-bad

in=${1:-$sample}
out=${2:-talk.rtp.srt}
port=${3:-45112}
need_file "$in"

log=$(mktemp)
receiver=
trap 'test -z "$receiver" || kill "$receiver" 2> /dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' HUP INT TERM

LC_ALL=C gst-launch-1.0 -e udpsrc address=127.0.0.1 port="$port" \
    caps="application/x-rtp,media=application,clock-rate=90000,encoding-name=X-GST" \
  ! rtpgstdepay ! ssmtranslate ! text/x-raw,format=utf8 ! srtenc \
  ! filesink location="$out" > "$log" 2>&1 &
receiver=$!
until grep -q "to PLAYING" "$log"; do          # what is sent before that is lost
  kill -0 "$receiver" 2> /dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done

gst-launch-1.0 -q filesrc location="$in" ! subparse ! text/x-raw,format=utf8 \
  ! clocksync ! rtpgstpay config-interval=1 ! udpsink host=127.0.0.1 port="$port"
sleep 0.5                                      # the last packet is under way
kill -INT "$receiver"
wait "$receiver" || { cat "$log" >&2; exit 1; }
receiver=
echo "$out"
