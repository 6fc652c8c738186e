#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A program that is ended, or whose calls of the system fail, leaves nothing half done.
# The third argument: the library that makes calls fail.
. "$(dirname "$0")/tap.sh"
failing=${3:-}

same () { cmp -s "$1" "$2"; }
translate () { "$ssmt" translate --no-guard --model "$model" --threads 2 "$@"; }

printf 'The house is small.\nIt is on the hill.\n' > "$dir/two"
translate --save-state "$dir/two.state" < "$dir/two" > "$dir/two.out"

# --- a signal ------------------------------------------------------------------

# Ends a translation that has read two lines and half of a third.
end_by () {
  rm -f "$dir/state" "$dir/live" "$dir/out"
  mkfifo "$dir/live"
  env --default-signal="$1" "$ssmt" translate --no-guard --model "$model" --save-state "$dir/state" \
    < "$dir/live" > "$dir/out" 2> "$dir/err" &
  child=$!
  exec 3> "$dir/live"
  cat "$dir/two" >&3
  printf 'She lives' >&3
  for i in $(seq 600); do
    test "$(wc -l < "$dir/out")" -lt 2 || break
    sleep 0.1
  done
  kill "-$1" "$child"
  status=0
  wait "$child" || status=$?
  exec 3>&-
}

for signal in TERM:143 INT:130 HUP:129; do
  end_by "${signal%:*}"
  check "${signal%:*}: the status tells of it" status_is "${signal#*:}"
  check "${signal%:*}: both lines are out, half a line is not" same "$dir/out" "$dir/two.out"
  check "${signal%:*}: the state is that behind them" same "$dir/state" "$dir/two.state"
done

# --- a conversion that is stopped --------------------------------------------

large=$(dirname "$0")/../../models/en-pt

# It says so, ends by the signal, and leaves nothing.
stops_well () {
  rm -rf "$dir/work"
  mkdir "$dir/work"
  env --default-signal="$1" "$ssmt" convert --model "$large" --dtype f32 --output "$dir/work/new" > "$dir/out" 2> "$dir/err" &
  child=$!
  while kill -0 "$child" 2> /dev/null && test -z "$(ls -A "$dir/work")"; do sleep 0.01; done
  kill "-$1" "$child"
  status=0
  wait "$child" || status=$?
  status_is "$2" && err_has 'stopped' && test -z "$(ls -A "$dir/work")"
}
for signal in TERM:143 INT:130; do
  check "convert: ${signal%:*} leaves nothing behind" stops_well "${signal%:*}" "${signal#*:}"
done

# --- calls that fail -----------------------------------------------------------

calls="open read write fsync rename mmap malloc aligned_alloc pthread_create"
if test -z "$failing"; then
  skip "calls that fail" "no library for it in a build with sanitizers"
  finish
fi

has_failed () { grep -q '^ssmt-test-fail:' "$dir/err"; }

# with_fault CALL:N COMMAND...
with_fault () {
  fault=$1
  shift
  run env LD_PRELOAD="$failing" SSMT_TEST_FAIL="$fault" "$@"
}

# A line that was passed through stands for itself, and the next one does not know it.
output_is_right () {
  cat "$dir/two" "$dir/two.out" "$dir/second.out" > "$dir/allowed"
  while read -r line; do
    grep -q -F -x -e "$line" "$dir/allowed" || return 1
  done < "$dir/out"
}

is_whole () {
  for state in old first second two; do
    ! same "$dir/work/state" "$dir/$state.state" || return 0
  done
  return 1
}

tells () {
  test "$status" -eq 0 || grep -v '^ssmt-test-fail:' "$dir/err" | grep -q .
}

translates_well () {
  for k in $(seq 400); do
    mkdir "$dir/work"
    cp "$dir/old.state" "$dir/work/state"
    with_fault "$1:$k" "$ssmt" translate --no-guard --model "$model" --threads 2 \
      --save-state "$dir/work/state" < "$dir/two"
    test "$status" -lt 128 && output_is_right && is_whole && tells \
      && test "$(ls "$dir/work")" = state || { echo "# $1:$k, status $status"; return 1; }
    if test "$status" -eq 0; then
      same "$dir/out" "$dir/two.out" && same "$dir/work/state" "$dir/two.state" \
        || { echo "# $1:$k: good, it says"; return 1; }
    fi
    rm -r "$dir/work"
    has_failed || break
  done
  test "$k" -lt 400
}

# The whole folder, or none and a message.
converts_well () {
  for k in $(seq 400); do
    mkdir "$dir/work"
    with_fault "$1:$k" "$ssmt" convert --model "$model" --dtype f32 --output "$dir/work/new"
    test "$status" -lt 128 && tells || { echo "# $1:$k, status $status"; return 1; }
    if test "$status" -eq 0; then
      diff -r "$dir/work/new" "$dir/whole" > /dev/null || { echo "# $1:$k: good, it says"; return 1; }
    else
      # what could not be looked at again, or made to last, is told, too
      test -z "$(ls -A "$dir/work")" || diff -r "$dir/work/new" "$dir/whole" > /dev/null \
        || { echo "# $1:$k left something"; return 1; }
    fi
    rm -r "$dir/work"
    has_failed || break
  done
  test "$k" -lt 400
}

echo "Once upon a time." | translate --save-state "$dir/old.state" > "$dir/out"
head -n 1 "$dir/two" | translate --save-state "$dir/first.state" > "$dir/out"
tail -n 1 "$dir/two" | translate --save-state "$dir/second.state" > "$dir/second.out"
"$ssmt" convert --model "$model" --dtype f32 --output "$dir/whole" > "$dir/out" 2> "$dir/err"
for call in $calls; do
  check "translate --save-state: whichever $call fails" translates_well "$call"
  rm -rf "$dir/work"
  check "convert: whichever $call fails" converts_well "$call"
  rm -rf "$dir/work"
done
finish
