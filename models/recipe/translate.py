#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Greedy translation with carried state: the reference the engine is compared with.

translate.py --model DIR [--streams N] < lines      one line in, one line out
An empty line ends a document.  --streams N reads the input as N documents at once (for scoring).
"""
import argparse
import json
import sys
from pathlib import Path

import sentencepiece as spm
import torch
from safetensors.torch import load_file

from model import Layout, Translator, tensor_names


def load(folder):
    config = json.loads((folder / "config.json").read_text())
    model, tensors = Translator(config), load_file(folder / "model.safetensors")
    weights = {}
    for inner, outer in tensor_names(config).items():
        w = tensors.pop(outer).float()
        scale = tensors.pop(outer + "_scale", None)
        weights[inner] = w if scale is None else w * scale[:, None]
    assert not tensors, f"tensors no layer asks for: {list(tensors)}"
    model.load_state_dict(weights)
    tokenizer = spm.SentencePieceProcessor(model_file=str(folder / config["tokenizer"]["file"]))
    return model.eval(), tokenizer


def layout(doc, length, width):
    """Rows of one segment each: doc (B) 1 where the row starts a document, length (B)."""
    doc = doc[:, None].expand(-1, width).to(torch.int32)
    return Layout(doc, torch.zeros_like(doc), length)


class Translation:
    """B documents side by side; a row without work keeps its state."""

    def __init__(self, model, batch):
        self.model, self.segment = model, model.config["segment"]
        self.encoder, self.decoder = model.initial(batch)
        self.fresh = torch.ones(batch, dtype=torch.bool)

    @torch.no_grad()
    def read(self, sources):
        """sources: token lists (empty: no work) -> target token lists."""
        seg, model, batch = self.segment, self.model, len(sources)
        rows = [s[:seg["max_source"] - 1] + [seg["source_end"]] if s else [] for s in sources]
        length = torch.tensor([len(r) for r in rows])
        width = int(length.max())
        active = length > 0
        if not width:
            return [[] for _ in rows]
        ids = torch.tensor([r + [0] * (width - len(r)) for r in rows])
        doc = (self.fresh & active).long()
        memory, self.encoder = model.encoder(model.embed(ids), layout(doc, length, width), self.encoder)
        seen = torch.arange(width)[None, None, :] < length[:, None, None].clamp(min=1)
        out, token = [[] for _ in rows], torch.full((batch,), seg["target_start"])
        for _ in range(seg["max_target"]):
            h, self.decoder = model.decoder(model.embed(token[:, None]), layout(doc, active.long(), 1),
                                            self.decoder, memory, seen)
            doc = torch.zeros_like(doc)
            logits = model.logits(h[:, 0])
            logits[:, seg["forbidden"]] = float("-inf")
            token = logits.argmax(-1)
            active = active & (token != seg["target_end"])
            for b in active.nonzero()[:, 0].tolist():
                out[b].append(int(token[b]))
            if not active.any():
                break
        self.fresh &= length == 0
        assert not seg["carry_end"], "not written yet"
        return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = load(args.model)
    if args.streams == 1:
        translation = Translation(model, 1)
        for line in sys.stdin:
            tokens = tokenizer.encode(line.strip())
            if not tokens:
                translation = Translation(model, 1)
            print(tokenizer.decode(translation.read([tokens])[0]) if tokens else "", flush=True)
        return
    lines = [line.strip() for line in sys.stdin]
    per = -(-len(lines) // args.streams)
    out, translation = [""] * len(lines), Translation(model, args.streams)
    for i in range(per):
        at = [b * per + i if b * per + i < len(lines) else None for b in range(args.streams)]
        tokens = [tokenizer.encode(lines[j]) if j is not None else [] for j in at]
        for j, t in zip(at, translation.read(tokens)):
            if j is not None:
                out[j] = tokenizer.decode(t)
    print("\n".join(out))


if __name__ == "__main__":
    main()
