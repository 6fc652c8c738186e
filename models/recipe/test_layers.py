#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every layer with a state: cut anywhere it gives what it gives whole, and a new document knows nothing of the last.
Run with pytest or by itself."""
import torch

from data import Streams
from layers import Layout
from model import KINDS, Translator
from systems import FORMS, config_of

WIDTH, LENGTH = 128, 150


def mixers():
    """Kinds with a state, as the systems use them; attention both ways only within whole segments."""
    seen = {}
    for form in FORMS.values():
        for spec in sum(form(WIDTH), []):
            if spec["kind"] in ("swiglu", "cross_attention") or spec.get("within_segment"):
                continue
            seen[spec["kind"], spec.get("window")] = dict(spec, eps=1e-5)
    torch.manual_seed(1)
    for spec in seen.values():
        layer = KINDS[spec["kind"]](WIDTH, spec)
        for name, p in layer.named_parameters():
            if name.endswith("bias") and p.dim() == 1:
                p.data += 0.1 * torch.randn_like(p)
        yield spec, layer.eval()


def layout(doc, seg):
    return Layout(doc.to(torch.int32), seg.to(torch.int32), torch.full((len(doc),), doc.shape[1]))


def close(a, b):
    assert (a - b).abs().max() <= 2e-5 * b.abs().max(), (a - b).abs().max().item()


@torch.no_grad()
def test_cut_anywhere():
    for spec, layer in mixers():
        h = torch.randn(3, LENGTH, WIDTH)
        doc, seg = torch.zeros(3, LENGTH), (torch.arange(LENGTH) // 10).expand(3, -1)
        whole, _ = layer(h, layout(doc, seg), layer.initial(3))
        state, at, parts = layer.initial(3), 0, []
        for n in (10, 50, 70, 20):
            y, state = layer(h[:, at:at + n], layout(doc[:, at:at + n], seg[:, at:at + n]), state)
            parts.append(y)
            at += n
        close(torch.cat(parts, 1), whole)
        if not spec.get("bidirectional"):
            state, parts = layer.initial(3), []
            for t in range(40):
                y, state = layer(h[:, t:t + 1], layout(doc[:, :1], seg[:, t:t + 1]), state)
                parts.append(y)
            close(torch.cat(parts, 1), whole[:, :40])


@torch.no_grad()
def test_padding_changes_no_state():
    for _, layer in mixers():
        h, zero = torch.randn(2, 30, WIDTH), torch.zeros(2, 30)
        _, short = layer(h[:, :20], layout(zero[:, :20], zero[:, :20]), layer.initial(2))
        padded = Layout(zero.to(torch.int32), torch.where(torch.arange(30) < 20, 0, -1).expand(2, -1), torch.tensor([20, 20]))
        _, long = layer(h, padded, layer.initial(2))
        for a, b in zip(long, short):
            close(a.float(), b.float() + 1e-30)


@torch.no_grad()
def test_new_document_starts_fresh():
    for _, layer in mixers():
        h = torch.randn(1, 60, WIDTH)
        doc, seg = (torch.arange(60) >= 30).float()[None], (torch.arange(60) // 30)[None]
        both, after = layer(h, layout(doc, seg), layer.initial(1))
        alone, state = layer(h[:, 30:], layout(doc[:, 30:] * 0, seg[:, 30:]), layer.initial(1))
        close(both[:, 30:], alone)
        if "Retention" not in type(layer).__name__:       # its count of tokens turns keys and queries alike
            for a, b in zip(after, state):
                a, b = a.float(), b.float()
                seen = after[1] if a.dim() == 3 and after[1].dtype == torch.bool else None
                close(a * seen[..., None] if seen is not None else a, (b * seen[..., None] if seen is not None else b) + 1e-30)


@torch.no_grad()
def test_systems_read_streams():
    """One stream cut into pieces by data.py: the loss of its tokens does not depend on where it is cut."""
    g = torch.Generator().manual_seed(2)
    lengths = torch.randint(3, 12, (2, 60), generator=g).numpy()
    tokens = [torch.randint(5, 300, (int(n.sum()),), generator=g).numpy() for n in lengths]
    from data import Corpus
    for name in FORMS:
        config = config_of(name, 64, 300, "en", "de", "none")
        torch.manual_seed(3)
        model, sums = Translator(config).eval(), []
        for piece in (40, 77):
            corpus = Corpus(dict(source=tokens[0], target=tokens[1], source_length=lengths[0], target_length=lengths[1],
                                 first=torch.arange(60).numpy() % 25 == 0))
            streams, state, total, count = Streams(corpus, 1, piece, config, once=True), model.initial(1), 0.0, 0
            while True:
                *pieces, label = streams.next()
                if not (label >= 0).any():
                    break
                h, state = model(pieces, state)
                total += torch.nn.functional.cross_entropy(model.logits(h)[0], label[0], reduction="sum").item()
                count += int((label >= 0).sum())
            sums.append(total)
            assert count == int(lengths[1].sum()) + 60
        assert abs(sums[0] - sums[1]) < 1e-4 * sums[0], (name, sums)


if __name__ == "__main__":
    for test in (test_cut_anywhere, test_padding_changes_no_state, test_new_document_starts_fresh, test_systems_read_streams):
        test()
        print(test.__name__, "ok")
