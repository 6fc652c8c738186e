#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/element.md names just the properties that gst-inspect-1.0 prints. Usage: test-docs.sh docs/element.md
shown=$(gst-inspect-1.0 ssmtranslate | sed -n '/^Element Properties/,$p' | sed -n 's/^  \([a-z][a-z-]*\) *: .*/\1/p' \
  | grep -v -x -e name -e parent | sort)
written=$(sed -n 's/^| `\([a-z-]*\)` |.*/\1/p' "$1" | sort)
if test -n "$shown" && test "$shown" = "$written"; then echo "ok 1 - properties are documented"
else echo "not ok 1 - properties are documented"; diff <(echo "$shown") <(echo "$written") | sed 's/^/# /'; fi
echo "1..1"
