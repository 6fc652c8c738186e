#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Launch lines as users type them, run for real. Usage: test-launch-lines.sh FILE.srt
srt=$1
data=$(cd "$(dirname "$0")/../data" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
n=0

has () { for e; do gst-inspect-1.0 "$e" > /dev/null 2>&1 || return 1; done; }
result () { n=$((n + 1)); if test "$1" -eq 0; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' err; fi; }
skip () { n=$((n + 1)); echo "ok $n - $1 # SKIP no $2"; }
launch () { timeout 60 gst-launch-1.0 -q "$@" > out 2> err; }
# Cue times of a SubRip or WebVTT file in ms, one cue a line.
times () { grep -e '-->' "$1" | tr ',' '.' | sed 's/ *$//; s/ --> / /'; }
text="filesrc location=$srt ! subparse ! ssmtranslate"
video="videotestsrc num-buffers=50 pattern=black ! video/x-raw,width=320,height=240,framerate=25/1"

launch $text ! srtenc ! filesink location=b.srt
result $? "SubRip to SubRip"
diff <(times "$srt") <(times b.srt) > err; result $? "no cue is lost, reordered or retimed"
# as batch systems and LimitAS= set it; sanitizers and emulators want more for themselves
for limit in 200000 300000 400000; do
  (ulimit -v $limit; launch $text ! srtenc ! filesink location=v$limit.srt)
  diff <(times "$srt") <(times v$limit.srt) > err; result $? "$limit KiB of addresses are enough"
done
# a pivot: small random models, the second without a language that a tag could come from
for pair in enpt ptde; do
  mkdir $pair
  for file in "$data"/marian/student/*.xxyy.*; do cp "$file" "$pair/$(basename "${file/xxyy/$pair}")"; done
done
timeout 60 gst-launch-1.0 -m -t filesrc location="$srt" ! subparse ! ssmtranslate name=a model-path=./enpt \
  ! ssmtranslate name=b model-path=./ptde ! srtenc ! filesink location=pivot.srt > out 2> err
result $? "two elements in a row"
diff <(times "$srt") <(times pivot.srt) > err; result $? "a pivot loses no cue and no time"
grep 'language code' out | tail -n 1 | grep -q ': de$'; result $? "the language is that of the second"
grep -q 'ssmtranslate/model, path=(string).*ptde, source-language=(string)pt, target-language=(string)de, carries-state=(boolean)false' out
result $? "the message at the start tells model, languages and that no state is carried"
# several languages of one text
mkdir -p data/ssmtranslate
models=$(cd "$(dirname "$SSMT_MODEL_PATH")/../../models" && pwd)
ln -s "$models" data/ssmtranslate/models
(unset SSMT_MODEL_PATH; export XDG_DATA_HOME=$PWD/data
  launch ssmtranslatebin name=t translate_src_0::language-code=pt translate_src_1::language-code=de \
    filesrc location="$srt" ! subparse ! t.sink  t.translate_src_0 ! queue ! srtenc ! filesink location=t.pt.srt \
    t.translate_src_1 ! queue ! srtenc ! filesink location=t.de.srt  t.src ! queue ! srtenc ! filesink location=t.srt)
result $? "ssmtranslatebin: two languages and the text itself"
(unset SSMT_MODEL_PATH; export XDG_DATA_HOME=$PWD/data
  for code in pt de; do
    launch filesrc location="$srt" ! subparse ! ssmtranslate output-language-code=$code ! srtenc ! filesink location=one.$code.srt
  done)
cmp t.pt.srt one.pt.srt > err && cmp t.de.srt one.de.srt > err; result $? "the texts are those of an element for each"
diff <(times "$srt") <(times t.srt) > err; result $? "its src is the text"
SSMT_AS_AWSTRANSLATE=1 launch filesrc location="$srt" ! subparse ! awstranslate ! srtenc ! filesink location=aws.srt
cmp aws.srt b.srt > err; result $? "by the name that translationbin knows"
launch $text ! text/x-raw,format=utf8 ! srtenc ! filesink location=b8.srt
! grep -q '&amp;' b8.srt; result $? "as utf8 nothing is escaped"
if has webvttenc; then
  launch $text ! webvttenc ! filesink location=c.vtt; result $? "SubRip to WebVTT"
  test "$(times c.vtt | wc -l)" -eq "$(times "$srt" | wc -l)"; result $? "WebVTT has every cue"
else skip "SubRip to WebVTT" webvttenc; fi
if has textoverlay pngenc; then
  launch $video ! textoverlay name=ov ! videoconvert ! videorate ! video/x-raw,framerate=1/1 \
    ! pngenc ! multifilesink location=e%02d.png $text ! queue ! ov.text_sink
  result $? "burnt into pictures"; test -s e00.png; result $? "a picture is there"
  launch $text ! textrender ! videoconvert ! video/x-raw,width=320,height=120 ! pngenc ! multifilesink location=l%02d.png
  result $? "text to pictures"
else skip "burnt into pictures" textoverlay; fi
if has subtitleoverlay; then
  launch $video ! subtitleoverlay name=ov ! videoconvert ! fakesink $text ! queue ! ov.subtitle_sink
  result $? "subtitleoverlay"
else skip "subtitleoverlay" subtitleoverlay; fi
if has matroskamux jpegenc; then
  launch $video ! jpegenc ! matroskamux name=m ! filesink location=f.mkv $text ! queue ! m.subtitle_0
  result $? "into Matroska"
  timeout 60 gst-launch-1.0 -t filesrc location=f.mkv ! matroskademux name=d d.subtitle_0 ! queue ! ssmtranslate \
    ! fakesink sync=false d.video_0 ! queue ! fakesink sync=false > out 2> err
  result $? "out of Matroska again"
  LC_ALL=C grep -a -q 'ger' f.mkv; result $? "the track is tagged as German"
  # half a sentence, then more film than the queues hold
  printf '1\n00:00:00,100 --> 00:00:00,400\nWhen I was young\n\n2\n00:00:02,400 --> 00:00:02,800\nI lived in Hull.\n' > half.srt
  launch ${video/50/75} ! jpegenc ! matroskamux name=m ! filesink location=half.mkv filesrc location=half.srt ! subparse \
    ! text/x-raw,format=utf8 ! m.subtitle_0
  timeout 20 gst-launch-1.0 -q filesrc location=half.mkv ! matroskademux name=d d.subtitle_0 ! queue \
    ! ssmtranslate segmentation=sentence ! text/x-raw,format=utf8 ! tee name=t t. ! queue ! srtenc ! filesink location=half.de.srt \
    t. ! queue ! fakesink sync=true d.video_0 ! queue ! jpegdec ! fakesink sync=true > out 2> err
  result $? "a held sentence does not hang default queues"
  diff <(times half.srt) <(times half.de.srt) > err; result $? "and its cues keep their times"
  timeout 20 gst-launch-1.0 -q filesrc location=half.mkv ! matroskademux name=d d.subtitle_0 ! queue \
    ! ssmtranslate max-columns=20 max-cps=5 ! text/x-raw,format=utf8 ! tee name=t t. ! queue ! srtenc ! filesink location=long.de.srt \
    t. ! queue ! fakesink sync=true d.video_0 ! queue ! jpegdec ! fakesink sync=true > out 2> err
  result $? "nor does a cue that waits for silence"
  diff <(times half.srt | cut -d ' ' -f 1) <(times long.de.srt | cut -d ' ' -f 1) > err; result $? "and cues begin when they did"
  launch $video ! jpegenc ! matroskamux name=m ! filesink location=two.mkv filesrc location="$srt" ! subparse \
    ! text/x-raw,format=utf8 ! tee name=t t. ! queue ! taginject tags=language-code=en ! m.subtitle_0 \
    t. ! queue ! ssmtranslate ! m.subtitle_1
  result $? "two languages in one file"
else skip "into Matroska" matroskamux; fi
if has mp4mux x264enc; then
  launch $video ! x264enc ! mp4mux name=m ! filesink location=g.mp4 $text ! queue ! m.subtitle_0
  result $? "into MP4"
else skip "into MP4" x264enc; fi
if has rtpgstpay; then
  launch $text ! rtpgstpay ! rtpgstdepay ! fakesink; result $? "through RTP"
else skip "through RTP" rtpgstpay; fi
# a film in three languages: German passes, for French there is a model (a random one), for Spanish none
models=$(cd "$data/../../models" && pwd)
mkdir -p share/ssmtranslate/models/fr-de
ln -s "$models/en-de" share/ssmtranslate/models/en-de
for file in "$data"/marian/student/*.xxyy.*; do cp "$file" "share/ssmtranslate/models/fr-de/$(basename "${file/xxyy/frde}")"; done
i=0
while read -r line; do
  i=$((i + 1)); printf '%d\n00:00:%02d,000 --> 00:00:%02d,900\n%s\n\n' $i $i $i "$line"
done > mixed.srt <<'FILM'
Good morning, where is my house?
<i>Ich habe die ganze Nacht auf dich gewartet.</i>
Je ne sais pas ce que tu veux dire.
No sé lo que quieres decir con eso.
The house is very small.
FILM
if XDG_DATA_HOME=$PWD/share SSMT_MODEL_PATH='' timeout 60 gst-launch-1.0 -m filesrc location=mixed.srt ! subparse \
  ! ssmtranslate input-language-code=auto output-language-code=de ! srtenc ! filesink location=mixed.de.srt > out 2> err; then
  result 0 "a film in several languages"
  diff <(times mixed.srt) <(times mixed.de.srt) > err; result $? "and its cues keep their times"
  diff <(grep -e gewartet -e quieres mixed.srt) <(grep -e gewartet -e quieres mixed.de.srt) > err
  result $? "German, and what no model reads, pass unchanged"
  test "$(grep -c Haus mixed.de.srt)" -eq 2; result $? "English is translated"
  ! grep -q 'Je ne sais' mixed.de.srt; result $? "and French"
  diff <(grep -o 'ssmtranslate/language,.*' out | sed 's/.*language=(string)\([a-z]*\),.*action=(string)\([a-z]*\), path=(string)\([^;]*\);.*/\1 \2 \3/; s|/.*/||; s/""//; s/ *$//') - > err <<'MESSAGES'
en translated en-de
de passed
fr translated fr-de
es passed
en translated en-de
MESSAGES
  result $? "messages say which model translates which"
elif grep -q libcld2-dev err; then skip "a film in several languages" CLD2
else result 1 "a film in several languages"; fi
printf '1\n00:00:00,100 --> 00:00:00,400\nHello.\n\n2\n00:00:00,500 --> 00:00:00,900\nYes.\n' > short.srt
launch filesrc location=short.srt ! subparse ! clocksync ! ssmtranslate ! srtenc ! filesink location=h.srt
result $? "paced as if live"; diff <(times short.srt) <(times h.srt) > err; result $? "and with the same times"
timeout 20 gst-launch-1.0 filesrc location=short.srt ! subparse ! ssmtranslate model-path=nowhere ! fakesink > out 2> err
test $? -ne 0 && grep -q 'nowhere' err; result $? "a missing model is named on the bus"
echo "1..$n"
