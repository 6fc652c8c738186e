#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws training and validation loss over target tokens: curves.py OUT.png RUN..."""
import json
import sys
from pathlib import Path


def read(run):
    """(tokens, training loss) and, by set, (tokens, validation loss)."""
    training, held, tokens = [], {}, 0
    for line in (run / "log.jsonl").read_text().splitlines():
        row = json.loads(line)
        tokens = row.get("target_tokens", tokens)
        if "loss" in row:
            training.append((tokens, row["loss"]))
        else:
            for name in row.keys() - {"step", "target_tokens"}:
                held.setdefault(name, []).append((tokens, row[name]))
    return training, held


def draw(runs, out):
    """One figure of several runs; without matplotlib there is none."""
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for i, run in enumerate(runs):
        training, held = read(Path(run))
        colour = f"C{i}" if len(runs) > 1 else "0.6"
        if len(runs) == 1:
            axes.plot(*zip(*[(t / 1e6, v) for t, v in training]), color=colour, linewidth=0.8, label="training, smoothed labels")
        for k, (name, points) in enumerate(sorted(held.items())):
            if len(runs) > 1 and name != "valid":
                continue
            axes.plot(*zip(*[(t / 1e6, v) for t, v in points]), marker="o", markersize=3,
                      color=colour if len(runs) > 1 else f"C{k}", label=Path(run).name if len(runs) > 1 else name)
    axes.set_xlabel("target tokens, millions")
    axes.set_ylabel("cross-entropy, nats a target token")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(out, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    draw([Path(r) for r in sys.argv[2:]], sys.argv[1])
