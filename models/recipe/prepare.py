#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cleans parallel text, keeps it in documents, adds caption noise, packs it to token arrays.

prepare.py TRAIN.tsv.xz OUT [--epochs N] [--vocab N]

Input columns: corpus, licence class, register, document id ("-": no order), source, target.
Output: tokenizer.spm, train.npz, valid.npz, corpus.json (rows and words used per corpus).
"""
import argparse
import collections
import json
import lzma
import random
import re
from pathlib import Path

import numpy as np
import sentencepiece as spm

# Times a corpus is read in one epoch; below 1: the share of its documents drawn.
# A caption model on a tiny budget: speech and stories first, manuals hardly.
REGISTER_WEIGHT = {"conversation": 1.0, "story": 1.0, "prose": 0.3, "dictionary": 0.3, "docs": 0.03}
CORPUS_WEIGHT = {
    "bcontrast": 2.0, "cocoamt": 2.0, "fillets": 2.0, "storybooks": 2.0, "innersource": 2.0,
    "woz": 1.0, "tatoeba": 1.3, "freedroidrpg": 1.5, "wesnoth": 1.0, "naev": 1.0,
    "ding_phrases": 0.8, "ding_words": 0.12, "debianwww": 0.12, "cataclysm": 0.5,
    "grimm": 0.5, "tomsawyer": 0.5, "maya": 0.5, "alice": 0.5, "bilinguator": 0.25,
    "shatteredpd": 0.6, "zeroad": 0.5, "ufoai": 0.5, "warzone2100": 0.4, "freeciv": 0.5,
    "gimphelp": 0.0, "msintune": 0.0, "mediawiki": 0.0, "manpages": 0.0, "po_docs": 0.0,
    "monero": 0.1, "bitcoinorg": 0.3,
}
PLACEHOLDER = re.compile(r"\b(sth|sb|sbd|smth|smb|etw|jdn|jdm|jds|jd|jmd|jmdn|jmdm|usw)\b\.?|[{}\[\]|\\<>=_@#^~*]|%\w|\$\w|://|\s/|/\s|\w/\w.*/")
LETTER = re.compile(r"[^\W\d_]")
GERMAN = set("der die das und ist nicht ein eine ich sie wir mit für auf dem den von zu".split())
ENGLISH = set("the and is not a an i you we they with for on of to it that this".split())
SPACES = re.compile(r"\s+")


def words(text):
    return re.findall(r"[^\W\d_]+", text.lower())


def clean(source, target):
    """The pair as it is trained on, or None."""
    source, target = SPACES.sub(" ", source).strip(), SPACES.sub(" ", target).strip()
    target = target.replace("»", "„").replace("«", "“").replace(" ...", "...").replace("…", "...")
    source = source.replace("…", "...").replace("’", "'").replace("‘", "'")
    source = source.replace("“", '"').replace("”", '"')
    target = target.replace("’", "'")
    if not LETTER.search(source) or not LETTER.search(target):
        return None
    if PLACEHOLDER.search(source) or PLACEHOLDER.search(target):
        return None
    a, b = len(source), len(target)
    if a > 320 or b > 380 or b > 2.2 * a + 14 or a > 2.0 * b + 14:
        return None
    sw, tw = words(source), words(target)
    if len(sw) > 3 and source.lower() == target.lower():
        return None
    if len(sw) >= 4 and sum(w in GERMAN for w in sw) > sum(w in ENGLISH for w in sw):
        return None
    if len(tw) >= 4 and sum(w in ENGLISH for w in tw) > sum(w in GERMAN for w in tw):
        return None
    # an unbalanced quotation mark is what a sentence splitter left behind
    if source.count('"') % 2:
        source, target = source.replace('"', ""), re.sub('["„“”]', "", target)
    source, target = source.strip(), target.strip()
    return (source, target) if source and target else None


def read(path):
    """corpus -> list of documents (lists of pairs); pairs without order are documents of one."""
    corpora = collections.OrderedDict()
    register, seen, seen_source = {}, set(), collections.Counter()
    read_rows = collections.Counter()
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        for line in stream:
            column = line.rstrip("\n").split("\t")
            if len(column) != 6:
                continue
            corpus, licence, reg, doc, source, target = column
            read_rows[corpus] += 1
            register[corpus] = (reg, licence)
            pair = clean(source, target)
            if pair is None:
                continue
            ordered = doc != "-"
            # short turns ("Yes.") recur for good reason in dialogue, not in word lists
            if not ordered or len(pair[0]) > 40:
                key = (pair[0].lower(), pair[1].lower())
                if key in seen:
                    continue
                seen.add(key)
            if not ordered:
                seen_source[pair[0]] += 1
                if seen_source[pair[0]] > 3:
                    continue
            docs = corpora.setdefault(corpus, collections.OrderedDict())
            docs.setdefault(doc if ordered else len(docs), []).append(pair)
    return {c: list(d.values()) for c, d in corpora.items()}, register, read_rows


def weight_of(corpus, register):
    return CORPUS_WEIGHT.get(corpus, REGISTER_WEIGHT.get(register[corpus][0], 0.0))


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
            while doc and len(doc) > 1:      # very long ones: a reset now and then costs little
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


def bare(text):
    return SPACES.sub(" ", re.sub(r"[^\w\s'-]", " ", text)).strip().lower()


def split_cue(pair):
    """A sentence with one comma on each side becomes two cues."""
    source, target = pair
    if source.count(",") == 1 and target.count(",") == 1 and len(source) > 40:
        a, b = source.index(","), target.index(",")
        if abs(a / len(source) - b / len(target)) < 0.1 and 10 < a < len(source) - 12 and source[a + 1:a + 2] == " ":
            return [(source[:a + 1], target[:b + 1]), (source[a + 1:].strip(), target[b + 1:].strip())]
    return [pair]


def caption_noise(doc, rng):
    """What captions do to text: joined and split cues, speakers' dashes, no case or punctuation."""
    out, i = [], 0
    while i < len(doc):
        pair, draw_ = doc[i], rng.random()
        short = i + 1 < len(doc) and max(len(pair[0]) + len(doc[i + 1][0]), len(pair[1]) + len(doc[i + 1][1])) < 120
        if draw_ < 0.025 and short:
            out.append((f"- {pair[0]} - {doc[i + 1][0]}", f"- {pair[1]} - {doc[i + 1][1]}"))
            i += 1
        elif draw_ < 0.11 and short and pair[0][-1] in ".!?" and pair[1][-1] in ".!?":
            out.append((f"{pair[0]} {doc[i + 1][0]}", f"{pair[1]} {doc[i + 1][1]}"))
            i += 1
        elif draw_ > 0.85:
            out += split_cue(pair)
        else:
            out.append(pair)
        i += 1
    style = rng.random()
    if style < 0.05:
        out = [(bare(s) or s, t) for s, t in out]
    elif style < 0.07:
        out = [(s.upper(), t) for s, t in out]
    elif style < 0.12:
        out = [(bare(s) or s, t) if rng.random() < 0.4 else (s, t) for s, t in out]
    return out


def train_tokenizer(documents, out, vocab):
    text = out / "tokenizer.txt"
    with text.open("w", encoding="utf-8") as f:
        for doc in documents:
            for source, target in doc:
                f.write(source + "\n" + target + "\n")
    spm.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(out / "tokenizer"), vocab_size=vocab, model_type="unigram",
        byte_fallback=True, split_digits=True, normalization_rule_name="nmt_nfkc", character_coverage=0.9995,
        pad_id=0, unk_id=1, bos_id=2, eos_id=3, control_symbols=["<sep>"],
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
    flat = lambda k: np.array([x for row in keep for x in row[k]], dtype=np.uint16)
    return dict(source=flat(0), target=flat(1),
                source_length=np.array([len(r[0]) for r in keep], dtype=np.uint8),
                target_length=np.array([len(r[1]) for r in keep], dtype=np.uint8),
                first=np.array([r[2] for r in keep], dtype=bool))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tsv", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--limit", type=int, default=90, help="longest segment in tokens")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    corpora, register, read_rows = read(args.tsv)
    valid = []
    for corpus in ("bcontrast", "freedroidrpg", "wesnoth", "tatoeba", "woz", "naev"):
        docs = corpora.get(corpus, [])
        held = set(rng.sample(range(len(docs)), min(len(docs) // 20, 12 if corpus != "tatoeba" else 150)))
        valid += [d[:30] for i, d in enumerate(docs) if i in held]
        corpora[corpus] = [d for i, d in enumerate(docs) if i not in held]
    held_pairs = {p for d in valid for p in d if len(p[0]) > 25}
    corpora = {c: [[p for p in d if p not in held_pairs] for d in docs] for c, docs in corpora.items()}

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
        train_tokenizer(epochs[0], args.out, args.vocab)
    tokenizer = spm.SentencePieceProcessor(model_file=str(args.out / "tokenizer.spm"))
    np.savez(args.out / "valid.npz", **pack(valid, tokenizer, args.limit))
    documents = [caption_noise(doc, rng) for epoch in epochs for doc in epoch]
    packed = pack(documents, tokenizer, args.limit)
    np.savez(args.out / "train.npz", **packed)
    print(f"{len(documents)} documents, {len(packed['first'])} segments, {len(packed['source'])} source and "
          f"{len(packed['target'])} target tokens in {args.epochs} epochs; valid {sum(map(len, valid))} segments")


if __name__ == "__main__":
    main()
