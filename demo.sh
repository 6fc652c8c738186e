#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what is missing, builds, and translates the sample subtitles.
set -eu
cd "$(dirname "$0")"
. ./tools/debian.sh

# shellcheck disable=SC2086
need_packages $build_packages
build gst/libgstssmtranslate.so pipelines/subtitle-demo pipelines/embed pipelines/player \
  engine/cli/ssmt gst/subtitle/ssmt-subtitle

if test $# -eq 0; then
  set -- pipelines/samples/*.srt
fi
mkdir -p build/demo
export GST_PLUGIN_PATH="$PWD/build/gst"
export GST_REGISTRY="$PWD/build/demo/registry.bin"
: "${SSMT_MODEL_PATH:=$PWD/models/en-pt}"
export SSMT_MODEL_PATH
build/pipelines/subtitle-demo --output build/demo "$@"
echo
echo "The translations are in build/demo.  Yours: meson devenv -C build -w . ssmt subtitle FILE|FOLDER..."
