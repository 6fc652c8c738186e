#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh [IN.srt]: a store, two hosts and one channel on this machine. The host that has the channel is killed in the middle of the
# text, and the other one goes on. Shows what comes out, at four times the speed of the film.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../../build
if test -e "$build/gst/libgstssmtranslate.so"; then
  export GST_PLUGIN_PATH="${GST_PLUGIN_PATH:+$GST_PLUGIN_PATH:}$build/gst"
  : "${SSMT_MODEL_PATH:=$here/../../../models/en-pt}"
  export SSMT_MODEL_PATH
fi
for python in python3 /usr/bin/python3 ""; do
  test -n "$python" || { echo "Please install python3-gi and python3-redis." >&2; exit 1; }
  "$python" -c 'import gi, redis' 2> /dev/null && break
done
server=$(command -v valkey-server || command -v redis-server) || { echo "Please install redis-server, or valkey-server." >&2; exit 1; }
in=$(realpath "${1:-$here/../../samples/talk.en.srt}")
room=$(mktemp -d)
started=
trap 'kill -9 $started 2> /dev/null; rm -rf "$room"' EXIT
trap 'exit 1' INT TERM

cd "$here"
port=$((20000 + $$ % 20000))
url=redis://127.0.0.1:$port
"$server" --port $port --dir "$room" --appendonly yes --save "" > "$room/store.log" &
started=$!
"$python" - "$url" << 'END'
import sys, time, redis
store = redis.Redis.from_url(sys.argv[1])
for _ in range(200):
    try:
        store.ping()
        break
    except redis.RedisError:
        time.sleep(0.05)
END
"$python" channels.py --store $url add news
"$python" host.py --store $url --name left 2> "$room/left.log" &
left=$!
"$python" host.py --store $url --name right 2> "$room/right.log" &
right=$!
started="$started $left $right"
until "$python" channels.py --store $url list | grep -q -e left -e right; do sleep 0.2; done
owner=$("$python" channels.py --store $url list | cut -f 2)
echo "The channel is on the host \"$owner\"."
"$python" feed.py --store $url --speed 4 news "$in" &
started="$started $!"
"$python" watch.py --store $url --all --count 8 news
echo "*** kill -9 $owner"
if test "$owner" = left; then kill -9 $left; else kill -9 $right; fi
"$python" watch.py --store $url --count 8 news
"$python" channels.py --store $url list
