#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs what docs/cookbook.md says, as an ordinary user would, in a folder with the files that it names.
# Usage: test-cookbook.sh /path/to/ssmt /path/to/model-folder PLUGIN-FOLDER|- COOKBOOK [TYPELIB-FOLDER]
# Comments below a block say what it needs, what it makes and what it says:
#   <!-- needs: ELEMENT... program:NAME typelib:NAME pkg-config:NAME network -->  else it is skipped
#   <!-- makes: FILE... -->     not empty, afterwards
#   <!-- says: TEXT -->         on standard output
#   <!-- runs: SECONDS -->      then it is stopped, and that is no failure
#   <!-- sink: ELEMENT -->      fakesink sync=false takes its place
cookbook=$(realpath "$4")
typelibs=${5-}
. "$(dirname "$0")/tap.sh"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if test "$3" != -; then
  GST_PLUGIN_PATH=$(realpath "$3")
  PATH=$(dirname "$(realpath "$ssmt")"):/usr/bin:$PATH
  export GST_PLUGIN_PATH GST_REGISTRY="$dir/registry.bin" PKG_CONFIG_PATH="$GST_PLUGIN_PATH/../meson-uninstalled"
  # which that one does not know
  export C_INCLUDE_PATH="$root/include:$GST_PLUGIN_PATH/../include"
  test -z "$typelibs" || export GI_TYPELIB_PATH=$typelibs LD_LIBRARY_PATH=$typelibs
  # all of the project's models are installed
  mkdir -p "$dir/data/ssmtranslate"
  ln -s "$root/models" "$dir/data/ssmtranslate/models"
  export XDG_DATA_HOME="$dir/data"
fi
export LC_ALL=C.UTF-8
mkdir "$dir/work"
cd "$dir/work" || exit 1

# --- the files that the cookbook names

samples=$root/pipelines/samples
cp "$samples/talk.en.srt" "$root/pipelines/embed.c" .
mkdir -p Films/more
cp talk.en.srt Films; cp talk.en.srt Films/more
ln -s "$root/models" models
grep -v -e '-->' -e '^[0-9]*$' talk.en.srt > talk.en.txt
head -n 20 talk.en.txt > chapter1.txt; tail -n 20 talk.en.txt > chapter2.txt
cp /usr/share/pocketsphinx/test/data/goforward.raw speech.raw 2> err
head -n 40 talk.en.srt > short.srt
gst-launch-1.0 -q matroskamux name=m ! filesink location=film.mkv \
  videotestsrc num-buffers=100 ! video/x-raw,width=320,height=180,framerate=5/1 ! vp8enc deadline=1 ! queue ! m. \
  filesrc location=short.srt ! subparse ! text/x-raw,format=utf8 ! taginject tags=language-code=en ! queue ! m. 2> err
unset SSMT_MODEL_PATH
if test "$3" != -; then export SSMT_MODEL_PATH="$root/models/en-pt"; fi

# missing NEED...: what is not there
missing () {
  for need; do
    case $need in
      program:*) command -v "${need#*:}" > "$dir/inspect" || echo "program ${need#*:}" ;;
      typelib:*) /usr/bin/python3 -c "import gi; gi.require_version(*'${need#*:}'.split('-'))" 2> "$dir/inspect" \
        || echo "typelib ${need#*:}" ;;
      pkg-config:*) pkg-config --exists "${need#*:}" 2> "$dir/inspect" || echo "pkg-config of ${need#*:}" ;;
      network) test -n "${SSMT_TEST_NETWORK-}" || echo "network (SSMT_TEST_NETWORK)" ;;
      *) gst-inspect-1.0 "$need" > "$dir/inspect" 2>&1 || echo "element $need" ;;
    esac
  done
}

# What two languages at once take is every installed model, not the one that is named.
run_block () {
  (
    case $code in *"pt,de"* | *language-code=de*) unset SSMT_MODEL_PATH ;; esac
    test -z "$sink" || code=${code//$sink/fakesink sync=false}
    timeout "${runs:-100}" bash -e -o pipefail -c "$code"
  ) > "$dir/out" 2> "$dir/err" < /dev/null
  status=$?
  test -z "$runs" || test $status -ne 124 || status=0
}

made () { for file; do test -s "$file" || { echo "no $file" > "$dir/err"; return 1; }; done; }

# finish_block: the block and the comments behind it have been read
finish_block () {
  test -n "$code" || return 0
  lack=$(missing $needs | head -n 1)
  if test -n "$lack"; then
    skip "$heading" "no $lack"
  else
    run_block
    check "$heading" status_is 0
    test -z "$makes" || check "$heading: makes $makes" made $makes
    test -z "$says" || check "$heading: says $says" out_has "$says"
  fi
  code='' needs='' makes='' says='' runs='' sink=''
}

heading='' code='' needs='' makes='' says='' runs='' sink='' in_code=
while IFS= read -r line; do
  case $line in
    '## '*) finish_block; heading=${line#'## '}; in_code= ;;
    '    '*) test -n "$in_code" || finish_block; code+=${line#'    '}$'\n'; in_code=1 ;;
    '<!-- needs: '*) needs=${line#*: }; needs=${needs%' -->'} ;;
    '<!-- makes: '*) makes=${line#*: }; makes=${makes%' -->'} ;;
    '<!-- says: '*) says=${line#*: }; says=${says%' -->'} ;;
    '<!-- runs: '*) runs=${line#*: }; runs=${runs%' -->'} ;;
    '<!-- sink: '*) sink=${line#*: }; sink=${sink%' -->'} ;;
    '') test -z "$in_code" || code+=$'\n' ;;
    *) in_code= ;;
  esac
done < "$cookbook"
finish_block
test "$n" -ge 20 || check "twenty things" false
finish
