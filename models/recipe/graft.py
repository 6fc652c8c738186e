#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a model that carries a state from a Marian student, which knows sentences only: a start for train.py --init.

graft.py MARIAN OUT --languages en:pt [--encoder 0,2,4] [--decoder 0,1] [--inner 512] [--state 64]
MARIAN: folder with model.*.bin and vocab.*.spm.  OUT: checkpoint.pt and tokenizer.spm, which prepare.py takes when it lies
in its folder.  Mamba-2 layers stand before the named blocks; what they add is zero at first, so that the
model is the student it was made from.  The vocabulary gets a piece for each byte, so that no text is unknown, and some for
signs and letters that are common in captions.
"""
import argparse
import struct
from pathlib import Path

import sentencepiece as spm
import torch

from marian import EPS, Marian
from model import Translator

NORMAL, BYTE = 1, 6     # SentencePiece's types of pieces
NEW_BIAS = -4.0         # what a new row of the output begins with, below the rarest pieces
# Characters that get a piece, and below each one of the vocabulary's that is most like it.
SIGNS = "–—―“”„«»‘’•→♪♫€£§×©®ñäöüßèëòïîøåæłščğş¿¡"
LIKE = "---\"\"\"\"\"''*-**$$*x**naouseeoiioaalscgs?!"


# --- vocabulary: SentencePiece's ModelProto -------------------------------------------------

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def field(number, content):
    """A length-delimited field of a protocol buffer."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def piece(text, score, kind):
    return field(1, field(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + varint(3 << 3) + varint(kind))


def vocabulary(raw):
    """(the serialised model with its new pieces, {number of a new piece: that of one most like it}).
    A message that stands twice in a protocol buffer is merged, so appending is enough."""
    old = spm.SentencePieceProcessor(model_proto=raw)
    if any(old.is_byte(i) for i in range(len(old))):
        return raw, {}
    like, least = {}, min(map(old.get_score, range(len(old))))
    for sign, similar in zip(SIGNS, LIKE, strict=True):
        if old.piece_to_id(sign) == old.unk_id():
            raw += piece(sign, least, NORMAL)
            like[len(old) + len(like)] = old.piece_to_id(similar)
    for b in range(256):
        raw += piece(f"<0x{b:02X}>", 0.0, BYTE)
        like[len(old) + len(like)] = old.piece_to_id(chr(b)) if 32 < b < 127 else old.unk_id()
    return raw + field(2, varint(35 << 3) + varint(1)), like       # trainer_spec.byte_fallback


# --- weights --------------------------------------------------------------------------------

def with_memory(blocks, places, inner, state):
    """The layers of a stack, and for each (block, kind) of Marian's, or None where it is new."""
    layers, origin = [], []
    for i, block in enumerate(blocks):
        if i in places:
            layers.append(dict(kind="mamba2", d_inner=inner, d_state=state, d_conv=4, head_dim=64, n_groups=1,
                               norm="rms", norm_placement="before"))
            origin.append(None)
        layers += block
        origin += [(i, spec["kind"]) for spec in block]
    return layers, origin


def config_of(marian, encoder, decoder, pieces, languages, licence):
    return {
        "model_type": "ssmt", "format_version": 1, "vocab_size": len(pieces), "d_model": marian.d, "norm_eps": EPS,
        "tie_embeddings": True, "embedding_scale": marian.d ** 0.5, "output_bias": True,
        "norm": "layer", "norm_placement": "after", "final_norm": False,
        "positions": "sinusoidal", "position_reset": "segment",
        "encoder_layers": encoder, "decoder_layers": decoder,
        "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"},
        "segment": {"source_end": pieces.eos_id(), "target_start": "zero", "target_end": pieces.eos_id(), "carry_end": False,
                    "forbidden": [pieces.unk_id()], "max_source": 127, "max_target": 127},
        "languages": dict(zip(("source", "target"), languages)), "license": licence,
    }


def fill(model, marian, origins, like):
    """Puts Marian's weights where they belong."""
    own = dict(model.named_parameters())
    for stack, origin in zip(("encoder", "decoder"), origins):
        for i, from_ in enumerate(origin):
            if from_ is None:
                own[f"{stack}.layers.{i}.mixer.out_proj.weight"].data.zero_()
                continue
            for name, tensor in marian.layer(stack, *from_).items():
                own[f"{stack}.layers.{i}.{name}"].data.copy_(tensor)
    rows, bias = marian.weights["Wemb"], marian.weights["decoder_ff_logit_out_b"]
    own["embeddings.weight"].data[:len(rows)], own["bias"].data[:len(rows)] = rows, bias
    for new, similar in like.items():
        own["embeddings.weight"].data[new] = rows[similar] + 0.1 * rows.std() * torch.randn(marian.d)
        own["bias"].data[new] = bias.min() + NEW_BIAS


def grafted(marian, languages, licence, encoder=(0, 2, 4), decoder=(0, 1), inner=512, state=64):
    """(model, serialised vocabulary)"""
    torch.manual_seed(1)
    raw, like = vocabulary(marian.vocabulary.read_bytes())
    (encoder, one), (decoder, two) = (with_memory(blocks, places, inner, state)
                                      for blocks, places in zip(marian.blocks(), (encoder, decoder)))
    pieces = spm.SentencePieceProcessor(model_proto=raw)
    model = Translator(config_of(marian, encoder, decoder, pieces, languages, licence))
    fill(model, marian, (one, two), like)
    return model, raw


def numbers(text):
    return [int(n) for n in text.split(",") if n]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("marian", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--languages", required=True, help="SOURCE:TARGET, two letters each")
    parser.add_argument("--license", default="CC-BY-SA-4.0")
    parser.add_argument("--origin", default="a student model of the Bergamot project (CC-BY-SA-4.0)", help="what MARIAN is, for the card")
    parser.add_argument("--encoder", type=numbers, default=[0, 2, 4], help="blocks that get a Mamba-2 layer before them")
    parser.add_argument("--decoder", type=numbers, default=[0, 1])
    parser.add_argument("--inner", type=int, default=512, help="its width")
    parser.add_argument("--state", type=int, default=64)
    args = parser.parse_args()
    model, raw = grafted(Marian(args.marian), args.languages.split(":"), args.license, args.encoder, args.decoder, args.inner, args.state)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "tokenizer.spm").write_bytes(raw)
    weights = {name: p.detach() for name, p in model.named_parameters()}
    torch.save(dict(config=model.config, model=weights, names=list(weights), ema=list(weights.values()), step=0, tokens=0,
                    cursor=[0], origin=f"{args.origin}, all of whose layers are in it; the Mamba-2 layers between them are new"), args.out / "checkpoint.pt")
    print(f"{args.out}: {sum(p.numel() for p in weights.values()) / 1e6:.2f} M parameters, {model.config['vocab_size']} pieces")


if __name__ == "__main__":
    main()
