#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# serve-tcp.sh [IN.srt [PORT]]: translated cues at their time to whoever is connected:
#   gst-launch-1.0 -q tcpclientsrc host=127.0.0.1 port=45111 ! fdsink
# Who joins late gets the last few at once. It ends with the last cue, or with Ctrl-C.
set -eu
. "$(dirname "$0")/env.sh"
need tcpserversink gstreamer1.0-plugins-base
need srtenc gstreamer1.0-plugins-bad

in=${1:-$sample}
port=${2:-45111}
need_file "$in"

echo "127.0.0.1:$port"
exec gst-launch-1.0 -q filesrc location="$in" ! subparse ! clocksync \
  ! ssmtranslate ! text/x-raw,format=utf8 ! srtenc \
  ! tcpserversink host=127.0.0.1 port="$port" \
  sync-method=burst burst-format=bytes burst-value=400 bytes-min=800
