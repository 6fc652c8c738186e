# SPDX-License-Identifier: LGPL-2.1-or-later
"""Systems whose attention has no window, for make-vectors.py: whole models of others, and hybrids.

transformerpp       LlamaForCausalLM of transformers
transformer-encdec  EncoderDecoder of torchscale, which the paper trained (deep-spin/ssm-mt), decoding token by token
                    with its incremental state; the environment variable TORCHSCALE names a checkout of
                    microsoft/torchscale. Positions are those of fairseq as transformers has them (M2M100).
mamba-mha, mamba2-gqa   put together by reference.py; partial rotation and biases are PhiAttention's
"""
import os
import sys
import types

import torch
import torch.nn.functional as F
from torch import nn
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PhiConfig
from transformers.models.m2m_100.modeling_m2m_100 import M2M100SinusoidalPositionalEmbedding
from transformers.models.phi.modeling_phi import PhiAttention, PhiRotaryEmbedding

import reference

MAMBA = {"kind": "mamba", "d_inner": 60, "d_state": 16, "dt_rank": 3}
MAMBA2 = {"kind": "mamba2", "d_inner": 60, "d_state": 16, "head_dim": 10}
FULL = {"kind": "attention", "heads": 5, "head_dim": 6}
GQA = {"kind": "attention", "heads": 4, "kv_heads": 2, "head_dim": 10, "rotary_base": 10000}
PARTIAL = {"kind": "attention", "heads": 3, "kv_heads": 1, "head_dim": 10, "rotary_base": 5000, "rotary_dim": 4, "bias": True}

HYBRIDS = {
    "mamba-mha": (30, 1.0, True, [], [MAMBA, FULL] * 2),
    "mamba2-gqa": (30, 1.0, False, [], [MAMBA2, GQA, {"kind": "swiglu", "hidden": 50}, MAMBA2, PARTIAL,
                                         {"kind": "mlp", "hidden": 50, "activation": "relu", "bias": True}]),
    "mamba-encdec-own": (30, 1.0, True, [MAMBA] * 2,
                         [MAMBA, {"kind": "cross_attention", "heads": 3, "head_dim": 10}, {"kind": "swiglu", "hidden": 45}]),
}
OWN_EMBEDDINGS = ["mamba-encdec-own"]        # as in the paper's encoder-decoder


class PartialAttention(nn.Module):
    """PhiAttention over the whole document."""

    def __init__(self, d, spec):
        super().__init__()
        config = PhiConfig(hidden_size=d, num_attention_heads=spec["heads"], num_key_value_heads=spec["kv_heads"],
                           rope_parameters={"rope_type": "default", "rope_theta": spec["rotary_base"],
                                            "partial_rotary_factor": spec["rotary_dim"] / spec["head_dim"]},
                           attn_implementation="sdpa")
        assert d // spec["heads"] == spec["head_dim"]
        mixer = PhiAttention(config, 0)
        assert mixer.rotary_ndims == spec["rotary_dim"]
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = mixer.q_proj, mixer.k_proj, mixer.v_proj, mixer.dense
        self.rotary, self.whole = PhiRotaryEmbedding(config), [mixer]       # in a list: its weights are named once

    def forward(self, x, segment):
        kept, at = reference.Kept(), torch.arange(x.shape[1])
        out, _ = self.whole[0](x, self.rotary(x, at[None]), (at[None] <= at[:, None])[None, None], past_key_values=kept)
        rows = torch.stack([kept.keys[0], kept.values[0]]).permute(2, 0, 1, 3)
        return out, (torch.zeros(0), rows.flatten())


class Mlp(nn.Module):
    """The feed-forward of torch.nn.TransformerEncoderLayer."""

    def __init__(self, d, spec):
        super().__init__()
        self.up_proj = nn.Linear(d, spec["hidden"], bias=spec.get("bias", False))
        self.down_proj = nn.Linear(spec["hidden"], d, bias=spec.get("bias", False))
        self.function = getattr(F, spec["activation"])

    def forward(self, x):
        return self.down_proj(self.function(self.up_proj(x)))


def write(folder, config, tensors, logits, states, target, source=()):
    """states: decoder layer -> (tokens, 2, width) keys and values."""
    tokens, n_source = sum(target, []), sum(source, [])
    expected = {"sizes": torch.tensor([len(tokens), len(n_source), len(target)]), "tokens": torch.tensor(tokens),
                "logits": logits,
                "segments": torch.tensor([[len(source[i]) if source else 0, len(t)] for i, t in enumerate(target)])}
    if source:
        expected["source"] = torch.tensor(n_source)
    for i, rows in states.items():
        expected[f"state.decoder.{i}"] = rows.flatten()
        expected[f"token_size.decoder.{i}"] = torch.tensor([rows[0].numel()])
    reference.write_folder(folder, config, {k: v.detach().clone().contiguous() for k, v in tensors.items()})
    reference.save({k: v.detach().float().contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{folder.name}: logits {float(logits.min()):.2f} .. {float(logits.max()):.2f}, {size // 1024} KiB")


def randomise(model, seed):
    """Weights that make attention look at something; norms about 1, biases not zero."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=g)
            if p.dim() > 1:
                p.copy_(noise * p.shape[1] ** -0.5 * (2 if name.endswith(("q_proj.weight", "k_proj.weight")) else 1))
            else:
                p.copy_(0.2 * noise + name.endswith("weight"))
    return model.eval()


def common(d, vocabulary, tied):
    return {"model_type": "ssmt", "format_version": 1, "vocab_size": vocabulary, "d_model": d, "norm_eps": 1e-5,
            "tie_embeddings": tied, "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"}, "license": "CC0-1.0"}


def keys_and_values(keys, values):
    """(heads, tokens, dim) of both -> (tokens, 2, heads * dim)"""
    return torch.stack([keys, values]).permute(2, 0, 1, 3).flatten(2)


# --- Transformer++ ----------------------------------------------------------

def make_llama(data, vocabulary, tokens, read_segments):
    d, hidden, layers = 30, 50, 3
    spec = {"kind": "attention", "heads": 3, "kv_heads": 1, "head_dim": 10, "rotary_base": 10000.0}
    model = randomise(LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=d, intermediate_size=hidden, num_hidden_layers=layers, num_attention_heads=3,
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=False, max_position_embeddings=1024,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, attn_implementation="eager")), 500)
    names = {"model.embed_tokens.weight": "backbone.embeddings.weight", "model.norm.weight": "backbone.norm_f.weight",
             "lm_head.weight": "lm_head.weight"}
    for i in range(layers):
        theirs = f"model.layers.{i}."
        names[theirs + "input_layernorm.weight"] = f"backbone.layers.{2 * i}.norm.weight"
        names[theirs + "post_attention_layernorm.weight"] = f"backbone.layers.{2 * i + 1}.norm.weight"
        for p in "qkvo":
            names[theirs + f"self_attn.{p}_proj.weight"] = f"backbone.layers.{2 * i}.mixer.{p}_proj.weight"
        for p in ("gate", "up", "down"):
            names[theirs + f"mlp.{p}_proj.weight"] = f"backbone.layers.{2 * i + 1}.mixer.{p}_proj.weight"
    config = common(d, vocabulary, False) | {
        "decoder_layers": [spec, {"kind": "swiglu", "hidden": hidden}] * layers, "max_context": 600,
        "segment": {"source_end": 3, "target_end": 3, "carry_end": True, "forbidden": [0, 1, 2, 4], "max_source": 256,
                    "max_target": 256}}
    target = read_segments(501, 1, tokens)
    cache = DynamicCache()
    with torch.no_grad():
        logits = model(torch.tensor(target), past_key_values=cache, use_cache=True).logits[0]
    states = {2 * i: keys_and_values(cache.layers[i].keys[0], cache.layers[i].values[0]) for i in range(layers)}
    write(data / "transformerpp", config, {names[n]: p for n, p in model.named_parameters()}, logits, states, target)


# --- the paper's encoder-decoder Transformer ----------------------------------

def import_torchscale(checkout):
    """torchscale wants fairscale and timm for what is not used here."""
    for name in ("fairscale", "fairscale.nn", "timm", "timm.models", "timm.models.layers"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["fairscale.nn"].checkpoint_wrapper = sys.modules["fairscale.nn"].wrap = lambda module: module
    sys.modules["timm.models.layers"].drop_path = None
    sys.path.insert(0, checkout)
    from torchscale.architecture.config import EncoderDecoderConfig
    from torchscale.architecture.encoder_decoder import EncoderDecoder
    return EncoderDecoderConfig, EncoderDecoder


class Positions(nn.Module):
    """Of all tokens, of which torchscale takes the last when it decodes."""

    def __init__(self, d):
        super().__init__()
        self.table = M2M100SinusoidalPositionalEmbedding.get_embedding(2048, d, 0)

    def forward(self, tokens, incremental_state=None, positions=None):
        return self.table[1:1 + tokens.shape[1]][None]


def torchscale_names(layers):
    """Their names -> ours: a layer of theirs is two in the encoder, three in the decoder."""
    names = {"encoder.embed_tokens.weight": "backbone.embeddings.weight",
             "decoder.output_projection.weight": "lm_head.weight"}
    for stack, ours, parts in (("encoder", "encoder", ("self_attn", "ffn")),
                               ("decoder", "backbone", ("self_attn", "encoder_attn", "ffn"))):
        for suffix in ("weight", "bias"):
            names[f"{stack}.layer_norm.{suffix}"] = f"{ours}.norm_f.{suffix}"
            for i in range(layers):
                for j, part in enumerate(parts):
                    theirs, mine = f"{stack}.layers.{i}.", f"{ours}.layers.{len(parts) * i + j}."
                    norm = "final_layer_norm" if part == "ffn" else part + "_layer_norm"
                    names[f"{theirs}{norm}.{suffix}"] = f"{mine}norm.{suffix}"
                    inner = {"fc1": "up_proj", "fc2": "down_proj", "ffn_layernorm": "inner_norm"} if part == "ffn" else {
                        "q_proj": "q_proj", "k_proj": "k_proj", "v_proj": "v_proj", "out_proj": "o_proj",
                        "inner_attn_ln": "inner_norm"}
                    for a, b in inner.items():
                        names[f"{theirs}{part}.{a}.{suffix}"] = f"{mine}mixer.{b}.{suffix}"
    return names


def make_torchscale(data, vocabulary, tokens, read_segments, checkout):
    config_class, model_class = import_torchscale(checkout)
    d, heads, hidden, layers = 30, 3, 45, 2
    embeddings, positions = nn.Embedding(vocabulary, d), Positions(d)
    model = randomise(model_class(config_class(
        vocab_size=vocabulary, encoder_embed_dim=d, encoder_attention_heads=heads, encoder_ffn_embed_dim=hidden,
        encoder_layers=layers, decoder_embed_dim=d, decoder_attention_heads=heads, decoder_ffn_embed_dim=hidden,
        decoder_layers=layers), encoder_embed_tokens=embeddings, encoder_embed_positions=positions,
        decoder_embed_tokens=embeddings, decoder_embed_positions=positions), 600)
    attention = {"kind": "attention", "heads": heads, "head_dim": d // heads, "bias": True, "inner_norm": True}
    cross = {"kind": "cross_attention", "heads": heads, "head_dim": d // heads, "bias": True}
    mlp = {"kind": "mlp", "hidden": hidden, "activation": "gelu", "bias": True, "inner_norm": True}
    config = common(d, vocabulary, False) | {
        "norm": "layer", "positions": "sinusoidal", "position_offset": 1,
        "encoder_layers": [attention | {"bidirectional": True}, mlp] * layers,
        "decoder_layers": [attention, cross, mlp] * layers,
        "segment": {"source_end": 3, "target_start": 2, "target_end": 3, "carry_end": False, "forbidden": [0, 1, 2, 4],
                    "max_source": 256, "max_target": 256}}
    target, source = read_segments(601, 17, tokens), read_segments(602, 17, tokens)[::-1]
    logits, read, kept = [], [], {}
    with torch.no_grad():
        for t, s in zip(target, source):
            encoded = model.encoder(torch.tensor([s]))
            for token in t:
                read.append(token)
                logits.append(model.decoder(torch.tensor([read]), encoder_out=encoded, incremental_state=kept)[0][0, -1])
    states = {3 * i: keys_and_values(kept[i]["prev_key"][0], kept[i]["prev_value"][0]) for i in range(layers)}
    names = torchscale_names(layers)
    write(data / "transformer-encdec", config, {names[n]: p for n, p in model.named_parameters()}, torch.stack(logits),
          states, target, source)


def make_all(data, vocabulary, tokens, read_segments):
    make_llama(data, vocabulary, tokens, read_segments)
    checkout = os.environ.get("TORCHSCALE")
    if checkout:
        make_torchscale(data, vocabulary, tokens, read_segments, checkout)
    else:
        print("transformer-encdec: left as it is, TORCHSCALE names no checkout of microsoft/torchscale")
