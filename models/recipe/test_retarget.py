#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""retarget.py: two made-up languages that say the same words. Run with pytest or by itself."""
import random

import numpy as np
import sentencepiece as spm
import torch

from retarget import joined, pieces_of_target, proto, rows_of, table, translations, vocabulary

WORDS = 60


def word(prefix, i):
    return prefix + chr(97 + i // 8) + chr(97 + i % 8) * 2


def pairs(prefix, seed):
    """Sentences in `s...` with each word's own one in another order behind `prefix`."""
    rng, out = random.Random(seed), []
    for _ in range(3000):
        picked = rng.sample(range(WORDS), rng.randint(3, 7))
        other = picked[::-1]
        out.append((" ".join(word("s", i) for i in picked), " ".join(word(prefix, i) for i in other)))
    return out


def test_licences():
    assert joined("CC-BY-SA-4.0 AND GPL-3.0-or-later", "GPL-3.0-or-later") == "CC-BY-SA-4.0 AND GPL-3.0-or-later"
    assert joined("", "MIT") == "MIT"


def test_glosses():
    old_pairs, new_pairs = pairs("o", 1), pairs("n", 2)
    lines = [side for pair in old_pairs for side in pair]
    old = proto.ModelProto()
    for text, kind in (("</s>", 3), ("<unk>", 2)):
        old.pieces.add(piece=text, score=0, type=kind)
    for text, score in pieces_of_target(lines, 600):
        old.pieces.add(piece=text, score=score, type=1)
    reader = spm.SentencePieceProcessor(model_proto=old.SerializeToString())
    used = np.zeros(len(old.pieces), int)
    for line in reader.encode([p[0] for p in old_pairs]):
        used[line] += 1
    new, origin = vocabulary(old, used > 4, pieces_of_target([p[1] for p in new_pairs], 400))
    writer = spm.SentencePieceProcessor(model_proto=new.SerializeToString())
    n_old, n = len(old.pieces), len(origin)

    # what the source says is cut as it was
    source = [p[0] for p in new_pairs[:50]]
    assert [[origin[i] for i in line] for line in writer.encode(source)] == reader.encode(source)
    to_old = table(*translations(old_pairs, reader, reader, n_old, n_old), (n_old, n_old))
    s, t, p = translations(new_pairs, reader, writer, n_old, n)
    to_source = table(s, t, p, (n_old, n), by_column=True)
    rows, bias = torch.randn(n_old, 32), torch.randn(n_old)
    glosses = to_source.t() @ (to_old @ torch.cat((rows, bias[:, None]), 1))
    known = torch.sparse.sum(to_source, 0).to_dense() > 0
    new_rows, _ = rows_of(origin, glosses, known, rows, bias)

    right = tried = 0
    for i in range(WORDS):
        mine, old_ids = writer.encode(word("n", i)), reader.encode(word("o", i))
        if len(mine) == len(old_ids) == 1 and origin[mine[0]] < 0:
            tried += 1
            right += int((new_rows[mine[0]] @ rows.T).argmax()) == old_ids[0]
    assert tried > 20, tried
    assert right > 0.9 * tried, (right, tried)
    for i, o in enumerate(origin):
        assert o < 0 or torch.equal(new_rows[i], rows[o])


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name)
