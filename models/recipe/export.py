#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a checkpoint as a model folder (docs/model-format.md).

export.py RUN/checkpoint.pt DATA OUT [--dtype i8|bf16|f32] [--scores FILE] [--weights last|ema]
DATA: output of prepare.py (tokenizer.spm, corpus.json).  The folder appears whole, by rename.  --scores: what
evaluate wrote for this model, to stand in the card.
"""
import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from card import card
from model import tensor_names


def quantize(w):
    """I8 with one scale a row: w = q * scale, q = rint (w / scale) in [-127, 127]."""
    scale = (w.abs().amax(1) / 127).clamp(min=1e-12)
    return torch.round(w / scale[:, None]).clamp(-127, 127).to(torch.int8), scale


def tensors_of(checkpoint, dtype, weights):
    names, out = tensor_names(checkpoint["config"]), {}
    values = dict(zip(checkpoint["names"], checkpoint["ema"])) if weights == "ema" else checkpoint["model"]
    for inner, outer in names.items():
        w = values[inner].float()
        if dtype != "f32" and outer.endswith(("_proj.weight", "embeddings.weight")):
            if dtype == "i8":
                out[outer], out[outer + "_scale"] = quantize(w)
            else:
                out[outer] = w.bfloat16()
        else:
            out[outer] = w.contiguous()
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dtype", choices=("i8", "bf16", "f32"), default="i8")
    parser.add_argument("--weights", choices=("last", "ema"), default="last")
    parser.add_argument("--scores", type=Path, help="JSON list of [test set, BLEU, chrF]")
    parser.add_argument("--tokens-before", type=int, default=0, help="target tokens of the run this one was started from")
    args = parser.parse_args()
    checkpoint = torch.load(args.checkpoint, weights_only=True)
    new, old = (args.out.with_name(args.out.name + end) for end in (".new", ".old"))
    for d in (new, old):
        shutil.rmtree(d, ignore_errors=True)
    new.mkdir(parents=True)
    (new / "config.json").write_text(json.dumps(checkpoint["config"], indent=2) + "\n")
    save_file(tensors_of(checkpoint, args.dtype, args.weights), new / "model.safetensors")
    shutil.copy(args.data / "tokenizer.spm", new / "tokenizer.spm")
    size = (new / "model.safetensors").stat().st_size
    scores = json.loads(args.scores.read_text()) if args.scores else None
    (new / "README.md").write_text(card(args.out.name, checkpoint, args.dtype, size, args.data, scores, args.tokens_before))
    for f in new.iterdir():
        f.chmod(0o644)
    if args.out.exists():
        args.out.rename(old)
    new.rename(args.out)
    shutil.rmtree(old, ignore_errors=True)
    print(f"{args.out}: step {checkpoint['step']}, {(args.out / 'model.safetensors').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
