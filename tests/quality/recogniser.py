#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the policies make of a recogniser that rewrites its words.

recogniser.py MODEL RECORDING... [--output PREFIX]

A recording is what a recogniser wrote, lines of JSON: {"text", "final", "start", "end", "time"}, seconds; "time" is when the
line was there (pipelines/live/whisper.py --stamps). Each is a document. For each policy a row:

  chrF     of what was committed, against the translation of the final texts as they are
  wrong    words of 100 that were committed and are not in that translation, in its order
  delay    seconds from a word's being said (the words of a line, evenly over its time) to its being committed, the mean
  first    the same for the first word of each line
  NE       words that were shown, committed or not, and taken back, per word in the end

Through the library's typelib: in a shell of `meson devenv -C build`.
"""
import argparse
import collections
import json

import gi
gi.require_version("Ssmt", "1.0")
from gi.repository import Ssmt  # noqa: E402

POLICIES = Ssmt.Policy.FINAL, Ssmt.Policy.LOCAL_AGREEMENT, Ssmt.Policy.ALIGN_ATT
Word = collections.namedtuple("Word", "text time")


def read_lines(path):
    """The final lines, each with its interim texts before it."""
    lines, texts = [], []
    with open(path) as file:
        for event in map(json.loads, file):
            texts.append(event)
            if event["final"]:
                if event["text"]:
                    lines.append(texts)
                texts = []
    return lines


def make_stream(model, policy):
    params = Ssmt.StreamParams.new()
    params.policy = policy
    return Ssmt.Stream.new(model, params)


def translate_final(model, lines):
    stream = make_stream(model, Ssmt.Policy.FINAL)
    return [stream.translate(texts[-1]["text"], Ssmt.TranslateFlags.NONE, None).get_text() for texts in lines]


def count_common(a, b):
    n = 0
    while n < len(a) and n < len(b) and a[n] == b[n]:
        n += 1
    return n


class Run:
    """One policy over the recordings."""

    def __init__(self, policy):
        self.policy, self.out, self.delays, self.firsts = policy, [], [], []
        self.n_erased = self.n_revisions = 0

    def play(self, model, lines):
        stream = make_stream(model, self.policy)
        for texts in lines:
            self.play_line(stream, texts)

    def compare(self, reference):
        """What there is to say about it, by name."""
        words = [line.split() for line in self.out]
        n = max(1, sum(map(len, words)))
        same = sum(count_same(a, b.split()) for a, b in zip(words, reference))
        return {"chrF": get_chrf(self.out, reference), "wrong": 100 * (n - same) / n, "delay": mean(self.delays),
                "first": mean(self.firsts), "NE": self.n_erased / n}

    def play_line(self, stream, texts):
        words, shown = [], []
        for event in texts:
            flags = Ssmt.TranslateFlags.NONE if event["final"] else Ssmt.TranslateFlags.GROWING
            result = stream.translate(event["text"], flags, None)
            words += [Word(text, event["time"]) for text in result.get_committed().split()]
            now = [word.text for word in words] + result.get_tail().split()
            self.n_erased += len(shown) - count_common(shown, now)
            self.n_revisions += 1
            shown = now
        start, end = texts[-1]["start"], texts[-1]["end"]
        delays = [word.time - start - (end - start) * (i + 1) / len(words) for i, word in enumerate(words)]
        self.delays += delays
        self.firsts += delays[:1]
        self.out.append(" ".join(word.text for word in words))


def get_grams(text, n):
    text = "".join(text.split())
    return collections.Counter(text[i:i + n] for i in range(len(text) - n + 1))


def get_chrf(out, reference):
    """chrF2 of all lines, n-grams of 1 to 6."""
    score = []
    for n in range(1, 7):
        pairs = [(get_grams(a, n), get_grams(b, n)) for a, b in zip(out, reference)]
        hits = sum((a & b).total() for a, b in pairs)
        precision = hits / max(1, sum(a.total() for a, _ in pairs))
        recall = hits / max(1, sum(b.total() for _, b in pairs))
        score.append(5 * precision * recall / max(4 * precision + recall, 1e-9))
    return 100 * sum(score) / len(score)


def count_same(a, b):
    """Words of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for x in a:
        last, row = row, [0]
        for j, y in enumerate(b):
            row.append(last[j] + 1 if x == y else max(row[j], last[j + 1]))
    return row[-1]


def mean(values):
    return sum(values) / max(1, len(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("recordings", nargs="+")
    parser.add_argument("--output", help="write what was committed to PREFIX.POLICY, and the final translations to PREFIX.reference")
    options = parser.parse_args()
    model = Ssmt.Model.load(options.model, "cpu", 1)
    recordings = [read_lines(path) for path in options.recordings]
    reference = [line for lines in recordings for line in translate_final(model, lines)]
    outputs = {"reference": reference}
    print(f"{'policy':16} {'lines':>6} {'texts':>6} {'chrF':>6} {'wrong':>6} {'delay':>6} {'first':>6} {'NE':>6}")
    for policy in POLICIES:
        run = Run(policy)
        for lines in recordings:
            run.play(model, lines)
        row = run.compare(reference)
        print(f"{policy.value_nick:16} {len(run.out):6} {run.n_revisions:6} {row['chrF']:6.1f} {row['wrong']:6.1f} "
              f"{row['delay']:6.2f} {row['first']:6.2f} {row['NE']:6.2f}")
        outputs[policy.value_nick] = run.out
    if options.output:
        for name, lines in outputs.items():
            with open(f"{options.output}.{name}", "w") as file:
                file.writelines(line.replace("\n", " ") + "\n" for line in lines)


if __name__ == "__main__":
    main()
