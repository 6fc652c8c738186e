#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the library exports is what symbols.txt lists, no more and no less.
# Usage: test-symbols.sh LIBRARY LIST. The list is made anew by:
#   nm -D --defined-only LIBRARY | sed -n 's/.* \(ssmt_\)/\1/p' | LC_ALL=C sort
echo 1..2
export LC_ALL=C
there=$(nm -D --defined-only "$1" | awk '{ print $3 }' | sort) || exit 99
# what the C++ library's own templates become is marked by it
other=$(echo "$there" | grep -v -e '^ssmt_' -e '^_ZNSt' -e '^_ZNKSt' -e '^_ZSt')
test -z "$other" && echo "ok 1 - nothing without a prefix" || echo "not ok 1 - exported: $other"
changes=$(echo "$there" | grep '^ssmt_' | diff "$2" -)
if test -z "$changes"; then
  echo "ok 2 - the list holds"
else
  echo "not ok 2 - < is in the list alone, > in the library"
  echo "$changes" | sed 's/^/# /'
fi
