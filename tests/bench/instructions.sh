#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# instructions.sh SSMT MODEL COMPILER: the network's instructions for a fixed text with the default model, counted by
# callgrind (its CPU has AVX2, whatever ours has), against the number below: more than 5 % off is a fault, and where it
# is fewer, the number is to be lowered. Compilers make other code: for others than the one named here it is only told.
set -eu

KNOWN_COMPILER="gcc 12"
KNOWN=139883000
TEXT="The bridge will be closed for repairs from Monday until the end of the month."

ssmt=$1 model=$2 compiler=$3
command -v valgrind >/dev/null || { echo "no valgrind"; exit 77; }
[ "$(uname -m)" = x86_64 ] || { echo "counted on x86_64 alone"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "$TEXT" | valgrind --tool=callgrind --toggle-collect=ssmt_network_forward --callgrind-out-file="$folder/out" \
  "$ssmt" translate --model "$model" --threads 1 >"$folder/text" 2>"$folder/log" || { cat "$folder/log"; exit 1; }
cat "$folder/text"
counted=$(sed -n 's/^summary: *\([0-9]*\).*/\1/p;s/^totals: *\([0-9]*\).*/\1/p' "$folder/out" | tail -1)
echo "$counted instructions, $KNOWN known ($compiler)"
[ "$counted" -gt 0 ] || exit 1
case $compiler in
  "$KNOWN_COMPILER"*) ;;
  *) echo "known for $KNOWN_COMPILER alone"; exit 77 ;;
esac
awk -v counted="$counted" -v known="$KNOWN" 'BEGIN { exit !(counted < 1.05 * known && counted > 0.95 * known) }'
