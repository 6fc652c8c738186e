# SPDX-License-Identifier: LGPL-2.1-or-later
"""What became of the files: failures.tsv, and a line that sums up."""
import sys
import threading
import time

INTERVAL = 10  # seconds between lines


def escape(text):
    for character, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(character, written)
    return text


class Report:
    def __init__(self, path, quiet):
        self.path, self.quiet, self.start = path, quiet, time.monotonic()
        self.counts = {"done": 0, "skipped": 0, "failed": 0}
        self.count_workers = None
        # names are bytes, of whatever kind
        self.file = open(path, "w", encoding="utf-8", errors="surrogateescape")
        self.file.write("name\treason\tattempts\n")
        self.file.flush()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        if not quiet:
            self.thread.start()

    def add(self, result):
        self.counts[result["status"]] += 1
        if result["status"] == "failed":
            self.file.write("\t".join((escape(result["name"]), escape(result["reason"]),
                                       str(result.get("attempts", 1)))) + "\n")
            self.file.flush()

    def describe(self):
        seconds = int(time.monotonic() - self.start)
        return (f"{self.counts['done']} translated, {self.counts['skipped']} already there, "
                f"{self.counts['failed']} failed in {seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}")

    def describe_workers(self):
        try:
            n = self.count_workers() if self.count_workers else 1
        except Exception:  # the scheduler is gone, which is said elsewhere
            return ""
        return f"; {n} {'worker' if n == 1 else 'workers'}" if n else "; no worker is there, one is waited for"

    def say(self, text):
        print(f"archive: {text}", file=sys.stderr, flush=True)

    def run(self):
        while not self.ended.wait(INTERVAL):
            self.say(self.describe() + self.describe_workers())

    def finish(self, stopped):
        self.ended.set()
        self.file.close()
        tail = "; stopped: the same command goes on from here" if stopped else ""
        if self.counts["failed"]:
            tail = f" ({self.path} says why){tail}"
        self.say(self.describe() + tail)
