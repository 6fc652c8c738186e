#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the guard costs: processor time and BLEU of texts with it and without it, both ways in turn.

guard-cost.py SSMT MODEL:SOURCE[:REFERENCE]... [--rounds 5] [--options "--context none"]

For each text the least time of each way over all rounds, without the time that an empty text takes, the quotient of the two and
the middle one of the quotients of the rounds, how many lines differ and, with a reference and sacreBLEU, both scores.
Only on a machine on which nothing else runs.
"""
import argparse
import os
import statistics
import subprocess
import tempfile

WAYS = {"with": [], "without": ["--no-guard"]}


def translate(command, text, out):
    """Processor seconds of one run."""
    with open(text) as source, open(out, "w") as target:
        child = subprocess.Popen(command, stdin=source, stdout=target, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode > 1:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime


def bleu(out, reference):
    try:
        import sacrebleu
    except ImportError:
        return "-"
    hypotheses, references = (open(f, encoding="utf-8").read().split("\n")[:-1] for f in (out, reference))
    return f"{sacrebleu.corpus_bleu(hypotheses, [references]).score:.2f}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("ssmt")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--options", default="--threads 1")
    args = parser.parse_args()
    print("| model, text | with | without | quotient | middle of rounds | lines that differ | BLEU with, without |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for text in args.texts:
            model, source, *reference = text.split(":")
            runs = {way: [args.ssmt, "translate", "--model", model, *args.options.split(), *options] for way, options in WAYS.items()}
            out = {way: os.path.join(folder, way) for way in WAYS}
            empty = min(translate(runs["with"], os.devnull, os.devnull) for _ in range(3))
            rounds = [{way: translate(runs[way], source, out[way]) - empty for way in WAYS} for _ in range(args.rounds)]
            best = {way: min(r[way] for r in rounds) for way in WAYS}
            lines = [open(out[way], encoding="utf-8").read().split("\n") for way in WAYS]
            differ = sum(a != b for a, b in zip(*lines))
            scores = ", ".join(bleu(out[way], reference[0]) for way in WAYS) if reference else "-"
            middle = statistics.median(r["with"] / r["without"] for r in rounds)
            print(f"| {os.path.basename(model)}, {os.path.basename(source)} | {best['with']:.2f} s | {best['without']:.2f} s | "
                  f"{best['with'] / best['without']:.3f} | {middle:.3f} | {differ} of {len(lines[0]) - 1} | {scores} |", flush=True)


if __name__ == "__main__":
    main()
