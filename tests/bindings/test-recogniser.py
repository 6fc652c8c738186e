#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is committed of a recorded recogniser's text, which rewrites its words.
Usage: test-recogniser.py SOURCE-ROOT"""
import os
import sys

ROOT = sys.argv[1]
try:
    sys.path.insert(0, os.path.join(ROOT, "tests/quality"))
    import recogniser
    from gi.repository import Ssmt
except (ImportError, ValueError) as error:
    print("1..0 # SKIP", error)
    sys.exit(0)

number = 0


def check(what, good, why):
    global number
    number += 1
    print("ok" if good else "not ok", number, "-", what)
    print("#", why, flush=True)


def play(texts):
    """Rows by policy."""
    rows = {}
    for policy in recogniser.POLICIES:
        run = recogniser.Run(policy)
        run.play(model, texts)
        rows[policy] = run.compare(reference)
    return rows


model = Ssmt.Model.load(os.path.join(ROOT, "models/en-pt"), "cpu", 1)
lines = recogniser.read_lines(os.path.join(ROOT, "tests/data/recogniser/whisper-1.jsonl"))[:30]
reference = recogniser.translate_final(model, lines)
final, agreement, aligned = play(lines).values()
check("final: nothing is wrong for good", final["wrong"] == 0 and final["chrF"] == 100, final)
check("align-att: little of what is rewritten was committed", aligned["wrong"] < 10, aligned)
check("which is earlier than final", aligned["delay"] < final["delay"] - 0.3, aligned)
check("local-agreement: some", agreement["wrong"] < 20, agreement)

# The same, but that no word is rewritten: the final text, as many words as there were.
for texts in lines:
    words, n = texts[-1]["text"].split(), 1
    for event in texts[:-1]:
        n = max(n, min(len(event["text"].split()), len(words) - 1))
        event["text"] = " ".join(words[:n])
rows = play(lines)
check("align-att waits for nothing where no word is rewritten",
      rows[Ssmt.Policy.ALIGN_ATT]["delay"] < rows[Ssmt.Policy.LOCAL_AGREEMENT]["delay"] - 0.3
      and rows[Ssmt.Policy.ALIGN_ATT]["wrong"] < 10, rows[Ssmt.Policy.ALIGN_ATT])

# What was said is wrong by now, and the guard has nothing to put in its place: no half of the source comes behind it.
stream = recogniser.make_stream(model, Ssmt.Policy.ALIGN_ATT)
said = [stream.translate(text, flags, None).get_committed() for text, flags in (
    ("He had been a fisherman for 45 years now and then", Ssmt.TranslateFlags.GROWING),
    ("He had been a fisherman for 40 years and lived here.", Ssmt.TranslateFlags.NONE))]
check("what was said with another number goes on in its language", "45 anos" in said[0] and "here" not in said[1], said)
print(f"1..{number}")
