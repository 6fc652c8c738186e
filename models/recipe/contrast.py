#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a model uses the cue before: pairs of translations that only it can tell apart, by `ssmt score`.

contrast.py MODEL [FILE] [--ssmt PROGRAM] [--wrong]
FILE (contrast.LANGUAGES.tsv beside this program) has in each row, between tabs: a phenomenon, a source line, two translations of it, a cue and its
translation after which the first is right, and a cue and its translation after which the second is.  So each row is two
questions, and a model that does not look at the cue before answers just one of them right: 50 % is what no memory has.
After Mueller et al., A Large-Scale Test Set for the Evaluation of Context-Aware Pronoun Translation (WMT 2018).
"""
import argparse
import json
import math
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def questions_of(path):
    """(phenomenon, cue before, its translation, source, right, wrong)"""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        row = line.split("\t")
        if len(row) != 8 or not all(row):
            raise SystemExit(f"{path}:{number}: eight columns are needed")
        phenomenon, source, first, second, *cues = row
        yield phenomenon, cues[0], cues[1], source, first, second
        yield phenomenon, cues[2], cues[3], source, second, first


def scored(program, model, questions):
    """For each question whether its right translation has the higher probability: with the cue before, and without."""
    text = "".join(f"{cue}\t{meaning}\n{source}\t{right}\t{wrong}\n\n" for _, cue, meaning, source, right, wrong in questions)
    done = subprocess.run([program, "score", "--model", str(model)], input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          encoding="utf-8", check=True)
    rows = [[float(x) for x in line.split("\t")] for line in done.stdout.splitlines() if line]
    if [len(r) for r in rows] != [2, 4] * len(questions):
        raise SystemExit(f"ssmt score: {len(rows)} rows for {len(questions)} questions")
    return [[row[k] > row[k + 2] for k in (0, 1)] for row in rows[1::2]]


def file_of(pair):
    return HERE / f"contrast.{pair}.tsv"


def p_of(right, count):
    """Of a fair coin having as many right or more."""
    return sum(math.comb(count, k) for k in range(right, count + 1)) / 2 ** count


def rows_of(program, model, path, wrong=None):
    """A row for each phenomenon and one for all: percentages of right answers.  To `wrong` goes what was answered wrongly with the cue before."""
    questions = list(questions_of(path))
    answers, rows = scored(program, model, questions), []
    for name in [*dict.fromkeys(q[0] for q in questions), "all"]:
        some = [a for q, a in zip(questions, answers) if name in (q[0], "all")]
        carried, fresh = (sum(a[k] for a in some) for k in (0, 1))
        rows.append(dict(phenomenon=name, questions=len(some), fresh=100 * fresh / len(some), carried=100 * carried / len(some), p=p_of(carried, len(some))))
    if wrong is not None:
        wrong += [q for q, a in zip(questions, answers) if not a[0]]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--ssmt", default="ssmt")
    parser.add_argument("--wrong", action="store_true", help="print the questions that are answered wrongly with the cue before")
    args = parser.parse_args()
    languages = json.loads((args.model / "config.json").read_text("utf-8"))["languages"]
    wrong = []
    print("phenomenon\tquestions\tright without\twith the state\tp")
    for row in rows_of(args.ssmt, args.model, args.file or file_of("{source}-{target}".format(**languages)), wrong):
        print("{phenomenon}\t{questions}\t{fresh:.0f} %\t{carried:.0f} %\t{p:.3f}".format(**row))
    for question in wrong if args.wrong else ():
        print("\t".join(question))


if __name__ == "__main__":
    main()
