#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin exports what GStreamer looks for and nothing else. Usage: test-symbols.sh libgstssmtranslate.so
exported=$(nm -D --defined-only "$1" | awk '{ print $3 }' | sort)
expected=$(printf '%s\n' gst_plugin_ssmtranslate_get_desc gst_plugin_ssmtranslate_register)
if test "$exported" = "$expected"; then echo "ok 1 - exported symbols"
else echo "not ok 1 - exported symbols"; diff <(echo "$exported") <(echo "$expected") | sed 's/^/# /'; fi
echo "1..1"
