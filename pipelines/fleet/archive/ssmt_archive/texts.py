# SPDX-License-Identifier: LGPL-2.1-or-later
"""Texts of many documents: an empty line ends one, as `ssmt translate --documents` has it."""
import hashlib
import re

BORDER = re.compile(rb"\n(?:\r?\n)+")


def split(data, least):
    """(start, end) of parts of at least so many bytes, but for the last: cut behind empty lines alone."""
    parts, start = [], 0
    for border in BORDER.finditer(data):
        if border.end() - start >= least and border.end() < len(data):
            parts.append((start, border.end()))
            start = border.end()
    return parts + [(start, len(data))]


def get_part_name(output, number, data, command):
    """Where the translation of a part waits for the others: another text, or another model, makes another name."""
    digest = hashlib.sha256(data + repr(command).encode()).hexdigest()[:16]
    return f"{output}.parts/{number:05d}-{digest}.part"


def translate(child, data, seconds):
    """As `ssmt translate --documents` would have written it."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
        raise ValueError(f"it is no UTF-8: line {line}") from None
    if not data:
        return b""
    has_end = data.endswith(b"\n")
    text = data if has_end else data + b"\n"
    child.take_messages()
    # the empty line before it ends the document that was translated last
    out = child.ask(b"\n" + text, text.count(b"\n") + 1, seconds)
    bad = [line for line in child.take_messages().splitlines() if line.endswith("; passed through")]
    if bad:
        raise ValueError(bad[0].split(": ", 1)[1])
    return out[1:] if has_end else out[1:-1]
