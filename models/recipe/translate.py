#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Greedy translation in PyTorch: the reference the engine is compared with.

translate.py --model DIR [--context none|document] [--streams N] < lines      one line in, one line out
--context document: the state is carried; an empty line ends a document.  --streams N: lines side by side, or with
carried state the input as N documents at once.
"""
import argparse
import json
import sys
from pathlib import Path

import sentencepiece as spm
import torch
from safetensors.torch import load_file

from layers import Layout
from model import Translator, tensor_names

MAX_NGRAM = 8           # of the engine's guard against loops


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


def repeats(tokens, n):
    """How often the last n tokens stand in a row at the end."""
    count = 1
    while (count + 1) * n <= len(tokens) and tokens[-n:] == tokens[len(tokens) - (count + 1) * n:len(tokens) - count * n]:
        count += 1
    return count


class Guard:
    """engine/ssmt-search.c: no group of up to MAX_NGRAM tokens more often in a row than twice, or than in the source."""

    def __init__(self, source):
        self.limit = [0] + [max([2] + [repeats(source[:end], n) for end in range(2 * n, len(source) + 1)])
                            for n in range(1, MAX_NGRAM + 1)]

    def loops(self, tokens):
        return any(repeats(tokens, n) > self.limit[n] for n in range(1, MAX_NGRAM + 1) if 2 * n <= len(tokens))


class Translation:
    """B documents side by side; a row without work keeps its state."""

    def __init__(self, model, batch):
        self.model, self.segment, self.batch = model, model.config["segment"], batch
        self.encoder, self.decoder = model.initial(batch)
        self.fresh = torch.ones(batch, dtype=torch.bool)

    def reset(self, rows):
        """These rows begin a document with their next segment."""
        self.fresh |= rows

    def open(self, sources):
        """Reads the sources (token lists; empty: no work)."""
        seg, model = self.segment, self.model
        rows = [s[:seg["max_source"] - 1] + [seg["source_end"]] if s else [] for s in sources]
        length = torch.tensor([len(r) for r in rows])
        width = max(1, int(length.max()))
        ids = torch.tensor([r + [0] * (width - len(r)) for r in rows])
        self.active = length > 0
        self.doc = (self.fresh & self.active).to(torch.int32)[:, None]
        self.fresh &= ~self.active
        real = torch.arange(width) < length[:, None]
        layout = Layout(self.doc.expand(-1, width), torch.where(real, 0, -1).to(torch.int32), length)
        if model.encoder:
            self.memory, self.encoder = model.encoder(model.embed(ids), layout, self.encoder)
            self.seen = real[:, None] | ~self.active[:, None, None]
            return self.feed(torch.full((self.batch,), seg["target_start"]), self.active)
        self.memory = self.seen = None
        h, self.decoder = model.decoder(model.embed(ids), layout, self.decoder)
        self.doc = torch.zeros_like(self.doc)
        return self.logits(h[torch.arange(self.batch), (length - 1).clamp(min=0)])

    def feed(self, token, rows):
        """The target goes on with token (B) in the given rows."""
        layout = Layout(self.doc, torch.full_like(self.doc, 0 if self.model.encoder else -2), rows.long())
        h, self.decoder = self.model.decoder(self.model.embed(token[:, None]), layout, self.decoder, self.memory, self.seen)
        self.doc = torch.zeros_like(self.doc)
        return self.logits(h[:, 0])

    def logits(self, h):
        logits = self.model.logits(h).float()
        logits[:, [t for t in self.segment["forbidden"] if t != self.segment["target_end"]]] = float("-inf")
        return logits

    @torch.no_grad()
    def read(self, sources, forced=None):
        """Token lists -> (target token lists, margins): the margin between best and second best at every token.
        forced: token lists whose margins are wanted instead of what is best."""
        end, out, margins = self.segment["target_end"], [[] for _ in sources], [[] for _ in sources]
        if not any(sources):
            return out, margins
        guards = [Guard(s) if s else None for s in sources]
        logits = self.open(sources)
        active = self.active.clone()
        for i in range(self.segment["max_target"]):
            value, best = logits.topk(4, -1)
            token = best[:, 0].clone()
            for b in active.nonzero()[:, 0].tolist():
                choice = [t for t in best[b].tolist() if (out[b] if t == end else not guards[b].loops(out[b] + [t]))] or [end]
                token[b] = forced[b][i] if forced else choice[0]
                margins[b].append(float(value[b, 0] - value[b, 1]) if not forced else float(value[b, 0] - logits[b, token[b]]))
                if token[b] != end:
                    out[b].append(int(token[b]))
                if forced and i + 1 >= len(forced[b]):
                    active[b] = False
            ended = active & (token == end)
            active = active & ~ended
            if ended.any() and self.segment["carry_end"]:
                self.feed(torch.full_like(token, end), ended)
            if not active.any():
                break
            logits = self.feed(token, active)
        return out, margins


def translate_lines(model, tokens, streams):
    """Every line with a fresh state, those of like length side by side."""
    order, out, margins = sorted(range(len(tokens)), key=lambda i: len(tokens[i])), [None] * len(tokens), [None] * len(tokens)
    for at in range(0, len(order), streams):
        some = order[at:at + streams]
        for i, t, m in zip(some, *Translation(model, len(some)).read([tokens[i] for i in some])):
            out[i], margins[i] = t, m
    return out, margins


def translate_documents(model, documents, streams):
    """Lists of token lists; the state is carried within each."""
    out, margins = [[] for _ in documents], [[] for _ in documents]
    translation = Translation(model, streams)
    waiting, place = list(range(len(documents))), [None] * streams
    while True:
        begun = torch.zeros(streams, dtype=torch.bool)
        for b in range(streams):
            if place[b] is None or len(out[place[b]]) == len(documents[place[b]]):
                place[b], begun[b] = waiting.pop(0) if waiting else None, True
        if all(p is None for p in place):
            return out, margins
        translation.reset(begun)
        got = translation.read([documents[p][len(out[p])] if p is not None else [] for p in place])
        for p, t, m in zip(place, *got):
            if p is not None:
                out[p].append(t)
                margins[p].append(m)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--context", choices=("none", "document"), default="document")
    parser.add_argument("--streams", type=int, default=0, help="default: 32, or 1 with carried state")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = load(args.model)
    lines = [line.strip() for line in sys.stdin]
    tokens = tokenizer.encode(lines)
    if args.context == "none":
        out, _ = translate_lines(model, tokens, args.streams or 32)
    else:
        documents = [[]]
        for t in tokens:
            if t:
                documents[-1].append(t)
            elif documents[-1]:
                documents.append([])
        found, _ = translate_documents(model, [d for d in documents if d], args.streams or 1)
        rest = iter([t for d in found for t in d])
        out = [next(rest) if t else [] for t in tokens]
    print("\n".join(tokenizer.decode(out)))


if __name__ == "__main__":
    main()
