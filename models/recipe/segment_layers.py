# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layers of Marian's student models: each begins afresh with every segment and carries nothing to the next."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from layers import attend


class LayerNorm(nn.Module):
    def __init__(self, dim, eps):
        super().__init__()
        self.weight, self.bias, self.eps = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim)), eps

    def forward(self, x):
        return F.layer_norm(x.float(), self.weight.shape, self.weight, self.bias, self.eps)


def sinusoidal(position, d):
    """position (B, L) int -> (B, L, d): sines in the first half of the channels, cosines in the second."""
    half = d // 2
    angle = position[..., None] * torch.exp(torch.arange(half, device=position.device) * (-math.log(10000) / (half - 1)))
    return torch.cat((angle.sin(), angle.cos()), -1)


class SegmentAttention(nn.Module):
    """Both ways among the tokens of a segment, without positions of its own."""

    def __init__(self, d, spec):
        super().__init__()
        self.heads, self.head = spec["heads"], spec["head_dim"]
        assert spec["bidirectional"] and spec.get("kv_heads", self.heads) == self.heads
        inner, bias = self.heads * self.head, spec.get("bias", False)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d, inner, bias=bias) for _ in range(3))
        self.o_proj = nn.Linear(inner, d, bias=bias)

    def initial(self, batch):
        return []

    def forward(self, h, layout, state):
        q, k, v = (p(h).unflatten(-1, (self.heads, self.head)).transpose(1, 2)
                   for p in (self.q_proj, self.k_proj, self.v_proj))
        return self.o_proj(attend(q, k, v, layout.seg[:, :, None] == layout.seg[:, None, :])), []


def scan(keep, x, state):
    """c_t = keep_t c_(t-1) + x_t for all t at once, by doubling: (B, L, D) each, state (B, D) = c_(-1)."""
    shift, length = 1, x.shape[1]
    while shift < length:
        x = x + keep * F.pad(x, (0, 0, shift, 0))[:, :length]
        keep = keep * F.pad(keep, (0, 0, shift, 0), value=1.0)[:, :length]
        shift *= 2
    return x + keep * state[:, None]


class SSRU(nn.Module):
    """Simpler simple recurrent unit (arXiv 2010.14571): c = f c + (1 - f) W x, f = sigmoid (Wf x + bf); out is relu (c)."""

    def __init__(self, d, spec):
        super().__init__()
        assert spec["reset"] == "segment"
        self.d = d
        self.in_proj, self.forget_proj = nn.Linear(d, d, bias=False), nn.Linear(d, d)

    def initial(self, batch):
        return [torch.zeros(batch, self.d)]

    def forward(self, h, layout, state):
        forget = torch.sigmoid(self.forget_proj(h).float())
        c = scan(forget * (layout.position > 0)[..., None], (1 - forget) * self.in_proj(h).float(), state[0])
        last = (layout.length - 1).clamp(min=0)[:, None, None].expand(-1, 1, self.d)
        return F.relu(c), [torch.where(layout.length[:, None] > 0, c.gather(1, last)[:, 0], state[0])]


class MLP(nn.Module):
    def __init__(self, d, spec):
        super().__init__()
        self.act = {"relu": F.relu, "silu": F.silu, "gelu": F.gelu}[spec["activation"]]
        bias = spec.get("bias", False)
        self.up_proj, self.down_proj = nn.Linear(d, spec["hidden"], bias=bias), nn.Linear(spec["hidden"], d, bias=bias)

    def initial(self, batch):
        return []

    def forward(self, h):
        return self.down_proj(self.act(self.up_proj(h)))
