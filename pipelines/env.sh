# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the scripts here: finds the element in the build tree where there is
# one, else an installed one; and the sample where no file is named.

here=$(cd "$(dirname "$0")" && pwd)
if test -e "$here/../build/gst/libgstssmtranslate.so"; then
  export GST_PLUGIN_PATH="${GST_PLUGIN_PATH:+$GST_PLUGIN_PATH:}$here/../build/gst"
  : "${SSMT_MODEL_PATH:=$here/../models/en-pt}"
  export SSMT_MODEL_PATH
fi
if ! gst-inspect-1.0 ssmtranslate > /dev/null 2>&1; then
  echo "There is no element ssmtranslate: build the project (./demo.sh) or install it." >&2
  exit 1
fi

sample=$here/samples/talk.en.srt

# need ELEMENT PACKAGE: says where a missing element comes from.
need () {
  gst-inspect-1.0 "$1" > /dev/null 2>&1 && return
  echo "There is no element $1: on Debian install $2." >&2
  exit 1
}

# need_file FILE: before anything is written.
need_file () {
  test -e "$1" && return
  echo "There is no file $1." >&2
  exit 1
}
