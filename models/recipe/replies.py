# SPDX-License-Identifier: LGPL-2.1-or-later
"""Short replies and turns of speech that a teacher gets wrong, put right in what it wrote.

A model that translates a sentence at a time has odd favourites for the shortest of them ("Cool." as to cool down), and a
caption is often no longer.  replies.SOURCE-TARGET.tsv, written by hand, has what they should be; their case and the sign at their end
are those of the sentence; so are those of phrases.py.  mended.SOURCE-TARGET.tsv has patterns: of a source, of what it must not have become, and of what
is to stand in place of that; where that is not told the row is not learnt from.  What shows a teacher's other habits is refused, too.
"""
import re
from pathlib import Path

from phrases import Phrases

SENTENCE = re.compile(r"(?<=[.!?]) +")
END = re.compile(r"([.!?…]*)$")
NOTES = re.compile(r"\(em (inglês|português|espanhol)\)|\(in (english|portuguese)\)", re.IGNORECASE)
SHORT = 4       # words


class Replies:
    def __init__(self, source, target):
        def rows(name):
            path = Path(__file__).resolve().parent / f"{name}.{source}-{target}.tsv"
            return [line.split("\t") for line in path.read_text("utf-8").splitlines()] if path.exists() else []

        self.table = {}
        for english, own in Phrases(source, target, None).pairs:
            if "{" not in english and not SENTENCE.search(english):
                self.table[END.sub("", english).lower() + "?" * english.endswith("?")] = END.sub("", own[0].lower() + own[1:])
        self.table.update(rows("replies"))
        self.patterns = [(re.compile(s, re.I), re.compile(t, re.I), *to) for s, t, *to in rows("mended")]
        self.any = re.compile("|".join(s.pattern for s, *_ in self.patterns) or "(?!)", re.I)

    def mend_turns(self, source, target):
        """The target without what the patterns name, or None."""
        for pattern, wrong, *right in self.patterns if self.any.search(source) else ():
            found = wrong.search(target) if pattern.search(source) else None
            if found and not right:
                return None
            if found:
                right = right[0][0].upper() + right[0][1:] if found[0][0].isupper() else right[0]
                target = target[:found.start()] + right + target[found.end():]
        return target

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
        target = self.mend_turns(source, target)
        if target is None or (NOTES.search(target) and not NOTES.search(source)):
            return None
        few, many = len(source.split()), len(target.split())
        return None if few <= SHORT and many > 2 * few else target
