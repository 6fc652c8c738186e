#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/vectors/SYSTEM: small random models, what to read, and what must come out.

expected.safetensors holds, all as F32:
  sizes               (3) target tokens, source tokens, segments
  tokens, source      ids that the decoder and the encoder read
  segments            (segments, 2) source and target tokens of each segment
  logits              (target tokens, vocabulary)
  state.STACK.N       what layer N carries after the last token, as kernels.h lays it out
  state_size.STACK.N  (2) how much of it is the convolution's and how much the scan's or the ring
  token_size.STACK.N  instead, where a layer keeps keys and values of every token: how much a token adds

Usage: make-vectors.py [SYSTEM...]     all of them where none is named
"""
import sys
from pathlib import Path

import torch
from transformers import Mamba2ForCausalLM, MambaForCausalLM, MistralConfig
from transformers.masking_utils import create_sliding_window_causal_mask

import attentions
import recurrences
import reference

DATA = Path(__file__).resolve().parent.parent / "data" / "vectors"
TOKENS, VOCABULARY = 512, 40

# Sizes are odd on purpose: no width but the heads' number is a multiple of a vector register.
MAMBA = {"kind": "mamba", "d_inner": 60, "d_state": 16, "dt_rank": 3}
MAMBA_ODD = {"kind": "mamba", "d_inner": 45, "d_state": 5, "dt_rank": 3, "d_conv": 3}
MAMBA2 = {"kind": "mamba2", "d_inner": 60, "d_state": 16, "head_dim": 10, "n_groups": 2, "dt_min": 0.01, "dt_max": 0.25}
MAMBA2_ODD = {"kind": "mamba2", "d_inner": 68, "d_state": 5, "head_dim": 17}
LOCAL = {"kind": "attention", "heads": 5, "head_dim": 6, "window": 64}
ROTARY = {"kind": "attention", "heads": 4, "kv_heads": 2, "head_dim": 10, "window": 47, "rotary_base": 10000}
BOTH_WAYS = {"kind": "attention", "heads": 3, "head_dim": 6, "window": 24, "rotary_base": 500, "bidirectional": True}
CROSS = {"kind": "cross_attention", "heads": 3, "head_dim": 10}
CROSS_GROUPED = {"kind": "cross_attention", "heads": 4, "kv_heads": 2, "head_dim": 6}


def swiglu(hidden):
    return {"kind": "swiglu", "hidden": hidden}


# name: d_model, embedding scale, tied, encoder, decoder
SYSTEMS = {
    "mamba": (30, 1.0, True, [], [MAMBA] * 3),
    "mamba2": (30, 1.0, False, [], [MAMBA2] * 3),
    "mamba-local": (31, 1.0, True, [], [MAMBA_ODD, LOCAL] * 2),
    "mamba2-hybrid": (34, 34 ** 0.5, True, [], [MAMBA2_ODD, ROTARY, swiglu(50), MAMBA2_ODD]),
    "mamba-encdec": (30, 1.0, True, [MAMBA, MAMBA_ODD], [MAMBA, CROSS, swiglu(45)]),
    "mamba2-encdec": (30, 2.0, False, [MAMBA2, BOTH_WAYS, swiglu(37), BOTH_WAYS],
                      [MAMBA2 | {"n_groups": 1}, CROSS_GROUPED, swiglu(37)]),
} | attentions.HYBRIDS
SEEDS = {name: number for number, name in enumerate(SYSTEMS)}
SEEDS |= {name: 40 + number for number, name in enumerate(recurrences.SYSTEMS)}
SYSTEMS |= recurrences.SYSTEMS
QUANTISED = {"mamba2-hybrid": ("BF16", "F16", "I8", "Q4")}


def make_config(system):
    d, scale, tied, encoder, decoder = SYSTEMS[system]
    segment = {"source_end": 3, "target_end": 3, "carry_end": not encoder, "forbidden": [0, 1, 2, 4],
               "max_source": 256, "max_target": 256}
    if encoder:
        segment["target_start"] = 2
    own = {"encoder_embeddings": True} if system in attentions.OWN_EMBEDDINGS else {}
    config = {"model_type": "ssmt", "format_version": 1, "vocab_size": VOCABULARY, "d_model": d, "norm_eps": 1e-5,
              "tie_embeddings": tied, "embedding_scale": scale, "encoder_layers": encoder, "decoder_layers": decoder,
              "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"}, "segment": segment, "license": "CC0-1.0"} | own
    return config if encoder else {k: v for k, v in config.items() if k != "encoder_layers"}


def read_segments(seed, segments, total):
    """`total` random ids cut at random places; one segment is a single token."""
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, VOCABULARY, (total,), generator=g).tolist()
    cuts = sorted((torch.randperm(total - 2, generator=g)[:segments - 2] + 2).tolist()) if segments > 1 else []
    cuts = [0] + [1] * (segments > 1) + cuts + [total]
    return [ids[a:b] for a, b in zip(cuts, cuts[1:])]


def whole_model(system, config, tensors, ids):
    """A system of one kind of layer is a model that transformers knows; its word counts."""
    spec, d = config["decoder_layers"][0], config["d_model"]
    more = {"vocab_size": config["vocab_size"], "num_hidden_layers": len(config["decoder_layers"])}
    if system == "mamba":
        model = MambaForCausalLM(reference.mamba_config(d, spec, layer_norm_epsilon=config["norm_eps"], **more))
    else:
        model = Mamba2ForCausalLM(reference.mamba2_config(d, spec, config["norm_eps"], **more))
        for block in model.backbone.layers:
            reference.whole_norm(block.mixer)
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}
    with torch.no_grad():
        out = model.eval()(torch.tensor([ids]), use_cache=True)
    return out.logits[0], {i: reference.scan_state(out.cache_params, i) for i in range(len(model.backbone.layers))}


def check_window(spec):
    """The window counts the current token in transformers as it does here."""
    config = MistralConfig(hidden_size=8, num_attention_heads=1, sliding_window=spec["window"],
                           attn_implementation="eager")
    theirs = create_sliding_window_causal_mask(
        config=config, inputs_embeds=torch.zeros(1, 200, 8), attention_mask=None, past_key_values=None,
        position_ids=torch.arange(200)[None])
    ours = reference.Attention(8, spec | {"bidirectional": False}).mask(torch.zeros(200))
    assert torch.equal(theirs[0, 0] == 0, ours)


def close(a, b):
    return (a - b).abs().max() <= 2e-5 * (b.max() - b.min())


def make(system, dtype="F32", tokens=TOKENS):
    config = make_config(system)
    number = SEEDS[system]
    model = reference.randomise(reference.Model(config), 100 + number)
    file, values = reference.stored(model.tensors(), dtype)
    model.load(values)

    encoder = bool(config.get("encoder_layers"))
    target = read_segments(200 + number, 17 if encoder else 1, tokens)
    source = read_segments(300 + number, 17, tokens)[::-1] if encoder else []
    logits, states = model(target, source)
    if system in ("mamba", "mamba2") and dtype == "F32":
        composed, states_composed = logits, states["decoder"]
        logits, states["decoder"] = whole_model(system, config, values, target[0])
        assert close(composed, logits), "our way of putting layers together differs from transformers'"
        assert all(close(torch.cat(states_composed[i]), torch.cat(s)) for i, s in states["decoder"].items())
    for spec in config.get("encoder_layers", []) + config["decoder_layers"]:
        if spec["kind"] == "attention" and spec.get("window"):
            check_window(spec)

    expected = {"sizes": torch.tensor([tokens, tokens if encoder else 0, len(target)]),
                "tokens": torch.tensor(sum(target, [])), "logits": logits,
                "segments": torch.tensor([[len(source[i]) if source else 0, len(t)] for i, t in enumerate(target)])}
    if encoder:
        expected["source"] = torch.tensor(sum(source, []))
    for stack in states:
        for i, (conv, scan) in states[stack].items():
            expected[f"state.{stack}.{i}"] = torch.cat([conv, scan])
            spec = config[f"{stack}_layers"][i]
            if spec["kind"] == "attention" and not spec.get("window"):
                expected[f"token_size.{stack}.{i}"] = torch.tensor([scan.numel() // tokens])
                continue
            expected[f"state_size.{stack}.{i}"] = torch.tensor([conv.numel(), scan.numel()])

    folder = DATA / (system if dtype == "F32" else f"{system}-{dtype.lower()}")
    reference.write_folder(folder, config, file)
    reference.save({k: v.float().contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{folder.name}: logits {float(logits.min()):.2f} .. {float(logits.max()):.2f}, {size // 1024} KiB")


if __name__ == "__main__":
    torch.set_num_threads(1)
    only = sys.argv[1:]                             # folders to make; none: all
    for system in SYSTEMS:
        if not only or system in only:
            make(system)
        for dtype in QUANTISED.get(system, ()):
            if not only or f"{system}-{dtype.lower()}" in only:
                make(system, dtype, 96)
    if not only:
        attentions.make_all(DATA, VOCABULARY, TOKENS, read_segments)
