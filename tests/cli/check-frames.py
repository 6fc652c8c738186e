#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Are the cues of a subtitle file in a film's frames, each in its time, and nothing else?

Usage: check-frames.py FOLDER RATE CUES.srt [FONT], FOLDER with frame-000.png and on, RATE of them
a second, 640x360 pixels, dark.  Each is compared with a frame on which its text is drawn.
"""
import glob
import re
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst

GREY = "videoconvert ! video/x-raw,format=GRAY8,width=640,height=360 ! appsink name=out sync=false"
IS_BRIGHT = bytes(grey > 128 for grey in range(256))
drawn = {}


def read_cues(path):
    def seconds(time):
        h, m, s = time.replace(",", ".").split(":")
        return int(h) * 3600 + int(m) * 60 + float(s)

    cues = []
    with open(path, encoding="utf-8") as file:
        for block in re.split(r"\n\n+", file.read().strip()):
            _, times, *lines = block.split("\n")
            start, end = map(seconds, times.split(" --> "))
            cues.append((start, end, "\n".join(lines)))
    return cues


def get_bright(description, **properties):
    """The bright pixels of the first frame, as a number with one byte for each."""
    pipeline = Gst.parse_launch(description + GREY)
    for name, value in properties.items():
        pipeline.get_by_name("settings").set_property(name, value)
    pipeline.set_state(Gst.State.PLAYING)
    sample = pipeline.get_by_name("out").emit("pull-sample")
    pipeline.set_state(Gst.State.NULL)
    if not sample:
        sys.exit("not ok: no picture from %s %s" % (description, properties))
    data = sample.get_buffer().extract_dup(0, 640 * 360)
    return int.from_bytes(data.translate(IS_BRIGHT), "big")


def draw(text, font):
    if text not in drawn:
        drawn[text] = get_bright(
            "videotestsrc num-buffers=1 pattern=blue ! video/x-raw,width=640,height=360 "
            '! textoverlay name=settings font-desc="%s" ! ' % font,
            text=GLib.markup_escape_text(text))
    return drawn[text]


def count(bright):
    return bin(bright).count("1")


def main(folder, rate, path, font="DejaVu Sans 20"):
    Gst.init(None)
    cues = read_cues(path)
    frames = sorted(glob.glob(folder + "/frame-*.png"))
    wrong, shown = 0, 0
    for i, frame in enumerate(frames):
        time = i / int(rate)
        text = "\n".join(text for start, end, text in cues if start <= time < end)
        expected = draw(text, font)
        found = get_bright("filesrc name=settings ! pngdec ! ", location=frame)
        shown += text != ""
        # The film's pictures have been compressed.
        if count(found ^ expected) > count(expected) // 20:
            wrong += 1
            print("%s: %d bright pixels, %d of %d differ from %r" % (
                frame, count(found), count(found ^ expected), count(expected), text))
    print("%d frames, %d with text, %d wrong" % (len(frames), shown, wrong))
    if wrong or not 0 < shown < len(frames):
        sys.exit(1)


main(*sys.argv[1:])
