#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: test-element.sh MODULES SUBTITLES MODEL
# The element's property "device": with a module in the folder MODULES the cues are those of the CPU;
# without one "cuda" is an error that says what was looked for, and "auto" is the CPU and says so.
# NEEDS_DEVICE: the module's device must be there, else its half is skipped where it is not.
set -u
modules=$1 subtitles=$2 model=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/none"
number=0
echo "1..5"

check () {
  number=$((number + 1))
  if test "$1" = 0; then echo "ok $number $2"; else echo "not ok $number $2"; sed 's/^/# /' "$tmp/log"; fi
}

# translate DEVICE MODULES OUT
translate () {
  SSMT_MODULE_PATH=$2 GST_DEBUG='ssmt*:4' GST_DEBUG_NO_COLOR=1 timeout 300 gst-launch-1.0 -q \
    filesrc location="$subtitles" ! subparse ! ssmtranslate model-path="$model" device="$1" \
    ! filesink location="$3" > "$tmp/log" 2>&1
}

translate cpu "$tmp/none" "$tmp/cpu"
check $? "cpu"
translate auto "$tmp/none" "$tmp/auto" && cmp -s "$tmp/cpu" "$tmp/auto"
check $? "auto without a module is the CPU"
grep -q "libssmt-cuda.so" "$tmp/log"
check $? "and says what was looked for"
! translate cuda "$tmp/none" "$tmp/missing" && grep -q "ERROR: from element" "$tmp/log" \
  && grep -q "libssmt-cuda.so" "$tmp/log"
check $? "cuda without a module is an error that says what was looked for"

SSMT_MODULE_PATH=$modules "$CHECKASM" --device=cuda memory > "$tmp/log" 2>&1
if test $? = 77 && test -z "${NEEDS_DEVICE:-}"; then
  echo "ok 5 # SKIP $(head -n 1 "$tmp/log")"
  exit 0
fi
translate cuda "$modules" "$tmp/cuda" && test -s "$tmp/cuda" && cmp -s "$tmp/cpu" "$tmp/cuda"
check $? "cuda gives the cues of the CPU"
