#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Help, version, and what a mistaken command line gets.
. "$(dirname "$0")/tap.sh"

run "$ssmt" --help
check "--help succeeds" status_is 0
for command in translate inspect bench convert models fetch; do
  check "--help names $command" out_has "  $command "
done

for command in translate inspect bench; do
  run "$ssmt" "$command" --help
  check "$command --help succeeds" status_is 0
  check "$command --help shows the usage" out_has "ssmt $command \[OPTION"
  check "$command --help describes --model" out_has "--model=MODEL"

  run "$ssmt" "$command" --nonsense
  check "$command --nonsense is a usage error" status_is 2
  check "$command --nonsense is named" err_has "nonsense"

  run "$ssmt" "$command" --model /nonexistent
  check "$command without its model fails" status_is 1
  check "$command names the missing model" err_has "/nonexistent"
done

run "$ssmt" --version
check "--version prints a version" out_has "^ssmt [0-9]"
run "$ssmt"
check "no command is a usage error" status_is 2
check "no command prints the usage" err_has "Usage:"
run "$ssmt" frobnicate
check "an unknown command is a usage error" status_is 2
check "an unknown command is named" err_has "frobnicate"

for bad in "--beam 0" "--beam 17" "--beam x" "--threads -1" "--context all" "word"; do
  # shellcheck disable=SC2086
  run "$ssmt" translate $bad
  check "translate $bad is a usage error" status_is 2
done
for bad in "--dtype f64" "--batch 0" "--prompt x" "--decode -1" "--shape a --model b"; do
  # shellcheck disable=SC2086
  run "$ssmt" bench $bad
  check "bench $bad is a usage error" status_is 2
done
run "$ssmt" inspect --shape nonsense
check "an unknown shape fails" status_is 1
check "and the shapes there are get listed" err_has "paper-mamba"

run env HOME="$dir" XDG_DATA_HOME="$dir" XDG_DATA_DIRS="$dir" SSMT_MODEL_PATH=/nonexistent "$ssmt" translate
check "a default model that is not there fails" status_is 1
check "with a message" err_has "."
check "on one line" test "$(wc -l < "$dir/err")" -eq 1

finish
