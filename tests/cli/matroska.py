#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a Matroska file has that GStreamer does not show: attachments, flags of its tracks.

Usage: matroska.py attach FILM FILE     hangs FILE to a film of matroskamux, as a font, and makes its first text track
                                        the only default one
       matroska.py show FILM            a line a track, "TYPE default=N forced=N", and one an attachment
"""
import hashlib
import sys


def head(data, at):
    """(identifier, where the contents begin, their size) of the element at `at`."""
    n = 9 - data[at].bit_length()
    m = 9 - data[at + n].bit_length()
    size = int.from_bytes(data[at + n:at + n + m], "big") & ((1 << (7 * m)) - 1)
    return data[at:at + n].hex(), at + n + m, size


def children(data, start, size):
    at = start
    while at < start + size:
        name, begin, n = head(data, at)
        yield name, at, begin, n
        at = begin + n


def element(name, contents):
    return bytes.fromhex(name) + (len(contents) | 1 << 56).to_bytes(8, "big") + contents


def segment(data):
    _, begin, size = head(data, 0)
    _, start, size = head(data, begin + size)
    return start, size


def seeks(data):
    """{identifier: (place of the position's eight bytes, position)}"""
    start, size = segment(data)
    found = {}
    for name, _, begin, n in children(data, start, size):
        if name != "114d9b74":
            continue
        for kind, _, seek, seek_size in children(data, begin, n):
            if kind != "4dbb":
                continue
            parts = {k: (b, s) for k, _, b, s in children(data, seek, seek_size)}
            place, length = parts["53ac"]
            what = data[parts["53ab"][0]:parts["53ab"][0] + 4].hex()
            found[what] = (place, int.from_bytes(data[place:place + length], "big"))
    return found


def attach(path, attachment):
    data = bytearray(open(path, "rb").read())
    start, size = segment(data)
    assert start + size == len(data)
    contents = open(attachment, "rb").read()
    data += element("1941a469", element("61a7", element("466e", b"font.ttf")
                    + element("4660", b"application/x-truetype-font") + element("465c", contents)
                    + element("46ae", b"\x07")))
    place, _ = seeks(data)["1549a966"]
    data[place:place + 8] = size.to_bytes(8, "big")
    data[place - 7:place - 3] = bytes.fromhex("1941a469")
    data[start - 8:start] = (len(data) - start | 1 << 56).to_bytes(8, "big")
    n_text = 0
    for name, _, begin, n in children(data, start, size):
        if name != "1654ae6b":
            continue
        for _, at, entry, entry_size in list(children(data, begin, n)):
            parts = {k: data[b:b + s] for k, _, b, s in children(data, entry, entry_size)}
            n_text += parts["83"] == b"\x11"
            if parts["83"] != b"\x11" or n_text > 1:
                data[at + 1:at + 9] = (0x4000 | entry_size + 6).to_bytes(2, "big") + bytes.fromhex("888100ec8100")
    open(path, "wb").write(data)


def show(path):
    data = open(path, "rb").read()
    start, size = segment(data)
    assert start + size == len(data), "the segment does not end with the file"
    for name, _, begin, n in children(data, start, size):
        if name != "1654ae6b":
            continue
        for item, _, entry, entry_size in children(data, begin, n):
            if item != "ae":
                continue
            parts = {k: data[b:b + s] for k, _, b, s in children(data, entry, entry_size)}
            kind = {1: "video", 2: "audio", 17: "text"}[parts["83"][0]]
            flags = [parts.get("88", b"\x01")[-1], parts.get("55aa", b"\x00")[-1]]
            print("%s default=%d forced=%d" % (kind, *flags))
    found = seeks(data).get("1941a469")
    if not found:
        return
    name, begin, n = head(data, start + found[1])
    assert name == "1941a469", "the SeekHead does not point to attachments"
    for item, _, file, file_size in children(data, begin, n):
        if item != "61a7":
            continue
        parts = {k: data[b:b + s] for k, _, b, s in children(data, file, file_size)}
        print("attachment", parts["466e"].decode(), hashlib.sha256(parts["465c"]).hexdigest())


if sys.argv[1] == "attach":
    attach(*sys.argv[2:])
else:
    show(sys.argv[2])
