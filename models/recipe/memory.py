#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a carried state is worth: documents translated with it and line by line, through the engine.

memory.py MODEL SET... [--ssmt PROGRAM] [--out FOLDER]
SET: NAME=SOURCE:REFERENCE[:DOCUMENTS], files of one line a segment; DOCUMENTS names the document of each line, up to a colon (all
lines are one document without it).  Prints a row a set: BLEU and chrF, p of a paired bootstrap (1,000 samples) where they are documents.
"""
import argparse
import subprocess
from pathlib import Path

from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest


def lines(path):
    return Path(path).read_text("utf-8").removesuffix("\n").split("\n")


def translate(args, source, documents, context):
    """Each document in a process of its own; without context all at once."""
    command = [args.ssmt, "translate", "--model", str(args.model), "--context", context]
    if context == "none":
        documents = [range(len(source))]
    out = [None] * len(source)
    for rows in documents:
        text = "".join(source[i] + "\n" for i in rows)
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True)
        for i, line in zip(rows, done.stdout.removesuffix("\n").split("\n"), strict=True):
            out[i] = line
    return out


def documents_of(names):
    rows = {}
    for i, name in enumerate(names):
        rows.setdefault(name.split(":")[0], []).append(i)
    return list(rows.values())


def p_value(metric, systems, reference):
    _, table = PairedTest([(name, out) for name, out in systems.items()], {"metric": metric(references=[reference])},
                          references=None, test_type="bs", n_samples=1000)()
    return list(table.values())[-1][1].p_value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--ssmt", default="ssmt")
    parser.add_argument("--out", type=Path, help="keeps the translations there")
    args = parser.parse_args()
    print("| set | lines, documents | line by line: BLEU, chrF | carried: BLEU, chrF | p of BLEU, chrF |\n|---|---|---|---|---|")
    for given in args.sets:
        name, files = given.split("=", 1)
        source, reference, *names = map(lines, files.split(":"))
        documents = documents_of(names[0]) if names else [list(range(len(source)))]
        systems = {context: translate(args, source, documents, context) for context in ("none", "document")}
        if args.out:
            args.out.mkdir(parents=True, exist_ok=True)
            for context, out in systems.items():
                (args.out / f"{name}.{context}").write_text("".join(line + "\n" for line in out), "utf-8")
        scores = [f"{BLEU().corpus_score(out, [reference]).score:.2f}, {CHRF().corpus_score(out, [reference]).score:.2f}"
                  for out in systems.values()]
        p = ", ".join(f"{p_value(metric, systems, reference):.3f}" for metric in (BLEU, CHRF)) if names else "-"
        print(f"| {name} | {len(source)}, {len(documents)} | {scores[0]} | {scores[1]} | {p} |", flush=True)


if __name__ == "__main__":
    main()
