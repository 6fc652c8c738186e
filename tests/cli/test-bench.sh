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
run "$ssmt" bench --quick --config "$(dirname "$model")/vectors/post-norm/config.json" --dtype q4 --prompt 8 --decode 2
check "a config.json alone is measured" status_is 0

run "$ssmt" bench --quick --shape mamba2-mt640 --dtype i8 --prompt 8 --decode 2 --json
check "a shape is measured" status_is 0
check "JSON holds its figures" out_has '"tokens_per_second"'
if command -v python3 > /dev/null; then
  check "JSON is valid" python3 -m json.tool "$dir/out" /dev/null
else
  skip "JSON is valid" "no python3"
fi

run "$ssmt" bench --quick --shape mamba2-mt640 --dtype i8 --prompt 8 --decode 2 --operations
check "operations are timed" status_is 0
check "each of them" out_has "^  ssd  *24.00 "
check "and products by their size" out_has "^  linear i8 32000 x 640  *1.00 "
run "$ssmt" bench --quick --shape mamba2-mt640 --dtype i8 --prompt 8 --decode 2 --operations --json
if command -v python3 > /dev/null; then
  check "their shares are the whole" python3 -c '
import json, sys
shares = [row["share"] for row in json.load(open(sys.argv[1])) if row.get("operation") and row["work"] == "write"]
sys.exit(not 0.99 < sum(shares) < 1.01)' "$dir/out"
else
  skip "their shares are the whole" "no python3"
fi

encdec=$(dirname "$model")/tiny-encdec
run "$ssmt" bench --quick --model "$encdec" --device cpu --streams 1,4
check "streams are measured" status_is 0
check "in batches" test "$(grep -c ' shared ' "$dir/out")" -eq 2
check "and without" test "$(grep -c ' alone ' "$dir/out")" -eq 2
run "$ssmt" bench --quick --model "$model" --device cpu --streams 3 --live --json
check "live streams are measured" status_is 0
check "and those in time counted" out_has '"streams_in_time" : 3'
run "$ssmt" bench --quick --shape paper-transformerpp --dtype i8 --streams 2 --decode 2
check "so are streams whose state grows" status_is 0
run "$ssmt" bench --live
check "--live without a number is a usage error" status_is 2
run "$ssmt" bench --streams 0
check "so are no streams" status_is 2
run "$ssmt" bench --quick --model "$model" --device cuda:77
check "a GPU that is not there fails" status_is 1
check "with a word of what was looked for" err_has 'no device "cuda:77": '
run "$ssmt" bench --quick --model "$model" --device tpu
check "a device that nobody knows fails" status_is 1
check "and those there are get listed" err_has 'auto (default), cuda, cuda:N, cpu'

finish
