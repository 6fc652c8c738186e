#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the engine's greedy output with PyTorch's, line by line.

parity.py --model DIR [--model DIR] [--ssmt PROGRAM] [--context none|document] FILE[:N]...
FILE holds one line each, of which the first N are taken.  With carried state FILE.doc, if it is there, tells where
documents end (what stands before the last colon names one); none is longer than --document lines.

Where a line differs, the token the engine chose instead is looked for among PyTorch's best after the common beginning: the
margin is what it lies below PyTorch's choice, and less than --tie is a tie.  PyTorch then goes on from the engine's token,
so that all that follows, in the line and the document, is compared too.  Where a source can be cut into tokens in two equally
likely ways, versions of SentencePiece differ: PyTorch tries the others too.  Exit status 1 where a difference is no tie.
With I8 weights the engine rounds activations as well: what is equal, and the margins, are reported, and nothing fails.
"""
import argparse
import subprocess
import sys
from pathlib import Path

import torch
from safetensors import safe_open

from translate import load, translate_text

MAX_FORCED = 8          # differences followed within one line
MAX_CUTS = 8            # ways to cut a source into tokens
CUT_TIE = 1e-3          # of the logarithm of a cut's likelihood


class Difference:
    """In the document's segment `segment` the engine has `token` where PyTorch, after `at` tokens, has another."""

    def __init__(self, line, text, segment, at, token, margin):
        self.line, self.text, self.segment, self.at, self.token, self.margin = line, text, segment, at, token, margin


def read(path, limit):
    lines = path.read_text("utf-8").removesuffix("\n").split("\n")[:limit]
    doc = path.with_suffix(".doc")
    names = [n.rsplit(":", 1)[0] for n in doc.read_text("utf-8").split("\n")] if doc.exists() else [""] * len(lines)
    return lines, names


def documents_of(lines, names, longest):
    """Spans of line numbers."""
    spans, begin = [], 0
    for i in range(1, len(lines) + 1):
        if i == len(lines) or names[i] != names[begin] or i - begin == longest:
            spans.append((begin, i))
            begin = i
    return spans


def engine(args, folder, context, lines):
    run = subprocess.run([args.ssmt, "translate", "-m", folder, "-t", "1", "-b", "1", "-d", "cpu", "-c", context],
                         input="\n".join(lines) + "\n", capture_output=True, encoding="utf-8", check=True)
    out = run.stdout.removesuffix("\n").split("\n")
    if len(out) != len(lines):
        raise SystemExit(f"ssmt: {len(out)} lines for {len(lines)}")
    return out


def candidates(line, text, end, known, tie):
    """Where the engine may have left PyTorch's path: (margin, segment of the line, tokens before, token); ties first, then
    what keeps most in common.  known: tokens already forced, a list a segment."""
    before, found = "", []
    for p, segment in enumerate(line.segments):
        last = p + 1 == len(line.segments)
        for at, (ids, logits) in enumerate(segment.best):
            begin = before + line.tokenizer.decode(segment.tokens[:at])
            if not text.startswith(begin.rstrip("\ufffd ")):
                break
            chosen = segment.tokens[at] if at < len(segment.tokens) else end
            if at < len(known[p]):
                continue
            # Where the guard forbade all candidates the end was chosen without being one.
            value = logits[ids.index(chosen)] if chosen in ids else logits[-1]
            for token, logit in zip(ids, logits):
                if token == chosen:
                    continue
                if token == end:
                    fits = text == begin if last else text.startswith(begin + " ")
                else:
                    fits = text.startswith((before + line.tokenizer.decode(segment.tokens[:at] + [token])).rstrip("\ufffd "))
                if fits:
                    found.append((abs(value - logit), p, at, token))
        before += line.texts()[p] + " "
        if not text.startswith(before):
            break
    return sorted(found, key=lambda c: (c[0] >= tie, -c[1], -c[2], c[0]))


def other_cuts(tokenizer, text):
    """Token lists as likely as the one SentencePiece chose here."""
    def score(ids):
        return sum(map(tokenizer.get_score, ids))

    own = tokenizer.encode(text)
    return [ids for ids in tokenizer.nbest_encode(text, nbest_size=MAX_CUTS)
            if ids != own and abs(score(ids) - score(own)) < CUT_TIE]


def first_difference(document, texts, end, forced, tie):
    """The first line that differs, as a Difference; its margin is None where no candidate spells what the engine put out."""
    segment = 0
    for i, (line, text) in enumerate(zip(document, texts)):
        if line.text() != text:
            known = [forced.get(segment + p, []) for p in range(len(line.segments))]
            for margin, p, at, token in candidates(line, text, end, known, tie)[:1]:
                return Difference(i, line.text(), segment + p, at, token, margin)
            return Difference(i, line.text(), segment, 0, None, None)
        segment += len(line.segments)
    return None


class Comparison:
    """One file in one context.  differences: {(document, line): [Difference]}; follow: PyTorch goes on from the engine's
    tokens."""

    def __init__(self, model, tokenizer, documents, texts, streams, tie, follow):
        self.documents, self.texts, self.tie, self.differences = documents, texts, tie, {}
        self.end, self.forced, self.sources, self.cuts = model.config["segment"]["target_end"], {}, {}, {}
        self.found, waiting = [None] * len(documents), list(range(len(documents)))
        while waiting:
            forced, sources = ({(i, s): t for i, d in enumerate(waiting) for s, t in all_of.get(d, {}).items()}
                               for all_of in (self.forced, self.sources))
            lines = translate_text(model, tokenizer, [documents[d] for d in waiting], streams, forced, sources)
            for d, document in zip(waiting, lines):
                self.found[d] = document
            waiting = [d for d in waiting if self.goes_on(d, follow)]

    def goes_on(self, d, follow):
        """Whether document d is to be translated again, for what follows its first difference."""
        own, sources = self.forced.setdefault(d, {}), self.sources.setdefault(d, {})
        difference = first_difference(self.found[d], self.texts[d], self.end, own, self.tie)
        if not difference:
            return False
        key = d, difference.line
        tie = difference.margin is not None and difference.margin < self.tie
        if follow and not tie and key not in self.differences and self.try_cut(key, sources):
            return True
        at = self.differences.setdefault(key, [])
        at.append(difference)
        if not follow or difference.margin is None or len(at) > MAX_FORCED:
            return False
        flat = [s for line in self.found[d] for s in line.segments]
        own[difference.segment] = flat[difference.segment].tokens[:difference.at] + [difference.token]
        return True

    def try_cut(self, key, sources):
        """Puts the next other cut of a line's source in place; after the last one, the first again."""
        d, i = key
        line, begin = self.found[d][i], sum(len(line.segments) for line in self.found[d][:i])
        if key not in self.cuts:
            self.cuts[key] = [(begin + p, ids) for p, part in enumerate(line.parts) for ids in other_cuts(line.tokenizer, part)]
        taken = [sources.pop(begin + p, None) for p in range(len(line.parts))]
        if self.cuts[key]:
            segment, ids = self.cuts[key].pop(0)
            sources[segment] = ids
            return True
        return any(taken)

    def kind(self, key):
        margins = [x.margin for x in self.differences[key]]
        return "tie" if all(m is not None and m < self.tie for m in margins) else "differs"

    def after(self):
        """Lines that follow, in their document, one on which PyTorch could not go on."""
        stuck = {}
        for (d, i), found in self.differences.items():
            line = self.found[d][i]
            if line.text() != self.texts[d][i]:
                stuck[d] = min(i, stuck.get(d, i))
        return sum(len(self.documents[d]) - i - 1 for d, i in stuck.items())

    def describe(self, numbers):
        for (d, i), found in sorted(self.differences.items()):
            piece = self.found[d][i].tokenizer.id_to_piece
            steps = ", ".join("no candidate fits" if x.margin is None else f"{x.margin:.2e} at token {x.at} ({piece(x.token)})"
                              for x in found)
            print(f"  line {numbers[d][i]}: {self.kind((d, i))}: {steps}")
            if self.kind((d, i)) != "tie":
                print(f"    source  {self.documents[d][i]}\n    PyTorch {found[0].text}\n    engine  {self.texts[d][i]}")


def compare(args, folder, quantised, model, tokenizer, path, limit, context):
    lines, names = read(path, limit)
    spans = documents_of(lines, names, args.document) if context == "document" else [(i, i + 1) for i in range(len(lines))]
    documents = [lines[a:b] for a, b in spans]
    if context == "document":
        texts = [engine(args, folder, context, d) for d in documents]
    else:
        texts = [[t] for t in engine(args, folder, context, lines)]
    result = Comparison(model, tokenizer, documents, texts, args.streams, args.tie, not quantised)
    all_lines = [line for d in result.found for line in d]
    segments = [s for line in all_lines for s in line.segments]
    equal = sum(line.text() == t for d, ts in zip(result.found, texts) for line, t in zip(d, ts))
    acted = (f"guard {sum(s.guarded for s in segments)}, length limit {sum(s.limited for s in segments)}, "
             f"split {sum(len(line.segments) > 1 for line in all_lines)}, "
             f"passed through {sum(not line.parts for line in all_lines)}")
    head = f"{path.name}, {context}: {len(lines)} lines in {len(documents)} documents, " if context == "document" else \
        f"{path.name}, {context}: {len(lines)} lines, "
    margins = [x.margin for found in result.differences.values() for x in found if x.margin is not None]
    if quantised:
        mean = f"mean margin at the first difference {sum(margins) / len(margins):.3f}; " if margins else ""
        print(f"{head}{100 * equal / max(1, len(lines)):.1f} % equal; {mean}{acted}", flush=True)
        return True
    kinds = [result.kind(key) for key in result.differences]
    after = result.after()
    largest = f" (margins up to {max(margins):.1e})" if margins else ""
    cut = sum(map(len, result.sources.values()))
    equal = len(lines) - len(kinds) - after - cut
    print(f"{head}{equal} equal, {cut} equal by another cut, {kinds.count('tie')} ties{largest}, "
          f"{kinds.count('differs')} differ, {after} not compared after these; {acted}", flush=True)
    result.describe([range(a + 1, b + 1) for a, b in spans])
    return "differs" not in kinds


def main():
    def file_limit(text):
        name, _, limit = text.rpartition(":")
        return (Path(name), int(limit)) if name and limit.isdecimal() else (Path(text), None)

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=file_limit, nargs="+", metavar="FILE[:N]")
    parser.add_argument("--model", type=Path, action="append", required=True, help="may be given more than once")
    parser.add_argument("--ssmt", default="ssmt", help="the program")
    parser.add_argument("--context", choices=("none", "document"), action="append", help="default: both")
    parser.add_argument("--document", type=int, default=100, metavar="N", help="lines of a document at most")
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tie", type=float, default=1e-3, help="of logits")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    good = True
    for folder in args.model:
        with safe_open(folder / "model.safetensors", "pt") as f:
            quantised = any(name.endswith("_scale") for name in f.keys())
        model, tokenizer = load(folder)
        print(f"{folder.name}{', I8 weights' if quantised else ''}")
        for path, limit in args.files:
            for context in args.context or ("none", "document"):
                good &= compare(args, folder, quantised, model, tokenizer, path, limit, context)
    sys.exit(not good)


if __name__ == "__main__":
    main()
