#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/vectors/post-norm, mixed-norms and layer-norms, with torch alone (see make-vectors.py for what they hold).

post-norm    an encoder-decoder as Marian's students and "Attention Is All You Need" have it: torch's own
             TransformerEncoderLayer and TransformerDecoderLayer with the norms after the sums and none at the end, a bias
             of the output layer, embeddings of its own for the encoder, a decoder whose first input is a vector of zeros
mixed-norms  an encoder with RMSNorm before its layers and none at the end; a decoder with LayerNorm after its own and at the end
layer-norms  as post-norm, but for the encoder's feed-forward and the decoder's self-attention, which have an RMSNorm before them

Positions are fairseq's: sin (p w_i), cos (p w_i), w_i = 10000^(-i / (d / 2 - 1)). A token of -2 is the vector of zeros.
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

DATA = Path(__file__).resolve().parent.parent / "data" / "vectors"
VOCABULARY, D, HEADS, HIDDEN, LAYERS, TOKENS, SEGMENTS = 40, 30, 3, 45, 2, 256, 11
ZERO = -2
ATTENTION = {"kind": "attention", "heads": HEADS, "head_dim": D // HEADS, "bias": True}
CROSS = {"kind": "cross_attention", "heads": HEADS, "head_dim": D // HEADS, "bias": True}
MLP = {"kind": "mlp", "hidden": HIDDEN, "activation": "relu", "bias": True}


def positions(first, n):
    w = 10000.0 ** (-torch.arange(D // 2, dtype=torch.float64) / (D // 2 - 1))
    angles = torch.arange(first, first + n, dtype=torch.float64)[:, None] * w
    return torch.cat([angles.sin(), angles.cos()], 1).float()


def randomise(module, g):
    """Norms about 1, biases not zero, attention that looks at something."""
    with torch.no_grad():
        for name, p in module.named_parameters():
            noise = torch.randn(p.shape, generator=g)
            p.copy_(noise * p.shape[1] ** -0.5 * (1.6 if name.endswith("in_proj_weight") else 1) if p.dim() > 1 else
                    0.2 * noise + name.endswith("weight"))
    return module.eval()


def read_segments(g, total):
    cuts = sorted((torch.randperm(total - 2, generator=g)[:SEGMENTS - 2] + 2).tolist())
    cuts = [0, 1] + cuts + [total]
    ids = torch.randint(0, VOCABULARY, (total,), generator=g).tolist()
    return [ids[a:b] for a, b in zip(cuts, cuts[1:])]


def with_own(specs, own):
    return [spec | ({"norm": "rms", "norm_placement": "before"} if i == own else {}) for i, spec in enumerate(specs)] * LAYERS


class Sum(nn.Module):
    """A mixer with its norm: before it, or after the sum."""

    def __init__(self, mixer, norm, after):
        super().__init__()
        self.mixer, self.norm, self.after = mixer, norm, after

    def forward(self, h, *rest):
        return self.norm(h + self.mix(h, *rest)) if self.after else h + self.mix(self.norm(h), *rest)

    def mix(self, x, memory=None, mask=None):
        if isinstance(self.mixer, nn.MultiheadAttention):
            memory = x if memory is None else memory
            self.seen = x
            return self.mixer(x, memory, memory, attn_mask=mask, need_weights=False)[0]
        return self.mixer(x)


def attention():
    return nn.MultiheadAttention(D, HEADS, batch_first=True)


def mlp():
    return nn.Sequential(nn.Linear(D, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, D))


def stack(kinds, norm, after, own):
    """own: which of the kinds has an RMSNorm before it whatever the others have; None: none of them."""
    return nn.ModuleList(Sum(make(), nn.RMSNorm(D, eps=1e-5), False) if i % len(kinds) == own else Sum(make(), norm(D, eps=1e-5), after)
                         for i, make in enumerate(kinds * LAYERS))


def torch_stacks(encoder, decoder):
    """The same weights in torch's own layers, post-norm: what the layers above are checked with."""
    theirs = [nn.TransformerEncoderLayer(D, HEADS, HIDDEN, 0.0, batch_first=True).eval() for _ in range(LAYERS)]
    theirs += [nn.TransformerDecoderLayer(D, HEADS, HIDDEN, 0.0, batch_first=True).eval() for _ in range(LAYERS)]
    for i in range(LAYERS):
        parts = ((theirs[i], encoder[2 * i:2 * i + 2], ("self_attn",)),
                 (theirs[LAYERS + i], decoder[3 * i:3 * i + 3], ("self_attn", "multihead_attn")))
        for layer, ours, names in parts:
            for j, name in enumerate(names):
                getattr(layer, name).load_state_dict(ours[j].mixer.state_dict())
            layer.linear1.load_state_dict(ours[-1].mixer[0].state_dict())
            layer.linear2.load_state_dict(ours[-1].mixer[2].state_dict())
            for j, one in enumerate(ours):
                getattr(layer, f"norm{j + 1}").load_state_dict(one.norm.state_dict())
    return theirs[:LAYERS], theirs[LAYERS:]


def tensors_of(prefix, layers):
    named = {}
    for i, one in enumerate(layers):
        at = f"{prefix}.layers.{i}."
        for suffix, p in one.norm.named_parameters():
            named[f"{at}norm.{suffix}"] = p
        if isinstance(one.mixer, nn.MultiheadAttention):
            for k, name in enumerate("qkv"):
                named[f"{at}mixer.{name}_proj.weight"] = one.mixer.in_proj_weight[k * D:(k + 1) * D]
                named[f"{at}mixer.{name}_proj.bias"] = one.mixer.in_proj_bias[k * D:(k + 1) * D]
            named[f"{at}mixer.o_proj.weight"], named[f"{at}mixer.o_proj.bias"] = one.mixer.out_proj.parameters()
        else:
            for name, linear in (("up_proj", one.mixer[0]), ("down_proj", one.mixer[2])):
                named[f"{at}mixer.{name}.weight"], named[f"{at}mixer.{name}.bias"] = linear.parameters()
    return named


@torch.no_grad()
def make(name, seed, encoder_norm, encoder_after, final, extra, own=(None, None)):
    g = torch.Generator().manual_seed(seed)
    encoder = randomise(stack([attention, mlp], encoder_norm, encoder_after, own[0]), g)
    decoder = randomise(stack([attention, attention, mlp], nn.LayerNorm, True, own[1]), g)
    last = randomise(nn.LayerNorm(D, eps=1e-5), g) if final else None
    source_table, table = (torch.randn(VOCABULARY, D, generator=g) * D ** -0.5 for _ in range(2))
    bias = torch.randn(VOCABULARY, generator=g)
    target, source = read_segments(g, TOKENS), read_segments(g, TOKENS)[::-1]
    target = [[ZERO] + s[1:] for s in target]
    ids, number = torch.tensor(sum(target, [])), torch.cat([torch.full((len(s),), i) for i, s in enumerate(target)])
    source_number = torch.cat([torch.full((len(s),), i) for i, s in enumerate(source)])
    scale = D ** 0.5

    def run_encoder(layers):
        memory = []
        for s in source:                            # a segment sees itself alone, its positions begin anew
            h = (source_table[torch.tensor(s)] * scale + positions(0, len(s)))[None]
            for layer in layers:
                h = layer(h)
            memory.append(h)
        return torch.cat(memory, 1)

    causal = torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu(1)
    apart = number[:, None] != source_number[None]
    first = torch.where((ids == ZERO)[:, None], 0.0, table[ids.clamp(min=0)] * scale) + positions(0, TOKENS)
    memory, h = run_encoder(encoder), first[None]
    for i, layer in enumerate(decoder):
        h = layer(h, *((None, causal), (memory, apart), ())[i % 3])
    if encoder_after and own == (None, None):
        layers, above = torch_stacks(encoder, decoder)
        theirs, their_memory = first[None], run_encoder(layers)
        for layer in above:
            theirs = layer(theirs, their_memory, tgt_mask=causal, memory_mask=apart)
        assert torch.allclose(h, theirs, atol=1e-5)
    logits = F.linear(last(h) if final else h, table, bias)[0]

    config = {"model_type": "ssmt", "format_version": 1, "vocab_size": VOCABULARY, "d_model": D, "norm_eps": 1e-5,
              "tie_embeddings": True, "output_bias": True, "embedding_scale": scale, "encoder_embeddings": True,
              "positions": "sinusoidal", "norm": "layer", "norm_placement": "after"} | extra | {
        "encoder_layers": with_own([ATTENTION | {"bidirectional": True}, MLP], own[0]),
        "decoder_layers": with_own([ATTENTION, CROSS, MLP], own[1]),
        "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"},
        "segment": {"source_end": 3, "target_start": "zero", "target_end": 3, "carry_end": False, "forbidden": [0, 1, 2, 4],
                    "max_source": 256, "max_target": 256}, "license": "CC0-1.0"}
    tensors = {"backbone.embeddings.weight": table, "encoder.embeddings.weight": source_table, "lm_head.bias": bias}
    tensors |= tensors_of("encoder", encoder) | tensors_of("backbone", decoder)
    if final:
        tensors |= {"backbone.norm_f.weight": last.weight, "backbone.norm_f.bias": last.bias}
    expected = {"sizes": torch.tensor([TOKENS, TOKENS, SEGMENTS]), "tokens": ids, "source": torch.tensor(sum(source, [])),
                "segments": torch.tensor([[len(s), len(t)] for s, t in zip(source, target)]), "logits": logits}
    for i in range(0, len(decoder), 3):
        x, mixer = decoder[i].seen[0], decoder[i].mixer     # what it read, after a norm before it
        rows = F.linear(x, mixer.in_proj_weight[D:], mixer.in_proj_bias[D:])
        expected[f"state.decoder.{i}"], expected[f"token_size.decoder.{i}"] = rows.flatten(), torch.tensor([2 * D])
    folder = DATA / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    save_file({k: v.detach().float().contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)
    print(f"{name}: logits {float(logits.min()):.2f} .. {float(logits.max()):.2f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    make("post-norm", 700, nn.LayerNorm, True, False, {})
    make("mixed-norms", 701, nn.RMSNorm, False, True, {
        "final_norm": True, "encoder": {"norm": "rms", "norm_placement": "before", "final_norm": False}})
    make("layer-norms", 702, nn.LayerNorm, True, False, {}, (1, 0))
