#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every instruction set that this CPU has gives the same text and leaves the same state, to the byte.
. "$(dirname "$0")/tap.sh"

data=$(dirname "$model")
awk 'BEGIN {
  split ("the river carries old wood down to a mill nobody has seen since Anna sold it 42", word)
  for (i = 1; i <= 12; i++) {
    line = "The"
    for (j = 1; j <= 3 + i % 7; j++)
      line = line " " word[1 + (i * 7 + j * j) % 16]
    print line "."
  }
}' > "$dir/lines"

# What there is is told where there is not what was asked for.
run env SSMT_CPU=nothing "$ssmt" inspect --model "$model"
check "a name that is not known is an error message and the default" \
  err_has "SSMT_CPU=nothing is ignored; this CPU has: c"
cpus=$(sed -n 's/.*SSMT_CPU=nothing is ignored; this CPU has://p' "$dir/err" | head -n 1)
run env SSMT_CPU=AVX2 "$ssmt" inspect --model "$model"
check "capitals are no name" err_has "SSMT_CPU=AVX2 is ignored"

# is_run_by NAME: and by nothing beyond it.
is_run_by () {
  case $1 in
    avxvnni) text="avx2 vnni" ;;
    avx512vnni) text="avx512 vnni" ;;
    avx512bf16) text="avx512 vnni bf16" ;;
    neondot) text="neon dot" ;;
    *) text=$1 ;;
  esac
  status_is 0 && err_is_empty && out_has "cpu: $text, "
}
for cpu in $cpus; do
  run env SSMT_CPU="$cpu" "$ssmt" inspect --model "$model"
  check "SSMT_CPU=$cpu is exactly this" is_run_by "$cpu"
done

same () { cmp "$1" "$2" > "$dir/err" 2>&1; }

# translate CPU THREADS: into out and state
translate () {
  rm -f "$dir/state"
  run env SSMT_CPU="$1" "$ssmt" translate --model "$folder" --threads "$2" --device cpu --no-guard \
    --save-state "$dir/state" < "$dir/lines"
}

# BF16 products have an instruction of their own on some CPUs; docs/kernels.md says so.
for tiny in tiny-decoder tiny-encdec; do
  for dtype in f32 f16 i8 q4; do
    folder=$dir/$tiny-$dtype
    run "$ssmt" convert --model "$data/$tiny" --output "$folder" --dtype "$dtype" --threads 1
    check "$tiny, $dtype" status_is 0
    translate c 1
    check "$tiny, $dtype, c: translates" status_is 0
    mv "$dir/out" "$dir/out-c"
    mv "$dir/state" "$dir/state-c"
    for cpu in $cpus; do
      for threads in 1 2; do
        translate "$cpu" "$threads"
        check "$tiny, $dtype, $cpu, $threads threads: the text of c" same "$dir/out" "$dir/out-c"
        check "$tiny, $dtype, $cpu, $threads threads: the state of c" \
          same "$dir/state" "$dir/state-c"
      done
    done
  done
done

finish
