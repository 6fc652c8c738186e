#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The benchmark runs; its figures are for people.
. "$(dirname "$0")/tap.sh"

run "$ssmt" bench --quick --model "$model"
check "a model is measured" status_is 0
check "reading is measured" out_has "^read "
check "writing is measured" out_has "^write "
check "so is the machine" out_has "^this machine now, 1 thread: memory [0-9.]* GB/s"

run "$ssmt" bench --quick --model "$(dirname "$model")/tiny-encdec" --batch 1,3 --prompt 5,40
check "an encoder-decoder is measured" status_is 0
check "at two batches and two prompts" test "$(grep -c '^read ' "$dir/out")" -eq 4

run "$ssmt" bench --quick --shape paper-transformer --dtype i8 --prompt 8 --decode 2
check "a shape whose state grows is measured" status_is 0

run "$ssmt" bench --quick --shape mamba2-mt640 --dtype i8 --prompt 8 --decode 2 --json
check "a shape is measured" status_is 0
check "JSON holds its figures" out_has '"tokens_per_second"'
if command -v python3 > /dev/null; then
  check "JSON is valid" python3 -m json.tool "$dir/out" /dev/null
else
  skip "JSON is valid" "no python3"
fi

finish
