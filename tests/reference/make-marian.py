#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/marian: random models in Marian's files, and what Marian itself translates with them.

Each folder: model.xxyy.*.bin or model.npz, vocabularies, a shortlist where there is one, and expected.tsv: source, Marian's
translation (greedy; lines that it leaves out are left out here), the natural logarithm of its probability as Marian tells it.  Needs pymarian, sentencepiece, numpy.
"""
import io
import struct
import sys
from pathlib import Path

import numpy as np
import sentencepiece

OUT = Path(__file__).resolve().parent.parent / "data" / "marian"
D, FFN, HEADS, DEPTH, VOCAB = 32, 64, 4, 2, 128
INT8, FLOAT32, INTGEMM8 = 0x0101, 0x0404, 0x4101

# name -> what is other than in a student of Firefox
SYSTEMS = {
    "student": dict(shortlist=True),
    "student-int8": dict(shortlist=True, int8=True),
    "two-vocabularies": dict(two=True, shortlist=True),
    "npz": dict(npz=True),
    "self-attention": dict(decoder="self-attention", activation="swish", npz=True),
    "two-self-attention": dict(decoder="self-attention", two=True),
    "pre-norm": dict(before=True, activation="swish"),
}


def corpus(seed):
    rng = np.random.default_rng(seed)
    syllables = [c + v for c in "bdklmnprst" for v in "aeiou"]
    words = ["".join(rng.choice(syllables, rng.integers(1, 4))) for _ in range(300)]
    return [" ".join(rng.choice(words, rng.integers(2, 9))) + str(rng.choice([".", "?", "!"])) for _ in range(1500)]


def vocabulary(lines, path):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=VOCAB, bos_id=-1, eos_id=0, unk_id=1,
        hard_vocab_limit=True, normalization_rule_name="identity", minloglevel=2)
    path.write_bytes(model.getvalue())


def weights(decoder="rnn", two=False, before=False, **_):
    rng = np.random.default_rng(11)
    p = {}

    def matrix(name, rows, cols, gain):
        p[name] = (rng.standard_normal((rows, cols)) * gain / np.sqrt(rows)).astype("f4")

    def row(name, mean=0.0, spread=0.1, width=D):
        p[name] = (mean + spread * rng.standard_normal((1, width))).astype("f4")

    def norm(name, ending):
        row(f"{name}_ln_scale{ending}", 1.0)
        row(f"{name}_ln_bias{ending}")

    ending = "_pre" if before else ""

    def attention(name):
        for c in "qkvo":
            matrix(f"{name}_W{c}", D, D, 3.0)
            row(f"{name}_b{c}")
        norm(name + "_Wo", ending)

    def ffn(name):
        matrix(name + "_W1", D, FFN, 3.5), row(name + "_b1", width=FFN)
        matrix(name + "_W2", FFN, D, 3.5), row(name + "_b2")
        norm(name + "_ffn", ending)

    for n in range(1, DEPTH + 1):
        attention(f"encoder_l{n}_self")
        ffn(f"encoder_l{n}_ffn")
    for n in range(1, DEPTH + 1):
        if decoder == "rnn":
            name = f"decoder_l{n}_rnn"
            matrix(name + "_W", D, D, 4.0), matrix(name + "_Wf", D, D, 2.0), row(name + "_bf")
            norm(name if before else name + "_ffn", ending)
        else:
            attention(f"decoder_l{n}_self")
        attention(f"decoder_l{n}_context")
        ffn(f"decoder_l{n}_ffn")
    if before:
        norm("encoder_top", ""), norm("decoder_top", "")
    for name in (["encoder_Wemb", "decoder_Wemb"] if two else ["Wemb"]):
        p[name] = (rng.standard_normal((VOCAB, D)) * 0.17).astype("f4")
    row("decoder_ff_logit_out_b", spread=0.5, width=VOCAB)
    p["decoder_ff_logit_out_b"][0, 0] = 1.6      # sentences end
    return p


def configuration(decoder="rnn", two=False, before=False, activation="relu", **_):
    return f"""dec-cell: ssru
dec-cell-base-depth: 2
dec-cell-high-depth: 1
dec-depth: {DEPTH}
dim-emb: {D}
dim-rnn: 1024
dim-vocabs:
  - {VOCAB}
  - {VOCAB}
enc-depth: {DEPTH}
input-types: []
layer-normalization: false
lemma-dim-emb: 0
output-omit-bias: false
right-left: false
skip: false
tied-embeddings: {str(two).lower()}
tied-embeddings-all: {str(not two).lower()}
tied-embeddings-src: false
transformer-decoder-autoreg: {decoder}
transformer-dim-ffn: {FFN}
transformer-ffn-activation: {activation}
transformer-ffn-depth: 2
transformer-guided-alignment-layer: last
transformer-heads: {HEADS}
transformer-no-projection: false
transformer-pool: false
transformer-postprocess: {"da" if before else "dan"}
transformer-postprocess-emb: d
transformer-postprocess-top: "{"n" if before else ""}"
transformer-preprocess: "{"n" if before else ""}"
transformer-tied-layers: []
transformer-train-position-embeddings: false
type: transformer
ulr: false
version: random
"""


def quantised(name, a):
    """The bytes of an int8 matrix, and the floats that they stand for."""
    m = np.float32(127) / np.abs(a).max()
    q = np.clip(np.rint(a * m), -127, 127).astype("i1")
    raw = np.ascontiguousarray(q if "Wemb" in name else q.T).tobytes() + struct.pack("<f", m)
    return raw, q.astype("f4") * (np.float32(1) / m)


def is_matrix(name):
    last = name.rsplit("_", 1)[-1]
    return last == "Wemb" or (last[0] == "W" and len(last) <= 2)


def container(items):
    """Marian's .bin of name -> (type, shape, bytes)."""
    names = sorted(items, key=lambda n: (n.startswith("special:"), n))
    padded = {n: items[n][2] + (b"" if n.startswith("special:") else b"\0" * (-len(items[n][2]) % 256)) for n in names}
    head = struct.pack("<2Q", 1, len(names))
    head += b"".join(struct.pack("<4Q", len(n) + 1, items[n][0], len(items[n][1]), len(padded[n])) for n in names)
    head += b"".join(n.encode() + b"\0" for n in names)
    head += b"".join(struct.pack(f"<{len(items[n][1])}i", *items[n][1]) for n in names)
    pad = 256 - (len(head) + 8) % 256
    return head + struct.pack("<Q", pad) + b"\0" * pad + b"".join(padded[n] for n in names)


def float_items(p, yml):
    items = {n: (FLOAT32, a.shape, a.tobytes()) for n, a in p.items()}
    items["special:model.yml"] = (INT8, (len(yml) + 1,), yml.encode() + b"\0")
    return items


def shortlist(path):
    rng = np.random.default_rng(5)
    offsets, ids = [0], []
    for _ in range(VOCAB):
        ids += sorted(set(rng.integers(2, VOCAB, rng.integers(0, 20)).tolist()))
        offsets.append(len(ids))
    if len(ids) % 2:                # the checksum is of whole words
        ids.append(VOCAB - 1)
        offsets[-1] += 1
    body = struct.pack("<4Q", 8, 20, len(offsets), len(ids))
    body += struct.pack(f"<{len(offsets)}Q{len(ids)}I", *offsets, *ids)
    total, all_bits = 0, (1 << 64) - 1
    for word in struct.unpack(f"<{len(body) // 8}Q", body):
        total ^= (word + 0x9e3779b9 + (total << 6 & all_bits) + (total >> 2)) & all_bits
    path.write_bytes(struct.pack("<2Q", 0xF11A48D5013417F5, total) + body)


def translate(model, folder, two, with_shortlist, lines):
    from pymarian import Translator
    vocabularies = ["srcvocab.xxyy.spm", "trgvocab.xxyy.spm"] if two else ["vocab.xxyy.spm"] * 2
    options = f"--models {model} --vocabs {folder / vocabularies[0]} {folder / vocabularies[1]} --beam-size 1 --normalize 0 " \
              f"--word-penalty 0 --max-length-factor 2.5 --mini-batch 1 --maxi-batch 1 --cpu-threads 1 --n-best --quiet --quiet-translation"
    if with_shortlist:
        options += f" --shortlist {folder / 'lex.50.50.xxyy.s2t.bin'} false"
    translator = Translator(options)
    for line in lines:
        number, text, scores, total = translator.translate(line).split(" ||| ")
        yield line, text, float(total)


def make(name, two=False, npz=False, int8=False, **system):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = corpus(1)
    if two:
        vocabulary(lines, folder / "srcvocab.xxyy.spm")
        vocabulary(corpus(2), folder / "trgvocab.xxyy.spm")
    else:
        vocabulary(lines, folder / "vocab.xxyy.spm")
    if system.get("shortlist"):
        shortlist(folder / "lex.50.50.xxyy.s2t.bin")
    p, yml = weights(two=two, **system), configuration(two=two, **system)
    reference = folder / "reference.bin"
    if int8:
        items = float_items(p, yml)
        for n, a in list(p.items()):
            if is_matrix(n):
                raw, p[n] = quantised(n, a)
                items[n] = (INTGEMM8, a.shape, raw)
                items[n + "_QuantMultA"] = (FLOAT32, (1, 1), struct.pack("<f", 20))
        (folder / "model.xxyy.intgemm.alphas.bin").write_bytes(container(items))
    reference.write_bytes(container(float_items(p, yml)))
    if npz:
        np.savez(folder / "model.npz", **p, **{"special:model.yml": np.frombuffer(yml.encode() + b"\0", "i1")})
    elif not int8:
        (folder / "model.xxyy.bin").write_bytes(reference.read_bytes())
    with (folder / "expected.tsv").open("w") as out:
        for line, text, total in translate(reference, folder, two, system.get("shortlist"), lines[:24]):
            if text:
                print(line, text, f"{total:.6f}", sep="\t", file=out)
    reference.unlink()
    print(name)


if __name__ == "__main__":
    for each in sys.argv[1:] or SYSTEMS:
        make(each, **SYSTEMS[each])
