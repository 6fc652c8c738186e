#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Puts a subtitle file into a channel, cue by cue at its times, as a recogniser would."""
import argparse
import sys
import time

import gi

from store import LONGEST, TROUBLE, Store, key

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401


def cues(path):
    """(pts, duration, text) of each, as subparse reads them."""
    pipeline = Gst.parse_launch("filesrc name=file ! subparse ! text/x-raw,format=utf8 ! appsink name=out sync=false")
    pipeline.get_by_name("file").set_property("location", path)
    if pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
        sys.exit(f"{path}: cannot be read")
    sink = pipeline.get_by_name("out")
    while sample := sink.pull_sample():
        buffer = sample.get_buffer()
        yield buffer.pts, buffer.duration, buffer.extract_dup(0, buffer.get_size())
    pipeline.set_state(Gst.State.NULL)


class Source:
    """Adds cues to a channel, each once."""

    def __init__(self, store, name):
        self.store, self.name, self.last = store, name, (0, 0)

    def _next_id(self):
        now = int(time.time() * 1000)
        self.last = (now, 0) if now > self.last[0] else (self.last[0], self.last[1] + 1)
        return "%d-%d" % self.last

    def add(self, text, pts, duration):
        """The store may be away or full: a source that waits loses nothing. An id that is there already is from a
        try whose answer did not come."""
        entry_id, told, tried = self._next_id(), False, False
        while True:
            try:
                return self.store.redis.xadd(key(self.name, "in"), {"text": text, "pts": pts, "duration": duration},
                                             id=entry_id, maxlen=LONGEST, approximate=True)
            except TROUBLE as error:
                if "equal or smaller" in str(error):
                    if tried:
                        return entry_id
                    # somebody else adds, too, or the clock was put back
                    newest = self.store.redis.xrevrange(key(self.name, "in"), count=1)[0][0]
                    self.last = tuple(map(int, newest.split(b"-")))
                    entry_id = self._next_id()
                    continue
                tried = True
                if not told:
                    print(f"{self.name}: {error}", file=sys.stderr)
                told = True
                time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="redis://127.0.0.1:6379/0", help="URL of Redis or Valkey (%(default)s)")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as the file says (%(default)s)")
    parser.add_argument("name")
    parser.add_argument("file")
    arguments = parser.parse_args()
    Gst.init(None)
    source, begin = Source(Store(arguments.store), arguments.name), time.monotonic()
    for pts, duration, text in cues(arguments.file):
        time.sleep(max(0.0, begin + pts / Gst.SECOND / arguments.speed - time.monotonic()))
        source.add(text, pts, duration)


if __name__ == "__main__":
    main()
