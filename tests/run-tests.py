#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs `meson test`, with a line for each suite as it ends, one of what is under way every few seconds, and the output of what fails.

Usage: run-tests.py BUILD [ARGUMENT OF meson test]...  All that meson prints is in BUILD/check.log.
"""
import json
import os
import subprocess
import sys
import time

QUIET = 8  # seconds without a line, at most
GOOD = ("OK", "EXPECTEDFAIL", "SKIP")
SHOWN = 60  # last lines of a test that fails


def suite_of(name):
    """ "ssmtranslate:kernels / checkasm" -> "kernels" """
    return name.split(" / ")[0].split(":")[-1] if " / " in name else "other"


class Results:
    def __init__(self, build):
        tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", build]))
        self.left = {}
        for test in tests:
            suite = test["suite"][0].split(":")[-1] if test["suite"] else "other"
            self.left[suite] = self.left.get(suite, 0) + 1
        self.total = len(tests)
        self.seen = {}
        self.said = time.monotonic()

    def say(self, text):
        print(text, flush=True)
        self.said = time.monotonic()

    def add(self, test):
        suite = suite_of(test["name"])
        done = self.seen.setdefault(suite, [])
        done.append(test)
        if test["result"] not in GOOD:
            self.say("failed: %s (%s)" % (test["name"], test["result"]))
            for stream in ("stdout", "stderr"):
                lines = (test.get(stream) or "").splitlines()
                for line in [line for line in lines if not line.startswith("ok ")][-SHOWN:]:
                    print("    " + line)
        self.left[suite] = self.left.get(suite, 1) - 1
        if self.left[suite] == 0:
            self.end(suite)

    def end(self, suite):
        tests = self.seen.pop(suite)
        bad = sum(test["result"] not in GOOD for test in tests)
        self.say("suite %s: %d tests, %d failed" % (suite, len(tests), bad))
        self.left[suite] = None

    def wait(self):
        if time.monotonic() - self.said < QUIET:
            return
        done = self.total - sum(n or 0 for n in self.left.values())
        self.say("  %d of %d tests" % (done, self.total))


def main(build, arguments):
    path = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(path):
        os.remove(path)
    results = Results(build)
    with open(os.path.join(build, "check.log"), "w", encoding="utf-8") as log:
        meson = subprocess.Popen(["meson", "test", "-C", build] + arguments, stdout=log, stderr=log)
    position = 0
    try:
        while True:
            ended = meson.poll() is not None
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    file.seek(position)
                    lines = file.readlines()
                    if lines and not lines[-1].endswith("\n"):
                        lines.pop()
                    position += sum(len(line.encode()) for line in lines)
                for line in lines:
                    results.add(json.loads(line))
            if ended:
                break
            results.wait()
            time.sleep(0.3)
    except KeyboardInterrupt:
        meson.wait()
        return 130
    for suite in list(results.seen):
        results.end(suite)
    return meson.returncode


sys.exit(main(sys.argv[1], sys.argv[2:]))
