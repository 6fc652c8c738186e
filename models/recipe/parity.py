#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the engine's greedy output with PyTorch's, on F32 weights line by line.

parity.py --model DIR [--ssmt PROGRAM] [--context none|document] [--every N] FILE...
FILE: one line each; with --context document FILE.doc, if it is there, tells where documents end (what stands before the
last colon names one), else every 20 lines are one.  A line that differs is a tie where PyTorch's best two tokens, at or before the
first difference, lie closer than --tie; with carried state all that follows in its document is put down to it.  Exit status 1 when a line
differs without a tie.
"""
import argparse
import subprocess
import sys
from pathlib import Path

import torch

from translate import load, translate_documents, translate_lines


def engine(args, lines):
    run = subprocess.run([args.ssmt, "translate", "-m", args.model, "-t", "1", "-b", "1", "-c", args.context],
                         input="\n".join(lines) + "\n", capture_output=True, encoding="utf-8", check=True)
    return run.stdout.removesuffix("\n").split("\n")


def plain(text):
    return " ".join(text.split())


def closest(tokenizer, tokens, margins, text):
    """The least margin at or before the first token after which PyTorch's text is no longer the beginning of `text`."""
    for i in range(1, len(tokens) + 1):
        if not plain(text).startswith(plain(tokenizer.decode(tokens[:i]).rstrip("\ufffd"))):
            return min(margins[:i])
    return min(margins)


def documents_of(path, count):
    doc = path.with_suffix(".doc")
    if doc.exists():
        names = [line.rsplit(":", 1)[0] for line in doc.read_text("utf-8").splitlines()]
    else:
        names = [i // 20 for i in range(count)]
    starts = [i for i in range(count) if not i or names[i] != names[i - 1]] + [count]
    return list(zip(starts, starts[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--ssmt", default="ssmt")
    parser.add_argument("--context", choices=("none", "document"), default="none")
    parser.add_argument("--every", type=int, default=1, help="take every Nth line, or document")
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--tie", type=float, default=1e-3, help="of logits")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = load(args.model)
    longest, failed = model.config["segment"]["max_source"] - 1, False
    for path in args.files:
        lines = path.read_text("utf-8").splitlines()
        spans = documents_of(path, len(lines)) if args.context == "document" else [(i, i + 1) for i in range(len(lines))]
        documents = [lines[a:b] for a, b in spans[::args.every]]
        # the engine cuts what is too long for one segment, and passes through what has no letter
        fits = lambda line: 0 < len(tokenizer.encode(line)) <= longest and any(c.isalpha() for c in line)
        kept = [d for d in documents if all(map(fits, d))]
        tokens = [tokenizer.encode(d) for d in kept]
        if args.context == "document":
            there = [engine(args, d) for d in kept]
            here, margins = translate_documents(model, tokens, args.streams)
        else:
            there = [[t] for t in engine(args, [d[0] for d in kept])]
            here, margins = translate_lines(model, [d[0] for d in tokens], args.streams)
            here, margins = [[t] for t in here], [[m] for m in margins]
        equal = ties = after = 0
        for document, ours, theirs, near in zip(kept, here, there, margins):
            tied = False
            for source, t, text, m in zip(document, ours, theirs, near):
                if plain(tokenizer.decode(t)) == plain(text):
                    equal += 1
                elif tied:
                    after += 1
                elif (least := closest(tokenizer, t, m, text)) < args.tie:
                    ties, tied = ties + 1, True
                else:
                    failed = True
                    print(f"differs by {least:.4f}\n  source {source}\n  PyTorch {tokenizer.decode(t)}\n  engine {text}")
        count = sum(map(len, kept))
        print(f"{path.name}, context {args.context}: {count} lines, {equal} equal, {ties} ties, {after} after a tie, "
              f"{count - equal - ties - after} differ; left out as too long or without letters: "
              f"{sum(map(len, documents)) - count}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
