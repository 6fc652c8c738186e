#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Terms that hold. Usage: test-glossary.sh /path/to/ssmt /path/to/models/en-pt
. "$(dirname "$0")/tap.sh"

# translate TERMS LINE
translate () {
  printf "$1" > "$dir/terms.tsv"
  printf '%s\n' "$2" > "$dir/line"
  status=0
  "$ssmt" translate --model "$model" --threads 1 --glossary "$dir/terms.tsv" < "$dir/line" \
    > "$dir/out" 2> "$dir/err" || status=$?
}

out_lacks () { ! grep -q -e "$1" "$dir/out"; }

translate 'ship\tembarcação\n' "The ship is big."
check "a term has its target" out_has "embarcação"
check "in the place of the model's word" out_lacks "navio"
translate 'ship\tembarcação\n' "The house is small."
check "a line without a term has none" out_lacks "embarcação"
translate 'Black Pearl\t*\tof the captain\n' "I saw the Black Pearl yesterday."
check "what is not translated stays" out_has "Black Pearl"
translate 'ship\tnavio\nboat barco\n' "The boat."
check "a bad line is an error" status_is 1
check "with the file and its line" err_has "terms.tsv: line 2: "
rm "$dir/terms.tsv"
run "$ssmt" translate --model "$model" --glossary "$dir/terms.tsv" < "$dir/line"
check "a missing file is one" err_has "terms.tsv"
finish
