#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# One line in, one line out, whatever the line is.
. "$(dirname "$0")/tap.sh"

# translate FILE [OPTION...]; without the guard: the small model's words are no language, which that would not let pass.
translate () {
  input=$1
  shift
  status=0
  "$ssmt" translate --no-guard --model "$model" --threads 1 "$@" < "$input" \
    > "$dir/out" 2> "$dir/err" || status=$?
}

differs () { ! cmp -s "$1" "$2"; }
same () { cmp -s "$1" "$2"; }

printf 'The house is small.\nIt is on the hill.\nShe lives there.\n' > "$dir/three"
translate "$dir/three"
check "three lines succeed" status_is 0
check "three lines give three" out_lines 3
check "without a message" err_is_empty
cp "$dir/out" "$dir/three.out"

translate "$dir/three" --beam 4
check "a beam of 4 gives three lines" out_lines 3
translate "$dir/three" --context none
check "without context: three lines" out_lines 3
cp "$dir/out" "$dir/alone"
for i in 1 2 3 4 5 6 7 8 9 10; do cat "$dir/three"; printf '\n...\r\n'; done > "$dir/many"
printf 'no \377 text\nlast' >> "$dir/many"
translate "$dir/many" --context none
cp "$dir/out" "$dir/many.out"
check "without context: a line that is no UTF-8 is passed through" status_is 1
translate "$dir/many" --context none --jobs 3
check "jobs: the same lines in the same order" same "$dir/out" "$dir/many.out"
check "jobs: the bad line is named" err_has "line 51: byte 4"
check "jobs: the status tells of it" status_is 1
head -n 3 "$dir/many.out" > "$dir/first"
check "jobs: each line is as without them" same "$dir/first" "$dir/alone"
translate "$dir/three" --jobs 2
check "jobs want lines that know nothing of each other" err_has "context none"
check "jobs: that is a wrong use" status_is 2
translate "$dir/three" --context=document --device=cpu
check "document context on the CPU is the default" same "$dir/out" "$dir/three.out"

translate "$dir/three" --scores
check "scores: a number and a tab before each line" test "$(grep -c -E "^-[0-9]+\.[0-9]{4}$(printf '\t')" "$dir/out")" -eq 3
cut -f 2- "$dir/out" > "$dir/scored"
check "scores: the translations are the same" same "$dir/scored" "$dir/three.out"
printf '12\n\n' > "$dir/passed"
translate "$dir/passed" --scores
check "scores: what is passed through has 0" test "$(cut -f 1 "$dir/out" | sort -u)" = 0.0000

translate "$dir/three" --nbest 3
check "nbest: three lines for each" out_lines 9
check "nbest: number, translation, score" test "$(grep -c -E '^[0-2] \|\|\| .+ \|\|\| -[0-9]+\.[0-9]{4}$' "$dir/out")" -eq 9
sed -n 's/^0 ||| \(.*\) ||| .*/\1/p' "$dir/out" | head -n 1 > "$dir/best"
head -n 1 "$dir/three" > "$dir/one"
translate "$dir/one" --beam 3
check "nbest: the first is the beam search's" same "$dir/out" "$dir/best"
translate "$dir/passed" --nbest 2
check "nbest: what is passed through stands alone" out_lines 2
translate "$dir/three" --nbest 17
check "nbest: no more than a beam can have" status_is 2

printf 'One line.\n\n\n  \nAnother line.\n\n' > "$dir/empty"
translate "$dir/empty"
check "empty lines: six in, six out" out_lines 6
check "an empty line stays empty" test -z "$(sed -n 2p "$dir/out")"
check "and the last one too" test -z "$(sed -n 6p "$dir/out")"

printf 'One line.\nNo end' > "$dir/no-end"
translate "$dir/no-end"
check "a last line without an end gets none" out_lines 1
check "but is translated" test "$(grep -c '' "$dir/out")" -eq 2

printf 'One line.\r\nTwo lines.\r\n' > "$dir/dos"
translate "$dir/dos"
check "line ends of two characters stay" test "$(grep -c "$(printf '\r')\$" "$dir/out")" -eq 2

: > "$dir/nothing"
translate "$dir/nothing"
check "no input succeeds" status_is 0
check "no input gives no output" out_lines 0

printf 'Good.\nbad \377\376 bytes\nGood again.\nNUL \000 here\n' > "$dir/bad"
translate "$dir/bad"
check "bad UTF-8: exit status 1" status_is 1
check "bad UTF-8: the line's number is told" err_has "line 2:"
check "a NUL byte: the line's number is told" err_has "line 4:"
check "bad UTF-8: four lines all the same" out_lines 4
sed -n 2p "$dir/bad" > "$dir/bad.2"
sed -n 2p "$dir/out" > "$dir/out.2"
check "bad UTF-8 is passed through" same "$dir/bad.2" "$dir/out.2"
check "a NUL byte is passed through" test "$(tail -n 1 "$dir/out" | wc -c)" -eq 11

# 300 words are more than a segment.
yes 'The small house is on the hill' | head -n 43 | tr '\n' ' ' > "$dir/long"
echo >> "$dir/long"
translate "$dir/long"
check "a long line is one line" out_lines 1
check "a long line succeeds" status_is 0

if test -w /dev/full; then
  status=0
  "$ssmt" translate --no-guard --model "$model" --threads 1 < "$dir/three" \
    > /dev/full 2> "$dir/err" || status=$?
  check "a full disk: exit status 1" status_is 1
  check "a full disk is told" err_has "cannot write the output"
else
  skip "a full disk" "no /dev/full"
fi

# Each line must be there before the next is written.
mkfifo "$dir/in" "$dir/answers"
"$ssmt" translate --no-guard --model "$model" --threads 1 < "$dir/in" > "$dir/answers" &
exec 3> "$dir/in" 4< "$dir/answers"
echo 'The house is small.' >&3
read -r first <&4
echo 'It is on the hill.' >&3
read -r second <&4
exec 3>&- 4<&-
wait
check "answers come line by line" test "$first" = "$(sed -n 1p "$dir/three.out")"
check "and the state goes on" test "$second" = "$(sed -n 2p "$dir/three.out")"

# Interrupted after a line, and gone on with.
head -n 1 "$dir/three" > "$dir/begin"
tail -n +2 "$dir/three" > "$dir/rest"
translate "$dir/begin" --save-state "$dir/state"
check "a state is saved" test -s "$dir/state"
cp "$dir/out" "$dir/joined"
translate "$dir/rest" --load-state "$dir/state"
cat "$dir/out" >> "$dir/joined"
check "a loaded state goes on as if never interrupted" same "$dir/joined" "$dir/three.out"
head -c 100 "$dir/state" > "$dir/cut"
translate "$dir/rest" --load-state "$dir/cut"
check "a damaged state fails" status_is 1
check "and its file is named" err_has "$dir/cut"
translate "$dir/rest" --load-state "$dir/no-such-state"
check "a missing state fails" status_is 1
translate "$dir/begin" --save-state /nonexistent/state
check "a state that cannot be saved fails" status_is 1

# Begun with examples, from the pairs and from a state saved after them.
printf '# names\nThe house is small.\tDas Haus ist klein.\n' > "$dir/pairs"
translate "$dir/rest" --prime "$dir/pairs"
check "examples are read" status_is 0
cp "$dir/out" "$dir/primed"
translate /dev/null --prime "$dir/pairs" --save-state "$dir/primed.state"
translate "$dir/rest" --prime "$dir/primed.state"
check "a state saved after them is the same beginning" same "$dir/out" "$dir/primed"
translate "$dir/rest"
check "without them it is another" differs "$dir/out" "$dir/primed"
echo 'no tab' >> "$dir/pairs"
translate "$dir/rest" --prime "$dir/pairs"
check "a bad line fails" status_is 1
check "and is named" err_has "pairs, line 3"
# attention without a window keeps the whole document, as far as there is room
mkdir "$dir/all"
cp "$model/model.safetensors" "$model/tokenizer.spm" "$dir/all"
sed 's/"window": 8/"window": 0/' "$model/config.json" > "$dir/all/config.json"
for i in 1 2 3 4 5 6; do cat "$dir/three"; done > "$dir/long"
model=$dir/all
translate "$dir/long" --max-context 150
check "where a document is full a new one begins" err_has "holds 150.*a new document begins"
check "and no line is lost" out_lines 18
check "nor passed through" status_is 0
translate "$dir/long"
check "by default there is more room" err_is_empty
translate "$dir/long" --max-context -1
check "which is not negative" status_is 2

# --from auto, with a model that says it reads English and writes German
tiny=$2
mkdir "$dir/en-de"
cp "$tiny/model.safetensors" "$tiny/tokenizer.spm" "$dir/en-de"
if grep -q '"languages"' "$tiny/config.json"; then cp "$tiny/config.json" "$dir/en-de"
else sed '0,/{/s//{ "languages": { "source": "en", "target": "de" },/' "$tiny/config.json" > "$dir/en-de/config.json"; fi
model=$dir/en-de
cat > "$dir/mixed" <<'END'
Where have you been all night?
Okay.
Wir haben die ganze Nacht auf dich gewartet.

Setz dich bitte an den Tisch.
Ja.
Je ne sais pas ce que tu veux dire.
END
translate "$dir/mixed" --from auto
if grep -q libcld2-dev "$dir/err"; then
  skip "from auto" "built without CLD2"
else
  check "from auto succeeds" status_is 0
  check "from auto: a line for each" out_lines 7
  sed -n 3,7p "$dir/mixed" > "$dir/passed"
  sed -n 3,7p "$dir/out" > "$dir/passed.out"
  check "from auto: German and French pass" same "$dir/passed" "$dir/passed.out"
  check "from auto: English does not" differs "$dir/mixed" "$dir/out"
  check "from auto: a message where German begins" err_has 'line 3: language "de", passed through'
  head -n 2 "$dir/mixed" > "$dir/english"
  head -n 2 "$dir/out" > "$dir/english.out"
  translate "$dir/english"
  check "from auto: what is translated is as without it" same "$dir/out" "$dir/english.out"
  translate "$dir/mixed" --from auto --other-languages translate
  check "from auto: another language may be translated" test "$(tail -n 1 "$dir/out")" != "$(tail -n 1 "$dir/mixed")"
  check "from auto: and the message says so" err_has 'line 7: language "fr", translated'
  translate "$dir/mixed" --from auto --context none
  cp "$dir/out" "$dir/alone"
  translate "$dir/mixed" --from auto --context none --jobs 2
  check "from auto: jobs give the same" same "$dir/out" "$dir/alone"
  printf 'Wir haben die ganze Nacht auf dich gewartet.\nno \377 text\n' > "$dir/bad"
  translate "$dir/bad" --from auto
  check "from auto: what is no UTF-8 is still named" err_has "line 2: byte 4"
fi
translate "$dir/three" --from en-GB
check "from: what the model reads" status_is 0
translate "$dir/three" --from fr
check "from: what it does not is an error" err_has 'reads "en", not "fr"'
translate "$dir/three" --other-languages perhaps
check "other languages: pass or translate" status_is 2

# Documents, one after the other.
{ cat "$dir/three"; echo; cat "$dir/three"; } > "$dir/twice"
translate "$dir/three"
{ cat "$dir/out"; echo; cat "$dir/out"; } > "$dir/alone"
translate "$dir/twice" --documents
check "documents: an empty line begins one anew" same "$dir/out" "$dir/alone"
translate "$dir/twice"
check "documents: else it does not" sh -c '! cmp -s "$1" "$2"' - "$dir/out" "$dir/alone"

# A model that goes on with texts of any kind has no languages.
run "$ssmt" translate --no-guard --model "$(dirname "$2")/checkpoints/bamba-bias" < "$dir/three"
check "a model without languages: it is said" err_has 'names no languages'
translate "$dir/three"
check "a model with languages: nothing is said" err_is_empty

finish
