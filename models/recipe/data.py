# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packed documents as B endless streams, cut into pieces of whole segments."""
import queue

import numpy as np
import torch
import torch.multiprocessing as mp

from model import ZERO


class Corpus:
    def __init__(self, path_or_arrays, part=0, parts=1):
        a = np.load(path_or_arrays) if not isinstance(path_or_arrays, dict) else path_or_arrays
        self.source, self.target, self.first = a["source"], a["target"], a["first"]
        ends = lambda n: np.concatenate(([0], np.cumsum(a[n].astype(np.int64))))
        self.source_at, self.target_at = ends("source_length"), ends("target_length")
        documents = np.flatnonzero(self.first)
        self.stop = np.append(documents[1:], len(self.first))[part::parts]
        self.documents = documents[part::parts]

    def segment(self, i):
        return (self.source[self.source_at[i]:self.source_at[i + 1]],
                self.target[self.target_at[i]:self.target_at[i + 1]])


class Streams:
    """Each stream takes the next document when its own ends; documents come in stored order, again and again.
    The state is reset at the end of a document but for a share `carry` of them (a channel goes from one programme
    to the next unannounced), and before a share `reset` of segments (a cold start anywhere)."""

    def __init__(self, corpus, batch, length, config, cursor=0, reset=0.0, carry=0.0, seed=0, once=False):
        segment = config["segment"]
        self.corpus, self.batch, self.length, self.cursor = corpus, batch, length, cursor
        self.joined = not config.get("encoder_layers")
        self.end, self.start, self.target_end = segment["source_end"], segment.get("target_start"), segment["target_end"]
        self.start = ZERO if self.start == "zero" else self.start
        self.reset, self.carry, self.rng, self.once = reset, carry, np.random.default_rng(seed + cursor), once
        self.place = [(0, 0)] * batch             # next segment, end of the document
        self.fresh = [False] * batch              # the next segment begins a document

    def following(self, b):
        """Index of the next segment of stream b, or None at the end of a corpus that is read once."""
        at, stop = self.place[b]
        if at < stop:
            return at
        if self.once and self.cursor >= len(self.corpus.documents):
            return None
        d = self.cursor % len(self.corpus.documents)
        self.cursor += 1
        self.place[b] = int(self.corpus.documents[d]), int(self.corpus.stop[d])
        self.fresh[b] = True
        return self.place[b][0]

    def segments(self, b):
        """Whole segments of stream b as far as the piece has room: (source, target, document within the piece)."""
        i = j = doc = 0
        while (at := self.following(b)) is not None:
            source, target = self.corpus.segment(at)
            i, j = i + len(source) + 1, j + len(target) + 1
            if (i + j > 2 * self.length) if self.joined else (max(i, j) > self.length):
                return
            ends = self.fresh[b] and self.rng.random() >= self.carry
            doc += bool(ends or self.rng.random() < self.reset)
            self.fresh[b] = False
            self.place[b] = at + 1, self.place[b][1]
            yield source, target, doc

    def next(self):
        """Tensors for Translator.forward and, last, the labels (-100: none).

        With an encoder (B, length) each: source, doc, seg, lengths (B), target input, doc, seg, lengths, labels.
        Joined (B, 2 length): tokens, doc, seg (of source tokens; -2 elsewhere), lengths, labels."""
        return self.next_joined() if self.joined else self.next_pair()

    def next_pair(self):
        shape = self.batch, self.length
        s, t = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        label = np.full(shape, -100, np.int64)
        s_doc, t_doc = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        s_seg, t_seg = np.full(shape, -1, np.int32), np.full(shape, -2, np.int32)
        s_len, t_len = np.zeros(self.batch, np.int64), np.zeros(self.batch, np.int64)
        for b in range(self.batch):
            i = j = 0
            for seg, (source, target, doc) in enumerate(self.segments(b)):
                n, m = i + len(source) + 1, j + len(target) + 1
                s[b, i:n - 1], s[b, n - 1] = source, self.end
                t[b, j], t[b, j + 1:m] = self.start, target
                label[b, j:m - 1], label[b, m - 1] = target, self.target_end
                s_doc[b, i:], t_doc[b, j:] = doc, doc
                s_seg[b, i:n], t_seg[b, j:m] = seg, seg
                i, j = n, m
            s_len[b], t_len[b] = i, j
        return [torch.from_numpy(x) for x in (s, s_doc, s_seg, s_len, t, t_doc, t_seg, t_len, label)]

    def next_joined(self):
        shape = self.batch, 2 * self.length
        t, doc_of = np.zeros(shape, np.int64), np.zeros(shape, np.int32)
        seg_of, label = np.full(shape, -2, np.int32), np.full(shape, -100, np.int64)
        length = np.zeros(self.batch, np.int64)
        for b in range(self.batch):
            i = 0
            for seg, (source, target, doc) in enumerate(self.segments(b)):
                n = i + len(source) + 1
                m = n + len(target) + 1
                t[b, i:n - 1], t[b, n - 1], t[b, n:m - 1], t[b, m - 1] = source, self.end, target, self.target_end
                label[b, n - 1:m - 2], label[b, m - 2] = target, self.target_end
                doc_of[b, i:], seg_of[b, i:n] = doc, seg
                i = m
            length[b] = i
        return [torch.from_numpy(x) for x in (t, doc_of, seg_of, length, label)]


def produce(out, path, part, parts, arguments):
    torch.set_num_threads(1)
    streams = Streams(Corpus(path, part, parts), **arguments)
    while True:
        out.put((streams.next(), streams.cursor))


class Loader:
    """Streams made ahead by processes of their own, each with its rows of the batch: for a device that is quicker
    than Python packs."""

    def __init__(self, path, parts, batch, cursors, seed=0, **arguments):
        context = mp.get_context("spawn")
        self.batch, self.cursors = batch, list(cursors)
        self.queues = [context.Queue(4) for _ in range(parts)]
        for r, q in enumerate(self.queues):
            context.Process(target=produce, daemon=True, args=(q, path, r, parts, dict(
                arguments, batch=batch // parts, cursor=int(cursors[r]), seed=seed + r))).start()

    def next(self):
        parts = []
        for r, q in enumerate(self.queues):
            try:
                piece, self.cursors[r] = q.get(timeout=300)
            except queue.Empty:
                raise RuntimeError("a loader process has died") from None
            parts.append(piece)
        return [torch.cat(x) for x in zip(*parts)]
