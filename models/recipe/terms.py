#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a glossary is worth: terms and lines from parallel files, translated with them and without.

terms.py MODEL SOURCE:REFERENCE... --out FOLDER [--ssmt PROGRAM] [--lines N]

A term is a word of the source and the word of the reference that it is aligned to (`ssmt align`), where the model says
another in at least one line: what a user would write into a glossary. A line is one with a term that the model gets wrong, or else
right, and with no term that its reference has not. Writes terms.tsv, source, reference and translations to FOLDER, and prints a row
each way: the share of occurrences of terms with their target or a form of it, of lines where all are right, BLEU and chrF.
"""
import argparse
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from sacrebleu.metrics import BLEU, CHRF

LEAST_LETTERS = 4
LEAST_SEEN = 2      # lines that align the two words
COMMON = 0.02       # of the lines: words that are in more are no terms
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def read(path):
    return Path(path).read_text("utf-8").removesuffix("\n").split("\n")


def run(command, lines):
    done = subprocess.run(command, input="".join(line + "\n" for line in lines), stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return done.stdout.removesuffix("\n").split("\n")


def only_word(token):
    found = WORD.fullmatch(token.strip(".,;:!?\"'()“”…"))
    return found.group().lower() if found and len(found.group()) >= LEAST_LETTERS else None


def is_form(word, target):
    """The rule of docs/glossary.md, said once more."""
    word, target = word.lower(), target.lower()
    same = 0
    while same < min(len(word), len(target)) and word[same] == target[same]:
        same += 1
    longest = max(len(word), len(target))
    return word == target or (same >= max(4, 0.6 * longest) and longest - same <= 4)


def count_lacking(targets, text):
    words = WORD.findall(text)
    lacking = 0
    for target in targets:
        found = next((i for i, word in enumerate(words) if is_form(word, target)), None)
        if found is None:
            lacking += 1
        else:
            del words[found]
    return lacking


def find_pairs(args, source, reference):
    """(word, target) to the lines that align them, as `ssmt align` does."""
    pairs = defaultdict(list)
    links = run([args.ssmt, "align", "--threads", "1", "--model", str(args.model)],
                [f"{s}\t{r}" for s, r in zip(source, reference)])
    for i, (s, r, link) in enumerate(zip(source, reference, links, strict=True)):
        s, r = s.split(), r.split()
        both = [tuple(map(int, pair.split("-"))) for pair in link.split()]
        uses = Counter(a for a, _ in both)
        for a, b in both:
            if a < len(s) and b < len(r) and uses[a] == 1 and only_word(s[a]) and only_word(r[b]):
                pairs[only_word(s[a]), only_word(r[b])].append(i)
    return pairs


def choose_terms(pairs, source, first):
    """Each word's target: the one that the model lacks most often where the reference has it."""
    seen = Counter(word for s in source for word in {only_word(token) for token in s.split()} if word)
    best = {}
    for (word, target), where in pairs.items():
        wrong = sum(count_lacking([target], first[i]) for i in set(where))
        if len(set(where)) < LEAST_SEEN or wrong == 0 or seen[word] > COMMON * len(source) or is_form(word, target):
            continue
        if wrong > best.get(word, ("", 0))[1]:
            best[word] = (target, wrong)
    return {word: target for word, (target, _) in best.items()}


def choose_lines(terms, source, reference, first, n):
    """Numbers of lines, and the targets of each: first where the model is wrong."""
    wrong, right = [], []
    for i, s in enumerate(source):
        targets = [terms[word.lower()] for word in WORD.findall(s) if word.lower() in terms]
        if targets and count_lacking(targets, reference[i]) == 0:
            (wrong if count_lacking(targets, first[i]) else right).append((i, targets))
    print(f"{len(wrong)} lines with a term that the model says otherwise, {len(right)} others")
    return sorted((wrong + right)[:n])


def report(name, out, reference, targets):
    lacking = [count_lacking(t, o) for t, o in zip(targets, out, strict=True)]
    n = sum(map(len, targets))
    lines = sum(1 for missing in lacking if missing == 0)
    print(f"| {name} | {100 * (n - sum(lacking)) / n:.1f} % | {100 * lines / len(out):.1f} % "
          f"| {BLEU().corpus_score(out, [reference]).score:.2f} | {CHRF().corpus_score(out, [reference]).score:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SOURCE:REFERENCE")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ssmt", default="ssmt")
    parser.add_argument("--lines", type=int, default=500)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    sides = [[read(path) for path in given.split(":")] for given in args.sets]
    source, reference = (sum((side[i] for side in sides), []) for i in range(2))
    kept = [i for i, (s, r) in enumerate(zip(source, reference)) if s.strip() and r.strip() and "\t" not in s + r]
    source, reference = ([side[i] for i in kept] for side in (source, reference))
    translate = [args.ssmt, "translate", "--model", str(args.model), "--threads", "1", "--context", "none"]
    first = run(translate, source)
    terms = choose_terms(find_pairs(args, source, reference), source, first)
    chosen = choose_lines(terms, source, reference, first, args.lines)
    targets = [t for _, t in chosen]
    source, reference = ([side[i] for i, _ in chosen] for side in (source, reference))
    used = {word: terms[word] for s in source for word in map(str.lower, WORD.findall(s)) if word in terms}
    (args.out / "terms.tsv").write_text("".join(f"{word}\t{target}\n" for word, target in sorted(used.items())), "utf-8")
    for name, side in (("source", source), ("reference", reference)):
        (args.out / name).write_text("".join(line + "\n" for line in side), "utf-8")
    print(f"{len(used)} terms, {len(source)} lines\n\n| how | occurrences right | lines right | BLEU | chrF |\n|---|---|---|---|---|")
    for name, options in (("without", []), ("with `--glossary`", ["--glossary", str(args.out / "terms.tsv")]),
                          ("the same pairs by `--prime`", ["--prime", str(args.out / "terms.tsv")])):
        out = run(translate + options, source)
        (args.out / ("out-" + (options[0].strip("-") if options else "without"))).write_text("".join(o + "\n" for o in out), "utf-8")
        report(name, out, reference, targets)


if __name__ == "__main__":
    main()
