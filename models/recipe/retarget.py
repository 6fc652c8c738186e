#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the start of a model for another target language from one that reads the same source: for train.py --init.

retarget.py MODEL OUT --languages en:de --text train.en-de.tsv.xz --old-text kd.en-pt.tsv.xz [--pieces 12000] [--pairs 150000]
MODEL: a model folder, or a checkpoint.pt beside its tokenizer.spm.  OUT: checkpoint.pt and tokenizer.spm.

The vocabulary keeps the pieces that the source uses and gets new ones for the target.  The row of a new piece is the mean of
the old target's pieces that translate the same source pieces, weighed by how often they do (as WECHSEL does by a dictionary,
arXiv 2112.06598; here by IBM's model 1): the decoder begins with a gloss, not with noise.
"""
import argparse
import collections
import io
import itertools
from pathlib import Path

import numpy as np
import sentencepiece as spm
import torch
from sentencepiece import sentencepiece_model_pb2 as proto

import translate
from card import origin_of
from model import Translator
from prepare import rows

ITERATIONS = 5
MOST = 60               # pieces of a side of a pair that is counted
NORMAL = proto.ModelProto.SentencePiece.Type.NORMAL
UNLIKELY = -6.0         # the bias of pieces that the new language has not: the old one's words
SHARE = -0.7            # the scores of a vocabulary for one language, in one for two: log 1/2


# --- vocabulary -----------------------------------------------------------------------------

def pairs_of(path, count, seed=1):
    """About `count` pairs from all over a file."""
    every = [(source, target) for _, _, _, _, source, target in rows(str(path)) if 0 < len(source) < 300 and 0 < len(target) < 300]
    rng = np.random.default_rng(seed)
    return [every[i] for i in rng.permutation(len(every))[:count]]


def pieces_of_target(lines, count):
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=out, vocab_size=count, model_type="unigram",
                                   character_coverage=0.9995, hard_vocab_limit=False, split_digits=True, num_threads=2,
                                   normalization_rule_name="nmt_nfkc", minloglevel=1)
    model = proto.ModelProto.FromString(out.getvalue())
    return [(p.piece, p.score) for p in model.pieces if p.type == NORMAL]


def vocabulary(old, used, target):
    """(the new ModelProto, for each of its pieces the number of the old one or -1)"""
    new, origin = proto.ModelProto(), []
    new.CopyFrom(old)
    del new.pieces[:]
    for i, p in enumerate(old.pieces):
        if p.type != NORMAL or used[i] or len(p.piece) == 1:
            new.pieces.add().CopyFrom(p)
            origin.append(i)
    there = {p.piece for p in new.pieces}
    for piece, score in target:
        if piece not in there:
            new.pieces.add(piece=piece, score=score + SHARE, type=NORMAL)
            origin.append(-1)
    return new, origin


# --- what translates what -------------------------------------------------------------------

def translations(pairs, source, target, n_source, n_target):
    """(source piece, target piece, P (target | source)) of IBM's model 1, sparse: three arrays."""
    a, b, sentence = [], [], []
    encode = lambda processor, k: processor.encode([p[k] for p in pairs], num_threads=2)
    for n, (s, t) in enumerate(zip(encode(source, 0), encode(target, 1))):
        s, t = np.unique(s[:MOST]), np.array(t[:MOST])
        if len(s) and len(t):
            a.append(np.repeat(s, len(t)))
            b.append(np.tile(t, len(s)))
            sentence.append(np.repeat((n * MOST + np.arange(len(t)))[None], len(s), 0).ravel())
    a, b, place = np.concatenate(a), np.concatenate(b), np.concatenate(sentence)
    kind, link = np.unique(a.astype(np.int64) * n_target + b, return_inverse=True)
    _, place = np.unique(place, return_inverse=True)
    p = np.full(len(kind), 1.0)
    for _ in range(ITERATIONS):
        share = p[link]
        share /= np.bincount(place, share)[place]
        count = np.bincount(link, share)
        p = count / np.bincount(kind // n_target, count, n_source)[kind // n_target]
    return kind // n_target, kind % n_target, p


def table(a, b, p, shape, by_column=False):
    """Sparse (shape), each row (or column) summing to 1; what is rare in it is left out."""
    keep = p > 0.02
    m = torch.sparse_coo_tensor(torch.from_numpy(np.stack((a[keep], b[keep]))), torch.from_numpy(p[keep]).float(), shape, check_invariants=False).coalesce()
    sums = torch.sparse.sum(m, 0 if by_column else 1).to_dense().clamp(min=1e-6)
    at = m.indices()[1 if by_column else 0]
    return torch.sparse_coo_tensor(m.indices(), m.values() / sums[at], shape)


# --- weights --------------------------------------------------------------------------------

def load(path):
    if path.is_dir():
        model, _ = translate.load(path)
        return model.config, model.state_dict(), path / "tokenizer.spm", origin_of(path)
    state = torch.load(path, weights_only=True)
    return state["config"], state["model"], path.parent / "tokenizer.spm", state.get("origin")


def joined(*licences):
    """SPDX expression of several that hold together."""
    return " AND ".join(dict.fromkeys(part for licence in licences for part in licence.split(" AND ") if part))


def rows_of(origin, glosses, known, old_rows, old_bias):
    """Rows and biases of the new vocabulary; a new piece that nothing is known of is a quiet mean."""
    rng = torch.Generator().manual_seed(1)
    new_rows = torch.empty(len(origin), old_rows.shape[1])
    bias = torch.empty(len(origin))
    for i, o in enumerate(origin):
        if o >= 0:
            new_rows[i], bias[i] = old_rows[o], old_bias[o]
        elif known[i]:
            new_rows[i], bias[i] = glosses[i, :-1], glosses[i, -1]
        else:
            new_rows[i], bias[i] = old_rows.mean(0), old_bias.mean() - 2
    fresh = torch.tensor([o < 0 for o in origin])
    new_rows[fresh] += 0.2 * old_rows.std() * torch.randn(int(fresh.sum()), old_rows.shape[1], generator=rng)
    return new_rows, bias


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--languages", required=True, help="SOURCE:TARGET, two letters each")
    parser.add_argument("--text", required=True, help="pairs of the new languages")
    parser.add_argument("--old-text", required=True, help="pairs of the old ones")
    parser.add_argument("--pieces", type=int, default=12000, help="of the new language")
    parser.add_argument("--pairs", type=int, default=150000, help="that are read of each text")
    parser.add_argument("--license", default="GPL-3.0-or-later", help="of the text; that of MODEL is joined to it")
    args = parser.parse_args()
    config, weights, vocab, from_ = load(args.model)
    old = proto.ModelProto.FromString(vocab.read_bytes())
    reader = spm.SentencePieceProcessor(model_proto=old.SerializeToString())
    new_pairs, old_pairs = pairs_of(args.text, 4 * args.pairs), pairs_of(args.old_text, 4 * args.pairs)

    used = np.zeros(len(old.pieces), int)
    for line in reader.encode([p[0] for p in itertools.chain(new_pairs, old_pairs)], num_threads=2):
        used[line] += 1
    proto_new, origin = vocabulary(old, used > 4, pieces_of_target([p[1] for p in new_pairs], args.pieces))
    writer = spm.SentencePieceProcessor(model_proto=proto_new.SerializeToString())
    n_old, n = len(old.pieces), len(origin)

    to_old = table(*translations(old_pairs[:args.pairs], reader, reader, n_old, n_old), (n_old, n_old))
    s, t, p = translations(new_pairs[:args.pairs], reader, writer, n_old, n)
    to_source = table(s, t, p, (n_old, n), by_column=True)
    old_rows, old_bias = weights["embeddings.weight"], weights["bias"]
    glosses = to_source.t() @ (to_old @ torch.cat((old_rows, old_bias[:, None]), 1))
    known = torch.sparse.sum(to_source, 0).to_dense() > 0
    written = np.bincount(np.concatenate(writer.encode([p[1] for p in new_pairs], num_threads=2)), minlength=n)

    languages, before = args.languages.split(":"), "-".join(config["languages"].values())
    licence = joined(config.get("license", ""), args.license)
    config = config | dict(vocab_size=n, languages=dict(zip(("source", "target"), languages)), license=licence)
    model = Translator(config)
    state = dict(weights)
    state["embeddings.weight"], state["bias"] = rows_of(origin, glosses, known, old_rows, old_bias)
    state["bias"][(torch.from_numpy(written) < 2) & (state["bias"] > UNLIKELY)] = UNLIKELY
    model.load_state_dict(state)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "tokenizer.spm").write_bytes(proto_new.SerializeToString())
    names = [name for name, _ in model.named_parameters()]
    torch.save(dict(config=config, model=state, names=names, ema=[state[name] for name in names], step=0, tokens=0, cursor=[0],
                    origin=f"a model for {before}, whose encoder it has{'; that began as ' + from_ if from_ else ''}"), args.out / "checkpoint.pt")
    kinds = collections.Counter("kept" if o >= 0 else "known" if known[i] else "new" for i, o in enumerate(origin))
    print(f"{args.out}: {n} pieces, " + ", ".join(f"{v} {k}" for k, v in kinds.items()))


if __name__ == "__main__":
    main()
