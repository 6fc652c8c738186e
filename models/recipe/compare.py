#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Systems of one size, data and budget beside each other: trains what is missing and prints a table.

compare.py DATA RUNS [--tokens N] [--width D] [--systems NAME...] [--score SOURCE:TARGET...] [-- train.py options]
RUNS/NAME is the run of a system.  BLEU and chrF are of PyTorch's greedy output, each line on its own: some of the
systems have layers that the engine lacks.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import sacrebleu
import sentencepiece as spm
import torch

from model import Translator
from systems import FORMS
from translate import translate_lines


def scores(checkpoint, tokenizer, pairs, lines):
    model = Translator(checkpoint["config"])
    model.load_state_dict(checkpoint["model"])
    model.eval()
    for pair in pairs:
        source, target = (Path(p).read_text("utf-8").splitlines() for p in pair.split(":"))
        every = max(1, len(source) // lines)
        source, target = source[::every][:lines], target[::every][:lines]
        tokens = tokenizer.encode(source)
        out = tokenizer.decode(translate_lines(model, tokens, 50)[0])
        yield (Path(pair.split(":")[0]).name.split(".")[0], sacrebleu.corpus_bleu(out, [target]).score,
               sacrebleu.corpus_chrf(out, [target]).score)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--tokens", type=int, default=1_500_000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--systems", nargs="*", choices=sorted(FORMS), default=sorted(FORMS))
    parser.add_argument("--score", nargs="*", default=[], help="held-out SOURCE:TARGET files")
    parser.add_argument("--lines", type=int, default=500, help="lines of a file, spread evenly")
    parser.add_argument("options", nargs="*", help="for train.py, after --")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = spm.SentencePieceProcessor(model_file=str(args.data / "tokenizer.spm"))
    rows = []
    for name in args.systems:
        run = args.runs / name
        log = run / "log.jsonl"
        held = [json.loads(line) for line in log.read_text().splitlines() if '"valid"' in line] if log.exists() else []
        if not held or held[-1]["target_tokens"] < args.tokens:
            done = subprocess.run([sys.executable, Path(__file__).with_name("train.py"), args.data, run, "--system", name,
                                   "--width", str(args.width), "--tokens", str(args.tokens), "--cooldown", "50",
                                   "--score", *args.score, *args.options])
            if done.returncode:
                sys.exit(f"{name}: train.py ended with {done.returncode}")
            held = [json.loads(line) for line in log.read_text().splitlines() if '"valid"' in line]
        rates = sorted(json.loads(line)["target_tokens_per_s"] for line in log.read_text().splitlines() if "per_s" in line)
        checkpoint = torch.load(run / "checkpoint.pt", weights_only=True)
        size = sum(v.numel() for v in checkpoint["model"].values())
        loss = {k: v for k, v in held[-1].items() if k not in ("step", "target_tokens")}
        quality = list(scores(checkpoint, tokenizer, args.score, args.lines))
        if not rows:
            head = ["system", "parameters", "tokens/s", *(f"loss {k}" for k in loss), *(f"{n} BLEU, chrF" for n, _, _ in quality)]
            print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        rows.append(name)
        print("| " + " | ".join([name, f"{size / 1e6:.2f} M", str(rates[int(0.9 * (len(rates) - 1))]), *(f"{v:.3f}" for v in loss.values()),
                                 *(f"{b:.1f}, {c:.1f}" for _, b, c in quality)]) + " |", flush=True)


if __name__ == "__main__":
    main()
