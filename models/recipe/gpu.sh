#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Trains for some minutes on a machine with a GPU and without a network, from what travels with the tree.
#
#   gpu.sh pack DATA INIT       here: DATA of prepare.py (--max-mib 20) and INIT, a model folder (I8), go to models/recipe/gpu-data,
#                               which git ignores; say so where paths to take along are named
#   gpu.sh train [MINUTES [OPTION...]]   there: trains, ends by itself, writes the smoothed weights in parts below $OUT; options are train.py's
#   gpu.sh join PARTS OUT       here: the parts (model.part.aa ...) become a model folder, BF16
#
# There must be on that machine: python3 (or $PYTHON) with torch 2.9 or later (CUDA, and Triton with a C compiler for
# torch.compile; else give --no-compile), numpy, sentencepiece, safetensors.  Without a GPU it trains on the CPU and says so.
# MINUTES (8) is the training with its compiling; starting, the last validation and writing take a minute more.
set -eu
here=$(dirname "$(realpath "$0")")
pack=$here/gpu-data
python=${PYTHON:-python3}
part=16000000                 # bytes: less than 16 MiB

case ${1:-train} in
pack)
    rm -rf "$pack"
    mkdir -p "$pack"
    cp "$2/tokenizer.spm" "$2/valid.npz" "$2/corpus.json" "$pack"
    "$python" -c 'import sys, numpy as np; np.savez(sys.argv[2], **np.load(sys.argv[1]))' "$2/train.npz" "$pack/train.npz"
    xz -9e -T0 "$pack/train.npz"              # smaller than what numpy compresses
    mkdir "$pack/init"
    cp "$3"/* "$pack/init"
    du -sk "$pack" | awk '{printf "%.1f MiB\n", $1 / 1024; exit $1 > 62 * 1024}' || { echo "more than 62 MiB: too much" >&2; exit 1; }
    ;;
train)
    minutes=${2:-8}
    shift $(($# > 1 ? 2 : $#))
    : "${OUT:?a folder for the parts}"
    "$python" -c 'import numpy, safetensors, sentencepiece, torch' || { echo "$python lacks one of: torch numpy sentencepiece safetensors" >&2; exit 1; }
    until=$(date -u -d "+$minutes minutes" +%Y-%m-%dT%H:%M:%S)
    run=${TMPDIR:-/tmp}/gpu-run.$$
    [ -e "$pack/train.npz" ] || xz -dk "$pack/train.npz.xz"
    if "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
        set -- --device cuda --batch 512 --length 256 --candidates 16384 --validate 120 "$@"
    else
        echo "no GPU: training on the CPU" >&2
        set -- --device cpu --candidates 6144 "$@"
    fi
    "$python" "$here/train.py" "$pack" "$run" --until "$until" --cooldown $((minutes / 2 + 1)) --init "$pack/init" --smoothing 0 \
        --ema 0.99 --lr 2e-3 --old-rate 0.05 "$@"
    "$python" "$here/export.py" "$run/checkpoint.pt" "$pack" "$run/model" --weights ema --dtype bf16
    cp "$run/log.jsonl" "$OUT"
    tar -C "$run/model" -cf - . | split -b $part - "$OUT/model.part."
    rm -rf "$run"
    ls -l "$OUT"
    ;;
join)
    mkdir -p "$3"
    cat "$2"/model.part.* | tar -C "$3" -xf -
    ;;
*)
    sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
