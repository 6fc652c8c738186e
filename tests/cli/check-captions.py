#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Can the cues of a subtitle file be shown and read?

Usage: check-captions.py SOURCE.srt TRANSLATED.srt COLUMNS LINES CPS MESSAGES, MESSAGES being what `gst-launch-1.0 -m` has
printed.  No line may be wider than COLUMNS (wide characters are two), no cue may have more than LINES lines or CPS
characters a second (line breaks not counted), or a line of one short word; each begins when its source does, stands at
least as long, and into the next one only where its source does.  What does not fit must have been reported by
ssmtranslate/does-not-fit, and nothing else.
"""
import re
import sys
import unicodedata


def read_cues(path):
    cues = []
    for block in re.split(r"\n\n+", open(path, encoding="utf-8-sig").read().strip()):
        lines = block.split("\n")
        start, end = (sum(int(part) * unit for part, unit in zip(re.split("[:,.]", time), (3600000, 60000, 1000, 1)))
                      for time in lines[1].split(" --> "))
        cues.append((start, end, [re.sub(r"<[^>]*>|\{\\[^}]*\}", "", line) for line in lines[2:]]))
    return cues


def count_characters(text):
    return sum(1 for c in text if not unicodedata.combining(c) and unicodedata.category(c) not in ("Mn", "Cf"))


def count_columns(text):
    return count_characters(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def find_faults(start, end, lines, columns, max_lines, cps):
    faults = []
    for line in lines:
        if count_columns(line) > columns:
            faults.append("%d columns: %s" % (count_columns(line), line))
    if len(lines) > max_lines:
        faults.append("%d lines" % len(lines))
    characters = sum(count_characters(line) for line in lines)
    if characters * 1000 > cps * (end - start):
        faults.append("%.2f characters a second" % (characters * 1000 / (end - start)))
    return faults


def is_orphan(lines):
    """One short word on a line of its own, which is no speaker's."""
    return len(lines) > 1 and not any(line.startswith("-") for line in lines) \
        and any(" " not in line.strip() and count_columns(line) < 6 for line in lines)


def main(source_path, path, columns, max_lines, cps, messages):
    source, cues = read_cues(source_path), read_cues(path)
    reported = {int(pts) // 1000000 for pts in re.findall(
        r"ssmtranslate/does-not-fit, pts=\(guint64\)([0-9]+)", open(messages, encoding="utf-8", errors="replace").read())}
    wrong, found = [], set()
    if len(source) != len(cues):
        wrong.append("%d cues of %d" % (len(cues), len(source)))
    for i, ((start, end, _), (own_start, own_end, lines)) in enumerate(zip(source, cues)):
        faults = find_faults(own_start, own_end, lines, int(columns), int(max_lines), int(cps))
        if faults:
            found.add(own_start)
        if faults and own_start not in reported:
            wrong.append("cue %d: %s" % (i + 1, ", ".join(faults)))
        if own_start != start or own_end < end:
            wrong.append("cue %d: other times" % (i + 1))
        if own_end > end and i + 1 < len(cues) and own_end > cues[i + 1][0]:
            wrong.append("cue %d: stands into the next" % (i + 1))
        if is_orphan(lines):
            wrong.append("cue %d: one word: %s" % (i + 1, " / ".join(lines)))
    wrong += ["reported, but fits: %d ms" % start for start in sorted(reported - found)]
    longer = sum(own[1] > cue[1] for cue, own in zip(source, cues))
    print("%d cues, %d do not fit, %d stand longer than their source, %d faults" % (
        len(cues), len(found), longer, len(wrong)))
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main(*sys.argv[1:])
