# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the tests of pipelines/.
# Usage of a test: test-NAME.sh PROGRAM /path/to/model-folder PLUGIN-FOLDER
program=$(realpath "$1")
plugins=$3
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"
export GST_PLUGIN_PATH="$plugins"
export GST_REGISTRY="$dir/registry.bin"
export SSMT_MODEL_PATH="$model"
export LC_ALL=C.UTF-8
pipelines=$(cd "$here/../../pipelines" && pwd)
samples=$pipelines/samples
default_model=$(cd "$here/../../models/en-pt" && pwd)
cd "$dir" || exit 1

# can_run SCRIPT: whether all elements that it asks for are there.
can_run () {
  for element in $(sed -n 's/^ *need \([a-z0-9]*\) .*/\1/p' "$pipelines/$1.sh"); do
    gst-inspect-1.0 "$element" > inspect 2>&1 && continue
    skip "$1" "no element $element"
    return 1
  done
}

last_line_is () { test "$(tail -n 1 out)" = "$1"; }
# cue_times FILE: of the cues of a SubRip or WebVTT file.
cue_times () { grep -e '-->' "$1" | tr , .; }
# same_times FILE [SOURCE]
same_times () {
  cue_times "$1" > times.out
  cue_times "${2:-$samples/talk.en.srt}" | diff - times.out > err
}
# frames_show FOLDER RATE [CUES.srt]
frames_show () { "$here/check-frames.py" "$1" "$2" "${3:-talk.pt.srt}" > err 2>&1; }
# film_has FILM PREFIX LANGUAGES: leaves the tracks in PREFIX.LANGUAGE.srt.
film_has () { test "$("$here/film-cues.py" "$1" "$2" 2> err)" = "$3"; }
# Whoever a script has started knows the registry of this test.
nothing_runs () {
  env -i grep -l -a -e "$GST_REGISTRY" /proc/[0-9]*/environ > err 2> /dev/null || true
  ! test -s err
}

# begin NAME SCRIPT|player ARGUMENT...: in the background; end NAME checks how it went.
begin () {
  name=$1
  command=$pipelines/$2.sh
  if test "$2" = player; then
    command=$program
  else
    can_run "$2" || return 0
  fi
  shift 2
  mkdir "$name"
  {
    status=0
    timeout 60 "$command" "$@" > "$name/out" 2> "$name/err" || status=$?
    echo "$status" > "$name/status"
  } &
}
end () {
  test -d "$1" || return 1
  status=$(cat "$1/status")
  cp "$1/out" "$1/err" .
  check "$1 succeeds" status_is 0
  test $# -eq 1 || check "$1 ends with what it wrote" last_line_is "$2"
}
