#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/tiny-decoder and tests/data/tiny-encdec: whole model folders of random weights.

They translate nothing, but every part of the engine runs as with a real model: text comes out,
it depends on the segments before, and targets end by their end symbol as well as by the limit.
tests/data/tiny-encdec.tsv: lines of a document and the ids that greedy search must find for each.
"""
import shutil
from pathlib import Path

import sentencepiece
import torch

import reference

DATA = Path(__file__).resolve().parent.parent / "data"
TOKENIZER = DATA / "tiny.spm"

COMMON = {"model_type": "ssmt", "format_version": 1, "norm_eps": 1e-5}
TAIL = {"languages": {"source": "en", "target": "de"}, "license": "CC0-1.0"}

DECODER = COMMON | {
    "d_model": 32, "tie_embeddings": True, "embedding_scale": 0.5,
    "decoder_layers": [
        {"kind": "mamba2", "d_inner": 64, "d_state": 16, "head_dim": 16, "n_groups": 1},
        {"kind": "attention", "heads": 4, "kv_heads": 2, "head_dim": 8, "window": 8, "rotary_base": 10000},
        {"kind": "swiglu", "hidden": 48},
        {"kind": "mamba", "d_inner": 64, "d_state": 8, "dt_rank": 2}],
    "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"},
    "segment": {"source_end": 4, "target_end": 3, "carry_end": True, "forbidden": [0, 1, 2, 4],
                "max_source": 64, "max_target": 48}} | TAIL

ENCDEC = COMMON | {
    "d_model": 32, "tie_embeddings": False, "embedding_scale": 1.0,
    "encoder_layers": [
        {"kind": "mamba2", "d_inner": 32, "d_state": 16, "head_dim": 16},
        {"kind": "attention", "heads": 2, "head_dim": 16, "window": 16, "rotary_base": 10000, "bidirectional": True}],
    "decoder_layers": [
        {"kind": "mamba", "d_inner": 32, "d_state": 8, "dt_rank": 2},
        {"kind": "cross_attention", "heads": 2, "head_dim": 16},
        {"kind": "swiglu", "hidden": 32}],
    "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"},
    "segment": {"source_end": 3, "target_start": 2, "target_end": 3, "carry_end": False, "forbidden": [0, 1, 2, 4],
                "max_source": 64, "max_target": 48}} | TAIL

LINES = ["A tree stands by the river.", "It is old.", "Nobody knows who planted it.", "Do you?", "It is old.",
         "In winter the mill is closed, and in summer nobody comes; the owner lives in town.", "Yes", "The river is cold."]


def make(name, config, seed, dtype, end_weight):
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(TOKENIZER))
    config = config | {"vocab_size": pieces.get_piece_size()}
    model = reference.randomise(reference.Model(config), seed)
    head = model.lm_head or model.backbone.embeddings
    with torch.no_grad():                  # so that the end symbol wins now and then
        head.weight[config["segment"]["target_end"]] *= end_weight
    tensors, values = reference.stored(model.tensors(), dtype)
    reference.write_folder(DATA / name, config, tensors)
    shutil.copy(TOKENIZER, DATA / name / "tokenizer.spm")
    return config, model.load(values), pieces


def translate(config, model, pieces, lines):
    """Greedy translation of a document the slow way: all of it is read again for each token.

    Gives ids for each line, and how far the best logit was above the second at the least.
    """
    seg, encoder = config["segment"], config.get("encoder_layers")
    source, target, gap = [], [], float("inf")
    for line in lines:
        ids = pieces.encode(line)
        source.append(ids + [seg["source_end"]])
        start = ([seg["target_start"]] if "target_start" in seg else []) + ([] if encoder else source[-1])
        limit, out = min(3 * len(ids) + 16, seg["max_target"]), []
        while len(out) < limit:
            logits, _ = model(target + [start + out], source) if encoder else model([sum(target, []) + start + out])
            logits = logits[-1]
            logits[seg["forbidden"] + ([] if out else [seg["target_end"]])] = -torch.inf
            best = logits.topk(2)
            gap = min(gap, float(best.values[0] - best.values[1]))
            if int(best.indices[0]) == seg["target_end"]:
                break
            out.append(int(best.indices[0]))
        target.append(start + out + ([seg["target_end"]] if seg["carry_end"] else []))
        print(f"  {line} -> {pieces.decode(out)}{' ...' if len(out) == limit else ' .'}")
        yield out, gap


if __name__ == "__main__":
    torch.set_num_threads(1)
    config, model, pieces = make("tiny-decoder", DECODER, 1, "I8", 2.0)
    list(translate(config, model, pieces, LINES[:6]))     # int8 activations may choose otherwise: only to look at
    config, model, pieces = make("tiny-encdec", ENCDEC, 2, "F16", 2.0)
    with open(DATA / "tiny-encdec.tsv", "w") as file:
        for line, (ids, gap) in zip(LINES, translate(config, model, pieces, LINES)):
            assert gap > 1e-3, "a near tie: another computer may choose otherwise"
            file.write(f"{line}\t{' '.join(map(str, ids))}\n")
