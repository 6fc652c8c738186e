#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cleans parallel text, keeps it in documents, adds caption noise, packs it to token arrays.

prepare.py INPUT... OUT [--distilled FILE...] [--languages en:de] [--epochs N] [--vocab N] [--exclude FILE...]
           [--weight NAME=W...]

INPUT: a .tsv or .tsv.xz with the columns corpus, licence class (A, B, C: see card.py), register, document id
("-": no order), source, target; or SOURCE:TARGET, two aligned plain files where an empty line ends a document, read as
corpus and register "own" (SOURCE:TARGET:NAME for another name).  --distilled: further inputs, whose targets a model
wrote; their corpora are called kd-NAME and their documents never run into real ones of the same name.
Output: tokenizer.spm (kept if it is there), train.npz, valid.npz, corpus.json (rows and words used per corpus), and the
held-out documents as text, valid.SOURCE, valid.TARGET and valid.doc.
"""
import argparse
import collections
import itertools
import json
import lzma
import random
import zlib
from pathlib import Path

import numpy as np
import sentencepiece as spm

from clean import Cleaner
from noise import NAME, Noise
from phrases import scenes
from replies import Replies

# Times a corpus is read in one epoch; below 1: the share of its documents drawn.
# A caption model: speech and stories whole, prose for its vocabulary, manuals thinned.
REGISTER_WEIGHT = {"own": 1.0, "conversation": 1.0, "speech": 1.0, "story": 1.0, "prose": 1.0, "dictionary": 0.3, "docs": 0.25}
CORPUS_WEIGHT = {
    "scenes": 8.0, "bcontrast": 2.0, "cocoamt": 2.0, "fillets": 2.0, "storybooks": 2.0, "innersource": 2.0,
    "tatoeba": 1.2, "freedroidrpg": 1.5, "ding_phrases": 1.0, "debianwww": 0.6, "cataclysm": 0.6,
    "grimm": 0.7, "bilinguator": 0.7, "rustbook": 1.0, "nuget": 0.5, "gnomedocs": 0.5, "dhandbook": 0.5,
    "shatteredpd": 0.8, "po_ui": 0.15, "ddtp": 0.15, "monero": 0.3,
    "gimphelp": 0.0, "msintune": 0.0, "mediawiki": 0.0, "manpages": 0.1, "po_docs": 0.1,
    # European Portuguese, for a model that is Brazilian
    "vuedocs_ptpt": 0.0, "dreference_ptpt": 0.0, "po_docs_ptpt": 0.0,
    # distilled: half of the podcasts on software, of old novels and of bookings by rule
    "kd-changelog": 0.5, "kd-talkpython": 0.5, "kd-bitcointr": 0.5, "kd-ubuntuirc": 0.5, "kd-classics": 0.5, "kd-sgd": 0.6,
    "kd-debianwww": 0.3, "kd-msintune": 0.0, "kd-mediawiki": 0.0, "kd-gimphelp": 0.0, "kd-po_ui": 0.1, "kd-manpages": 0.1,
    "kd-po_docs": 0.1, "kd-ddtp": 0.1,
}
DISTILLED = {"kd": 1.0}     # and this times all of that
LOOSE_MOST = 3         # translations kept of one source line where lines have no order
# Documents held out of a corpus at most; also from what a teacher made of the same documents.
VALID = {"scenes": 64, "bcontrast": 12, "freedroidrpg": 12, "wesnoth": 40, "tatoeba": 150, "woz": 12, "naev": 12, "own": 12, "kd-own": 12, "storybooks": 4,
         "shatteredpd": 12, "innersource": 2, "debianwww": 12, "mozwww": 4, "rubylang": 4,
         "kd-topicalchat": 12, "kd-selfdialogue": 12, "kd-star": 12, "kd-changelog": 4, "kd-tatoeba": 150, "kd-classics": 2,
         "kd-openstax": 12}


def rows(path):
    """(corpus, licence class, register, document, source, target) of an input."""
    if path.endswith((".tsv", ".tsv.xz")):
        with (lzma.open if path.endswith(".xz") else open)(path, "rt", encoding="utf-8", newline="\n") as stream:
            for line in stream:
                column = line.rstrip("\n").split("\t")
                if len(column) == 6:
                    yield column
        return
    source, target, *name = path.split(":")
    name, doc = name[0] if name else "own", 0
    with open(source, encoding="utf-8") as a, open(target, encoding="utf-8") as b:
        for s, t in itertools.zip_longest(a, b):
            if s is None or t is None:
                raise SystemExit(f"{source} and {target} have different numbers of lines")
            if s.strip() and t.strip():
                yield name, "-", "own", f"{source} {doc}", s.rstrip("\n"), t.rstrip("\n")
            else:
                doc += 1


def written_by_hand(source, target):
    """The scenes of phrases.py, as rows."""
    for name, scene in scenes(source, target).items():
        for pair in scene:
            yield "scenes", "-", "conversation", name, *pair


def distilled(path, replies):
    """The same rows under the name of a corpus of its own, with short replies put right."""
    for corpus, licence, register, doc, source, target in rows(path):
        mended = replies.mend(source, target)
        if mended is not None:
            yield "kd-" + corpus, licence, register, doc, source, mended


def read(inputs, cleaner):
    """corpus -> {name: document (a list of pairs)}; pairs without order are documents of one."""
    corpora = collections.OrderedDict()
    register, seen, seen_source = {}, set(), collections.Counter()
    read_rows = collections.Counter()
    for corpus, licence, reg, doc, source, target in itertools.chain.from_iterable(inputs):
        read_rows[corpus] += 1
        register[corpus] = (reg, licence)
        pair = cleaner.pair(source, target)
        if pair is None:
            continue
        ordered = doc != "-"
        # short turns ("Yes.") recur for good reason in dialogue, not in word lists
        if not ordered or len(pair[0]) > 40:
            key = (pair[0].lower(), pair[1].lower())
            if key in seen:
                cleaner.refused["duplicate"] += 1
                continue
            seen.add(key)
        if not ordered:
            seen_source[pair[0]] += 1
            if seen_source[pair[0]] > LOOSE_MOST:
                cleaner.refused["paraphrase"] += 1
                continue
        docs = corpora.setdefault(corpus, collections.OrderedDict())
        docs.setdefault(doc if ordered else f"- {pair[0]} {len(docs)}", []).append(pair)
    return corpora, register, read_rows


def weight_of(corpus, register):
    """How often the documents of a corpus are read in an epoch."""
    weight = CORPUS_WEIGHT.get(corpus, REGISTER_WEIGHT.get(register[corpus][0], 0.0))
    return weight * DISTILLED["kd"] if corpus.startswith("kd-") else weight


def draw(corpora, register, rng):
    """The documents of one epoch, in random order; loose pairs chained to pseudo-documents."""
    documents, loose = [], []
    for corpus, docs in corpora.items():
        weight = weight_of(corpus, register)
        picked = [d for d in docs for _ in range(int(weight))]
        rest = weight - int(weight)
        if rest > 0:
            picked += [d for d in docs if rng.random() < rest]
        for doc in picked:
            if len(doc) == 1:
                loose.append(doc[0])
            while doc and len(doc) > 1:      # train.py carries the state over half of these cuts
                cut = rng.randint(20, 60)
                documents.append(doc[:cut])
                doc = doc[cut:]
    rng.shuffle(loose)
    i = 0
    while i < len(loose):                    # the carried state must learn that topics change
        n = rng.choice((1, 1, 2, 3, 4, 6, 10, 16))
        documents.append(loose[i:i + n])
        i += n
    rng.shuffle(documents)
    return documents


def train_tokenizer(documents, out, vocab, languages):
    text = out / "tokenizer.txt"
    with text.open("w", encoding="utf-8") as f:
        for doc in documents:
            for source, target in doc:
                f.write(source + "\n" + target + "\n")
    spm.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(out / "tokenizer"), vocab_size=vocab, model_type="unigram",
        byte_fallback=True, hard_vocab_limit=False, split_digits=True, normalization_rule_name="nmt_nfkc", character_coverage=0.9995,
        pad_id=0, unk_id=1, bos_id=2, eos_id=3, control_symbols=["<sep>", *(f"<2{x}>" for x in languages)],
        required_chars="♪♫#[]()*-",
        input_sentence_size=300000, shuffle_input_sentence=True, num_threads=2, minloglevel=1)
    (out / "tokenizer.model").rename(out / "tokenizer.spm")
    text.unlink()


def pack(documents, tokenizer, limit):
    """Token arrays without ends: train.py adds them. first[i]: segment i begins a document."""
    pairs = [(p, k == 0) for doc in documents for k, p in enumerate(doc)]
    source = tokenizer.encode([p[0][0] for p in pairs], num_threads=2)
    target = tokenizer.encode([p[0][1] for p in pairs], num_threads=2)
    keep, pending = [], False
    for s, t, (_, first) in zip(source, target, pairs):
        pending = pending or first
        if 0 < len(s) < limit and 0 < len(t) < limit:
            keep.append((s, t, pending))
            pending = False
    flat = lambda k: np.fromiter(itertools.chain.from_iterable(row[k] for row in keep), np.uint16)
    return dict(source=flat(0), target=flat(1),
                source_length=np.array([len(r[0]) for r in keep], dtype=np.uint8),
                target_length=np.array([len(r[1]) for r in keep], dtype=np.uint8),
                first=np.array([r[2] for r in keep], dtype=bool))


def hold_out(corpora):
    """Takes a few documents of each corpus in VALID, and their longer lines wherever else they stand, translated by whomever.
    Which ones they are depends on their names alone, so that models of different mixtures can be compared on them."""
    valid, rest = [], {}
    for corpus, docs in corpora.items():
        names = sorted(docs, key=lambda name: zlib.crc32(f"{corpus} {name}".encode()))
        held = set(names[:min(len(docs) // 20, VALID.get(corpus, 0))])
        valid += [(f"{corpus} {name}", docs[name][:30]) for name in docs if name in held]
        rest[corpus] = [docs[name] for name in docs if name not in held]
    held_lines = {pair[0] for _, doc in valid for pair in doc if len(pair[0]) > 25}
    return valid, {c: [[p for p in d if p[0] not in held_lines] for d in docs] for c, docs in rest.items()}


def write_text(out, valid, languages):
    """The held-out documents, a line a segment, and beside them the name of each line's document."""
    lines = [(*pair, name) for name, doc in valid for pair in doc]
    for k, ending in enumerate((*languages, "doc")):
        (out / f"valid.{ending}").write_text("".join(line[k] + "\n" for line in lines), "utf-8")


def names_of(corpora):
    """Capitalised words that stand on both sides, once in a hundred thousand lines or less often."""
    found = collections.Counter()
    for docs in corpora.values():
        for doc in docs:
            for source, target in doc:
                found.update(n for n in NAME.findall(source) if n in target)
    return sorted(n for n, count in found.items() if count <= 10)


def write(path, packed):
    np.savez_compressed(path, **packed)
    return path.stat().st_size / 2 ** 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="INPUT")
    parser.add_argument("out", type=Path)
    parser.add_argument("--distilled", nargs="*", default=[], metavar="FILE", help="inputs whose targets a model wrote")
    parser.add_argument("--languages", default="en:de", help="SOURCE:TARGET, two letters each")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--vocab", type=int, default=16000)
    parser.add_argument("--limit", type=int, default=90, help="longest segment in tokens")
    parser.add_argument("--exclude", type=Path, nargs="*", default=[], help="test files, of either language")
    parser.add_argument("--weight", nargs="*", default=[], metavar="NAME=W", help="of a corpus, a register or all distilled text (kd)")
    parser.add_argument("--max-mib", type=float, help="fewer epochs if train.npz would be larger")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    languages = args.languages.split(":")
    for setting in args.weight:
        name, value = setting.split("=")
        next(d for d in (REGISTER_WEIGHT, DISTILLED, CORPUS_WEIGHT) if name in d or d is CORPUS_WEIGHT)[name] = float(value)
    rng = random.Random(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    cleaner = Cleaner(*languages, (line for f in args.exclude for line in f.read_text("utf-8").splitlines()))
    replies = Replies(*languages)
    corpora, register, read_rows = read([written_by_hand(*languages), *map(rows, args.inputs), *(distilled(f, replies) for f in args.distilled)], cleaner)
    print(f"{sum(read_rows.values())} rows read; refused: " + ", ".join(f"{n} {c}" for c, n in cleaner.refused.most_common()))
    valid, corpora = hold_out(corpora)
    write_text(args.out, valid, languages)
    valid = [doc for _, doc in valid]

    used = {}
    for corpus, docs in corpora.items():
        weight = weight_of(corpus, register)
        pairs = [p for d in docs for p in d]
        used[corpus] = dict(licence_class=register[corpus][1], register=register[corpus][0], weight=weight,
                            rows_read=read_rows[corpus], rows_clean=len(pairs),
                            rows_per_epoch=round(weight * len(pairs)),
                            words_per_epoch=round(weight * sum(len(p[0].split()) for p in pairs)))
    (args.out / "corpus.json").write_text(json.dumps(used, indent=1))

    epochs = [draw(corpora, register, rng) for _ in range(args.epochs)]
    if not (args.out / "tokenizer.spm").exists():
        train_tokenizer(epochs[0], args.out, args.vocab, languages)
    tokenizer = spm.SentencePieceProcessor(model_file=str(args.out / "tokenizer.spm"))
    write(args.out / "valid.npz", pack(valid, tokenizer, args.limit))
    noise = Noise(*languages, rng, names_of(corpora))
    epochs = [[noise.document(doc) for doc in epoch] for epoch in epochs]
    while True:
        documents = [doc for epoch in epochs for doc in epoch]
        packed = pack(documents, tokenizer, args.limit)
        size = write(args.out / "train.npz", packed)
        if not args.max_mib or size <= args.max_mib or len(epochs) == 1:
            break
        epochs = epochs[:max(1, int(len(epochs) * args.max_mib / size))]
    print(f"{len(documents)} documents, {len(packed['first'])} segments, {len(packed['source'])} source and "
          f"{len(packed['target'])} target tokens in {len(epochs)} epochs, {size:.1f} MiB; valid {sum(map(len, valid))} segments")


if __name__ == "__main__":
    main()
