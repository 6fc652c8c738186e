#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the scans of transformers with those of mamba_ssm, on random inputs: two opinions.

Usage: check-mamba-ssm.py CHECKOUT-OF-STATE-SPACES-MAMBA
The functions are taken out of their files, whose imports want a GPU.
"""
import ast
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from transformers.models.mamba.modeling_mamba import mamba_selective_scan
from transformers.models.mamba2.modeling_mamba2 import mamba2_chunk_scan


def functions(path, names):
    tree = ast.parse(path.read_text())
    wanted = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in names]
    scope = {"torch": torch, "F": F, "rearrange": rearrange, "repeat": repeat}
    exec(compile(ast.Module(wanted, []), str(path), "exec"), scope)
    return [scope[n] for n in names]


def report(name, ours, theirs):
    for part, a, b in zip(("output", "state"), ours, theirs):
        print(f"{name} {part}: {float((a - b).abs().max() / (b.max() - b.min())):.1e} of the range")


def mamba(scan_ref, length=200, dim=45, n=5):
    u, dt, z = (torch.randn(1, dim, length) for _ in range(3))
    b, c = torch.randn(1, n, length), torch.randn(1, n, length)
    a, d, bias = -torch.rand(dim, n) * n, torch.randn(dim), torch.randn(dim) - 3
    more = dict(D=d, z=z, delta_bias=bias, delta_softplus=True, return_last_state=True)
    report("selective scan", mamba_selective_scan(u, dt, a, b, c, **more), scan_ref(u, dt, a, b, c, **more))


def mamba2(ssd, length=192, heads=6, p=10, groups=2, n=16):
    x, dt = torch.randn(1, length, heads, p), torch.randn(1, length, heads)
    b, c = torch.randn(1, length, groups, n), torch.randn(1, length, groups, n)
    a, bias = -torch.rand(heads) * 8, torch.randn(heads) - 3
    ours = mamba2_chunk_scan(x, dt, a, b, c, 64, dt_bias=bias, dt_softplus=True, return_final_states=True)
    step = F.softplus(dt + bias)
    b, c = (v.repeat_interleave(heads // groups, 2) for v in (b, c))
    report("state space duality", ours, ssd(x * step[..., None], a * step, b, c, 32))


if __name__ == "__main__":
    torch.manual_seed(0)
    root = Path(sys.argv[1]) / "mamba_ssm"
    mamba(*functions(root / "ops" / "selective_scan_interface.py", ["selective_scan_ref"]))
    mamba2(functions(root / "modules" / "ssd_minimal.py", ["segsum", "ssd_minimal_discrete"])[1])
