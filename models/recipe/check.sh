#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the tests of the recipe, and ends in a line "N passed, N failed".  check.sh does
# not: PyTorch is large, and nothing of it is needed at run time.
# PYTHON: one that has what requirements.txt names; else an environment is made in
# build/recipe.
set -eu
cd "$(dirname "$0")"
if test -z "${PYTHON:-}"; then
  here=../../build/recipe
  PYTHON=$here/bin/python
  test -x "$PYTHON" || python3 -m venv "$here"
  "$PYTHON" -m pip install --quiet -r requirements.txt
fi
passed=0 failed=0
for test in test_*.py; do
  echo "# $test"
  if "$PYTHON" "$test"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
test "$failed" -eq 0
