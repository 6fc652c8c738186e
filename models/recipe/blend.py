#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Between two states of one model: what it was before it was trained on, and after [Wortsman et al. 2022, arXiv 2109.01903].

blend.py BEFORE RUN/checkpoint.pt OUT.pt --share 0.2
BEFORE: checkpoint or model folder that the run began with (train.py --init).  OUT.pt: a checkpoint for export.py --weights last,
of `share` times the weights before and the rest those after, the mean of the last and the smoothed ones.
What a short training on one kind of text has cost elsewhere mostly comes back for a small share of what it has gained.
"""
import argparse
from pathlib import Path

import torch

from train import start_of


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.2, help="of the weights before (%(default)s)")
    args = parser.parse_args()
    before, after = start_of(args.before)["model"], torch.load(args.after, weights_only=True)
    smoothed = dict(zip(after["names"], after["ema"]))
    for name, last in after["model"].items():
        if before[name].shape != last.shape:
            raise SystemExit(f"{name} has another shape in {args.before}: they are not of one model")
        now = (last + smoothed[name]) / 2 if name in smoothed else last
        after["model"][name] = torch.lerp(now.float(), before[name].float(), args.share)
    torch.save(after, args.out)


if __name__ == "__main__":
    main()
