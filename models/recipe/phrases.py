# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people say and no teacher that reads word by word can translate ("Shut up!", "half past four"): whole cues, written by hand.

phrases.SOURCE-TARGET.tsv has a pair in each line; {h} stands for an hour.  prepare.py strews them among the documents."""
from pathlib import Path

HOURS = {("en", "pt"): "two|duas three|três four|quatro five|cinco six|seis seven|sete eight|oito nine|nove ten|dez eleven|onze"}


class Phrases:
    def __init__(self, source, target, rng):
        path = Path(__file__).resolve().parent / f"phrases.{source}-{target}.tsv"
        self.rng, self.pairs = rng, [tuple(line.split("\t")) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        self.hours = [hour.split("|") for hour in HOURS.get((source, target), "").split()]

    def pick(self):
        pair = self.rng.choice(self.pairs)
        if "{h}" not in pair[0]:
            return pair
        return tuple(text.replace("{h}", word) for text, word in zip(pair, self.rng.choice(self.hours)))

    def cues(self):
        """One, or now and then two in one cue."""
        first, second = self.pick(), self.pick()
        if self.rng.random() < 0.15 and first[0][-1] in ".!?" and first != second:
            return [tuple(f"{a} {b}" for a, b in zip(first, second))]
        return [first]
