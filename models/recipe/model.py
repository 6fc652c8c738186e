# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layers of docs/model-format.md in PyTorch, for training on packed streams.

A row of a batch is a piece of an endless stream: whole segments end to end, padding only at
the end.  Every stack gets a `Layout` beside its input, which says for each token its document
and its segment; the state that a layer returns is that of the last real token, so a stream may
be cut anywhere between segments.  Document 0 of a piece continues the state that was carried in;
a piece that starts with document 1 starts afresh.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

MASKED = -30000.0


class Layout:
    """Where documents and segments lie in a piece: doc, seg (B, L) int; length (B) real tokens."""

    def __init__(self, doc, seg, length):
        self.doc, self.seg, self.length = doc, seg, length
        index = torch.arange(doc.shape[1], device=doc.device)
        self.valid = index[None, :] < length[:, None]
        self.last = doc.gather(1, (length - 1).clamp(min=0)[:, None])     # padding repeats the last document

    @classmethod
    def single(cls, batch, length, start, device=None):
        """One segment of the running document."""
        full = torch.full((batch, length), 1 if start else 0, dtype=torch.int32, device=device)
        return cls(full, torch.zeros_like(full), torch.full((batch,), length, device=device))


class RMSNorm(nn.Module):
    def __init__(self, dim, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


def tail(rows, length, count):
    """The `count` rows that precede position `length` of each piece; rows begin with `count` carried ones."""
    index = length[:, None] + torch.arange(count, device=rows.device)
    return rows.gather(1, index[..., None].expand(-1, -1, rows.shape[-1])) if rows.dim() == 3 else rows.gather(1, index)


def ssd(x, dt, decay, b, c, doc, state, chunk=64):
    """Chunked Mamba-2 scan.  x (B, L, H, P) F32 or BF16, dt and decay = dt * A (B, L, H) F32, b and c (B, L, N),
    state (B, H, N, P), which belongs to document 0.  Padding has dt = 0: it changes nothing."""
    length = x.shape[1]
    chunk = min(chunk, length)
    pad = -length % chunk
    if pad:
        x, dt, decay, b, c = (F.pad(v, (0, 0) * (v.dim() - 2) + (0, pad)) for v in (x, dt, decay, b, c))
        doc = torch.cat((doc, doc[:, -1:].expand(-1, pad)), 1)
    kept = doc.new_zeros(doc.shape[0], 1)         # the document `state` belongs to
    causal = torch.ones(chunk, chunk, dtype=torch.bool, device=x.device).tril()
    out = []
    for s in range(0, length, chunk):
        e = s + chunk
        cum = decay[:, s:e].cumsum(1).transpose(1, 2)                     # (B, H, Q)
        d = doc[:, s:e]
        same = (d[:, :, None] == d[:, None, :]) & causal
        weight = torch.exp((cum[..., :, None] - cum[..., None, :]).clamp(max=0)) * same[:, None]
        u = (x[:, s:e] * dt[:, s:e, :, None]).transpose(1, 2)             # (B, H, Q, P)
        score = torch.matmul(c[:, s:e], b[:, s:e].transpose(1, 2))[:, None] * weight
        y = torch.matmul(score, u)
        reach = torch.exp(cum) * (d == kept)[:, None]
        y = y + torch.matmul(c[:, s:e][:, None], state) * reach[..., None]
        out.append(y.transpose(1, 2))
        end = d[:, -1:]
        to_end = torch.exp((cum[..., -1:] - cum).clamp(max=0)) * (d == end)[:, None]
        update = torch.matmul(b[:, s:e].transpose(1, 2)[:, None], u * to_end[..., None])
        state = state * (torch.exp(cum[..., -1]) * (end == kept))[..., None, None] + update.float()
        kept = end
    return torch.cat(out, 1)[:, :length], state


class Mamba2(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.inner, self.state_size = spec["d_inner"], spec["d_state"]
        self.head, self.taps = spec["head_dim"], spec.get("d_conv", 4)
        self.heads = self.inner // self.head
        assert spec.get("n_groups", 1) == 1 and self.inner % self.head == 0
        self.limits = spec.get("dt_min", 0.0), spec.get("dt_max", math.inf)
        width = self.inner + 2 * self.state_size
        self.in_proj = nn.Linear(d, self.inner + width + self.heads, bias=False)
        self.conv1d = nn.Conv1d(width, width, self.taps, groups=width)
        self.dt_bias = nn.Parameter(torch.empty(self.heads))
        self.A_log = nn.Parameter(torch.log(torch.empty(self.heads).uniform_(1, 16)))
        self.D = nn.Parameter(torch.ones(self.heads))
        self.norm = RMSNorm(self.inner, spec["eps"])
        self.out_proj = nn.Linear(self.inner, d, bias=False)
        step = torch.exp(torch.empty(self.heads).uniform_(math.log(1e-3), math.log(1e-1)))
        self.dt_bias.data = step + torch.log(-torch.expm1(-step))

    def initial(self, batch):
        width = self.inner + 2 * self.state_size
        return [torch.zeros(batch, self.taps - 1, width), torch.zeros(batch, self.heads, self.state_size, self.head)]

    def forward(self, h, layout, state):
        conv_state, scan_state = state
        before, n = self.taps - 1, h.shape[1]
        width = self.inner + 2 * self.state_size
        z, xbc, dt = self.in_proj(h).split((self.inner, width, self.heads), -1)
        rows = torch.cat((conv_state, xbc.float()), 1)
        doc = torch.cat((layout.doc.new_zeros(len(h), before), layout.doc), 1)
        w, mixed = self.conv1d.weight[:, 0], self.conv1d.bias
        for i in range(self.taps):                 # a shifted sum is quicker than a grouped Conv1d on a CPU
            part = rows[:, i:i + n] * w[:, i]
            if i < before:
                part = part * (doc[:, i:i + n] == layout.doc)[..., None]
            mixed = mixed + part
        mixed = F.silu(mixed)
        conv_state = tail(rows, layout.length, before) * (tail(doc, layout.length, before) == layout.last)[..., None]
        x, b, c = mixed.split((self.inner, self.state_size, self.state_size), -1)
        x = x.unflatten(-1, (self.heads, self.head))
        dt = F.softplus(dt.float() + self.dt_bias).clamp(*self.limits) * layout.valid[..., None]
        y, scan_state = ssd(x, dt, dt * -torch.exp(self.A_log), b, c, layout.doc, scan_state)
        y = (y + x * self.D[:, None]).flatten(-2)
        y = self.norm(y.float() * F.silu(z.float()))
        return self.out_proj(y), [conv_state, scan_state]


def rotate(x, position, base):
    """Half-split pairs (i, i + head_dim / 2); x (B, H, L, P), position (L)."""
    half = x.shape[-1] // 2
    angle = position[:, None].float() * base ** (-torch.arange(half, device=x.device).float() / half)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., :half].float(), x[..., half:].float()
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def attend(q, k, v, seen):
    """seen (B, Lq, Lk)."""
    score = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2)).float()
    score = score + torch.where(seen, 0.0, MASKED)[:, None]
    return torch.matmul(score.softmax(-1), v.to(k.dtype)).transpose(1, 2).flatten(-2)


class Attention(nn.Module):
    """Sliding window; the carried ring holds unrotated keys, since only distances count."""

    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.head, self.window = spec["heads"], spec["head_dim"], spec["window"]
        assert spec.get("kv_heads", self.heads) == self.heads
        self.base, self.bidirectional = spec.get("rotary_base", 0), spec.get("bidirectional", False)
        inner = self.heads * self.head
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d, inner, bias=False) for _ in range(3))
        self.o_proj = nn.Linear(inner, d, bias=False)

    def initial(self, batch):
        ring = self.window - 1
        return [torch.zeros(batch, ring, 2 * self.heads * self.head), torch.zeros(batch, ring, dtype=torch.bool)]

    def split(self, x):
        return x.unflatten(-1, (self.heads, self.head)).transpose(1, 2)

    def forward(self, h, layout, state):
        ring, known = state
        before, n = self.window - 1, h.shape[1]
        rows = torch.cat((ring, torch.cat((self.k_proj(h), self.v_proj(h)), -1).float()), 1)
        doc = torch.cat((torch.where(known, 0, -1).to(layout.doc.dtype), layout.doc), 1)
        k, v = (self.split(x) for x in rows.chunk(2, -1))
        q = self.split(self.q_proj(h))
        at = torch.arange(before + n, device=h.device)
        if self.base:
            q, k = rotate(q, at[before:], self.base), rotate(k, at, self.base)
        query, key = at[before:, None], at[None, :]
        seen = key <= query
        if self.bidirectional:
            seg = torch.cat((layout.seg.new_full((len(h), before), -1), layout.seg), 1)
            seen = seen | (layout.seg[:, :, None] == seg[:, None, :])
        seen = seen & (key > query - self.window) & (layout.doc[:, :, None] == doc[:, None, :])
        ring = tail(rows, layout.length, before)
        known = tail(doc, layout.length, before) == layout.last
        return self.o_proj(attend(q, k, v, seen)), [ring, known]


class CrossAttention(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.head = spec["heads"], spec["head_dim"]
        assert spec.get("kv_heads", self.heads) == self.heads
        inner = self.heads * self.head
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d, inner, bias=False) for _ in range(3))
        self.o_proj = nn.Linear(inner, d, bias=False)

    def initial(self, batch):
        return []

    def forward(self, h, memory, same_segment):
        q, k, v = (x.unflatten(-1, (self.heads, self.head)).transpose(1, 2)
                   for x in (self.q_proj(h), self.k_proj(memory), self.v_proj(memory)))
        return self.o_proj(attend(q, k, v, same_segment))


class SwiGLU(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.gate_proj, self.up_proj = (nn.Linear(d, spec["hidden"], bias=False) for _ in range(2))
        self.down_proj = nn.Linear(spec["hidden"], d, bias=False)

    def initial(self, batch):
        return []

    def forward(self, h):
        return self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


KINDS = {"mamba2": Mamba2, "attention": Attention, "cross_attention": CrossAttention, "swiglu": SwiGLU}


class Layer(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.kind = spec["kind"]
        self.norm, self.mixer = RMSNorm(d, spec["eps"]), KINDS[self.kind](d, spec)


class Stack(nn.Module):
    def __init__(self, d, specs, eps):
        super().__init__()
        self.layers = nn.ModuleList(Layer(d, dict(spec, eps=eps)) for spec in specs)
        self.norm_f = RMSNorm(d, eps)

    def initial(self, batch):
        return [layer.mixer.initial(batch) for layer in self.layers]

    def forward(self, h, layout, state, memory=None, same_segment=None):
        after = []
        for layer, s in zip(self.layers, state):
            x = layer.norm(h)
            if layer.kind == "swiglu":
                y, s = layer.mixer(x), []
            elif layer.kind == "cross_attention":
                y, s = layer.mixer(x, memory, same_segment), []
            else:
                y, s = layer.mixer(x, layout, s)
            h = h + y
            after.append(s)
        return self.norm_f(h), after


class Translator(nn.Module):
    def __init__(self, config):
        super().__init__()
        d, eps = config["d_model"], config["norm_eps"]
        assert config["tie_embeddings"] and config["encoder_layers"]
        self.config, self.scale = config, config["embedding_scale"]
        self.embeddings = nn.Embedding(config["vocab_size"], d)
        self.encoder = Stack(d, config["encoder_layers"], eps)
        self.decoder = Stack(d, config["decoder_layers"], eps)
        self.reset_parameters()

    def reset_parameters(self):
        d = self.config["d_model"]
        nn.init.normal_(self.embeddings.weight, std=d ** -0.5)
        depth = len(self.config["encoder_layers"]) + len(self.config["decoder_layers"])
        for name, p in self.named_parameters():
            if name.endswith("_proj.weight"):
                nn.init.normal_(p, std=p.shape[1] ** -0.5)
                if name.endswith(("out_proj.weight", "o_proj.weight", "down_proj.weight")):
                    p.data.mul_(depth ** -0.5)

    def initial(self, batch):
        return self.encoder.initial(batch), self.decoder.initial(batch)

    def embed(self, ids):
        return F.embedding(ids, self.embeddings.weight) * self.scale

    def logits(self, h):
        return F.linear(h, self.embeddings.weight)

    def forward(self, source, source_layout, target, target_layout, state):
        memory, enc = self.encoder(self.embed(source), source_layout, state[0])
        same = target_layout.seg[:, :, None] == source_layout.seg[:, None, :]
        h, dec = self.decoder(self.embed(target), target_layout, state[1], memory, same)
        return h, (enc, dec)


def tensor_names(config):
    """Parameter name here -> tensor name in the model file."""
    def name(n):
        if n == "embeddings.weight":
            return "backbone.embeddings.weight"
        return n.replace("decoder.", "backbone.", 1) if n.startswith("decoder.") else n
    with torch.device("meta"):
        return {n: name(n) for n, _ in Translator(config).named_parameters()}


def default_config(vocab, source, target, licence):
    mamba2 = dict(kind="mamba2", d_inner=512, d_state=64, d_conv=4, head_dim=64, n_groups=1)
    window = dict(kind="attention", heads=4, head_dim=64, window=64, rotary_base=10000, bidirectional=True)
    cross = dict(kind="cross_attention", heads=4, head_dim=64)
    swiglu = dict(kind="swiglu", hidden=512)
    return {
        "model_type": "ssmt", "format_version": 1, "vocab_size": vocab, "d_model": 256, "norm_eps": 1e-5,
        "tie_embeddings": True, "embedding_scale": 4.0,
        "encoder_layers": [mamba2, window, swiglu] * 3,
        "decoder_layers": [mamba2, cross, swiglu] * 3,
        "tokenizer": {"type": "sentencepiece", "file": "tokenizer.spm"},
        "segment": {"source_end": 3, "target_start": 2, "target_end": 3, "carry_end": False,
                    "forbidden": [0, 1, 2, 4], "max_source": 128, "max_target": 128},
        "languages": {"source": source, "target": target}, "license": licence,
    }
