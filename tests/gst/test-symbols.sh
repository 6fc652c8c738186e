#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin exports what GStreamer looks for and nothing else. Usage: test-symbols.sh libgstNAME.so
name=$(basename "$1" .so)
name=${name#libgst}
exported=$(nm -D --defined-only "$1" | awk '{ print $3 }' | sort)
expected=$(printf '%s\n' "gst_plugin_${name}_get_desc" "gst_plugin_${name}_register")
if test "$exported" = "$expected"; then echo "ok 1 - exported symbols"
else echo "not ok 1 - exported symbols"; diff <(echo "$exported") <(echo "$expected") | sed 's/^/# /'; fi
echo "1..1"
