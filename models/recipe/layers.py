# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layers of docs/model-format.md, and those they are compared with, for training on packed streams.

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
    """Where documents and segments lie in a piece: doc, seg (B, L) int; length (B) real tokens.
    A negative seg belongs to no segment: padding and, where source and target share a sequence, the target.
    read (B): how many tokens of the first segment of a piece were read before it; absent: none, pieces hold whole ones."""

    def __init__(self, doc, seg, length, read=None):
        self.doc, self.seg, self.length, self.read = doc, seg, length, read
        index = torch.arange(doc.shape[1], device=doc.device)
        self.valid = index[None, :] < length[:, None]
        self.last = doc.gather(1, (length - 1).clamp(min=0)[:, None])     # padding repeats the last document

    @property
    def position(self):
        """(B, L): a token's number within its segment."""
        index = torch.arange(self.seg.shape[1], device=self.seg.device).expand_as(self.seg)
        begins = F.pad(self.seg[:, 1:] != self.seg[:, :-1], (1, 0))
        first = torch.where(begins, index, 0).cummax(1).values
        return index - first + (0 if self.read is None else torch.where(first == 0, self.read[:, None], 0))


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
    """chunked_scan in F32, whatever x, b and c are: compiled for some CPUs (Sapphire Rapids, PyTorch 2.11 and 2.15) the gradient of c in BF16 is NaN."""
    with torch.autocast(x.device.type, enabled=False):
        return chunked_scan(x.float(), dt, decay, b.float(), c.float(), doc, state, chunk)


def chunked_scan(x, dt, decay, b, c, doc, state, chunk):
    """Chunked scan of Mamba-2 and RetNet.  x (B, L, H, P), dt and decay (the logarithm of what a step keeps)
    (B, L, H), b and c (B, L, G, N) with G = 1 or H, state (B, H, N, P), which belongs to document 0; all F32.
    Padding has dt = decay = 0: it changes nothing."""
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
        key, query = b[:, s:e].transpose(1, 2), c[:, s:e].transpose(1, 2)
        y = torch.matmul(torch.matmul(query, key.transpose(2, 3)) * weight, u)
        reach = torch.exp(cum) * (d == kept)[:, None]
        y = y + torch.matmul(query, state) * reach[..., None]
        out.append(y.transpose(1, 2))
        end = d[:, -1:]
        to_end = torch.exp((cum[..., -1:] - cum).clamp(max=0)) * (d == end)[:, None]
        update = torch.matmul(key.transpose(2, 3), u * to_end[..., None])
        state = state * (torch.exp(cum[..., -1]) * (end == kept))[..., None, None] + update.float()
        kept = end
    return torch.cat(out, 1)[:, :length], state


def convolve(conv, x, layout, state):
    """Depthwise causal convolution and SiLU; state: the last taps - 1 inputs of document 0."""
    before, n = state.shape[1], x.shape[1]
    rows = torch.cat((state, x.float()), 1)
    doc = torch.cat((layout.doc.new_zeros(len(x), before), layout.doc), 1)
    w, mixed = conv.weight[:, 0], conv.bias
    for i in range(before + 1):                    # a shifted sum is quicker than a grouped Conv1d on a CPU
        part = rows[:, i:i + n] * w[:, i]
        if i < before:
            part = part * (doc[:, i:i + n] == layout.doc)[..., None]
        mixed = mixed + part
    state = tail(rows, layout.length, before) * (tail(doc, layout.length, before) == layout.last)[..., None]
    return F.silu(mixed), state


def step_bias(count):
    """softplus (bias) is spread over 0.001 to 0.1, as Mamba begins."""
    step = torch.exp(torch.empty(count).uniform_(math.log(1e-3), math.log(1e-1)))
    return step + torch.log(-torch.expm1(-step))


def selective_chunk(h, dt, u, b, c, a, keep):
    """Mamba-1's recurrence over a few tokens: dt and u (Q, B, D), b and c (Q, B, N), a (D, N), keep (Q, B), h (B, D, N)."""
    out = []
    for t in range(len(dt)):
        h = h * torch.exp(dt[t][..., None] * a) * keep[t][:, None, None] + (dt[t] * u[t])[..., None] * b[t][:, None]
        out.append((h * c[t][:, None]).sum(-1))
    return torch.stack(out), h


class Mamba(nn.Module):
    """There is no matrix form for a decay of its own in every channel and state: chunks run one after the other,
    each one fused kernel where the compiler is there."""

    CHUNK = 16
    scan = staticmethod(selective_chunk)           # train.py puts the compiled one here

    def __init__(self, d, spec):
        super().__init__()
        self.inner, self.state_size, self.rank = spec["d_inner"], spec["d_state"], spec["dt_rank"]
        self.taps = spec.get("d_conv", 4)
        self.in_proj = nn.Linear(d, 2 * self.inner, bias=False)
        self.conv1d = nn.Conv1d(self.inner, self.inner, self.taps, groups=self.inner)
        self.x_proj = nn.Linear(self.inner, self.rank + 2 * self.state_size, bias=False)
        self.dt_proj = nn.Linear(self.rank, self.inner)
        self.A_log = nn.Parameter(torch.log(torch.arange(1.0, self.state_size + 1)).repeat(self.inner, 1))
        self.D = nn.Parameter(torch.ones(self.inner))
        self.out_proj = nn.Linear(self.inner, d, bias=False)
        self.dt_proj.bias.data = step_bias(self.inner)

    def initial(self, batch):
        return [torch.zeros(batch, self.taps - 1, self.inner), torch.zeros(batch, self.inner, self.state_size)]

    def forward(self, h, layout, state):
        conv_state, scan_state = state
        x, z = self.in_proj(h).chunk(2, -1)
        u, conv_state = convolve(self.conv1d, x, layout, conv_state)
        dt, b, c = self.x_proj(u).float().split((self.rank, self.state_size, self.state_size), -1)
        dt = F.softplus(self.dt_proj(dt).float()) * layout.valid[..., None]
        doc = torch.cat((torch.zeros_like(layout.doc[:, :1]), layout.doc), 1)
        keep = (doc[:, 1:] == doc[:, :-1]).float()
        a, out = -torch.exp(self.A_log), []
        rows = [v.transpose(0, 1) for v in (dt, u.float(), b, c, keep)]
        for s in range(0, len(rows[0]), self.CHUNK):
            dt_, u_, b_, c_, keep_ = (v[s:s + self.CHUNK] for v in rows)
            y, scan_state = self.scan(scan_state, dt_, u_, b_, c_, a, keep_)
            out.append(y)
        y = torch.cat(out).transpose(0, 1) + u * self.D
        return self.out_proj(y * F.silu(z.float())), [conv_state, scan_state]


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
        self.A_log = nn.Parameter(torch.log(torch.empty(self.heads).uniform_(1, 16)))
        self.D = nn.Parameter(torch.ones(self.heads))
        self.norm = RMSNorm(self.inner, spec["eps"])
        self.out_proj = nn.Linear(self.inner, d, bias=False)
        self.dt_bias = nn.Parameter(step_bias(self.heads))

    def initial(self, batch):
        width = self.inner + 2 * self.state_size
        return [torch.zeros(batch, self.taps - 1, width), torch.zeros(batch, self.heads, self.state_size, self.head)]

    def forward(self, h, layout, state):
        conv_state, scan_state = state
        width = self.inner + 2 * self.state_size
        z, xbc, dt = self.in_proj(h).split((self.inner, width, self.heads), -1)
        mixed, conv_state = convolve(self.conv1d, xbc, layout, conv_state)
        x, b, c = mixed.split((self.inner, self.state_size, self.state_size), -1)
        x = x.unflatten(-1, (self.heads, self.head))
        dt = F.softplus(dt.float() + self.dt_bias).clamp(*self.limits) * layout.valid[..., None]
        y, scan_state = ssd(x, dt, dt * -torch.exp(self.A_log), b[:, :, None], c[:, :, None], layout.doc, scan_state)
        y = (y + x * self.D[:, None]).flatten(-2)
        y = self.norm(y.float() * F.silu(z.float()))
        return self.out_proj(y), [conv_state, scan_state]


class Retention(nn.Module):
    """RetNet's multi-scale retention (arXiv 2307.08621): a fixed decay a head, rotated keys and queries."""

    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.key, self.value, self.eps = spec["heads"], spec["key_dim"], spec["value_dim"], spec["eps"]
        self.q_proj, self.k_proj = (nn.Linear(d, self.heads * self.key, bias=False) for _ in range(2))
        self.v_proj, self.g_proj = (nn.Linear(d, self.heads * self.value, bias=False) for _ in range(2))
        self.out_proj = nn.Linear(self.heads * self.value, d, bias=False)
        self.register_buffer("decay", torch.log1p(-2.0 ** (-5.0 - torch.arange(self.heads))), persistent=False)
        self.register_buffer("angle", 10000 ** -torch.linspace(0, 1, self.key // 2).repeat_interleave(2), persistent=False)

    def initial(self, batch):
        """The tokens read so far (a token's rotation) and the state."""
        return [torch.zeros(batch), torch.zeros(batch, self.heads, self.key, self.value)]

    def forward(self, h, layout, state):
        read, state = state
        n = h.shape[1]
        angle = (read[:, None] + torch.arange(n, device=h.device))[..., None, None] * self.angle
        cos, sin = angle.cos(), angle.sin()

        def turned(x):
            x = x.float().unflatten(-1, (self.heads, self.key))
            return x * cos + torch.stack((-x[..., 1::2], x[..., ::2]), -1).flatten(-2) * sin

        q, k = turned(self.q_proj(h)), turned(self.k_proj(h)) * self.key ** -0.5
        v = self.v_proj(h).unflatten(-1, (self.heads, self.value))
        valid = layout.valid[..., None].float()
        y, state = ssd(v, valid.expand(-1, -1, self.heads), self.decay * valid, k, q, layout.doc, state)
        y = F.rms_norm(y.float(), (self.value,), eps=self.eps).flatten(-2)
        return self.out_proj(y * F.silu(self.g_proj(h).float())), [read + layout.length, state]


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
    """Sliding window; the carried ring holds unrotated keys, since only distances count.
    `bidirectional`: a token also sees the later ones of its segment.  `within_segment`: it sees nothing but its
    segment, which is the Transformer the others are compared with."""

    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.head, self.window = spec["heads"], spec["head_dim"], spec["window"]
        assert spec.get("kv_heads", self.heads) == self.heads
        self.base, self.bidirectional = spec.get("rotary_base", 0), spec.get("bidirectional", False)
        self.within = spec.get("within_segment", False)
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
        if self.bidirectional or self.within:
            seg = torch.cat((layout.seg.new_full((len(h), before), -3), layout.seg), 1)
            same = layout.seg[:, :, None] == seg[:, None, :]
            seen = seen | (same & (layout.seg >= 0)[:, :, None]) if self.bidirectional else seen
            seen = seen & same if self.within else seen
        seen = seen & (key > query - self.window) & (layout.doc[:, :, None] == doc[:, None, :])
        ring = tail(rows, layout.length, before)
        known = tail(doc, layout.length, before) == layout.last
        return self.o_proj(attend(q, k, v, seen)), [ring, known]


class CrossAttention(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.head = spec["heads"], spec["head_dim"]
        assert spec.get("kv_heads", self.heads) == self.heads
        inner, bias = self.heads * self.head, spec.get("bias", False)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d, inner, bias=bias) for _ in range(3))
        self.o_proj = nn.Linear(inner, d, bias=bias)

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

