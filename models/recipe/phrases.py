# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people say and no teacher that reads word by word can translate ("Shut up!", "half past four"): whole cues, written by hand.

phrases.SOURCE-TARGET.tsv begins with lists, {name} and what may stand for it (source|target); each line after them is a pair,
with such names on both sides.  Those of spoken/SOURCE-TARGET/ have none.  prepare.py strews them among the documents.  What
talk.SOURCE-TARGET.tsv asks is never among them.  scenes/SOURCE-TARGET/ has whole conversations, an empty line between two."""
import re
from pathlib import Path

SLOT = re.compile(r"\{\w+\}")
WEIGHT = 3      # of a pair with a name in it, which stands for many
# What may come before a sentence and behind it, English and Portuguese.
BEFORE = """Hey, |Ei, ;Oh, |Ah, ;Look, |Olha, ;Well, |Bem, ;No, |Não, ;Yes, |Sim, ;Okay, |Ok, ;But |Mas ;And |E ;So, |Então, ;Listen, |Escuta, ;Sorry, |Desculpe, ;{name}, |{name}, """
BEHIND = ", {name}|, {name};, {name}|, {name};, man|, cara;, okay|, tá"
CAPITAL = re.compile(r"(I\b|God|Jesus|Mom|Dad|Tom|Google|Merry|Happy|Deus|Feliz)")     # begins a sentence and stays so within one


def capital(text):
    return text[0].upper() + text[1:]


def small(text):
    return text if CAPITAL.match(text) else text[0].lower() + text[1:]


def lines_of(*names):
    """The lines of those of the files beside this one that are there, in columns."""
    here = Path(__file__).resolve().parent
    return [line.split("\t") for name in names for path in sorted(here.glob(name)) for line in path.read_text("utf-8").splitlines()]


def scenes(source, target):
    """Conversations by name, each a list of pairs."""
    here, found = Path(__file__).resolve().parent, {}
    for path in sorted(here.glob(f"scenes/{source}-{target}/*.tsv")):
        for n, text in enumerate(path.read_text("utf-8").split("\n\n")):
            found[f"{path.stem} {n}"] = [tuple(line.split("\t")) for line in text.strip().splitlines()]
    return found


class Phrases:
    def __init__(self, source, target, rng):
        pair = f"{source}-{target}"
        lines, self.asked = lines_of(f"phrases.{pair}.tsv", f"spoken/{pair}/*.tsv"), {line[0] for line in lines_of(f"talk.{pair}.tsv")}
        self.slots = {name: [tuple(v.split("|")) for v in values] for name, *values in lines if SLOT.fullmatch(name)}
        # of two that say the same the first
        self.pairs = list(dict(reversed([tuple(line) for line in lines if not SLOT.fullmatch(line[0])])).items())[::-1]
        self.rng, self.weights = rng, [WEIGHT if SLOT.search(pair[0]) else 1 for pair in self.pairs]
        self.around = [[part.split("|") for part in text.split(";")] for text in (BEFORE, BEHIND)] if (source, target) == ("en", "pt") else []

    def filled(self, pair):
        for name in SLOT.findall(pair[0]):
            chosen = self.rng.choice(self.slots[name])
            pair = [text.replace(name, value, 1) for text, value in zip(pair, chosen)]
        return tuple(map(capital, pair))

    def decorated(self, pair):
        """The sentence as one says it to somebody, or behind another word."""
        source, target = pair
        if len(source.split()) < 2 or SLOT.search(source) or re.search(r"[.!?,:].", source) or re.search(r"[.!?,:].", target) or source[-1] not in ".!?" or target[-1] not in ".!?":
            return pair
        before, behind = self.around
        if self.rng.random() < 0.5:
            a, b = self.rng.choice(before)
            if a.split()[0].rstrip(",") == source.split()[0]:
                return pair
            return a + small(source), b + small(target)
        c, d = self.rng.choice(behind)
        return source[:-1] + c + source[-1], target[:-1] + d + target[-1]

    def pick(self):
        pair = self.rng.choices(self.pairs, self.weights)[0]
        if self.around and self.rng.random() < 0.3:
            pair = self.decorated(pair)
        pair = self.filled(pair)
        return pair if pair[0] not in self.asked else self.pick()

    def cues(self):
        """One, or now and then two in one cue."""
        first, second = self.pick(), self.pick()
        if self.rng.random() < 0.15 and first[0][-1] in ".!?" and first != second:
            return [tuple(f"{a} {b}" for a, b in zip(first, second))]
        return [first]
