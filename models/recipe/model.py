# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stacks of layers as docs/model-format.md orders them: an encoder with a decoder, or a decoder alone."""
import torch
import torch.nn.functional as F
from torch import nn

from layers import KINDS, Layout, RMSNorm


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
    """With encoder_layers the source goes through the encoder; without, one sequence holds
    `source <sep> target </s>` of segment after segment."""

    def __init__(self, config):
        super().__init__()
        d, eps = config["d_model"], config["norm_eps"]
        assert config["tie_embeddings"]
        self.config, self.scale = config, config["embedding_scale"]
        self.embeddings = nn.Embedding(config["vocab_size"], d)
        self.encoder = Stack(d, config["encoder_layers"], eps) if config.get("encoder_layers") else None
        self.decoder = Stack(d, config["decoder_layers"], eps)
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

    def embed(self, ids):
        return F.embedding(ids, self.embeddings.weight) * self.scale

    def logits(self, h):
        return F.linear(h, self.embeddings.weight)

    def forward(self, pieces, state):
        """pieces: the arrays of data.Streams but for the labels; returns h (B, L, d_model) where labels lie, and the state."""
        if not self.encoder:
            tokens, *layout = pieces
            h, dec = self.decoder(self.embed(tokens), Layout(*layout), state[1])
            return h, ([], dec)
        source, s_doc, s_seg, s_len, target, t_doc, t_seg, t_len = pieces
        source_layout, target_layout = Layout(s_doc, s_seg, s_len), Layout(t_doc, t_seg, t_len)
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
