#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Model folders written anew in every dtype, and what cannot be written.
. "$(dirname "$0")/tap.sh"

data=$(dirname "$model")
encdec=$data/tiny-encdec
vectors=$data/vectors

# convert MODEL OUTPUT DTYPE [OPTION...]
convert () {
  input=$1
  output=$2
  dtype=$3
  shift 3
  run "$ssmt" convert --model "$input" --output "$output" --dtype "$dtype" --threads 1 "$@"
}

same () { cmp -s "$1" "$2"; }
differs () { ! cmp -s "$1" "$2"; }
same_weights () { same "$1/model.safetensors" "$2/model.safetensors"; }
is_absent () { ! test -e "$1"; }
# No folder of that name or of a name that begins with it.
is_clean () { test -z "$(ls -d "$1"* 2> /dev/null)"; }
size_of () { wc -c < "$1/model.safetensors"; }
is_smaller () { test "$(size_of "$1")" -lt "$(size_of "$2")"; }
unchanged () { out_has "^logits  *largest change 0 (" && out_has "the same for 100.00 %"; }
# The largest change of the logits is between that many percent of their range.
changed () {
  awk -v low="$1" -v high="$2" '/^logits/ {
    match ($0, /\([0-9.e+-]* %/); p = substr ($0, RSTART + 1) + 0; good = p > low && p <= high
  } END { exit !good }' "$dir/out"
}

printf 'a\tb\n' > "$dir/pair"
printf 'The house is small.\nIt is on the hill.\n' > "$dir/two"
limits_f32="0 5"
limits_f16="0 5"
limits_bf16="0 5"
limits_i8="0 15"
limits_q4="1 60"

for tiny in tiny-decoder tiny-encdec; do
  for dtype in f32 f16 bf16 i8 q4; do
    to=$dir/$tiny-$dtype
    convert "$data/$tiny" "$to" "$dtype"
    check "$tiny to $dtype" status_is 0
    for line in "^before .* bytes" "^after .* bytes" "^  F32 .* tensors" "^sample  *36 lines" \
        "^perplexity .* -> "; do
      check "$tiny to $dtype: it prints $line" out_has "$line"
    done
    if test "$tiny" = tiny-decoder && test "$dtype" = i8; then
      check "$tiny is I8 already: nothing changes" unchanged
    elif test "$tiny" = tiny-encdec && { test "$dtype" = f16 || test "$dtype" = f32; }; then
      check "$tiny is F16, which F32 holds exactly: nothing changes" unchanged
    else
      eval "limits=\$limits_$dtype"
      # shellcheck disable=SC2086,SC2154
      check "$tiny to $dtype changes the logits by $limits %" changed $limits
    fi
    check "$tiny to $dtype: config.json is the same" same "$to/config.json" "$data/$tiny/config.json"
    check "$tiny to $dtype: the tokenizer is the same" \
      same "$to/tokenizer.spm" "$data/$tiny/tokenizer.spm"
    check "$tiny to $dtype: the card tells" grep -q "^Converted with .ssmt convert." "$to/README.md"
    check "$tiny to $dtype: nothing else is left" test "$(ls -d "$to"*)" = "$to"
    status=0
    "$ssmt" translate --model "$to" < "$dir/two" > "$dir/out" 2> "$dir/err" || status=$?
    check "$tiny in $dtype translates" status_is 0
    check "$tiny in $dtype gives two lines" out_lines 2
    convert "$to" "$to-again" "$dtype"
    check "$tiny in $dtype stays the same when converted again" same_weights "$to" "$to-again"
    check "and its logits too" unchanged
  done
  check "$tiny: I8 is smaller than BF16" is_smaller "$dir/$tiny-i8" "$dir/$tiny-bf16"
done
check "Q4 is smaller than I8" is_smaller "$dir/tiny-decoder-q4" "$dir/tiny-decoder-i8"
check "a model that is too narrow for Q4 is the same in both" \
  same_weights "$dir/tiny-encdec-q4" "$dir/tiny-encdec-i8"
check "F16 to F16 is the file that was there" same_weights "$encdec" "$dir/tiny-encdec-f16"
check "I8 to I8 is the file that was there" same_weights "$model" "$dir/tiny-decoder-i8"

# a matrix too narrow for Q4 is kept in I8
run "$ssmt" inspect "$dir/tiny-decoder-q4"
check "narrow matrices stay I8" out_has "(Q4, I8, F32)"

# there and back
convert "$dir/tiny-decoder-i8" "$dir/wide" f32
convert "$dir/wide" "$dir/narrow" i8
check "I8 by way of F32 is I8 again" same_weights "$dir/narrow" "$model"
convert "$dir/tiny-decoder-q4" "$dir/wide-q4" f32
check "Q4 is widened" status_is 0
run "$ssmt" inspect "$dir/wide-q4"
check "to nothing but F32" out_has "(F32)"
parameters=$("$ssmt" inspect "$model" | grep "^parameters")
check "with as many parameters" out_has "^$parameters\$"
run "$ssmt" inspect "$dir/tiny-decoder-q4"
check "as it has in Q4" out_has "^$parameters\$"

# other models
convert "$vectors/mamba2-hybrid-q4" "$dir/hybrid" q4
check "the reference's Q4 is kept" same_weights "$vectors/mamba2-hybrid-q4" "$dir/hybrid"
check "a model without a tokenizer reads random tokens" out_has "random tokens"
convert "$vectors/mamba2-hybrid" "$dir/hybrid-f32" f32
check "F32 to F32 is the file that was there" same_weights "$vectors/mamba2-hybrid" "$dir/hybrid-f32"
check "and its logits are too" unchanged
for system in mamba mamba-local mamba2-encdec; do
  convert "$vectors/$system" "$dir/$system" q4
  check "$system to Q4" status_is 0
done

# checkpoints of other libraries, in one file or in several
for folder in "$data"/checkpoints/*/; do
  checkpoint=$(basename "$folder")
  convert "$folder" "$dir/$checkpoint-f32" f32
  check "$checkpoint becomes F32" status_is 0
  test "$checkpoint" = mamba-bf16 || check "and is what it was" unchanged
  convert "$folder" "$dir/$checkpoint-q4" q4
  check "$checkpoint becomes Q4" status_is 0
  run "$ssmt" score --model "$dir/$checkpoint-q4" < "$dir/pair"
  check "and reads a pair" status_is 0
done

# samples
convert "$model" "$dir/sample" bf16 --sample "$dir/two"
check "a sample is read" out_has "^sample  *2 lines, .* own translation"
printf 'The house is small.\tDas Haus ist klein.\nIt is on the hill.\tEs steht auf dem Hügel.\n' > "$dir/pairs"
convert "$model" "$dir/pairs.out" bf16 --sample "$dir/pairs"
check "a sample with its translation is read" out_has "^sample  *2 lines, [0-9]* target tokens$"
printf '\n...\n' > "$dir/nothing"
convert "$model" "$dir/nothing.out" bf16 --sample "$dir/nothing"
check "a sample without words fails" status_is 1
check "and is named" err_has "nothing: has no line"

mkdir "$dir/other"
cp "$vectors/mamba2/config.json" "$vectors/mamba2/model.safetensors" "$model/tokenizer.spm" "$dir/other"
convert "$dir/other" "$dir/other.out" bf16
check "a tokenizer of another model fails" status_is 1
check "and is told" err_has "tokenizer.spm: has 500 pieces, but .vocab_size. in .* is only 40"

# the output
mkdir "$dir/full" "$dir/empty"
echo mine > "$dir/full/file"
convert "$model" "$dir/full" i8
check "a folder with files is refused" status_is 1
check "with a word what to do" err_has "full: has files in it.*name a new"
check "and left as it was" test "$(cat "$dir/full/file" && ls "$dir/full")" = "mine
file"
convert "$model" "$dir/two" i8
check "a file is refused" status_is 1
check "and left as it was" test "$(wc -l < "$dir/two")" -eq 2
convert "$model" "$dir/empty/" i8
check "an empty folder is used" status_is 0
check "and filled" same_weights "$dir/empty" "$model"
convert "$model" "$dir/none/below" i8
check "a folder in no folder fails" status_is 1
check "and is named" err_has "none/below"
convert "$model" "$model" i8
check "the model's own folder is refused" status_is 1

# a full disk
convert_limited () {
  status=0
  (
    trap '' XFSZ
    ulimit -f 20
    exec "$ssmt" convert --model "$1" --output "$2" --dtype f32
  ) > "$dir/out" 2> "$dir/err" || status=$?
}
mkdir "$dir/small"
cp "$encdec/config.json" "$encdec/model.safetensors" "$dir/small"
convert_limited "$dir/small" "$dir/no-room"
check "a file that becomes too large fails" status_is 1
check "the file is named" err_has "model.safetensors: cannot be written: "
check "and nothing is left" is_clean "$dir/no-room"
if mkdir "$dir/disk" && mount -t tmpfs -o size=64k none "$dir/disk" 2> /dev/null; then
  convert "$dir/small" "$dir/disk/model" f32
  umount "$dir/disk"
  check "a full disk fails" status_is 1
  check "and is told" err_has "No space left"
else
  skip "a full disk fails" "no right to mount one"
fi

# what is not there
convert /nonexistent "$dir/absent" i8
check "a model that is not there fails" status_is 1
check "and leaves nothing" is_absent "$dir/absent"
run "$ssmt" convert --model "$model" --dtype i8
check "no output is a usage error" status_is 2
run "$ssmt" convert --model "$model" --output "$dir/absent"
check "no dtype is a usage error" status_is 2
convert "$model" "$dir/absent" q5
check "an unknown dtype is a usage error" status_is 2
check "and those there are get listed" err_has "f32, f16, bf16, i8, q4"

# --- models of Marian -----------------------------------------------------------

# translations MODEL
translations () { cut -f 1 "$marian/$system/expected.tsv" | "$ssmt" translate --model "$1" --threads 1; }
without_shortlist () {
  mkdir "$dir/plain-$system"
  cp "$marian/$system"/* "$dir/plain-$system"
  rm -f "$dir/plain-$system"/lex.*
}
marian=$data/marian
for system in student student-int8 two-vocabularies npz self-attention pre-norm; do
  case $system in *int8) dtype=i8 ;; *) dtype=f32 ;; esac
  convert "$marian/$system" "$dir/own-$system" $dtype
  check "Marian, $system: is written" status_is 0
  check "Marian, $system: the logits stay" unchanged
  without_shortlist
  translations "$dir/plain-$system" > "$dir/marian.out"
  translations "$dir/own-$system" > "$dir/own.out"
  check "Marian, $system: the translations stay" same "$dir/marian.out" "$dir/own.out"
done
check "Marian: there is something to compare" test "$(wc -l < "$dir/own.out")" -gt 10
run "$ssmt" inspect --model "$dir/own-student"
check "Marian: it is a folder of this project's format" out_has "ssru"
check "Marian: nothing of the old one is left" test -z "$(ls "$dir/own-student" | grep -v -x \
  -e config.json -e model.safetensors -e README.md -e vocab.xxyy.spm)"
# A state that is carried is none to layers and positions that begin with the segment.
mkdir "$dir/carried" "$dir/document"
cp "$dir/own-student"/* "$dir/carried"
sed -i 's/"carry" *: *false/"carry" : true/' "$dir/carried/config.json"
cp "$dir/carried"/* "$dir/document"
sed -i 's/"reset" *: *"segment"/"reset" : "document"/' "$dir/document/config.json"
system=student
translations "$dir/own-student" > "$dir/own.out"
translations "$dir/carried" > "$dir/carried.out"
translations "$dir/document" > "$dir/document.out"
check "reset by segment: each line is as if there were no others" same "$dir/own.out" "$dir/carried.out"
check "reset by document: it is not" differs "$dir/own.out" "$dir/document.out"
convert "$dir/own-student-int8" "$dir/again" i8
check "Marian: converted again, nothing changes" same_weights "$dir/own-student-int8" "$dir/again"
# ids from files beside the tokenizers, as OPUS-MT has them
mkdir "$dir/opus"
cp "$marian/two-vocabularies/model.xxyy.bin" "$marian/transformers-separate/source.spm" \
  "$marian/transformers-separate/target.spm" "$dir/opus"
for side in vocab target_vocab; do
  sed 's/, *"<pad>": *128//' "$marian/transformers-separate/$side.json" > "$dir/opus/$side.json"
done
printf 'models: [model.xxyy.bin]\nvocabs: [vocab.json, target_vocab.json]\n' > "$dir/opus/decoder.yml"
convert "$dir/opus" "$dir/own-opus" f32
check "Marian, ids of other files: is written" status_is 0
cut -f 1 "$marian/transformers-separate/expected.tsv" > "$dir/source"
"$ssmt" translate --model "$dir/opus" --threads 1 < "$dir/source" > "$dir/marian.out"
"$ssmt" translate --model "$dir/own-opus" --threads 1 < "$dir/source" > "$dir/own.out"
check "Marian, ids of other files: the translations stay" same "$dir/marian.out" "$dir/own.out"
check "Marian, ids of other files: there are some" test "$(wc -l < "$dir/own.out")" -gt 10
check "Marian, ids of other files: they are translations" differs "$dir/own.out" "$dir/source"
for system in transformers transformers-separate; do
  convert "$marian/$system" "$dir/own-$system" f32
  check "Marian of transformers, $system: is written" status_is 0
  check "Marian of transformers, $system: the logits stay" unchanged
  translations "$marian/$system" > "$dir/marian.out"
  translations "$dir/own-$system" > "$dir/own.out"
  check "Marian of transformers, $system: the translations stay" same "$dir/marian.out" "$dir/own.out"
done

# --- links ---------------------------------------------------------------------

mkdir -p "$dir/snapshots/revision" "$dir/blobs"
for file in config.json model.safetensors tokenizer.spm; do
  cp "$model/$file" "$dir/blobs/$file-sum"
  ln -s "../../blobs/$file-sum" "$dir/snapshots/revision/$file"
done
echo secret > "$dir/elsewhere"
ln -s ../../elsewhere "$dir/snapshots/revision/notes.txt"
convert "$dir/snapshots/revision" "$dir/unlinked" f32
check "links: as the Hugging Face cache has them" status_is 0
check "links: the tokenizer is there" same "$dir/unlinked/tokenizer.spm" "$model/tokenizer.spm"
check "links: what lies elsewhere is not copied" test ! -e "$dir/unlinked/notes.txt"
check "links: which is said" err_has 'notes.txt: is a link out of the folder'

finish
