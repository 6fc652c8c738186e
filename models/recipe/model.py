# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stacks of layers as docs/model-format.md orders them: an encoder with a decoder, or a decoder alone."""
import torch
import torch.nn.functional as F
from torch import nn

from layers import Attention, CrossAttention, Layout, Mamba, Mamba2, Retention, RMSNorm, SwiGLU
from segment_layers import MLP, SSRU, LayerNorm, SegmentAttention, sinusoidal

KINDS = {"mamba": Mamba, "mamba2": Mamba2, "retention": Retention, "ssru": SSRU, "cross_attention": CrossAttention,
         "swiglu": SwiGLU, "mlp": MLP,
         "attention": lambda d, spec: (Attention if spec.get("window") else SegmentAttention)(d, spec)}
NORMS = {"rms": RMSNorm, "layer": LayerNorm}
ZERO = -1       # in place of a token id: a vector of zeros, what the decoder of a Marian model reads first


class Layer(nn.Module):
    """h + mixer (norm (h)), or norm (h + mixer (h))."""

    def __init__(self, d, spec):
        super().__init__()
        self.kind, self.after = spec["kind"], spec["norm_placement"] == "after"
        self.norm, self.mixer = NORMS[spec["norm"]](d, spec["eps"]), KINDS[self.kind](d, spec)

    def forward(self, h, layout, state, memory, same_segment):
        x = h if self.after else self.norm(h)
        if self.kind in ("swiglu", "mlp"):
            y, state = self.mixer(x), []
        elif self.kind == "cross_attention":
            y, state = self.mixer(x, memory, same_segment), []
        else:
            y, state = self.mixer(x, layout, state)
        return (self.norm(h + y) if self.after else h + y), state


class Stack(nn.Module):
    def __init__(self, d, specs, config):
        super().__init__()
        defaults = dict(norm=config.get("norm", "rms"), norm_placement=config.get("norm_placement", "before"),
                        eps=config["norm_eps"])
        self.layers = nn.ModuleList(Layer(d, defaults | spec) for spec in specs)
        self.norm_f = NORMS[defaults["norm"]](d, defaults["eps"]) if config.get("final_norm", True) else nn.Identity()

    def initial(self, batch):
        return [layer.mixer.initial(batch) for layer in self.layers]

    def forward(self, h, layout, state, memory=None, same_segment=None):
        after = []
        for layer, s in zip(self.layers, state):
            h, s = layer(h, layout, s, memory, same_segment)
            after.append(s)
        return self.norm_f(h), after


class Translator(nn.Module):
    """With encoder_layers the source goes through the encoder; without, one sequence holds
    `source <sep> target </s>` of segment after segment."""

    def __init__(self, config):
        super().__init__()
        d = config["d_model"]
        assert config["tie_embeddings"]
        assert config.get("positions", "none") == "none" or config["position_reset"] == "segment"
        self.config, self.scale = config, config["embedding_scale"]
        self.embeddings = nn.Embedding(config["vocab_size"], d)
        self.bias = nn.Parameter(torch.zeros(config["vocab_size"])) if config.get("output_bias") else None
        self.encoder = Stack(d, config["encoder_layers"], config) if config.get("encoder_layers") else None
        self.decoder = Stack(d, config["decoder_layers"], config)
        self.reset_parameters()

    def reset_parameters(self):
        d = self.config["d_model"]
        nn.init.normal_(self.embeddings.weight, std=d ** -0.5)
        depth = len(self.config.get("encoder_layers", ())) + len(self.config["decoder_layers"])
        for name, p in self.named_parameters():
            if name.endswith("_proj.weight"):
                nn.init.normal_(p, std=p.shape[1] ** -0.5)
                if name.endswith(("out_proj.weight", "o_proj.weight", "down_proj.weight")):
                    p.data.mul_(depth ** -0.5)

    def initial(self, batch):
        """The empty state of `batch` streams."""
        device = self.embeddings.weight.device
        stacks = (self.encoder.initial(batch) if self.encoder else [], self.decoder.initial(batch))
        return tuple([[x.to(device) for x in layer] for layer in stack] for stack in stacks)

    def embed(self, ids, layout):
        x = F.embedding(ids.clamp(min=0), self.embeddings.weight) * self.scale
        if self.config["segment"].get("target_start") == "zero":
            x = x * (ids != ZERO)[..., None]
        if self.config.get("positions", "none") == "sinusoidal":
            x = x + sinusoidal(layout.position, x.shape[-1])
        return x

    def logits(self, h, ids=None):
        """Of all tokens, or of those that `ids` names."""
        weight, bias = self.embeddings.weight, self.bias
        if ids is not None:
            weight, bias = weight[ids], None if bias is None else bias[ids]
        return F.linear(h, weight, bias)

    def forward(self, pieces, state):
        """pieces: the arrays of data.Streams but for the labels; returns h (B, L, d_model) where labels lie, and the state."""
        if not self.encoder:
            tokens, *layout = pieces
            layout = Layout(*layout)
            h, dec = self.decoder(self.embed(tokens, layout), layout, state[1])
            return h, ([], dec)
        source, s_doc, s_seg, s_len, target, t_doc, t_seg, t_len = pieces
        source_layout, target_layout = Layout(s_doc, s_seg, s_len), Layout(t_doc, t_seg, t_len)
        memory, enc = self.encoder(self.embed(source, source_layout), source_layout, state[0])
        same = target_layout.seg[:, :, None] == source_layout.seg[:, None, :]
        h, dec = self.decoder(self.embed(target, target_layout), target_layout, state[1], memory, same)
        return h, (enc, dec)


def tensor_names(config):
    """Parameter name here -> tensor name in the model file."""
    def name(n):
        if n == "embeddings.weight":
            return "backbone.embeddings.weight"
        if n == "bias":
            return "lm_head.bias"
        return n.replace("decoder.", "backbone.", 1) if n.startswith("decoder.") else n
    with torch.device("meta"):
        return {n: name(n) for n, _ in Translator(config).named_parameters()}
