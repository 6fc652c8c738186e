#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Translations are scored and chosen.
. "$(dirname "$0")/tap.sh"

score () { file=$1; shift; run "$ssmt" score --model "$model" --threads 1 "$@" < "$file"; }
field () { sed -n "$1p" "$dir/out" | cut -f "$2"; }
same () { test "$1" = "$2"; }
differs () { test "$1" != "$2"; }

printf 'the house\tdas Haus\tein Haus\nthe ship\tdas Schiff\tein Schiff\n\nthe house\tdas Haus\n' > "$dir/lines"
score "$dir/lines"
check "lines are scored" status_is 0
check "a line out for each one in" out_lines 4
check "two numbers for each translation" same "$(sed -n 1p "$dir/out" | wc -w)" 4
check "the first line has no context to differ by" same "$(field 1 1)" "$(field 1 2)"
check "the second has" differs "$(field 2 1)" "$(field 2 2)"
check "an empty line ends the document" same "$(field 4 1)" "$(field 1 1)"
check "sums are told" err_has 'carried .* a token, perplexity .* of 2$'
first=$(field 1 1) second=$(field 1 3)
score "$dir/lines" --rerank --length-penalty 0
best=$(printf '%s das Haus\n%s ein Haus\n' "$first" "$second" | sort -g | tail -n 1 | cut -d ' ' -f 2-)
check "the best is chosen" same "$(field 1 1)" "$best"
check "the only one is the best" same "$(field 4 1)" "das Haus"

echo 'no tab' > "$dir/bad"
score "$dir/bad"
check "a line without a translation fails" status_is 1
check "and is named" err_has 'line 1: there is no tab'
score "$dir/lines" --length-penalty -1
check "a penalty below 0 is a mistake in use" status_is 2

finish
