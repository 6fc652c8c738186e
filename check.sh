#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what is missing, builds, runs all tests, and ends in a line
# "N passed, N failed, N skipped".  Arguments go to `meson test`.
set -eu
cd "$(dirname "$0")"
. ./tools/debian.sh

give_up () {
  echo "check.sh: $1" >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

# shellcheck disable=SC2086
need_packages $build_packages $test_packages || give_up "packages are missing"

# A tree configured before the tests' packages were there knows nothing of them.
stamp=build/configured-for-tests
if test -f build/build.ninja && ! test -f "$stamp"; then
  meson setup --reconfigure build || give_up "meson setup failed"
fi
build || give_up "the build failed"
touch "$stamp"

# The CUDA module is compiled where nvcc is; its tests on a GPU are skipped where there is none.
if test -e build/kernels/cuda/libssmt-cuda.so; then
  echo "CUDA: the module was compiled and linked"
else
  echo "CUDA: not compiled, no nvcc was found that can (meson says why)"
fi

log=build/meson-logs/testlog.json
status=0
tests/run-tests.py build --no-rebuild --timeout-multiplier 3 "$@" || status=$?
# the count says what failed; where nothing did, the run was cut short
tests/count-results.py "$log" || exit 1
test "$status" -eq 0 || { echo "check.sh: the tests ended early, with status $status" >&2; exit 1; }
