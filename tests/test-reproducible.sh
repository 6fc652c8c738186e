#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the library, the program and the plugin again, from a copy of the sources in another folder of another depth and at
# another time, and compares them with those of BUILD to the byte. Usage: test-reproducible.sh SOURCES BUILD FILE...
set -u
sources=$1
build=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
again=$dir/some/where/else
mkdir -p "$again"

echo "1..$#"
# the way from one to the other is in messages
if test "$(dirname "$build")" != "$sources"; then
  for file; do echo "ok - $file # SKIP the build is not in the folder of the sources"; done
  exit 0
fi
(cd "$sources" && tar -c --exclude=./build --exclude='./build-*' --exclude=./.git .) | tar -x -C "$again"
options=$(sed -n '/^\[options\]/,/^\[/s/^\([^=]*\) = \(.*\)/-D\1=\2/p' "$build/meson-private/cmd_line.txt")
# an option a line, spaces are in them
# shellcheck disable=SC2086
if ! (export CCACHE_DISABLE=1 IFS='
' && meson setup $options -Dtests=disabled "$again/build" "$again" && ninja -C "$again/build" "$@") > "$dir/log" 2>&1; then
  tail -n 20 "$dir/log" | sed 's/^/# /'
  for file; do echo "not ok - $file is the same"; done
  exit 1
fi
for file; do
  if cmp "$build/$file" "$again/build/$file" > "$dir/log" 2>&1; then
    echo "ok - $file is the same"
  else
    sed 's/^/# /' "$dir/log"
    echo "not ok - $file is the same"
  fi
done
