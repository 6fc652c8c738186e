# SPDX-License-Identifier: LGPL-2.1-or-later
"""Configurations: the default model and, at equal size, the systems it is compared with in docs/quality.md."""

FORMS = {}


def system(build):
    FORMS[build.__name__.replace("_", "-")] = build
    return build


def mamba2(d):
    return dict(kind="mamba2", d_inner=2 * d, d_state=64, d_conv=4, head_dim=64, n_groups=1)


def mamba1(d):
    return dict(kind="mamba", d_inner=2 * d, d_state=16, d_conv=4, dt_rank=-(-d // 16))


def window(d, tokens):
    return dict(kind="attention", heads=d // 64, head_dim=64, window=tokens, rotary_base=10000, bidirectional=True)


def cross(d):
    return dict(kind="cross_attention", heads=d // 64, head_dim=64)


def swiglu(d, hidden=0):
    return dict(kind="swiglu", hidden=hidden or 2 * d)


@system
def hybrid_encdec(d):
    """Mamba-2 on both sides, attention both ways within the source segment, cross-attention: the default model."""
    return [mamba2(d), window(d, 64), swiglu(d)] * 3, [mamba2(d), cross(d), swiglu(d)] * 3


@system
def hybrid_encdec_deep(d):
    """The same layers, four in the encoder and two in the decoder."""
    return [mamba2(d), window(d, 64), swiglu(d)] * 4, [mamba2(d), cross(d), swiglu(d)] * 2


@system
def hybrid_decoder(d):
    """Decoder only, three attention layers that look both ways within a source segment."""
    pair, ring = [mamba2(d), swiglu(d)], [window(d, 128)]
    return [], pair + (pair + ring + pair) * 3


@system
def mamba(d):
    """The paper's Mamba: no attention, no MLP."""
    return [], [mamba1(d)] * 14


@system
def mamba_2(d):
    return [], [mamba2(d)] * 14


@system
def retnet(d):
    heads = max(2, d // 128)
    retention = dict(kind="retention", heads=heads, key_dim=d // heads, value_dim=2 * d // heads)
    return [], [retention, swiglu(d)] * 7


@system
def transformer(d):
    """Encoder-decoder, a sentence at a time: it carries nothing."""
    own = dict(kind="attention", heads=d // 64, head_dim=64, window=128, rotary_base=10000, within_segment=True)
    mlp = swiglu(d, round(3.6 * d / 16) * 16)
    return [dict(own, bidirectional=True), mlp] * 3, [own, cross(d), mlp] * 3


def config_of(name, d, vocab, source, target, licence):
    """The config.json of docs/model-format.md (layers the engine lacks included)."""
    encoder, decoder = FORMS[name](d)
    joined = not encoder
    return {
        "model_type": "ssmt", "format_version": 1, "vocab_size": vocab, "d_model": d, "norm_eps": 1e-5,
        "tie_embeddings": True, "embedding_scale": 4.0,
        "encoder_layers": encoder, "decoder_layers": decoder,
        "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"},
        "segment": ({"source_end": 4} if joined else {"source_end": 3, "target_start": 2})
        | {"target_end": 3, "carry_end": joined, "forbidden": [0, 1, 2, 4], "max_source": 128, "max_target": 128},
        "languages": {"source": source, "target": target}, "license": licence,
    }
