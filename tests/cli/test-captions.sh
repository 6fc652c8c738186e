#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Growing lines are played and measured.
. "$(dirname "$0")/tap.sh"
model=$(dirname "$model")/tiny-encdec

printf 'one two three four five six\nseven eight nine\n\nten eleven\n' > "$dir/text"
run "$ssmt" captions --model "$model" --output "$dir/said" < "$dir/text"
check "all ways are measured" status_is 0
check "in a table with a head" out_lines 5
for policy in again final local-agreement align-att; do
  check "$policy: eleven revisions of three lines" out_has "^$policy  *3  *11 "
  check "$policy: as many lines out as in" test "$(wc -l < "$dir/said.$policy")" -eq 4
done
check "without a reference it is average lagging" out_has ' AL '

"$ssmt" translate --model "$model" < "$dir/text" > "$dir/plain" 2> /dev/null
check "final is what a translation of whole lines says" \
  test "$(head -n 2 "$dir/said.final")" = "$(head -n 2 "$dir/plain")"
# final: all is said at the end, so it lags by the mean length: (6 + 3 + 2) / 3.
run "$ssmt" captions --model "$model" --policy final --reference "$dir/text" < "$dir/text"
check "a policy alone" out_lines 2
check "final lags by the whole line" out_has '^final .* 3\.67 '
run "$ssmt" captions --model "$model" --policy final --step 3 < "$dir/text"
check "steps of three words" out_has '^final  *3  *4 '

run "$ssmt" captions --model "$model" --policy soon < "$dir/text"
check "an unknown policy is a mistake in use" status_is 2
check "and the known are named" err_has "local-agreement"
echo one > "$dir/short"
run "$ssmt" captions --model "$model" --reference "$dir/short" < "$dir/text"
check "a reference of another length fails" status_is 1
check "and both lengths are told" err_has "1 lines, the text has 4"
printf 'one\ntwo\n\n\360' > "$dir/bytes"
run "$ssmt" captions --model "$model" --reference "$dir/bytes" < "$dir/text"
check "one that is no UTF-8, too" status_is 1
check "and that is said" err_has 'cannot be read as UTF-8'
printf '\377\n' > "$dir/bad"
run "$ssmt" captions --model "$model" < "$dir/bad"
check "text that is not UTF-8 fails" status_is 1
check "and says so" err_has "UTF-8"

finish
