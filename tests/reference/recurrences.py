# SPDX-License-Identifier: LGPL-2.1-or-later
"""Retention, GLA, DeltaNet and gated DeltaNet as their authors compute them.

SSMT_CHECKOUTS names a folder with checkouts of microsoft/torchscale and fla-org/flash-linear-attention.

torchscale: MultiScaleRetention, RetNetRelPos and GLU are theirs, token by token in their recurrent form.
flash-linear-attention: the layers (fla/layers/*.py) are theirs with all they do between the kernels. Its
kernels want a GPU, so these stand in their places, the first three theirs too:
  recurrences          fla/ops/*/naive.py; the gate of gated DeltaNet is naive_gdn_gate of fla/ops/gated_delta_rule
  norms                rms_norm_ref of fla/modules/layernorm.py, times SiLU of the gate as in fused_norm_gate.py
  rotation             rotary_embedding_ref of fla/modules/rotary.py
  short convolutions   torch's Conv1d, which their ShortConvolution is, cut to the length of its input, then SiLU
  lengths of q and k   x / sqrt(sum x^2 + 1e-6), as in fla/modules/l2norm.py
"""
import ast
import importlib
import os
import sys
from argparse import Namespace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

RETENTION = {"kind": "retention", "rotation": "interleaved", "heads": 3, "key_dim": 12, "value_dim": 17}
RETENTION_FLA = {"kind": "retention", "heads": 3, "key_dim": 10, "value_dim": 20}
GLA = {"kind": "gla", "heads": 2, "key_dim": 9, "value_dim": 18}
GLA_CONV = {"kind": "gla", "heads": 4, "kv_heads": 2, "key_dim": 6, "value_dim": 9, "d_conv": 4,
            "gate_low_rank_dim": 5, "gate_logit_normalizer": 4.0, "clamp_min": -0.3}
DELTA = {"kind": "delta_net", "heads": 3, "key_dim": 12, "value_dim": 12}
GATED_DELTA = {"kind": "gated_delta_net", "heads": 2, "key_dim": 12, "value_dim": 20}
ATTENTION = {"kind": "attention", "heads": 4, "kv_heads": 2, "head_dim": 10, "window": 47, "rotary_base": 10000}


def glu(hidden, activation):
    return {"kind": "glu", "hidden": hidden, "activation": activation}


def swiglu(hidden):
    return {"kind": "swiglu", "hidden": hidden}


# name: d_model, embedding scale, tied, encoder, decoder
SYSTEMS = {
    "retnet": (36, 6.0, False, [], [RETENTION, glu(45, "gelu"), RETENTION, glu(33, "silu")]),
    "retnet-fla": (30, 1.0, False, [], [
        RETENTION_FLA, swiglu(45), RETENTION_FLA | {"heads": 6, "kv_heads": 2}, swiglu(33),
        RETENTION_FLA | {"norm_weight": False}, RETENTION_FLA | {"output_gate": False}]),
    "gla": (36, 1.0, True, [], [GLA, swiglu(45), GLA | {"heads": 4, "kv_heads": 2}, swiglu(33)]),
    "delta-net": (36, 1.0, True, [], [
        DELTA, swiglu(45), DELTA | {"output_gate": True, "allow_neg_eigval": True, "d_conv": 3}, swiglu(33)]),
    "gated-delta-net": (36, 1.0, True, [], [
        GATED_DELTA, swiglu(45), GATED_DELTA | {"v_heads": 4, "allow_neg_eigval": True}, swiglu(33)]),
    "recurrent-hybrid": (36, 1.0, True, [], [
        GATED_DELTA | {"output_gate": False}, ATTENTION, GLA_CONV, DELTA | {"use_beta": False}, ATTENTION, swiglu(45)]),
}
KINDS = ("retention", "gla", "delta_net", "gated_delta_net", "glu")


def checkout(name):
    folder = Path(os.environ.get("SSMT_CHECKOUTS", "checkouts")) / name
    if not folder.is_dir():
        sys.exit(f"{folder} is not there: set SSMT_CHECKOUTS (tests/reference/README.md)")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return folder


# --- torchscale -----------------------------------------------------------------------------------

def taken(path, name, scope):
    """One class or function of a file whose imports are not wanted."""
    tree = ast.parse(path.read_text())
    wanted = [n for n in tree.body if isinstance(n, (ast.ClassDef, ast.FunctionDef)) and n.name == name]
    exec(compile(ast.Module(wanted, []), str(path), "exec"), scope)
    return scope[name]


def key_of(spec):
    return spec["heads"] * spec["key_dim"]


class Torchscale(nn.Module):
    def __init__(self, d, spec, eps):
        super().__init__()
        folder = checkout("torchscale")
        args = Namespace(multiway=False, layernorm_eps=eps, decoder_embed_dim=d, recurrent_chunk_size=64,
                         decoder_retention_heads=spec["heads"])
        assert key_of(spec) == d, "torchscale's keys are as wide as the model"
        retention = importlib.import_module("torchscale.component.multiscale_retention")
        positions = taken(folder / "torchscale/architecture/retnet.py", "RetNetRelPos", {"torch": torch, "nn": nn})
        self.mixer = retention.MultiScaleRetention(args, d, spec["heads"] * spec["value_dim"], spec["heads"])
        self.positions = positions(args)

    def forward(self, x, segment):
        state, rows = {}, []
        for t in range(x.shape[1]):
            at = self.positions(t + 1, activate_recurrent=True)
            rows.append(self.mixer(x[:, t:t + 1], at, incremental_state=state))
        out = torch.cat(rows, 1)
        whole = self.mixer(x, self.positions(x.shape[1]))
        print(f"  torchscale's parallel form is {float((out - whole).abs().max() / (whole.max() - whole.min())):.1e} "
              "of the range away from its recurrent form")
        # they carry sums divided by the root of the sum of decays, of keys that they have scaled; (H, V, K)
        sums = state["prev_key_value"][0] * state["scale"].sqrt()[:, None, None] / self.mixer.scaling
        return out, (torch.zeros(0), sums.transpose(1, 2).flatten())


def make_glu(d, spec):
    folder = checkout("torchscale") / "torchscale/component"
    scope = {"torch": torch, "nn": nn, "F": F}
    taken(folder / "feedforward_network.py", "get_activation_fn", scope)
    activation = {"silu": "swish"}.get(spec["activation"], spec["activation"])
    return taken(folder / "gate_linear_unit.py", "GLU", scope)(d, spec["hidden"], activation, 0.0, 0.0)


# --- flash-linear-attention -----------------------------------------------------------------------

def unit(x):
    return x / torch.sqrt(x.square().sum(-1, keepdim=True) + 1e-6)


def shared(x, heads):
    """The kernels let several value heads read one head of q and k."""
    return x.repeat_interleave(heads // x.shape[2], 2)


class Fla:
    """Their modules, with plain torch where a kernel was; `state` is what the last recurrence left."""

    def __init__(self):
        checkout("flash-linear-attention")
        triton = importlib.import_module("triton")
        triton.autotune = triton.heuristics = lambda *a, **k: lambda kernel: kernel     # none is ever run
        take = importlib.import_module
        self.layers = {k: take("fla.layers." + k) for k in ("multiscale_retention", "gla", "delta_net", "gated_deltanet")}
        self.naive = {k: take(f"fla.ops.{k}.naive") for k in ("simple_gla", "retention", "gla", "delta_rule",
                                                             "gated_delta_rule")}
        self.gate = take("fla.ops.gated_delta_rule.gate").naive_gdn_gate
        norm, rotary, conv = (take("fla.modules." + k) for k in ("layernorm", "rotary", "conv.short_conv"))
        gated = take("fla.modules.fused_norm_gate")

        def rms(module, x, residual=None, prenorm=False, residual_in_fp32=False):
            one = torch.ones(x.shape[-1]) if module.weight is None else module.weight
            return norm.rms_norm_ref(x, one, None, residual, module.eps, prenorm)

        def short(module, x, cache=None, output_final_state=False, cu_seqlens=None):
            module.tail = F.pad(x[0].T, (module.kernel_size[0] - 1, 0)).T[x.shape[1]:]
            return F.silu(nn.Conv1d.forward(module, x.transpose(1, 2))[..., :x.shape[1]]).transpose(1, 2), None

        norm.RMSNorm.forward = rms
        gated.FusedRMSNormGated.forward = lambda module, x, g: rms(module, x) * F.silu(g)
        conv.ShortConvolution.forward = short
        rotary.rotary_embedding = lambda x, cos, sin, interleaved, **more: rotary.rotary_embedding_ref(
            x, cos[:x.shape[1]], sin[:x.shape[1]], interleaved)
        for layer, name, function in (("multiscale_retention", "retention", self.retention), ("gla", "gla", self.gla),
                                      ("delta_net", "delta_rule", self.delta),
                                      ("gated_deltanet", "gated_delta_rule", self.gated_delta)):
            for form in ("chunk", "fused_recurrent"):           # for short inputs they take the second
                setattr(self.layers[layer], f"{form}_{name}", function)
        # one convolution for q, k and v where nothing is cached: the same, by a kernel
        self.layers["gated_deltanet"].GatedDeltaNet._use_fused_qkv_conv = lambda *a: False

    def keep(self, out, state):
        self.state = state
        return out, state

    def retention(self, q, k, v, **more):
        gamma = (1 - torch.pow(2., -5. - torch.arange(q.shape[2]))).log().expand(q.shape[:3])
        out, state = self.naive["simple_gla"].naive_recurrent_simple_gla(q, k, v, gamma)
        whole = self.naive["retention"].naive_retention(*(x.transpose(1, 2) for x in (q, k, v))).transpose(1, 2)
        assert (out - whole).abs().max() <= 1e-5 * (whole.max() - whole.min()), "their two ways differ"
        return self.keep(out, state)

    def gla(self, q, k, v, g=None, gk=None, **more):
        g = gk if g is None else g
        return self.keep(*self.naive["gla"].naive_recurrent_gla(q, k, v, g, output_final_state=True))

    def delta(self, q, k, v, beta, use_qk_l2norm_in_kernel, **more):
        assert use_qk_l2norm_in_kernel
        q, k, v, beta = (x.transpose(1, 2) for x in (unit(q), unit(k), v, beta))
        out, state = self.naive["delta_rule"].delta_rule_recurrence(q, k, v, beta)
        return self.keep(out.transpose(1, 2), state)

    def gated_delta(self, q, k, v, g, beta, A_log, dt_bias, allow_neg_eigval, **more):
        assert more["use_qk_l2norm_in_kernel"] and more["use_gate_in_kernel"] and more["use_beta_sigmoid_in_kernel"]
        q, k = (shared(unit(x), v.shape[2]) for x in (q, k))
        beta = torch.sigmoid(beta) * (2 if allow_neg_eigval else 1)
        decay = self.gate(g, A_log, dt_bias)
        return self.keep(*self.naive["gated_delta_rule"].naive_recurrent_gated_delta_rule(
            q, k, v, beta, decay, output_final_state=True))


class FlaLayer(nn.Module):
    fla = None

    def __init__(self, d, spec, eps):
        super().__init__()
        FlaLayer.fla = FlaLayer.fla or Fla()
        heads, key, value = spec["heads"], spec["key_dim"], spec["value_dim"]
        more = {"hidden_size": d, "num_heads": heads, "norm_eps": eps, "mode": "chunk", "conv_size": spec.get("d_conv", 4)}
        wide = {"expand_k": heads * key / d, "expand_v": heads * value / d}
        if spec["kind"] == "retention":
            module = self.fla.layers["multiscale_retention"].MultiScaleRetention(
                **more, **wide, num_kv_heads=spec.get("kv_heads"), use_output_gate=spec.get("output_gate", True),
                elementwise_affine=spec.get("norm_weight", True))
        elif spec["kind"] == "gla":
            module = self.fla.layers["gla"].GatedLinearAttention(
                **more, **wide, num_kv_heads=spec.get("kv_heads"), use_output_gate=spec.get("output_gate", True),
                use_short_conv="d_conv" in spec, gate_logit_normalizer=spec.get("gate_logit_normalizer", 16),
                gate_low_rank_dim=spec.get("gate_low_rank_dim", 16), clamp_min=spec.get("clamp_min"))
        elif spec["kind"] == "delta_net":
            module = self.fla.layers["delta_net"].DeltaNet(
                **more, **wide, use_gate=spec.get("output_gate", False), use_beta=spec.get("use_beta", True),
                allow_neg_eigval=spec.get("allow_neg_eigval", False))
        else:
            module = self.fla.layers["gated_deltanet"].GatedDeltaNet(
                **more, head_dim=key, expand_v=value / key, num_v_heads=spec.get("v_heads"),
                use_gate=spec.get("output_gate", True), allow_neg_eigval=spec.get("allow_neg_eigval", False))
        assert (module.head_k_dim, module.head_v_dim) == (key, value)
        self.mixer = module.eval()

    def forward(self, x, segment):
        out, *_ = self.mixer(x, use_cache=True)
        conv = [getattr(self.mixer, n + "_conv1d", None) for n in "qkv"]
        tails = torch.zeros(0) if conv[0] is None else torch.cat([c.tail for c in conv], 1).flatten()
        return out, (tails, self.fla.state[0].flatten())


def make_mixer(d, spec, eps):
    if spec["kind"] == "glu":
        return make_glu(d, spec)
    return (Torchscale if spec.get("rotation") == "interleaved" else FlaLayer)(d, spec, eps)
