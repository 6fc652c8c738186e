#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# busy.sh SSMT [ROUNDS] [BENCH OPTIONS]: two threads beside one, while another program keeps one core busy: with a loop
# that may run on any, then with one that has the last for itself. Two are never to be slower. Medians of rounds by turns.
set -eu

ssmt=$1 rounds=${2:-5}
shift
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- --model en-pt --prompt 32 --batch 1

last=$(($(nproc) - 1))
for where in any "core $last"; do
  case $where in
    any) sh -c 'while :; do :; done' & ;;
    *) taskset -c "$last" sh -c 'while :; do :; done' & ;;
  esac
  busy=$!
  trap 'kill $busy 2>/dev/null' EXIT INT TERM
  i=0
  while [ $i -lt "$rounds" ]; do
    for threads in 1 2; do
      "$ssmt" bench "$@" --threads $threads --json
    done
    i=$((i + 1))
  done | python3 -c '
import json, statistics, sys
decoder, text, at, figures = json.JSONDecoder(), sys.stdin.read(), 0, {}
while text[at:].strip():
    at += len(text[at:]) - len(text[at:].lstrip())
    rows, at = decoder.raw_decode(text, at)
    for row in rows:
        figures.setdefault((row["work"], row["tokens"], row["threads"]), []).append(row["tokens_per_second_median"])
for work, tokens, threads in sorted(figures):
    if threads == 1:
        one, two = (statistics.median(figures[work, tokens, n]) for n in (1, 2))
        print("busy: %-7s %-5s %4d tokens: 1 thread %8.0f, 2 threads %8.0f tokens/s, %.2f" % (sys.argv[1], work, tokens, one, two, two / one))
' "$where"
  kill $busy
  wait $busy 2>/dev/null || true
done
