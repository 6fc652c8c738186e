#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin exports what GStreamer looks for and nothing else; no two of its files call each other, however far around.
# Usage: test-symbols.sh libgstssmtranslate.so
plugin=$1
n=0
same () {
  n=$((n + 1))
  if test "$2" = "$3"; then echo "ok $n - $1"
  else echo "not ok $n - $1"; diff <(echo "$2") <(echo "$3") | sed 's/^/# /'; fi
}
same "exported symbols" "$(nm -D --defined-only "$plugin" | awk '{ print $3 }' | sort)" \
  "$(printf '%s\n' gst_plugin_ssmtranslate_get_desc gst_plugin_ssmtranslate_register)"

# arrows: "user used" of each pair of files. tsort names a circle's files on stderr.
arrows () {
  nm -A -P "$plugin".p/*.o | sed 's,^[^ ]*/\([^/ ]*\)[.]c[.]o:,\1,' | awk '
    $3 ~ /[TDBRCV]/ { home[$2] = $1 }
    $3 == "U" { user[++n] = $1; used[n] = $2 }
    END { for (i = 1; i <= n; i++) if (used[i] in home && home[used[i]] != user[i]) print user[i], home[used[i]] }' \
    | sort -u
}
same "the files are found" "$(arrows | grep -c 'gstssmtranslate-task pacer')" 1
same "no circle of files" "$(arrows | tsort 2>&1 > /dev/null | tr '\n' ' ')" ""
echo "1..$n"
