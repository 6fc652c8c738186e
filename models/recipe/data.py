# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packed documents as B endless streams, cut into pieces of whole segments."""
import numpy as np
import torch


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
    """Each stream takes the next document when its own ends; documents come in stored order, again and again."""

    def __init__(self, corpus, batch, length, segment, cursor=0, reset=0.0, seed=0, once=False):
        self.corpus, self.batch, self.length, self.cursor = corpus, batch, length, cursor
        self.end, self.start, self.target_end = segment["source_end"], segment["target_start"], segment["target_end"]
        self.reset, self.rng, self.once = reset, np.random.default_rng(seed + cursor), once
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

    def next(self):
        """Arrays (B, L): source, target input, label (-100: none), and doc, seg of both; lengths (B)."""
        shape = self.batch, self.length
        s, t = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        label = np.full(shape, -100, np.int64)
        s_doc, t_doc = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        s_seg, t_seg = np.full(shape, -1, np.int32), np.full(shape, -2, np.int32)
        s_len, t_len = np.zeros(self.batch, np.int64), np.zeros(self.batch, np.int64)
        for b in range(self.batch):
            i = j = doc = seg = 0
            while True:
                at = self.following(b)
                if at is None:
                    break
                src, tgt = self.corpus.segment(at)
                if i + len(src) + 1 > self.length or j + len(tgt) + 1 > self.length:
                    break
                doc += bool(self.fresh[b] or self.rng.random() < self.reset)
                self.fresh[b] = False
                n, m = i + len(src) + 1, j + len(tgt) + 1
                s[b, i:n - 1], s[b, n - 1] = src, self.end
                t[b, j], t[b, j + 1:m] = self.start, tgt
                label[b, j:m - 1], label[b, m - 1] = tgt, self.target_end
                s_doc[b, i:], t_doc[b, j:] = doc, doc
                s_seg[b, i:n], t_seg[b, j:m] = seg, seg
                i, j, seg = n, m, seg + 1
                self.place[b] = at + 1, self.place[b][1]
            s_len[b], t_len[b] = i, j
        return [torch.from_numpy(x) for x in (s, s_doc, s_seg, s_len, t, t_doc, t_seg, t_len, label)]
