#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What several files at once are worth: 40 files by `ssmt subtitle`, with -j 1 and by default, in turn; seconds.
# Usage: subtitle-jobs.sh /path/to/ssmt /path/to/model-folder [ROUNDS]
ssmt=$(realpath "$1")
SSMT_MODEL_PATH=$(realpath "$2")
export SSMT_MODEL_PATH
samples=$(cd "$(dirname "$0")/../../pipelines/samples" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/files"
for i in $(seq 20); do
  for name in talk harbour; do cp "$samples/$name.en.srt" "$dir/files/$name$i.en.srt"; done
done
for _ in $(seq "${3:-3}"); do
  for jobs in "-j 1" ""; do
    begin=$(date +%s%N)
    # shellcheck disable=SC2086
    "$ssmt" subtitle -q --force -o "$dir/${jobs:-default}" $jobs "$dir/files" || exit 1
    echo "${jobs:-default} $((($(date +%s%N) - begin) / 1000000)) ms"
  done
done
diff -r "$dir/-j 1" "$dir/default" && echo "the same texts"
