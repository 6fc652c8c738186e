#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Greedy translation in PyTorch: the reference the engine is compared with.

translate.py --model DIR [--context none|document] [--streams N] < lines      one line in, one line out
--context document: the state is carried; an empty line ends a document.  --streams N: lines, or with carried state
documents, side by side.
"""
import argparse
import json
import sys
import unicodedata
from functools import partial
from pathlib import Path

import sentencepiece as spm
import torch
from safetensors.torch import load_file

from layers import CrossAttention, Layout
from model import ZERO, Translator, tensor_names

# The engine's defaults (engine/stream/ssmt-stream.c, engine/network/search.c).
MAX_NGRAM = 8
FAR_NGRAM, FAR_SOURCE_NGRAM = 6, 4
LENGTH_RATIO, LENGTH_MORE = 3, 16


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


# --- text: engine/tokens/pieces.c --------------------------------------------------------------

def has_letter(text):
    return any(c.isalpha() for c in text)


def normalize(text):
    spaced = "".join(" " if unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc") else c for c in text)
    return " ".join(filter(None, spaced.split(" ")))


def cut_quality(c, following):
    if following == " " or c >= "\u3000":
        if c in ".!?\u2026\u3002\uff01\uff1f":
            return 3
        if c in ",;:\u2014\u3001\uff0c":
            return 2
    return int(following == " ")


def find_cut(text):
    """Characters before the best cut in the middle half; the engine measures in bytes."""
    total, at, best = len(text.encode()), 0, None
    for i in range(1, len(text)):
        at += len(text[i - 1].encode())
        if total // 4 <= at <= total * 3 // 4:
            found = (-cut_quality(text[i - 1], text[i]), abs(at - total // 2))
            if best is None or found < best[0]:
                best = found, i
    return best[1] if best else 1


def split(tokenizer, text, longest):
    """The parts of a text that are segments of their own, each at most `longest` tokens."""
    text = text.lstrip(" ")
    if len(text) <= 1 or len(tokenizer.encode(text)) <= longest:
        return [text] if text else []
    cut = find_cut(text)
    return split(tokenizer, text[:cut], longest) + split(tokenizer, text[cut:], longest)


# --- search: engine/network/search.c ----------------------------------------------------------

def repeats(tokens, n):
    """How often the last n tokens stand in a row at the end."""
    count = 1
    while (count + 1) * n <= len(tokens) and tokens[-n:] == tokens[len(tokens) - (count + 1) * n:len(tokens) - count * n]:
        count += 1
    return count


def occurrences(tokens, n):
    """How often the last n tokens stand anywhere."""
    last = tokens[-n:]
    return sum(tokens[i] == last[0] and tokens[i:i + n] == last for i in range(len(tokens) - n + 1))


class Segment:
    """A segment's source, and what has been found of its target."""

    def __init__(self, source, config, forced=()):
        self.source, self.config, self.forced, self.tokens = source, config, forced, []
        self.best = []                  # for each decision, the engine's candidates: ids and logits, best first
        self.guarded = self.limited = False
        self.limit = min(LENGTH_RATIO * len(source) + LENGTH_MORE, config["max_target"])
        self.repeats = [0] + [max([2] + [repeats(source[:end], n) for end in range(2 * n, len(source) + 1)])
                              for n in range(1, MAX_NGRAM + 1)]
        self.far = max([1] + [occurrences(source[:end], FAR_SOURCE_NGRAM) for end in range(FAR_SOURCE_NGRAM, len(source) + 1)])

    def loops(self, token):
        """The guard: no group of tokens more often in a row than twice, or than in the source; no six anywhere more often
        than some four in the source."""
        tokens = self.tokens + [token]
        if any(repeats(tokens, n) > self.repeats[n] for n in range(1, MAX_NGRAM + 1) if 2 * n <= len(tokens)):
            return True
        return len(tokens) > FAR_NGRAM and occurrences(tokens, FAR_NGRAM) > self.far

    def allows(self, token):
        if token == self.config["target_end"]:
            return bool(self.tokens)
        if token in self.config["forbidden"]:
            return False
        loop = self.loops(token)
        self.guarded |= loop
        return not loop

    def choose(self, ids, logits):
        """The next token; the end where nothing is allowed."""
        at, end = len(self.tokens), self.config["target_end"]
        self.best.append((ids, logits))
        token = self.forced[at] if at < len(self.forced) else next(filter(self.allows, ids), end)
        if token != end:
            self.tokens.append(token)
        return token


def once(linear, kept, x):
    """The encoder's output stays the same for a whole segment, and so do its keys and values."""
    if kept.get("x") is not x:
        kept.update(x=x, y=torch.nn.functional.linear(x, linear.weight, linear.bias))
    return kept["y"]


def pick(state, rows):
    return [[x[rows] for x in layer] for layer in state]


def put(state, rows, part):
    for layer, new in zip(state, part):
        for x, y in zip(layer, new):
            x[rows] = y


class Translation:
    """Documents side by side; each keeps its state until its next segment."""

    def __init__(self, model, batch):
        self.model, self.config = model, model.config["segment"]
        self.encoder, self.decoder = model.initial(batch)
        self.fresh = [True] * batch
        config = self.config
        self.forgets = any(layer.get("within_segment") for layer in model.config["decoder_layers"])
        self.candidates = min(2 + len(config["forbidden"]) + MAX_NGRAM, 64, model.config["vocab_size"])
        for module in model.modules():
            if isinstance(module, CrossAttention):
                for linear in (module.k_proj, module.v_proj):
                    linear.forward = partial(once, linear, {})

    def reset(self, row):
        """The row begins a document with its next segment."""
        self.fresh[row] = True

    def layout(self, rows, lists):
        """Token lists as a batch.  What is no source token is in no segment, where source and target share a sequence."""
        width = max(map(len, lists))
        ids = torch.tensor([r + [0] * (width - len(r)) for r in lists])
        length = torch.tensor([len(r) for r in lists])
        real = torch.arange(width) < length[:, None]
        doc = torch.tensor([self.fresh[b] for b in rows]).to(torch.int32)[:, None].expand(-1, width)
        return ids, Layout(doc, torch.where(real, 0, -1).to(torch.int32), length), real

    def open(self, rows, segments):
        """Reads the sources; returns the last decoder output, the decoder's state, the memory and what is seen of it."""
        c, model, memory, seen = self.config, self.model, None, None
        end = [s.source + [c["source_end"]] for s in segments]
        start = c.get("target_start")
        start = [] if start is None else [ZERO if start == "zero" else start]
        before = [[c["target_end"]] if c["carry_end"] and not self.fresh[b] else [] for b in rows]
        if model.encoder:
            ids, layout, real = self.layout(rows, end)
            memory, state = model.encoder(model.embed(ids, layout), layout, pick(self.encoder, rows))
            put(self.encoder, rows, state)
            seen = real[:, None]
            end = [[] for _ in rows]
        ids, layout, _ = self.layout(rows, [b + e + start for b, e in zip(before, end)])
        if not model.encoder:
            at = torch.arange(ids.shape[1])
            first, last = (torch.tensor([f(i) for i in range(len(rows))])[:, None] for f in
                           (lambda i: len(before[i]), lambda i: len(before[i]) + len(end[i])))
            layout.seg = torch.where((at >= first) & (at < last), 0, -2).to(torch.int32)
        h, state = model.decoder(model.embed(ids, layout), layout, pick(self.decoder, rows), memory, seen)
        return h[torch.arange(len(rows)), layout.length - 1], state, memory, seen

    @torch.no_grad()
    def read(self, work):
        """{row: Segment}: finds the targets."""
        rows = [b for b, s in work.items() if s.source]
        if not rows:
            return
        live, model = [work[b] for b in rows], self.model
        h, state, memory, seen = self.open(rows, live)
        for b in rows:
            self.fresh[b] = self.forgets
        ended = [False] * len(rows)
        while True:
            logits, ids = model.logits(h).float().topk(self.candidates, -1)
            token = [0] * len(rows)
            for i, (s, best, values) in enumerate(zip(live, ids.tolist(), logits.tolist())):
                if not ended[i]:
                    token[i] = s.choose(best, values)
                    ended[i] = token[i] == self.config["target_end"]
            if 4 * sum(ended) >= len(rows):         # finished rows are put away, so that they cost nothing
                put(self.decoder, rows, state)
                kept = [i for i, e in enumerate(ended) if not e]
                if not kept:
                    return
                rows, live, token = ([v[i] for i in kept] for v in (rows, live, token))
                ended, state = [False] * len(kept), pick(state, kept)
                memory, seen = (None if v is None else v[kept] for v in (memory, seen))
            length = torch.tensor([not e for e in ended]).long()
            zero = torch.zeros(len(rows), 1, dtype=torch.int32)
            read = torch.tensor([len(s.tokens) for s in live])
            layout = Layout(zero, zero - 3, length, read)   # the segment that attention takes its ring for
            h, state = model.decoder(model.embed(torch.tensor(token)[:, None], layout), layout, state, memory, seen)
            h = h[:, 0]
            for i, s in enumerate(live):            # at the limit the last token has been read all the same
                if not ended[i] and len(s.tokens) >= s.limit:
                    ended[i] = s.limited = True
            if all(ended):
                put(self.decoder, rows, state)
                return


def translate_documents(model, documents, streams, forced=None):
    """Lists of token lists -> lists of Segments; the state is carried within each.
    forced: {(document, segment): the tokens its target begins with}."""
    config, forced = model.config["segment"], forced or {}
    found = [[Segment(t[:config["max_source"]], config, forced.get((d, i), ())) for i, t in enumerate(document)]
             for d, document in enumerate(documents)]
    # Long documents first, and lines of like length side by side.
    waiting = sorted(range(len(found)), key=lambda d: (len(found[d]), sum(len(s.source) for s in found[d])))
    streams = max(1, min(streams, len(found)))
    translation, place = Translation(model, streams), [iter(())] * streams
    while True:
        work = {}
        for b in range(streams):
            segment = next(place[b], None)
            while segment is None and waiting:
                translation.reset(b)
                place[b] = iter(found[waiting.pop()])
                segment = next(place[b], None)
            if segment is not None:
                work[b] = segment
        if not work:
            return found
        translation.read(work)


def translate_lines(model, tokens, streams):
    """Every line (a token list) with a fresh state -> token lists, Segments."""
    found = [d[0] for d in translate_documents(model, [[t] for t in tokens], streams)]
    return [s.tokens for s in found], found


# --- lines ----------------------------------------------------------------------------------

class Line:
    """A line of text and its segments; none where it is passed through."""

    def __init__(self, tokenizer, source, longest):
        self.tokenizer, self.source = tokenizer, source
        self.parts = split(tokenizer, normalize(source), longest) if has_letter(source) else []
        self.segments = []

    def texts(self):
        return [normalize(self.tokenizer.decode(s.tokens)) or part for s, part in zip(self.segments, self.parts)]

    def text(self):
        return " ".join(self.texts()) if self.parts else self.source


def translate_text(model, tokenizer, documents, streams, forced=None, sources=None):
    """Documents of lines of text -> documents of Lines.  forced: as above, segments counted through the document; sources:
    likewise, the tokens to take for a source."""
    longest = model.config["segment"]["max_source"]
    documents = [[Line(tokenizer, source, longest) for source in document] for document in documents]
    tokens = [[tokenizer.encode(part) for line in document for part in line.parts] for document in documents]
    for (d, i), source in (sources or {}).items():
        tokens[d][i] = source
    for document, segments in zip(documents, translate_documents(model, tokens, streams, forced)):
        rest = iter(segments)
        for line in document:
            line.segments = [next(rest) for _ in line.parts]
    return documents


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--context", choices=("none", "document"), default="document")
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = load(args.model)
    documents = [[]]
    for line in sys.stdin.read().removesuffix("\n").split("\n"):
        documents[-1].append(line)
        if args.context == "none" or not line.strip():
            documents.append([])
    for document in translate_text(model, tokenizer, documents, args.streams):
        for line in document:
            print(line.text())


if __name__ == "__main__":
    main()
