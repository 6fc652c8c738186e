# SPDX-License-Identifier: LGPL-2.1-or-later
"""The model card: what a folder holds, what it was trained on under which licences, what it scores."""
import json
import re

CLASSES = {"A": "attribution or permissive (CC-BY, Apache-2.0, MIT, BSD, public domain)",
           "B": "share-alike (CC-BY-SA, CDLA-Sharing)",
           "C": "copyleft or mixed free (GPL, LGPL, MPL, GFDL, OPL)",
           "-": "as the maker of the model has them"}
NAMES = {"mamba2": "Mamba-2", "mamba": "Mamba", "attention": "attention", "cross_attention": "cross-attention",
         "swiglu": "SwiGLU", "retention": "retention", "ssru": "SSRU", "mlp": "MLP"}


def stack_text(layers):
    """3 x (Mamba-2, attention both ways within a cue (window 64), SwiGLU)"""
    words = [NAMES[s["kind"]] + (" both ways within a cue" if s.get("bidirectional") else "")
             + (f" (window {s['window']})" if "window" in s else "") for s in layers]
    for n in range(1, len(words) + 1):
        if len(words) % n == 0 and words == words[:n] * (len(words) // n):
            return f"{len(words) // n} x ({', '.join(words[:n])})"


def corpora_text(corpora):
    lines = []
    for letter, meaning in CLASSES.items():
        rows = sorted((n, c) for c, v in corpora.items() if v["licence_class"] == letter and (n := v["rows_per_epoch"]))
        if rows:
            lines.append(f"  - {meaning}: " + ", ".join(f"{c} {n:,}" for n, c in reversed(rows)))
    return "\n".join(lines)


BEGAN = "It began as "


def origin_of(folder):
    """What the card of a model says it began as, or None."""
    card = folder / "README.md"
    found = re.search(rf"^- {BEGAN}(.*)\.$", card.read_text("utf-8"), re.M) if card.exists() else None
    return found and found[1]


def scores_text(scores):
    """scores: rows of (test set, BLEU, chrF), greedy."""
    table = "\n".join(f"| {name} | {bleu:.1f} | {chrf:.1f} |" for name, bleu, chrf in scores)
    return ("Greedy, each line on its own, these weights, through the engine (all figures: docs/quality.md):\n\n"
            f"| test set | BLEU | chrF |\n|---|---|---|\n{table}\n\n")


def card(name, checkpoint, dtype, size, data, scores, tokens_before=0):
    config = checkpoint["config"]
    corpora = json.loads((data / "corpus.json").read_text())
    parameters = sum(v.numel() for v in checkpoint["model"].values())
    language = config["languages"]
    seen = checkpoint["tokens"] + tokens_before
    origin = checkpoint.get("origin")
    encoder = f"encoder of {stack_text(config['encoder_layers'])}, " if config["encoder_layers"] else ""
    return f"""# {name}

Translates captions and other text from `{language['source']}` to `{language['target']}`; made by models/recipe of ssmtranslate.

- {encoder}decoder of {stack_text(config['decoder_layers'])}; d_model {config['d_model']}, {config['vocab_size']:,} SentencePiece
  pieces, {parameters / 1e6:.1f} M parameters, {size / 1e6:.1f} MB ({dtype.upper()}{', a scale a row; recurrence parameters in F32' if dtype == 'i8' else ''}).
  The state of each stack is carried from cue to cue.
- Trained on {seen / 1e6:.1f} M target tokens in {checkpoint['step']:,} steps of this run, {"on" if origin else "from nothing but"} the parallel text below (rows an epoch{"; kd-: its targets were written by a model" if any(c.startswith("kd-") for c in corpora) else ""}):
{corpora_text(corpora)}
{f"- {BEGAN}{origin}." + chr(10) if origin else ""}- Licence: {config['license']}, {"that of what it began as and the strictest of the texts'" if origin else "the strictest of the data's"}.

{scores_text(scores) if scores else ''}Limits: a small model{"" if origin else " that has read little"}. Plain sentences come out well; idioms, rare words, names and long sentences often do not.
Do not use it where a wrong translation does harm.
"""
