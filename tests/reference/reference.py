# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models of docs/model-format.md put together from other people's layers.

Nothing is computed here that a published implementation computes: the mixers are those of
transformers and torch, whole documents go through them in one piece, and what the engine must
carry from token to token appears here only as a mask. Tensors are named as in the model file.
"""
import json
import math

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import DynamicCache, LlamaConfig, Mamba2Config, MambaConfig, MistralConfig
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm
from transformers.models.mamba.modeling_mamba import MambaMixer
from transformers.models.mamba2.modeling_mamba2 import Mamba2Mixer
from transformers.models.mistral.modeling_mistral import MistralAttention, MistralRotaryEmbedding

import recurrences


def mamba_config(d, spec, **more):
    config = MambaConfig(hidden_size=d, state_size=spec["d_state"], conv_kernel=spec.get("d_conv", 4),
                         time_step_rank=spec["dt_rank"], **({"num_hidden_layers": 1} | more))
    config.intermediate_size = spec["d_inner"]
    return config


def mamba2_config(d, spec, eps, **more):
    inner, head = spec["d_inner"], spec["head_dim"]
    assert inner % d == 0, "transformers wants expand to be whole"
    return Mamba2Config(hidden_size=d, expand=inner // d, head_dim=head, num_heads=inner // head,
                        state_size=spec["d_state"], n_groups=spec.get("n_groups", 1),
                        conv_kernel=spec.get("d_conv", 4), chunk_size=64, layer_norm_epsilon=eps,
                        time_step_limit=(spec.get("dt_min", 0.0), spec.get("dt_max", math.inf)),
                        **({"num_hidden_layers": 1} | more))


def whole_norm(mixer):
    """The format's norm runs over all of d_inner, whatever the number of groups."""
    mixer.norm.group_size = mixer.intermediate_size
    return mixer


def scan_state(cache, layer):
    """Convolution inputs (taps - 1, dim) and the scan state, as kernels.h lays them out."""
    conv, scan = cache.layers[layer].conv_states[0][0], cache.layers[layer].recurrent_states[0][0]
    scan = scan.transpose(-1, -2)               # (dim, N) -> (N, dim); (H, P, N) -> (H, N, P)
    return conv[:, 1:].T.flatten(), scan.flatten()


class Scan(nn.Module):
    """A Mamba mixer of transformers, which gives its state (convolution, scan) with its output."""

    def __init__(self, mixer, config):
        super().__init__()
        self.mixer, self.config = mixer.eval(), config

    def forward(self, x, segment):
        cache = DynamicCache(config=self.config)
        return self.mixer(x, cache_params=cache), scan_state(cache, 0)


class Kept:
    """Stands where transformers keeps keys and values, and shows them."""

    def update(self, keys, values, layer):
        self.keys, self.values = keys, values
        return keys, values


class Attention(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.window, self.bidirectional = spec.get("window", 0), spec.get("bidirectional", False)
        config = MistralConfig(hidden_size=d, num_attention_heads=spec["heads"], head_dim=spec["head_dim"],
                               num_key_value_heads=spec.get("kv_heads", spec["heads"]), sliding_window=self.window or None,
                               rope_parameters={"rope_type": "default", "rope_theta": spec.get("rotary_base") or 1e4},
                               attn_implementation="sdpa")
        self.mixer = MistralAttention(config, 0)
        self.rotary = MistralRotaryEmbedding(config) if spec.get("rotary_base") else None

    def mask(self, segment):
        at = torch.arange(len(segment))
        seen = at[None] <= at[:, None]
        if self.bidirectional:
            seen = seen | (segment[None] == segment[:, None])
        return seen & (at[None] > at[:, None] - self.window) if self.window else seen

    def forward(self, x, segment):
        n = x.shape[1]
        if self.rotary:
            turn = self.rotary(x, torch.arange(n)[None])
        else:
            turn = torch.ones(1, n, self.mixer.head_dim), torch.zeros(1, n, self.mixer.head_dim)
        kept = Kept()
        out, _ = self.mixer(x, turn, self.mask(segment)[None, None], past_key_values=kept)
        rows = torch.stack([kept.keys[0], kept.values[0]]).permute(2, 0, 1, 3).flatten(2)  # (L, 2, kv)
        if not self.window:
            return out, (torch.zeros(0), rows.flatten())
        ring = torch.zeros(self.window, *rows.shape[1:])
        last = torch.arange(max(0, n - self.window), n)
        ring[last % self.window] = rows[last]
        return out, (torch.zeros(0), ring.flatten())


class CrossAttention(nn.Module):
    """torch's multi-head attention where its shapes allow, else its scaled dot product."""

    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.kv_heads, self.head = spec["heads"], spec.get("kv_heads", spec["heads"]), spec["head_dim"]
        q, kv = self.heads * self.head, self.kv_heads * self.head
        self.q_proj, self.o_proj = nn.Linear(d, q, bias=False), nn.Linear(q, d, bias=False)
        self.k_proj, self.v_proj = nn.Linear(d, kv, bias=False), nn.Linear(d, kv, bias=False)

    def forward(self, x, memory, seen):
        weights = [m.weight for m in (self.q_proj, self.k_proj, self.v_proj)]
        if self.heads == self.kv_heads and self.heads * self.head == x.shape[-1]:
            q, k = x.transpose(0, 1), memory.transpose(0, 1)
            out, _ = F.multi_head_attention_forward(
                q, k, k, x.shape[-1], self.heads, None, None, None, None, False, 0.0, self.o_proj.weight, None,
                training=False, need_weights=False, attn_mask=~seen, use_separate_proj_weight=True,
                q_proj_weight=weights[0], k_proj_weight=weights[1], v_proj_weight=weights[2])
            return out.transpose(0, 1)
        q, k, v = (F.linear(a, w).unflatten(-1, (-1, self.head)).transpose(1, 2)
                   for a, w in zip((x, memory, memory), weights))
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)
        return self.o_proj(out.transpose(1, 2).flatten(2))


def make_mixer(d, spec, eps):
    kind = spec["kind"]
    if kind == "mamba":
        config = mamba_config(d, spec)
        return Scan(MambaMixer(config, 0), config)
    if kind == "mamba2":
        config = mamba2_config(d, spec, eps)
        return Scan(whole_norm(Mamba2Mixer(config, 0)), config)
    if kind == "attention" and spec.get("bias"):
        import attentions
        return attentions.PartialAttention(d, spec)
    if kind == "attention":
        return Attention(d, spec)
    if kind == "mlp":
        import attentions
        return attentions.Mlp(d, spec)
    if kind == "cross_attention":
        return CrossAttention(d, spec)
    if kind in recurrences.KINDS:
        return recurrences.make_mixer(d, spec, eps)
    return LlamaMLP(LlamaConfig(hidden_size=d, num_attention_heads=1, intermediate_size=spec["hidden"], hidden_act="silu"))


class Layer(nn.Module):
    def __init__(self, d, spec, eps):
        super().__init__()
        self.kind, self.norm, self.mixer = spec["kind"], LlamaRMSNorm(d, eps), make_mixer(d, spec, eps)


class Stack(nn.Module):
    def __init__(self, d, specs, eps):
        super().__init__()
        self.layers = nn.ModuleList(Layer(d, spec, eps) for spec in specs)
        self.norm_f = LlamaRMSNorm(d, eps)

    def forward(self, h, segment, memory=None, seen=None):
        states = {}
        for i, layer in enumerate(self.layers):
            x = layer.norm(h)
            if layer.kind in ("swiglu", "mlp", "glu"):
                y = layer.mixer(x)
            elif layer.kind == "cross_attention":
                y = layer.mixer(x, memory, seen)
            else:
                y, states[i] = layer.mixer(x, segment)
            h = h + y
        return self.norm_f(h), states


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        d, eps = config["d_model"], config["norm_eps"]
        self.scale = config.get("embedding_scale", 1.0)
        self.backbone = Stack(d, config["decoder_layers"], eps)
        self.backbone.embeddings = nn.Embedding(config["vocab_size"], d)
        self.encoder = Stack(d, config["encoder_layers"], eps) if config.get("encoder_layers") else None
        self.encoder_embeddings = config.get("encoder_embeddings", False)
        if self.encoder_embeddings:
            self.encoder.embeddings = nn.Embedding(config["vocab_size"], d)
        self.lm_head = None if config["tie_embeddings"] else nn.Linear(d, config["vocab_size"], bias=False)

    def tensors(self):
        """By the names of the model file: a wrapper's own `mixer.` is not part of them."""
        return {n.replace("mixer.mixer.", "mixer."): p for n, p in self.named_parameters()}

    def load(self, tensors):
        with torch.no_grad():
            mine = self.tensors()
            assert mine.keys() == tensors.keys(), mine.keys() ^ tensors.keys()
            for name, p in mine.items():
                p.copy_(tensors[name].float())
        return self.eval()

    def embed(self, ids):
        return self.backbone.embeddings(ids)[None] * self.scale

    @torch.no_grad()
    def forward(self, target, source=None):
        """target, source: lists of segments of ids. Logits of all target tokens, states of both stacks."""
        def join(segments):
            number = torch.cat([torch.full((len(s),), i) for i, s in enumerate(segments)])
            return torch.tensor([t for s in segments for t in s]), number
        ids, segment = join(target)
        states, memory, seen = {"encoder": {}}, None, None
        if self.encoder:
            source_ids, source_segment = join(source)
            h = self.encoder.embeddings(source_ids)[None] * self.scale if self.encoder_embeddings else self.embed(source_ids)
            memory, states["encoder"] = self.encoder(h, source_segment)
            seen = segment[:, None] == source_segment[None]
        h, states["decoder"] = self.backbone(self.embed(ids), segment, memory, seen)
        head = self.lm_head.weight if self.lm_head else self.backbone.embeddings.weight
        return F.linear(h, head)[0], states


def randomise(model, seed):
    """Weights with the spread of a trained model's: each layer and each carried state matters."""
    g = torch.Generator().manual_seed(seed)

    def normal(p):
        return torch.randn(p.shape, generator=g)

    def uniform(p):
        return torch.rand(p.shape, generator=g)
    with torch.no_grad():
        for name, p in model.tensors().items():
            if name.endswith(("dt_bias", "dt_proj.bias")):
                step = torch.exp(math.log(2e-3) + uniform(p) * math.log(150))      # 0.002 .. 0.3
                p.copy_(step + torch.log(-torch.expm1(-step)))
            elif name.endswith("A_log"):
                p.copy_(torch.log(1 + uniform(p) * (p.shape[-1] if p.dim() > 1 else 8)))
            elif name.endswith("conv1d.weight"):
                p.copy_(uniform(p) - 0.3)
            elif name.endswith("conv1d.bias"):
                p.copy_(normal(p) * 0.1)
            elif name.endswith("_proj.bias"):
                p.copy_(normal(p) * 0.2)
            elif p.dim() == 1:                                                     # norms and D
                p.copy_(1 + 0.2 * normal(p))
            else:
                p.copy_(normal(p) * p.shape[1] ** -0.5)
    return model.eval()


def is_matrix(name):
    return name.endswith(("_proj.weight", "embeddings.weight", "lm_head.weight"))


def pack_q4(w):
    """Groups of 64 inputs share a scale of either sign: the largest value of a group becomes -8."""
    groups = torch.nn.functional.pad(w, (0, -w.shape[1] % 64)).view(w.shape[0], -1, 64)
    largest = groups.gather(2, groups.abs().argmax(2, keepdim=True))[..., 0]
    scale = torch.where(largest == 0, 1.0, largest / -8)
    q = (torch.round(groups / scale[..., None]).clamp(-8, 7) + 8).to(torch.uint8)
    return (q[..., :32] | q[..., 32:] << 4).flatten(1).contiguous(), scale.contiguous()


def unpack_q4(packed, scale, cols):
    pairs = packed.view(packed.shape[0], -1, 32)
    q = torch.cat([pairs & 15, pairs >> 4], 2).float() - 8
    return (q * scale[..., None]).flatten(1)[:, :cols].contiguous()


def stored(tensors, dtype):
    """The tensors as the file holds them, and the values that those stand for."""
    file, values = {}, {}
    for name, t in tensors.items():
        t = t.detach().clone().contiguous()
        if not is_matrix(name) or dtype == "F32":
            file[name] = values[name] = t
        elif dtype == "I8":
            scale = t.abs().amax(1).clamp(min=1e-12) / 127
            file[name], file[name + "_scale"] = torch.round(t / scale[:, None]).to(torch.int8), scale
            values[name] = file[name].float() * scale[:, None]
        elif dtype == "Q4":
            file[name], file[name + "_scale"] = pack_q4(t)
            values[name] = unpack_q4(file[name], file[name + "_scale"], t.shape[1])
        else:
            file[name] = t.to({"F16": torch.float16, "BF16": torch.bfloat16}[dtype])
            values[name] = file[name].float()
    return file, values


def save(tensors, path):
    save_file(tensors, path)
    path.chmod(0o644)


def write_folder(folder, config, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save(tensors, folder / "model.safetensors")


def read_folder(folder):
    """A model of this format, its I8 matrices widened."""
    config = json.loads((folder / "config.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    for name in [n for n in tensors if n.endswith("_scale")]:
        scale = tensors.pop(name)
        tensors[name[:-6]] = tensors[name[:-6]].float() * scale[:, None]
    return config, Model(config).load(tensors)
