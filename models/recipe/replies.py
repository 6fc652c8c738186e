# SPDX-License-Identifier: LGPL-2.1-or-later
"""Short replies that a teacher gets wrong, put right in what it wrote.

A model that translates a sentence at a time has odd favourites for the shortest of them ("Cool." as to cool down), and a
caption is often no longer.  replies.SOURCE-TARGET.tsv, written by hand, has what they should be; their case and the sign at their end
are those of the sentence.  What shows a teacher's other habits is refused.
"""
import re
from pathlib import Path

SENTENCE = re.compile(r"(?<=[.!?]) +")
END = re.compile(r"([.!?…]*)$")
NOTES = re.compile(r"\(em (inglês|português|espanhol)\)|\(in (english|portuguese)\)", re.IGNORECASE)
SHORT = 4       # words


class Replies:
    def __init__(self, source, target):
        path = Path(__file__).resolve().parent / f"replies.{source}-{target}.tsv"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self.table = dict(line.split("\t") for line in lines)

    def sentence(self, source):
        """What one sentence should be, or None."""
        sign = END.search(source).group(1)
        bare = source[:len(source) - len(sign)]
        found = self.table.get(bare.lower() + ("?" if "?" in sign else ""))
        if found is None:
            return None
        found = found.rstrip("?!")
        if bare.isupper() and len(bare) > 2:
            found = found.upper()
        elif bare[0].isupper():
            found = found[0].upper() + found[1:]
        return found + sign

    def mend(self, source, target):
        """The target of a row with its short sentences put right; None: the row is not to be learnt from."""
        sources, targets = SENTENCE.split(source), SENTENCE.split(target)
        if len(sources) == len(targets):
            target = " ".join(self.sentence(s) or t for s, t in zip(sources, targets))
        if NOTES.search(target) and not NOTES.search(source):
            return None
        few, many = len(source.split()), len(target.split())
        return None if few <= SHORT and many > 2 * few else target
