#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A lexical shortlist for a model: which target pieces may translate a source piece, learned from pairs of lines.

shortlist.py MODEL TEXT.tsv.xz... [--best 100] [--common 100] [--lines 1000000]
TEXT: as prepare.py reads it; the last two columns are source and target. Writes MODEL/shortlist.bin in Marian's binary form
[marian-dev: data/shortlist.h] and names it in MODEL/config.json.

The probability that t translates s is that of IBM model 1 (Brown et al. 1993, "The Mathematics of Statistical Machine
Translation") over pieces, each counted once a line, by sparse products.
"""
import argparse
import json
import lzma
import random
import struct
from pathlib import Path

import numpy as np
import sentencepiece
from scipy import sparse

MAGIC = 0xF11A48D5013417F5
KEPT = 300     # target pieces of a source piece after the first iteration
CHUNK = 20000  # lines multiplied at a time


def pairs(paths, wanted):
    """Up to so many pairs of lines, from all of the texts alike."""
    chosen, seen, chance = [], 0, random.Random(1)
    for path in paths:
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                columns = line.rstrip("\n").split("\t")
                if len(columns) < 2:
                    continue
                seen += 1
                if len(chosen) < wanted:
                    chosen.append(columns[-2:])
                elif (at := chance.randrange(seen)) < wanted:
                    chosen[at] = columns[-2:]
    return chosen


def incidence(lines, tokenizer, size):
    """(lines, pieces): 1 where the line has the piece."""
    ids = [np.unique(line) for line in tokenizer.encode(lines, num_threads=2)]
    starts = np.concatenate([[0], np.cumsum([len(line) for line in ids])])
    return sparse.csr_matrix((np.ones(starts[-1], np.float32), np.concatenate(ids).astype(np.int32), starts), (len(lines), size))


def normalised(counts):
    """Counts of target pieces as probabilities, for each source piece."""
    sums = np.asarray(counts.sum(axis=1)).ravel()
    return sparse.diags(1 / np.maximum(sums, 1e-9)).astype(np.float32) @ counts


def largest(counts, n):
    """Only the n largest of each row."""
    counts = counts.tocsr()
    keep = np.ones(counts.nnz, bool)
    for row in np.flatnonzero(np.diff(counts.indptr) > n):
        begin, end = counts.indptr[row:row + 2]
        keep[begin:end][np.argpartition(counts.data[begin:end], -n)[:-n]] = False
    counts.data[~keep] = 0
    counts.eliminate_zeros()
    return counts


def chunks(source, target):
    for begin in range(0, source.shape[0], CHUNK):
        yield source[begin:begin + CHUNK], target[begin:begin + CHUNK]


def translate_probabilities(source, target, iterations):
    counts = None
    for s, t in chunks(source, target):
        # every piece of a line's source is as probable
        share = sparse.diags(1 / np.maximum(np.asarray(s.sum(axis=1)).ravel(), 1)).astype(np.float32)
        counts = (s.T @ (share @ t)) if counts is None else counts + s.T @ (share @ t)
    table = normalised(largest(counts, KEPT))
    for i in range(iterations - 1):
        weights = None
        for s, t in chunks(source, target):
            total = (s @ table).multiply(t).tocsr()  # of a target piece, by all pieces of its source
            total.data = 1 / np.maximum(total.data, 1e-9)
            weights = s.T @ total if weights is None else weights + s.T @ total
            weights = weights.multiply(table > 0).tocsr()
        table = normalised(largest(table.multiply(weights).tocsr(), KEPT))
        print(f"iteration {i + 2}: {table.nnz} pairs", flush=True)
    return table


def checksum(words):
    total, mask = 0, (1 << 64) - 1
    for word in words:
        total ^= (word + 0x9E3779B9 + (total << 6) + (total >> 2)) & mask
    return total & mask


def write(path, lists, common, most):
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in lists])]).astype("<u8")
    ids = np.concatenate(lists).astype("<u4")
    if len(ids) % 2:  # whole words, for the checksum
        lists[-1] = np.append(lists[-1], lists[-1][-1:] if len(lists[-1]) else [0])
        return write(path, lists, common, most)
    body = struct.pack("<4Q", common, most, len(offsets), len(ids)) + offsets.tobytes() + ids.tobytes()
    words = np.frombuffer(body, "<u8").tolist()
    path.write_bytes(struct.pack("<2Q", MAGIC, checksum(words)) + body)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("text", type=Path, nargs="+")
    parser.add_argument("--best", type=int, default=60, help="target pieces a source piece (%(default)s)")
    parser.add_argument("--least", type=float, default=0.001, help="probability of each of them (%(default)s)")
    parser.add_argument("--common", type=int, default=3000, help="first pieces of the vocabulary, which may always come (%(default)s)")
    parser.add_argument("--lines", type=int, default=1000000, help="pairs to learn from (%(default)s)")
    parser.add_argument("--iterations", type=int, default=4, help="(%(default)s)")
    args = parser.parse_args()

    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(args.model / "tokenizer.spm"))
    size = tokenizer.vocab_size()
    chosen = pairs(args.text, args.lines)
    print(f"{len(chosen)} pairs of lines", flush=True)
    source, target = (incidence([pair[side] for pair in chosen], tokenizer, size) for side in (0, 1))
    table = translate_probabilities(source, target, args.iterations)
    table.data[table.data < args.least] = 0
    table = largest(table, args.best)
    lists = [np.sort(table.indices[table.indptr[i]:table.indptr[i + 1]]) for i in range(size)]
    write(args.model / "shortlist.bin", lists, args.common, args.best)
    config = json.loads((args.model / "config.json").read_text())
    config["shortlist"] = "shortlist.bin"
    (args.model / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(f"{sum(map(len, lists))} entries, {(args.model / 'shortlist.bin').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
