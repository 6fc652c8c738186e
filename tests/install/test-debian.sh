#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What debian/ repeats of the sources is the same there. Usage: test-debian.sh SSMT - SOURCES
. "$(dirname "$0")/../cli/tap.sh"
ssmt=$(realpath "$ssmt")
cd "$3" || exit 99
# shellcheck source=tools/debian.sh
. tools/debian.sh

sed -n 's/^ \(ssmt_[a-z0-9_]*\)@Base .*/\1/p' debian/libssmt-1.0-0.symbols > "$dir/out"
check "the symbols are those of the library" cmp "$dir/out" tests/bindings/symbols.txt
check "the version" test "$("$ssmt" --version)" = "ssmt $(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
for package in $build_packages; do
  case $package in
    lib*-dev) check "a build needs $package" grep -q -e "^ $package\( (.*)\)\{0,1\},\$" debian/control ;;
  esac
done
for model in models/*/config.json; do
  test -e "$model" || break
  model=$(basename "$(dirname "$model")")
  check "a package has $model" grep -q -x "Package: ssmt-model-$model" debian/control
  check "and debian/copyright its licence" grep -q -x "Files: models/$model/\*" debian/copyright
done
finish
