#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The films of pipelines/samples with limits of columns, lines and characters a second.
# Usage: test-lines.sh /path/to/ssmt /path/to/model-folder PLUGIN-FOLDER
. "$(dirname "$0")/pipelines.sh"
export SSMT_MODEL_PATH="$default_model"

if test -n "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}"; then
  skip "lines" "a plugin with a sanitizer cannot be loaded by a program without"
  finish
fi
if ! gst-inspect-1.0 srtenc > /dev/null 2>&1; then
  skip "lines" "no element srtenc"
  finish
fi

# translate SOURCE.srt NAME PROPERTY...: NAME.srt and NAME.messages.
translate () {
  source=$1
  name=$2
  shift 2
  timeout 100 gst-launch-1.0 -m filesrc location="$source" ! subparse ! ssmtranslate "$@" \
    ! text/x-raw,format=utf8 ! srtenc ! filesink location="$name.srt" > "$name.messages" 2> err
}
# fits SOURCE.srt NAME [MESSAGES]
fits () { "$here/check-captions.py" "$1" "$2.srt" 42 2 17 "${3:-$2.messages}" > out; }
is_wrong () { ! fits "$@"; }
is_reported () { grep -q 'does-not-fit' "$1.messages"; }

for film in talk harbour; do
  run translate "$samples/$film.en.srt" $film max-columns=42 max-lines=2 max-cps=17
  check "$film: translated with 42 columns, 2 lines, 17 characters a second" status_is 0
  check "$film: every cue fits, or has been reported" fits "$samples/$film.en.srt" $film
  tail -n +1 out | sed 's/^/# /'
done

# Half the time, then silence: what cannot be read there stays longer, or is reported.
awk '
  function ms(t) { split(t, p, /[:,]/); return ((p[1] * 60 + p[2]) * 60 + p[3]) * 1000 + p[4] }
  function stamp(n) { return sprintf("%02d:%02d:%02d,%03d", n / 3600000, n / 60000 % 60, n / 1000 % 60, n % 1000) }
  / --> / { start = ms($1); end = ms($3); $3 = stamp(int(start + (end - start) / (++n % 2 ? 2 : 4))) }
  { print }' "$samples/harbour.en.srt" > fast.en.srt
run translate fast.en.srt fast max-columns=42 max-lines=2 max-cps=17
check "fast: translated" status_is 0
check "fast: every cue fits, or has been reported" fits fast.en.srt fast
sed 's/^/# /' out
check "fast: cues stand longer where there is silence" grep -q ' [1-9][0-9]* stand longer' out
# Without a gap between them.
awk '/^[0-9]+$/ { n = $1 } / --> / {
    printf "00:%02d:%02d,%03d --> 00:%02d:%02d,%03d\n", n * .6 / 60, n * .6 % 60, n * 600 % 1000, \
      (n + 1) * .6 / 60, (n + 1) * .6 % 60, (n + 1) * 600 % 1000; next } { print }' "$samples/harbour.en.srt" > tight.en.srt
run translate tight.en.srt tight max-columns=42 max-lines=2 max-cps=17
check "tight: what nobody could read is reported" is_reported tight
check "tight: and nothing else" fits tight.en.srt tight
sed 's/^/# /' out

# The check can fail.
run translate "$samples/harbour.en.srt" free
check "without limits there is something that does not fit" is_wrong "$samples/harbour.en.srt" free
grep -v does-not-fit tight.messages > silent.messages
check "without a report there are faults" is_wrong tight.en.srt tight silent.messages
finish
