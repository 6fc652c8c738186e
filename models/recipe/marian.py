# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the folder of a Marian student model (Firefox, Bergamot): weights, configuration, vocabulary.

The container is little-endian: version 1, a count, headers of four u64 (length of the name, type, dimensions, bytes), then
names, shapes (i32), padding with its length before it, data.  Matrices of type intgemm8 are int8 and one float32, their
multiplier; those of `Wemb` lie row by row, all others transposed, as (outputs, inputs).
"""
import struct

import numpy as np
import torch

FLOAT32, INT8, INTGEMM8 = 0x0404, 0x0101, 0x4101
EPS = 1e-6

# What the configuration must say; a missing key says it, too.
FIXED = {"type": "transformer", "transformer-decoder-autoreg": "rnn", "dec-cell": "ssru", "transformer-preprocess": "",
         "transformer-postprocess": "dan", "transformer-postprocess-emb": "d", "transformer-postprocess-top": "",
         "transformer-ffn-depth": "2", "transformer-decoder-ffn-depth": "0", "transformer-decoder-dim-ffn": "0",
         "transformer-tied-layers": "[]", "transformer-train-position-embeddings": "false", "layer-normalization": "false",
         "tied-embeddings-all": "true", "output-omit-bias": "false", "lemma-dim-emb": "0"}
ACTIVATIONS = {"relu": "relu", "swish": "silu"}


def items(path):
    """name -> (type, shape, bytes)"""
    data, at = path.read_bytes(), 0

    def take(form):
        nonlocal at
        values = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return values

    version, count = take("2Q")
    if version != 1 or count > 10000:
        raise SystemExit(f"{path}: not a Marian model of version 1")
    heads = [take("4Q") for _ in range(count)]
    names = [take(f"{length}s")[0].rstrip(b"\0").decode() for length, *_ in heads]
    shapes = [take(f"{dimensions}i") for _, _, dimensions, _ in heads]
    pad, = take("Q")
    at += pad
    found = {}
    for (_, kind, _, length), name, shape in zip(heads, names, shapes):
        found[name] = kind, shape, data[at:at + length]
        at += length
    if at > len(data):
        raise SystemExit(f"{path}: cut off")
    return found


def configuration(text):
    """The flat YAML of special:model.yml; lists become lists of text."""
    values, key = {}, None
    for line in text.splitlines():
        if line.lstrip().startswith("- "):
            values[key] = (values[key] if isinstance(values[key], list) else []) + [line.split("- ", 1)[1]]
        elif ":" in line:
            key, value = line.split(":", 1)
            values[key] = value.strip().strip('"')
    return values


def value(name, kind, shape, raw):
    """The tensor as torch has it: matrices (outputs, inputs), embeddings (tokens, d), vectors."""
    n = int(np.prod(shape))
    if kind == FLOAT32:
        a = np.frombuffer(raw, "<f4", n).reshape(shape)
        return a[0] if shape[0] == 1 else a if "Wemb" in name else a.T
    if kind != INTGEMM8:
        raise SystemExit(f"{name}: type {kind:#x} is not known")
    q, (multiplier,) = np.frombuffer(raw, np.int8, n), struct.unpack_from("<f", raw, n)
    return q.reshape(shape if "Wemb" in name else shape[::-1]).astype(np.float32) * (np.float32(1) / np.float32(multiplier))


class Marian:
    """config: special:model.yml; weights: name -> tensor; vocabulary: the .spm file."""

    def __init__(self, folder):
        path, self.vocabulary = (self.only(folder, name) for name in ("model.*.bin", "vocab.*.spm"))
        found = items(path)
        self.config = configuration(found.pop("special:model.yml")[2].rstrip(b"\0").decode())
        for key, wanted in FIXED.items():
            if self.config.get(key, wanted) != wanted:
                raise SystemExit(f"{path}: {key} is {self.config[key]}, not {wanted or 'empty'}")
        self.weights = {name: torch.tensor(value(name, *item)) for name, item in found.items() if "QuantMultA" not in name}
        self.d, self.heads = int(self.config["dim-emb"]), int(self.config["transformer-heads"])
        self.hidden, self.depths = int(self.config["transformer-dim-ffn"]), [int(self.config[k]) for k in ("enc-depth", "dec-depth")]
        self.activation = ACTIVATIONS[self.config["transformer-ffn-activation"]]

    @staticmethod
    def only(folder, name):
        found = sorted(folder.glob(name))
        if len(found) != 1:
            raise SystemExit(f"{folder}: {len(found)} files {name}, not one")
        return found[0]

    def blocks(self):
        """The layers of encoder and decoder, block by block, as docs/model-format.md writes them."""
        heads = dict(heads=self.heads, head_dim=self.d // self.heads, bias=True)
        mlp = dict(kind="mlp", hidden=self.hidden, activation=self.activation, bias=True)
        encoder = [dict(kind="attention", **heads, bidirectional=True), mlp]
        decoder = [dict(kind="ssru", reset="segment"), dict(kind="cross_attention", **heads), mlp]
        return [encoder] * self.depths[0], [decoder] * self.depths[1]

    def layer(self, stack, block, kind):
        """The tensors of one layer below `layers.N.`."""
        base = f"{stack}_l{block + 1}_"
        part = {"attention": "self", "ssru": "rnn", "cross_attention": "context", "mlp": "ffn"}[kind]
        pairs = {"ssru": (("in_proj.weight", "_W"), ("forget_proj.weight", "_Wf"), ("forget_proj.bias", "_bf")),
                 "mlp": (("up_proj.weight", "_W1"), ("up_proj.bias", "_b1"), ("down_proj.weight", "_W2"), ("down_proj.bias", "_b2"))}
        norm = "_Wo_ln" if kind.endswith("attention") else "_ffn_ln"
        names = pairs.get(kind) or [(f"{c}_proj.{word}", f"_{w}{c}") for c in "qkvo" for word, w in (("weight", "W"), ("bias", "b"))]
        found = {"mixer." + ours: self.weights[base + part + theirs] for ours, theirs in names}
        return found | {"norm.weight": self.weights[f"{base}{part}{norm}_scale"], "norm.bias": self.weights[f"{base}{part}{norm}_bias"]}
