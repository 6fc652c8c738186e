#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Those scripts of pipelines/ that take their time, all at once.
# Usage: test-pipelines-live.sh /path/to/ssmt /path/to/model-folder PLUGIN-FOLDER
. "$(dirname "$0")/pipelines.sh"
export SSMT_MODEL_PATH="$default_model"
speech=/usr/share/pocketsphinx/test/data

free_port () {
  /usr/bin/python3 -c "import socket; s = socket.socket(socket.AF_INET, socket.$1)
s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
}
# Tries until the server is there; what it gets is written as one would see it.
tcp_client () {
  for _ in $(seq 100); do
    gst-launch-1.0 -q tcpclientsrc host=127.0.0.1 port="$1" ! fdsink > tcp.srt 2> client.err && return
    sleep 0.1
  done
}
# The cues' beginnings in ms, one a line.
begins () { cue_times "$1" | awk -F '[:. ]' '{ print (($1 * 60 + $2) * 60 + $3) * 1000 + $4 }'; }
# By one offset, that of the receiver's start, and by what packets take.
same_begins () {
  begins "$1" > a; begins "$2" > b
  test "$(wc -l < a)" -eq "$(wc -l < b)" || return 1
  paste a b > err
  awk 'NR == 1 { offset = $2 - $1; if (offset > 3000 || offset < -3000) exit 1 }
    { off = $2 - $1 - offset; if (off > 800 || off < -800) exit 1 }' err
}
# texts FILE: its lines without numbers and times.
texts () { grep -v -e '-->' -e '^[0-9]*$' "$1"; }
same_texts () { texts "$1" > a; texts "$2" > b; cmp a b; }
# last_texts ALL SOME: the end of it, three cues or more
last_texts () {
  texts "$1" > all; texts "$2" > b
  tail -n "$(wc -l < b)" all > a
  test "$(grep -c -e '-->' "$2")" -ge 3 && cmp a b
}
# cues_grow FILE N SECONDS: N cues of more than 0 s, one after another, all within SECONDS.
cues_grow () {
  cue_times "$1" | awk -F '[:. ]' -v n="$2" -v most="$3" '
    { start = ($1 * 60 + $2) * 60 + $3 + $4 / 1000; end = ($6 * 60 + $7) * 60 + $8 + $9 / 1000
      if (start <= last || end <= start || start > most) bad = 1
      last = start }
    END { exit bad || NR != n }'
}
# Each cue has words, and none of those that were said.
is_portuguese () { texts "$1" | grep -q '[a-zãçé]' && ! texts "$1" | grep -i -w -e and -e go -e something -e ten -e he -e the; }

cat > short.srt << 'END'
1
00:00:02,000 --> 00:00:02,700
Good morning, Anna.

2
00:00:03,000 --> 00:00:03,600
Maria & Tom will be there.

3
00:00:04,000 --> 00:00:04,800
- Is he ill?
- No, he is just old.

END
# Two utterances: there is a second of a quiet room between them.
/usr/bin/python3 -c "import random, sys
random.seed(1)
read = lambda name: open('$speech/' + name + '.raw', 'rb').read()
noise = b''.join(random.randint(-20, 20).to_bytes(2, 'little', signed=True) for _ in range(16000))
open('two.raw', 'wb').write(read('something') + noise + read('goforward'))" 2> /dev/null

"$pipelines/srt-to-srt.sh" short.srt short.pt.srt > out 2> err
"$pipelines/srt-to-srt.sh" > out 2> err
tcp=$(free_port SOCK_STREAM)
# one cue more: of the sink's queue the very first is not kept
{ printf '0\n00:00:00,100 --> 00:00:00,400\nGood evening.\n\n'; cat short.srt; } > served.srt
"$pipelines/srt-to-srt.sh" served.srt served.pt.srt > out 2> err
begin serve-tcp serve-tcp served.srt "$tcp"
begin overlay overlay "$samples/talk.en.srt" overlay 9
begin over-rtp over-rtp short.srt rtp.srt "$(free_port SOCK_DGRAM)"
if test -s two.raw; then
  begin recognise recognise two.raw two.srt
  begin wav recognise "$speech/librivox/sense_and_sensibility_01_austen_64kb-0880.wav" wav.srt
else
  skip recognise "no sample speech"
fi
# joins late, and gets what was
test ! -d serve-tcp || { sleep 2; tcp_client "$tcp"; } &
wait

if end serve-tcp "127.0.0.1:$tcp"; then
  check "a client that joins late gets the last cues" last_texts served.pt.srt tcp.srt
  tail -n "$(wc -l < tcp.srt)" served.pt.srt > last.srt
  check "with their times" same_begins last.srt tcp.srt
fi
if end overlay overlay; then
  check "overlay: the cues are in the frames, in their time" frames_show overlay 1
fi
if end over-rtp rtp.srt; then
  check "every cue arrives at its time" same_begins short.pt.srt rtp.srt
  check "with its text" same_texts short.pt.srt rtp.srt
fi
if end recognise two.srt; then
  check "two utterances are two cues, each when it has been said" cues_grow two.srt 2 50
  check "in Portuguese" is_portuguese two.srt
fi
if end wav wav.srt; then
  check "an utterance of a book" cues_grow wav.srt 1 50
  check "in Portuguese" is_portuguese wav.srt
fi
run "$pipelines/recognise.sh" no-such-file.wav
check "recognise names the file that is not there" err_has no-such-file.wav
check "nothing runs on" nothing_runs

finish
