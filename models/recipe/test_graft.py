#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""graft.py: a small random Marian folder, read and computed as Marian does, with and without new layers. Run with pytest or by
itself."""
import io
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import sentencepiece as spm
import torch

from data import Corpus, Streams
from graft import SIGNS, grafted
from layers import Layout
from marian import Marian
from model import ZERO
from train import Candidates, loss_of
from translate import load, translate_documents, translate_text

D, HIDDEN, HEADS = 64, 96, 4
YML = f"""dec-cell: ssru
dec-depth: 2
dim-emb: {D}
dim-vocabs:
  - 200
  - 200
enc-depth: 3
tied-embeddings-all: true
transformer-decoder-autoreg: rnn
transformer-dim-ffn: {HIDDEN}
transformer-ffn-activation: relu
transformer-ffn-depth: 2
transformer-heads: {HEADS}
transformer-postprocess: dan
transformer-postprocess-emb: d
transformer-postprocess-top: ""
transformer-preprocess: ""
transformer-tied-layers: []
type: transformer
"""


# --- a folder -------------------------------------------------------------------------------

def random_weights(rng):
    weights = {"Wemb": 0.12 * rng.standard_normal((200, D)), "decoder_ff_logit_out_b": 0.5 * rng.standard_normal((1, 200))}

    def add(name, rows, columns=0):
        weights[name] = rng.standard_normal((rows, columns)) * 2 / rows ** 0.5 if columns else 0.2 * rng.standard_normal((1, rows))

    def norm(name):
        add(name + "_ln_bias", D)
        weights[name + "_ln_scale"] = 1 + 0.2 * rng.standard_normal((1, D))

    def attention(base):
        for c in "qkvo":
            add(f"{base}_W{c}", D, D)
            add(f"{base}_b{c}", D)
        norm(base + "_Wo")

    def ffn(base):
        for name, rows, columns in (("1", D, HIDDEN), ("2", HIDDEN, D)):
            add(f"{base}_W{name}", rows, columns)
            add(f"{base}_b{name}", columns)
        norm(base + "_ffn")

    for n in "123":
        attention(f"encoder_l{n}_self")
        ffn(f"encoder_l{n}_ffn")
    for n in "12":
        for name in ("W", "Wf"):
            add(f"decoder_l{n}_rnn_{name}", D, D)
        add(f"decoder_l{n}_rnn_bf", D)
        norm(f"decoder_l{n}_rnn_ffn")
        attention(f"decoder_l{n}_context")
        ffn(f"decoder_l{n}_ffn")
    return {name: w.astype(np.float32) for name, w in weights.items()}


def item(name, w, quantised):
    """(type, shape, data) of a tensor, and what a reader gets back."""
    if not quantised or w.shape[0] == 1:
        return (0x0404, w.shape, w.tobytes()), w
    multiplier = np.float32(127 / np.abs(w).max())
    q = np.rint(w * multiplier).astype(np.int8)
    raw = (q if name == "Wemb" else q.T).tobytes() + struct.pack("<f", multiplier)
    return (0x4101, w.shape, raw + bytes(-len(raw) % 256)), q * (np.float32(1) / multiplier)


def write_model(path, weights, quantised):
    """Writes the container; returns the weights as they are in it."""
    made = {name: item(name, w, quantised) for name, w in weights.items()}
    entries = {name: entry for name, (entry, _) in made.items()} | {"special:model.yml": (0x0101, (len(YML) + 1,), YML.encode() + b"\0")}
    for name in weights:
        entries[name + "_QuantMultA"] = 0x0404, (1, 1), struct.pack("<f", 10.0)
    head = struct.pack("<2Q", 1, len(entries))
    head += b"".join(struct.pack("<4Q", len(n) + 1, k, len(s), len(d)) for n, (k, s, d) in entries.items())
    head += b"".join(n.encode() + b"\0" for n in entries) + b"".join(struct.pack(f"<{len(s)}i", *s) for _, s, _ in entries.values())
    pad = 256 - (len(head) + 8) % 256
    path.write_bytes(head + struct.pack("<Q", pad) + bytes(pad) + b"".join(d for _, _, d in entries.values()))
    return {name: back for name, (_, back) in made.items()}


def folder(path, quantised):
    rng = np.random.default_rng(5)
    words = ["".join(rng.choice(list("bdfgklmn")) + rng.choice(list("aeiou")) for _ in range(rng.integers(1, 4))) for _ in range(300)]
    text, out = [" ".join(rng.choice(words, rng.integers(3, 12))) + "." for _ in range(2000)], io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(text), model_writer=out, vocab_size=200, bos_id=-1, eos_id=0, unk_id=1,
                                   minloglevel=2)
    (path / "vocab.xxyy.spm").write_bytes(out.getvalue())
    return write_model(path / "model.xxyy.bin", random_weights(rng), quantised), text


# --- Marian's equations, a token at a time --------------------------------------------------

def norm(w, name, x):
    x = x - x.mean(-1, keepdims=True)
    return w[name + "_ln_scale"] * x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) + w[name + "_ln_bias"]


def position(p):
    angle = p * 10000.0 ** (-np.arange(D // 2) / (D // 2 - 1))
    return np.concatenate((np.sin(angle), np.cos(angle)))


def attention(w, base, x, memory):
    heads = lambda r, c: (r @ w[f"{base}_W{c}"] + w[f"{base}_b{c}"]).reshape(len(r), HEADS, -1).transpose(1, 0, 2)
    q, k, v = heads(x, "q"), heads(memory, "k"), heads(memory, "v")
    a = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(D // HEADS))
    y = (a / a.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(x), D)
    return norm(w, base + "_Wo", x + y @ w[base + "_Wo"] + w[base + "_bo"])


def ffn(w, base, x):
    return norm(w, base + "_ffn", x + np.maximum(x @ w[base + "_W1"] + w[base + "_b1"], 0) @ w[base + "_W2"] + w[base + "_b2"])


def marian_logits(w, source, target):
    """For each step of `target` the logits before it."""
    x = np.stack([8 * w["Wemb"][i] + position(p) for p, i in enumerate(source)])
    for n in "123":
        x = ffn(w, f"encoder_l{n}_ffn", attention(w, f"encoder_l{n}_self", x, x))
    memory, cells, out = x, {"1": 0, "2": 0}, []
    for t in range(len(target)):
        x = (position(t) + (8 * w["Wemb"][target[t - 1]] if t else 0))[None]
        for n in "12":
            base = f"decoder_l{n}_rnn"
            forget = 1 / (1 + np.exp(-(x @ w[base + "_Wf"] + w[base + "_bf"])))
            cells[n] = forget * cells[n] + (1 - forget) * (x @ w[base + "_W"])
            x = norm(w, base + "_ffn", x + np.maximum(cells[n], 0))
            x = ffn(w, f"decoder_l{n}_ffn", attention(w, f"decoder_l{n}_context", x, memory))
        out.append((x @ w["Wemb"].T + w["decoder_ff_logit_out_b"])[0])
    return np.stack(out)


# --- tests ----------------------------------------------------------------------------------

def made(quantised=True, awake=False):
    """(model, vocabulary, Marian's weights, text); awake: the new layers do something."""
    with tempfile.TemporaryDirectory() as path:
        weights, text = folder(Path(path), quantised)
        model, raw = grafted(Marian(Path(path)), ("xx", "yy"), "none", inner=128, state=16, encoder=(0, 2), decoder=(1,))
    for name, p in model.named_parameters():
        if awake and name.endswith("out_proj.weight"):
            torch.nn.init.normal_(p, std=0.1)
    return model.eval(), spm.SentencePieceProcessor(model_proto=raw), weights, text


def corpus_of(pieces, text, count=60):
    tokens = [pieces.encode(line)[:30] for line in text[:count]]
    lengths = np.array([len(t) for t in tokens])
    return tokens, Corpus(dict(source=np.concatenate(tokens), target=np.concatenate(tokens[::-1]), source_length=lengths,
                               target_length=lengths[::-1], first=np.arange(count) % 25 == 0))


@torch.no_grad()
def test_step_0_is_marian():
    for quantised in (False, True):
        model, pieces, weights, text = made(quantised)
        tokens, corpus = corpus_of(pieces, text)
        *batch, label = Streams(corpus, 1, 100, model.config, once=True).next()
        h, _ = model(batch, model.initial(1))
        logits, at = model.logits(h)[0, :, :200].numpy(), 0
        for source, target in zip(tokens, tokens[::-1]):
            if at + len(target) >= int((label >= 0).sum()):
                break
            wanted = marian_logits(weights, [*source, 0], [*target, 0])
            assert np.abs(logits[at:at + len(wanted)] - wanted).max() < 2e-4 * np.abs(wanted).max()
            at += len(wanted)
        assert at > 20


@torch.no_grad()
def test_cut_anywhere():
    """The loss of a stream does not depend on where it is cut into pieces, and what is carried is seen in it."""
    model, pieces, _, text = made(awake=True)
    _, corpus = corpus_of(pieces, text)

    def loss(piece, carried=True):
        streams, state, total = Streams(corpus, 1, piece, model.config, once=True), model.initial(1), 0.0
        while True:
            batch = streams.next()
            n = int((batch[-1] >= 0).sum())
            if not n:
                return total
            part, state = loss_of(model, batch, state if carried else model.initial(1), 0.0)
            total += part.item() * n

    assert abs(loss(40) - loss(77)) < 1e-4 * loss(40)
    assert abs(loss(40) - loss(40, carried=False)) > 1e-3 * loss(40)


@torch.no_grad()
def test_search_reads_as_training_does():
    """Greedy search, a token at a time and several documents side by side, finds what the whole network prefers."""
    model, pieces, _, text = made(awake=True)
    documents = [[pieces.encode(line) for line in text[i:i + 4]] for i in (0, 4, 8)]
    for found in translate_documents(model, documents, streams=2):
        state = model.initial(1)
        for s in found:
            ids = lambda v: torch.tensor([v])
            source, target = [*s.source, 0], [ZERO, *s.tokens]
            zero = lambda n: torch.zeros(1, n, dtype=torch.int32)
            h, state = model([ids(source), zero(len(source)), zero(len(source)), torch.tensor([len(source)]), ids(target),
                              zero(len(target)), zero(len(target)), torch.tensor([len(target)])], state)
            own = model.logits(h)[0]
            for t, (best, values) in enumerate(s.best):
                assert abs(own[t, best[0]].item() - values[0]) < 1e-3 * own.abs().max().item()


def test_positions_go_on_within_a_segment():
    seg = torch.tensor([[0, 0, 0, 1, 1, -1]])
    assert Layout(seg * 0, seg, torch.tensor([5])).position[0, :5].tolist() == [0, 1, 2, 0, 1]
    assert Layout(seg * 0, seg, torch.tensor([5]), torch.tensor([7])).position[0, :5].tolist() == [7, 8, 9, 0, 1]


def test_every_text_has_pieces():
    _, pieces, _, _ = made()
    line = "bade \U0001f642 Łódź «国» ♪ – “x”"
    assert pieces.unk_id() not in pieces.encode(line) and pieces.decode(pieces.encode(line)) == line
    assert pieces.encode("♪")[-1] == pieces.piece_to_id("♪") and "♪" in SIGNS


def test_candidates_estimate_the_softmax():
    model, pieces, _, text = made()
    _, corpus = corpus_of(pieces, text)
    batch = Streams(corpus, 2, 60, model.config).next()
    with torch.no_grad():
        whole, _ = loss_of(model, batch, model.initial(2), 0.0)
        candidates = Candidates(corpus, model.config["vocab_size"], 300, 1)
        both = [candidates.pick(batch) for _ in range(20)]
        part = [loss_of(model, b, model.initial(2), 0.0, c)[0].item() for b, c in both]
    assert abs(sum(part) / len(part) - whole.item()) < 0.02 * whole.item()


def test_distill():
    """From a student's folder and lines of text to a model folder, in steps that are not done twice."""
    with tempfile.TemporaryDirectory() as path:
        path = Path(path)
        _, text = folder(path, True)
        short = [" ".join(line.split()[:5]) for line in text]        # too short for a language to be told
        (path / "real.pt").write_text("\n".join(short[60:120] + [""] + short[:60]) + "\n", "utf-8")
        (path / "lines.xx").write_text("\n".join(short[:60] + [""] + short[60:120]) + "\n", "utf-8")
        command = [sys.executable, Path(__file__).with_name("distill"), path, path / "out", "--languages", "en:pt", "--text", path / "lines.xx",
                   "--real", f"{path}/lines.xx:{path}/real.pt",
                   "--tokens", "100000", "--train", "--steps", "2", "--no-compile", "--batch", "2", "--length", "100", "--workers", "1",
                   "--device", "cpu"]
        done = []
        for _ in range(2):
            ran = subprocess.run(command, capture_output=True, encoding="utf-8")
            assert not ran.returncode, ran.stdout + ran.stderr
            done.append(ran.stdout.count("+ "))
        assert done[0] > 4 and done[1] == 0, done
        made = (path / "out/text/0.pt").read_text("utf-8").split("\n")
        assert len(made) == 122 and made[60] == "" and made[0]
        model, pieces = load(path / "out/model")
        assert model.config["decoder_layers"][0]["kind"] == "mamba2"
        assert len(translate_text(model, pieces, [text[:3]], 1)[0]) == 3


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "ok")
