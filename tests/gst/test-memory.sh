#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The leaks tracer over a launch line, valgrind over the engine. Usage: test-memory.sh FILE.srt ssmt
srt=$1
ssmt=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 timeout 60 gst-launch-1.0 -q filesrc location="$srt" ! subparse \
  ! ssmtranslate ! fakesink > "$dir/log" 2>&1
status=$?
# The tracer also prints the format of its records, with %s for values.
grep 'object-alive, ' "$dir/log" | grep -v '=(string)%s' > "$dir/alive"
if test $status -eq 0 && ! test -s "$dir/alive"; then
  echo "ok 1 - nothing is alive after the pipeline"
else
  echo "not ok 1 - nothing is alive after the pipeline"; head -n 5 "$dir/alive" | sed 's/^/# /'
fi
if ! command -v valgrind > /dev/null; then
  echo "ok 2 - valgrind # SKIP valgrind is not installed"
else
  # valgrind knows no AVX-512; the C kernels take the same path through the engine.
  if printf 'Hello, Anna.\nWhere is the ship?\n\n42\n' | SSMT_CPU=c valgrind -q --error-exitcode=9 --leak-check=full \
    --errors-for-leak-kinds=definite "$ssmt" translate --threads 1 --beam 2 --model "$SSMT_MODEL_PATH" > "$dir/out" 2> "$dir/err"
  then echo "ok 2 - valgrind finds no error and no lost memory"
  else echo "not ok 2 - valgrind finds no error and no lost memory"; head -n 30 "$dir/err" | sed 's/^/# /'; fi
fi
if ! command -v valgrind > /dev/null; then
  echo "ok 3 - valgrind over the element # SKIP valgrind is not installed"
else
  # What GLib keeps for good and what subparse's compiled patterns do is not ours: only records with our frames count.
  SSMT_CPU=c valgrind -q --leak-check=full --show-leak-kinds=definite gst-launch-1.0 -q filesrc location="$srt" ! subparse ! ssmtranslate threads=1 \
    ! fakesink > "$dir/out" 2> "$dir/err"
  status=$?
  grep -E '(by|at) 0x.*ssm' "$dir/err" > "$dir/ours"
  if test $status -eq 0 && ! test -s "$dir/ours"; then echo "ok 3 - valgrind has nothing to say of the element"
  else echo "not ok 3 - valgrind has nothing to say of the element"; head -n 10 "$dir/ours" | sed 's/^/# /'; fi
fi
echo "1..3"
