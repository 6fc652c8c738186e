#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the fuzz targets with clang's fuzzer, AddressSanitizer and UndefinedBehaviorSanitizer in build-fuzz/ and runs them.
# Usage: tests/fuzz/run.sh [--seconds N] [--runs N] [-j N] [--keep] [--list] [TARGET...]; see README.md beside it
set -u
cd "$(dirname "$0")/../.." || exit 2
. tools/debian.sh
seconds=60
runs=-1
jobs=1
keep=
list=
wanted=()
max_kept=64       # files of a corpus
max_kept_size=4096 # bytes of each

while test $# -gt 0; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --runs) runs=$2; seconds=0; shift ;;
    -j) jobs=$2; shift ;;
    -j*) jobs=${1#-j} ;;
    --keep) keep=1 ;;
    --list) list=1 ;;
    -*) sed -n 's/^# Usage: //p' "$0"; exit 2 ;;
    *) wanted+=("$1") ;;
  esac
  shift
done

build="build-fuzz"
work=$build/fuzzing
memory=$(mktemp -d "$(test -w /dev/shm && echo /dev/shm || echo "${TMPDIR:-/tmp}")/ssmt-fuzz-XXXXXX") || exit 2
trap 'rm -rf "$memory"' EXIT

export G_SLICE=always-malloc G_TEST_SRCDIR=$PWD/tests GST_REGISTRY=$PWD/$build/fuzz-registry.bin
# The largest vectors are compiled without checks.
export SSMT_CPU=avx2
checks=malloc_context_size=8:quarantine_size_mb=64:allocator_release_to_os_interval_ms=-1:detect_odr_violation=0
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# --- build ------------------------------------------------------------------------------------------------------------

build () {
  test -f "$build/build.ninja" || CC=clang CXX=clang++ meson setup "$build" -Dfuzzer=true \
    -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized -Dcuda=disabled \
    -Dintrospection=disabled || return
  ninja -C "$build" --quiet fuzz-targets
}

program_of () {
  echo "$build/tests/fuzz/fuzz-$1"
}

# Bytes that say something: of whole files more, of a text that goes through a model fewer.
max_len_of () {
  case $1 in
    text | prime | lines | language | guard) echo 512 ;;
    metas | markup) echo 1024 ;;
    tokenizer) echo 8192 ;;
    *) echo 4096 ;;
  esac
}

# --- one target -------------------------------------------------------------------------------------------------------

# What leaks in GStreamer's and GLib's own constructors is known by its stack, which is slow to find.
options_of () {
  case $1 in
    metas) echo "$checks:fast_unwind_on_malloc=0" ;;
    *) echo "$checks" ;;
  esac
}

# fuzzer NAME LOG ARGUMENT...: runs in the background, so that a signal comes through at once.
fuzzer () {
  local name=$1 log=$2
  shift 2
  ASAN_OPTIONS=$(options_of "$name") TMPDIR=$memory/$name "$(program_of "$name")" -rss_limit_mb=2048 -timeout=20 "$@" > "$log" 2>&1 &
  echo $! > "$work/$name/pid"
  wait $!
  local status=$?
  rm -f "$work/$name/pid"
  return $status
}

# What adds nothing goes.
minimise () {
  local name=$1
  rm -rf "$work/$name/least" && mkdir "$work/$name/least"
  fuzzer "$name" "$work/$name/merge.log" -merge=1 "$work/$name/least" "tests/fuzz/corpus/$name" "$work/$name/corpus" \
    && rm -rf "$work/$name/corpus" && mv "$work/$name/least" "$work/$name/corpus"
}

# Files that reach what the corpus in the repository does not, the smallest first. Their names are hashes already.
keep_some () {
  local name=$1 corpus=tests/fuzz/corpus/$1 left
  rm -rf "$work/$name/small" "$work/$name/kept"
  mkdir "$work/$name/small" "$work/$name/kept"
  find "$work/$name/corpus" -type f -size "-$((max_kept_size + 1))c" -exec cp -t "$work/$name/small" {} +
  cp "$corpus"/* "$work/$name/kept"
  fuzzer "$name" "$work/$name/keep.log" -merge=1 "$work/$name/kept" "$work/$name/small" || return
  left=$((max_kept - $(find "$corpus" -type f | wc -l)))
  find "$work/$name/kept" -type f -printf '%s %f\n' | sort -n | while read -r _ file; do
    test "$left" -gt 0 || break
    test -e "$corpus/$file" && continue
    cp "$work/$name/kept/$file" "$corpus/" && left=$((left - 1))
  done
}

# stat NAME FIELD: of the last run's log
stat () {
  sed -n "s/^stat::$2: *//p" "$work/$1/log" | tail -n 1
}

# Of this run; what earlier ones found is still there.
findings_of () {
  find "$work/$1/findings" -type f -newer "$work/$1/begin"
}

run_target () {
  local name=$1 dict=tests/fuzz/dict/$1.dict begin=$SECONDS arguments=()
  # the fuzzer has a handler of its own
  trap '' INT TERM
  mkdir -p "$work/$name/corpus" "$work/$name/findings" "$memory/$name"
  touch "$work/$name/begin"
  test ! -f "$dict" || arguments+=("-dict=$dict")
  fuzzer "$name" "$work/$name/log" "${arguments[@]}" -max_total_time="$seconds" -runs="$runs" \
    -max_len="$(max_len_of "$name")" -report_slow_units=10 -print_final_stats=1 \
    -artifact_prefix="$work/$name/findings/" "$work/$name/corpus" "tests/fuzz/corpus/$name"
  local status=$?
  local spent=$((SECONDS - begin))
  if test ! -e "$memory/stop" && test $status -eq 0; then
    minimise "$name" && { test -z "$keep" || keep_some "$name"; }
  fi
  local findings
  findings=$(findings_of "$name" | wc -l)
  # it ended for a reason of its own, as a program that does not even start
  test $status -eq 0 || test "$findings" -gt 0 || grep -q 'run interrupted' "$work/$name/log" || findings=failed
  printf '%-12s %12s %8d %8d %9s\n' "$name" "$(stat "$name" number_of_executed_units | grep . || echo 0)" "$spent" \
    "$(find "$work/$name/corpus" -type f | wc -l)" "$findings" > "$work/$name/row"
}

# --- all --------------------------------------------------------------------------------------------------------------

table () {
  local name bad=0
  printf '%-12s %12s %8s %8s %9s\n' target runs seconds corpus findings
  for name in "${targets[@]}"; do
    test -f "$work/$name/row" || continue
    cat "$work/$name/row"
    grep -q -E ' 0$' "$work/$name/row" || bad=1
    findings_of "$name" | sed 's/^/             /'
  done
  return $bad
}

# Who runs ends as after its time; nobody else begins.
stop () {
  touch "$memory/stop"
  for pid in "$work"/*/pid; do
    test ! -f "$pid" || kill -INT "$(cat "$pid")" 2> /dev/null
  done
}

mapfile -t targets < <(cd tests/fuzz/corpus && ls)
if test -n "$list"; then
  printf '%s\n' "${targets[@]}"
  exit
fi
# shellcheck disable=SC2086
need_packages $build_packages $test_packages $fuzz_packages || exit 2
build || exit 2
test ${#wanted[@]} -eq 0 || targets=("${wanted[@]}")
for name in "${targets[@]}"; do
  if ! test -x "$(program_of "$name")" || ! test -d "tests/fuzz/corpus/$name"; then
    echo "no target $name" >&2
    exit 2
  fi
  rm -f "$work/$name/row" "$work/$name/pid"
done
trap stop INT TERM
for name in "${targets[@]}"; do
  while test "$(jobs -r -p | wc -l)" -ge "$jobs"; do wait -n; done
  test ! -e "$memory/stop" || break
  run_target "$name" &
done
while test -n "$(jobs -r -p)"; do wait; done
table
