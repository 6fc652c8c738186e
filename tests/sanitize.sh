#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds with sanitizers (build-address/, build-thread/), runs the tests and the stress program there, and fails on any
# report. Usage: tests/sanitize.sh [--seconds N] [--seed N] [address] [thread]; 600 s, both. Needs ./check.sh's packages.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=600
seed=0
kinds=()
while test $# -gt 0; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --seed) seed=$2; shift ;;
    address | thread) kinds+=("$1") ;;
    *) sed -n 's/^# .*Usage: //p' "$0"; exit 2 ;;
  esac
  shift
done
test ${#kinds[@]} -gt 0 || kinds=(address thread)

# GLib's slices would hide what is freed.
export G_SLICE=always-malloc
# Stacks of leaks through libraries without frame pointers need the slow way.
# Not the status of a command that fails as it should.
export ASAN_OPTIONS=exitcode=99:fast_unwind_on_malloc=0:malloc_context_size=12:quarantine_size_mb=64
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1:halt_on_error=1
# Libraries are not instrumented: what they read, copy and free is left out, see tests/tsan-glib.c.
export TSAN_OPTIONS=ignore_interceptors_accesses=1:second_deadlock_stack=1:exitcode=66
failed=0

# build KIND: the folder is made once.
build () {
  local options=thread
  test "$1" = thread || options=address,undefined
  test -f "build-$1/build.ninja" || meson setup "build-$1" -Db_sanitize=$options -Db_lundef=false \
    -Dbuildtype=debugoptimized -Dintrospection=disabled || return
  ninja -C "build-$1" --quiet
}

# Left out: what loads the plugin into a program without a sanitizer, what measures memory or time, and the threads of the
# emulated GPU, which are stacks that no sanitizer knows; under ThreadSanitizer a pipeline of others' elements, whose own locks
# it does not see.
run_tests () {
  local names others=none
  test "$1" = address || others=live-video
  names=$(meson test -C "build-$1" --no-rebuild --list --suite kernels --suite engine --suite cli --suite fuzz --suite element 2> /dev/null \
    | grep -v -E 'cuda-emulation|:cli / (instructions|lines|marian-real|models|pipelines.*)$|:element / (docs|element-cuda|flush|launch-lines|memory|plugin|soak)$' \
    | sed -n 's,.* / ,,p' | grep -v -x "$others" | sort -u)
  # shellcheck disable=SC2086
  meson test -C "build-$1" --no-rebuild --print-errorlogs --timeout-multiplier 10 $names
}

# The large model is too slow where each access is looked at.
run_stress () {
  local args=() model log=build-$1/stress.log
  for model in tests/data/tiny-encdec tests/data/tiny-decoder $(test "$1" = thread || echo models/en-pt); do
    args+=(--model "$model")
  done
  GST_REGISTRY=build-$1/registry.bin "build-$1/tests/gst/stress" --seconds "$seconds" --seed "$seed" "${args[@]}" \
    > "$log" 2>&1
  local status=$?
  tail -n 60 "$log"
  test $status -eq 0 && ! grep -q -E 'Sanitizer:|runtime error:' "$log"
}

for kind in "${kinds[@]}"; do
  for step in build run_tests run_stress; do
    if $step "$kind"; then
      echo "$kind: $step is good"
    else
      echo "$kind: $step FAILED"
      failed=1
      test $step != build || break
    fi
  done
done
exit $failed
