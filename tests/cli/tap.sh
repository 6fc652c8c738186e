# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the tests of the command line program: TAP for POSIX shells.
# Usage of a test: test-NAME.sh /path/to/ssmt /path/to/model-folder

set -u
ssmt=$1
model=$2
n=0
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# check NAME COMMAND...: passes when the command succeeds.
check () {
  name=$1
  shift
  n=$((n + 1))
  if "$@"; then
    echo "ok $n - $name"
  else
    echo "not ok $n - $name"
    for file in out err; do
      test -f "$dir/$file" && head -n 5 "$dir/$file" | sed "s/^/# $file: /"
    done
    failed=1
  fi
}

skip () {
  n=$((n + 1))
  echo "ok $n - $1 # SKIP $2"
}

# run COMMAND...: keeps $status and the files out and err.
run () {
  status=0
  "$@" > "$dir/out" 2> "$dir/err" || status=$?
}

status_is () { test "$status" -eq "$1"; }
out_has () { grep -q -e "$1" "$dir/out"; }
err_has () { grep -q -e "$1" "$dir/err"; }
err_is_empty () { ! test -s "$dir/err"; }
out_lines () { test "$(wc -l < "$dir/out")" -eq "$1"; }

finish () {
  echo "1..$n"
  exit "$failed"
}
