#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What gst-inspect-1.0 says of the plugin itself. Usage: test-plugin.sh VERSION PACKAGE ORIGIN
n=0
inspect=$(gst-inspect-1.0 ssmtranslate)
# says FIELD VALUE
says () {
  n=$((n + 1))
  shown=$(echo "$inspect" | sed -n "/^Plugin Details/,/^\$/s/^  $1  *//p")
  if test -n "$2" && test "$shown" = "$2"; then echo "ok $n - $1"
  else echo "not ok $n - $1"; echo "# \"$shown\", not \"$2\""; fi
}
says Version "$1"
says License LGPL
says 'Source module' ssmtranslate
says 'Binary package' "$2"
says 'Origin URL' "$3"
echo "1..$n"
