# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which pairs are trained on, and how their text is written."""
import collections
import re
import unicodedata

import py3langid

PLACEHOLDER = re.compile(r"[{}|\\<>=_@^~*]|%\w|\$\w|://|\s/|/\s|\w/\w.*/"
                         r"|\b(sth|sb|sbd|smth|smb|etw|jdn|jdm|jds|jd|jmd|jmdn|jmdm|usw|qn|qch|qqn|qqch)\b\.?")
LETTER = re.compile(r"[^\W\d_]")
SPACES = re.compile(r"\s+")
SURE_WORDS = 6          # a shorter line does not tell its language
# Quotation marks of each language: as „German“, « French », "English", "Portuguese"; others keep what they have.
QUOTES = {"de": ("„", "“"), "fr": ("« ", " »"), "en": ('"', '"'), "pt": ('"', '"')}


def spaced(text):
    return SPACES.sub(" ", text).strip()


def quoted(text, language):
    """The quotation marks of `language`, where they come in pairs."""
    text = text.replace("…", "...").replace(" ...", "...").replace("’", "'").replace("‘", "'").replace("‚", ",")
    if language not in QUOTES:
        return text
    parts = re.split(r"«\s*|\s*»|[\"„“”]" if language == "fr" else r"[\"„“”«»]", text)
    if len(parts) % 2 == 0:
        return "".join(parts)                          # unbalanced: what a sentence splitter left behind
    opening, closing = QUOTES[language]
    return "".join(p + (opening if i % 2 == 0 else closing) for i, p in enumerate(parts[:-1])) + parts[-1]


def key(text):
    """What two writings of one line have in common."""
    return spaced(re.sub(r"[^\w\s]", " ", unicodedata.normalize("NFKC", text)).casefold())


class Cleaner:
    """Pairs of one pair of languages; `excluded`: lines (of either side) that must not be trained on."""

    def __init__(self, source, target, excluded=()):
        self.languages = source, target
        self.excluded = {key(line) for line in excluded} - {""}
        py3langid.set_languages([source, target])
        self.refused = collections.Counter()

    def reason(self, source, target):
        """Why the pair is not trained on, or None."""
        if not LETTER.search(source) or not LETTER.search(target):
            return "no letters"
        if PLACEHOLDER.search(source) or PLACEHOLDER.search(target):
            return "placeholders"
        a, b = len(source), len(target)
        if a > 320 or b > 380:
            return "length"
        if b > 2.2 * a + 14 or a > 2.0 * b + 14:
            return "length ratio"
        if source.count(" ") > 2 and source.casefold() == target.casefold():
            return "untranslated"
        for text, language in zip((source, target), self.languages):
            if text.count(" ") >= SURE_WORDS - 1 and py3langid.classify(text)[0] != language:
                return "language"
        if self.excluded and (key(source) in self.excluded or key(target) in self.excluded):
            return "excluded"
        return None

    def pair(self, source, target):
        """The pair as it is trained on, or None."""
        source, target = (spaced(quoted(spaced(t), lang)) for t, lang in zip((source, target), self.languages))
        why = self.reason(source, target)
        if why:
            self.refused[why] += 1
            return None
        return source, target
