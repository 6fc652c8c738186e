#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# `ssmt subtitle`: files, folders and films from the command line.
# Usage: test-subtitle.sh /path/to/ssmt /path/to/model-folder PLUGIN-FOLDER|-
. "$(dirname "$0")/pipelines.sh"
export SSMT_MODEL_PATH="$default_model"
# The element is found beside the program, too.
unset GST_PLUGIN_PATH
ssmt=$program

subtitle () { run timeout 100 "$ssmt" subtitle "$@"; }
# same_but_text A B: line for line, where no cue's text stands.
same_but_text () {
  grep -e '-->' -e '^[0-9]*$' "$1" > a; grep -e '-->' -e '^[0-9]*$' "$2" > b
  cmp a b
}
nothing_half () { test -z "$(find . -name '*.part*')"; }
is_file () { test -f "$1"; }
no_file () { ! test -e "$1"; }
has () { grep -q -e "$2" "$1"; }

# --- files

cp "$samples/talk.en.srt" .
subtitle talk.en.srt
check "a subtitle file is translated" status_is 0
check "into a file that is called after its language" is_file talk.pt.srt
check "numbers and times stay" same_but_text talk.en.srt talk.pt.srt
check "italics stay" has talk.pt.srt '^<i>.*'
check "what has been done is told" err_has 'talk.en.srt -> talk.pt.srt: 43 texts'
cp talk.pt.srt first.srt
echo changed > talk.pt.srt
subtitle talk.en.srt
check "what is there is not written over" has talk.pt.srt '^changed$'
check "and that is told" err_has 'there already'
subtitle --force talk.en.srt
check "but with --force" cmp talk.pt.srt first.srt
# the same texts as the element's
if test "$plugins" != -; then
  GST_PLUGIN_PATH=$plugins gst-launch-1.0 -q filesrc location=talk.en.srt ! subparse ! ssmtranslate \
    ! text/x-raw,format=pango-markup ! srtenc ! filesink location=element.srt 2> err
  sed 's/&amp;/\&/g' element.srt | grep -v -e '-->' > a; grep -v -e '-->' talk.pt.srt > b
  check "texts are the element's" diff -B a b
fi

printf 'WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n<v Ann>Where is she?\n' > a.vtt
printf '[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,{\\an8}Good morning.\\NWho are you?\n' > b.ass
printf '<tt xml:lang="en"><body><p begin="1s" end="2s">Good morning.</p></body></tt>' > c.ttml
subtitle a.vtt b.ass c.ttml
check "WebVTT, ASS, TTML" status_is 0
check "a cue's settings and voice stay" has a.pt.vtt '^<v Ann>Onde'
check "ASS has its codes and line breaks" has b.pt.ass ',{.an8}Bom dia.*\\N.*'
check "TTML says its language" has c.pt.ttml 'xml:lang="pt".*<p begin="1s" end="2s">Bom dia'

subtitle --to xx talk.en.srt
check "a language without a model fails" status_is 1
check "and the line that fetches one is named" err_has 'ssmt fetch en-xx'
run "$ssmt" translate talk.en.srt
check "ssmt translate FILE" status_is 2
check "points here" err_has 'ssmt subtitle'

# --- folders

mkdir -p library/below 'library/with space' models
for i in 1 2 3 4; do cp "$samples/talk.en.srt" "library/talk$i.en.srt"; done
cp a.vtt library/below; cp b.ass 'library/with space/é.ass'; cp a.vtt library/film.fr.vtt
printf 'no subtitles' > library/bad.srt; printf 'page' > library/index.html
subtitle -n library
check "-n says what would be written" out_has '^library/talk1.en.srt -> library/talk1.pt.srt$'
check "and writes nothing" no_file library/talk1.pt.srt
subtitle -r -o done library
check "one bad file fails" status_is 1
check "it is named, with the reason" err_has 'library/bad.srt: no cue was found'
check "the others are done" test "$(find done -type f | sort | tr '\n' ' ')" = \
  "done/below/a.pt.vtt done/talk1.pt.srt done/talk2.pt.srt done/talk3.pt.srt done/talk4.pt.srt done/with space/é.pt.ass "
check "the summary has numbers" err_has '6 translated (.* texts), 1 failed'
subtitle -r -o done library
check "a second time nothing is to do" err_has '0 translated (0 texts), 6 already there, 1 failed'
subtitle -r -j 4 -o done4 library
check "four at once write the same" diff -r done done4

# two with one name for their translations
mkdir -p twice/a twice/b && cp talk.en.srt twice/a/ep.srt && cp "$samples/harbour.en.srt" twice/b/ep.srt
subtitle -o both twice/a/ep.srt twice/b/ep.srt
check "two of one name: one fails" status_is 1
check "which says whose the name is" err_has 'translation would be both/ep.pt.srt, as that of '
check "the other is done" test -s both/ep.pt.srt
subtitle -n -o both twice/a/ep.srt twice/b/ep.srt
check "-n says so, too" status_is 1

# --- bytes, tags and white space

printf '<?xml version="1.0" encoding="ISO-8859-1"?>\n<tt xml:lang="en"><body><p begin="1s" end="2s">The caf\351 is open.</p></body></tt>' > latin.ttml
printf '1\n00:00:01,000 --> 00:00:02,000\nThe café is open.\n\n2\n00:00:03,000 --> 00:00:04,000\nUse the &lt;b&gt; tag here.\n' > utf.srt
printf '<tt xml:lang="en"><body><p><span begin="1s">Hello there,</span> <span begin="2s">my friend.</span></p>
<p begin="3s"><metadata><span>keep me</span></metadata>The cat sleeps.</p></body></tt>' > spans.ttml
subtitle --encoding WINDOWS-1251 latin.ttml utf.srt spans.ttml
rm latin.pt.ttml && subtitle latin.ttml
check "XML says its encoding, and is UTF-8 then" has latin.pt.ttml 'encoding="UTF-8"'
check "in what was read, too" has latin.pt.ttml 'café'
check "--encoding is not for UTF-8" has utf.pt.srt 'café'
check "an escaped tag stays one" has utf.pt.srt '&lt;b>'
check "white space between timed spans stays" has spans.pt.ttml '</span> <span begin="2s">'
check "what is no text is not translated" has spans.pt.ttml '<metadata><span>keep me</span></metadata>[A-Z]'

# stopped amid the work, it goes on
rm library/bad.srt
for i in 5 6 7 8 9; do cp "$samples/harbour.en.srt" "library/talk$i.en.srt"; done
"$ssmt" subtitle --threads 1 -o stopped library > out.log 2> err &
pid=$!
for _ in $(seq 300); do test -e stopped/talk1.pt.srt && break; sleep 0.05; done
# background jobs of a shell are deaf to SIGINT
kill -TERM $pid
status=0; wait $pid || status=$?
check "a signal ends it" status_is 130
check "which says how to go on" err_has 'the same command goes on'
check "nothing half is left" nothing_half
subtitle -o stopped library
check "the same command goes on" err_has '[1-9] already there'
subtitle -o whole library
check "to the same end" diff -r stopped whole

# --- a list of names, as they come

mkdir -p 'list/below/a b' && cp a.vtt "list/below/a b/it's \"é\".vtt" && cp talk.en.srt list
printf 'no subtitles' > list/bad.srt
printf '%s\n' talk.en.srt bad.srt "below/a b/it's \"é\".vtt" '' nowhere.srt readme.txt ../talk.en.srt below > names
(cd list && subtitle --files-from=../names -j 1 --json -o ../listed; echo "$status" > ../status)
status=$(cat status)
check "a list with bad files fails" status_is 1
check "below --output names keep their folders" cmp a.pt.vtt "listed/below/a b/it's \"é\".pt.vtt"
has_json () { "$here/has-json.py" out "$@" > why 2>&1; }
check "a line of JSON for each file that is done" \
  has_json '{"file": "talk.en.srt", "status": "done", "outputs": ["../listed/talk.pt.srt"], "texts": 43}'
check "with any name" has_json '{"file": "below/a b/it'"'"'s \"é\".vtt", "status": "done"}'
check "and the reason of a failure" has_json '{"file": "bad.srt", "status": "failed", "outputs": []}' 'no cue was found'
check "a file that is not there" has_json '{"file": "nowhere.srt", "status": "failed"}' 'No such file'
check "a file of another kind" has_json '{"file": "readme.txt", "status": "failed"}' 'not a kind of file'
check "a name that leads out of the folder" has_json '{"file": "../talk.en.srt", "status": "failed"}' 'below the current folder'
check "a folder" has_json '{"file": "below", "status": "failed"}' 'not a kind of file'
check "nothing else" out_lines 7
printf 'talk.en.srt' > one
(cd list && subtitle --files-from=- --json -q -o ../listed < ../one; echo "$status" > ../status)
status=$(cat status)
check "a second time" status_is 0
check "it is skipped" has_json '{"file": "talk.en.srt", "status": "skipped", "outputs": ["../listed/talk.pt.srt"]}'
subtitle -n --json list/talk.en.srt
check "-n says what there is to do" has_json '{"file": "list/talk.en.srt", "status": "waits", "outputs": ["list/talk.pt.srt"]}'
printf 'a\370.srt\n' | LC_ALL=C "$ssmt" subtitle --files-from=- --json > out.log 2> err
cp out.log out
check "bytes that are no UTF-8" has_json '{"file": "a\udcf8.srt", "status": "failed"}'

# one that is told the next name when it has answered: the model stays, and the end of its input is its own
cp -r "$default_model" kept
mkfifo in answers
SSMT_MODEL_PATH="$PWD/kept" "$ssmt" subtitle -q -j 1 --files-from=- --json -o fed < in > answers 2> err &
pid=$!
exec 7> in 8< answers
echo a.vtt >&7; read -r answer <&8; echo "$answer" > out
check "an answer comes before the next name" has_json '{"file": "a.vtt", "status": "done"}'
rm -r kept
echo b.ass >&7; read -r answer <&8; echo "$answer" > out
check "the model is loaded once" has_json '{"file": "b.ass", "status": "done"}'
exec 7>&-
status=0; wait $pid || status=$?
check "it ends with its input" status_is 0
exec 8<&-

# --- several at once, and what a killed one leaves

for i in 1 2 3; do "$ssmt" subtitle -q --json -o once talk.en.srt > "once$i" 2> err & done
wait
cat once1 once2 once3 > out
check "of three that do the same one does it" test "$(grep -c '"done"' out)$(grep -c '"skipped"' out)" = 12
check "it is whole" cmp once/talk.pt.srt first.srt
check "and alone" test "$(ls once)" = talk.pt.srt
mkdir killed
"$ssmt" subtitle -q -t 1 -o killed talk.en.srt > out.log 2> err & pid=$!
for _ in $(seq 300); do test -e killed/talk.pt.srt.part && break; sleep 0.01; done
kill -KILL $pid; wait $pid 2> err
check "a kill leaves no output" no_file killed/talk.pt.srt
subtitle -o killed killed
check "what it leaves is nothing to translate" err_has 'nothing to translate'
subtitle -o killed talk.en.srt
check "the next one takes it over" test "$(ls killed)" = talk.pt.srt
check "to the same end" cmp killed/talk.pt.srt first.srt
ln killed/talk.pt.srt killed/talk.pt.srt.part # killed between two steps
subtitle -o killed talk.en.srt
check "or removes it" nothing_half
ln killed/talk.pt.srt killed/talk.pt.srt.part; ln killed/talk.pt.srt killed/same
subtitle --force -o killed talk.en.srt
check "what is done is never written into" test "$(stat -c %h killed/same)" -eq 1

# a full disk, as far as one can be had: files may have 1,024 bytes
(trap '' XFSZ; ulimit -f 2; exec "$ssmt" subtitle -o full talk.en.srt) > out.log 2> err
status=$?
check "where a file cannot be written it fails" status_is 1
check "and says so" err_has 'talk.pt.srt'
check "without half a file" test -z "$(ls full)"

# --- two languages, and one by way of English

for pair in de-en en-fr; do
  cp -r "$default_model" models/$pair
  python3 - models/$pair/config.json ${pair%-*} ${pair#*-} << 'END'
import json, sys
config = json.load(open(sys.argv[1]))
config["languages"].update(source=sys.argv[2], target=sys.argv[3])
json.dump(config, open(sys.argv[1], "w"))
END
done
mkdir -p data/ssmtranslate
mv models data/ssmtranslate/models
cp -r "$default_model" data/ssmtranslate/models/en-pt
(unset SSMT_MODEL_PATH; export XDG_DATA_HOME="$PWD/data"; subtitle --to pt,fr a.vtt --force
 echo "$status" > status)
status=$(cat status)
check "two languages" status_is 0
check "two files" cmp a.pt.vtt a.fr.vtt
(unset SSMT_MODEL_PATH; export XDG_DATA_HOME="$PWD/data"; subtitle --from de --to pt -o pivot c.ttml
 echo "$status" > status)
status=$(cat status)
check "de-en and en-pt are a way" status_is 0
check "to what is asked for" has pivot/c.pt.ttml 'xml:lang="pt"'

# --- films

if ! gst-inspect-1.0 matroskamux > inspect 2>&1; then
  skip "films" "no element matroskamux"
  finish
fi
video="videotestsrc num-buffers=100 pattern=black ! video/x-raw,width=640,height=360,framerate=5/1"
sound="audiotestsrc num-buffers=200 samplesperbuffer=4800 ! audio/x-raw,rate=48000 ! opusenc"
head -n 40 talk.en.srt > short.en.srt # 20 seconds of it
subtitle short.en.srt
text="filesrc location=short.en.srt ! subparse ! text/x-raw,format=utf8 ! taginject tags=language-code=en,title=SDH"
# shellcheck disable=SC2086
gst-launch-1.0 -q matroskamux name=m ! filesink location=film.mkv $video ! vp8enc deadline=1 ! queue ! m. \
  $sound ! queue ! m. $text ! queue ! m.subtitle_0 2> err
"$here/matroska.py" attach film.mkv "$samples/harbour.en.srt"
subtitle film.mkv
check "a film gets a track" film_has film.pt.mkv got "en pt"
check "the old one stays" same_but_text got.en.srt got.pt.srt
same_streams () {
  for film in film.mkv film.pt.mkv; do
    gst-launch-1.0 -q filesrc location=$film ! matroskademux name=d d.video_0 ! queue ! filesink location=$film.v \
      d.audio_0 ! queue ! filesink location=$film.a 2> err
  done
  test -s film.mkv.v && test -s film.mkv.a && cmp film.mkv.v film.pt.mkv.v && cmp film.mkv.a film.pt.mkv.a
}
check "picture and sound are the same to the byte" same_streams
"$here/matroska.py" show film.mkv > before; "$here/matroska.py" show film.pt.mkv > after
check "flags and attachments stay, the new track is no default" sh -c \
  'sed "s/^attachment/text default=0 forced=0\n&/" before | diff - after'
check "its texts are those of the file" sh -c \
  'grep -v -e "-->" got.pt.srt > a; grep -v -e "-->" short.pt.srt | sed "s/<[^>]*>//g" | diff -B a -'
subtitle --beside film.mkv
check "or a file beside it" same_but_text short.pt.srt film.pt.srt
rm film.pt.mkv
subtitle --from de film.mkv
check "a film without that language fails" status_is 1
subtitle --track 7 film.mkv
check "as does a track that is not there" err_has 'no text track 7, only 1 in en'
printf '\032\105\337\243 no film at all, but a beginning of one' > bad.mkv
subtitle bad.mkv
check "a broken film fails" status_is 1
check "and leaves nothing" nothing_half

# ASS in a film keeps its styles
printf '[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Big,Arial,40\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:01.00,0:00:03.00,Big,Ann,0,0,0,,{\\an8}Where is {\\i1}she{\\i0}?\n' > s.ass
if test -x "$(command -v ffmpeg)"; then
  ffmpeg -v error -i film.mkv -i s.ass -map 0:v -map 1 -c copy -metadata:s:s:0 language=eng styled.mkv 2> err
  subtitle --beside styled.mkv
  check "ASS of a film has its styles" has styled.pt.ass '^Style: Big,Arial,40$'
  check "and its codes" has styled.pt.ass 'Dialogue: 0,0:00:0[01].*,Big,Ann,0,0,0,,{.an8}.*{.i1}.*?'
  subtitle styled.mkv
  ffmpeg -v error -i styled.pt.mkv -map 0:s:1 back.ass 2> err
  check "also as a track" has back.ass 'Big,Ann,0,0,0,,{.an8}.*{.i1}'
else
  skip "ASS in a film" "no ffmpeg to make one"
fi

# shellcheck disable=SC2086
if gst-launch-1.0 -q mp4mux name=m ! filesink location=phone.mp4 $video ! x264enc speed-preset=ultrafast ! queue ! m. \
    $text ! queue ! m.subtitle_0 2> err; then
  subtitle phone.mp4
  check "an MP4 gets a track" film_has phone.pt.mp4 got "en pt"
else
  skip "MP4" "no x264enc or mp4mux"
fi

if gst-inspect-1.0 x264enc > inspect 2>&1 && gst-inspect-1.0 textoverlay > inspect 2>&1 \
    && gst-inspect-1.0 openh264dec > inspect 2>&1; then
  printf '1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n\n2\n00:00:05,000 --> 00:00:08,000\nWho are you?\n' > b.srt
  # shellcheck disable=SC2086
  gst-launch-1.0 -q matroskamux name=m ! filesink location=burn.mkv $video ! vp8enc deadline=1 ! queue ! m. \
    filesrc location=b.srt ! subparse ! text/x-raw,format=utf8 ! queue ! m.subtitle_0 2> err
  subtitle --burn burn.mkv
  check "burnt in" is_file burn.pt.burned.mkv
  subtitle --beside burn.mkv
  mkdir frames
  gst-launch-1.0 -q filesrc location=burn.pt.burned.mkv ! matroskademux ! h264parse ! openh264dec ! videoconvert \
    ! videorate ! video/x-raw,framerate=1/1 ! pngenc ! multifilesink location=frames/frame-%03d.png 2> err
  burnt () { "$here/check-frames.py" frames 1 burn.pt.srt "Sans Bold 17" > err 2>&1; }
  check "frames show the translation, each in its time" burnt
else
  skip "burnt in" "no x264enc, textoverlay or openh264dec"
fi

# --- a terminal

if command -v script > inspect; then
  script -qec "$ssmt subtitle --force talk.en.srt a.vtt" typescript > out.log 2> err
  check "a terminal shows a bar" has typescript '\[#*\.*\] *[0-9]* %  [0-9] of 2 files'
else
  skip "a bar" "no program script"
fi
finish
