#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated year against what can be computed by hand.  Usage: test-simulate.py SIMULATE.PY"""
import re
import subprocess
import sys

n = 0


def check(what, good, why=""):
    global n
    n += 1
    print("ok" if good else "not ok", n, "-", what, "" if good else f"# {why}", flush=True)


def year(*options):
    """Pauses a channel, their seconds, the longest, hours without room."""
    out = subprocess.run([sys.executable, sys.argv[1], *options], capture_output=True, text=True, check=True).stdout
    numbers = re.search(r"pauses ([\d.]+) times a year, ([\d.]+) s in all.*\n.*, ([\d.]+) s \(longest\).*: ([\d.]+) hours", out)
    return [float(number) for number in numbers.groups()], out


NEVER = "1e9"
quiet = ["--host-days", NEVER, "--rack-days", NEVER, "--cut-days", NEVER, "--store-days", NEVER]


def only(kind, days, *options):
    changed = list(quiet)
    changed[changed.index(f"--{kind}-days") + 1] = str(days)
    return year("--channels", "2000", "--years", "20", *changed, *options)


(pauses, seconds, _, _), out = year(*quiet)
check("without failures nothing pauses", pauses == 0 and seconds == 0, out)

(pauses, seconds, longest, short), out = only("host", 100, "--spare", "0.5", "--begin", "0", "--detect", "2", "2")
check("a channel pauses as often as its host fails", abs(pauses - 3.65) < 0.3, out)
check("each time as long as it takes to see it", abs(seconds - 2 * pauses) < 0.1 * seconds and longest == 2, out)
check("where hosts have room nobody waits", short == 0, out)

(pauses, seconds, _, _), out = only("store", 73, "--store", "3")
# of a lognormal distribution with sigma 1 the mean is e^(1/2) times the median
check("when the store restarts all channels pause", abs(pauses - 5) < 1.2 and 2.5 < seconds / pauses < 9, out)

(_, _, longest, short), out = only("host", 20, "--spare", "0.01", "--repair", "86400")
check("too few hosts: channels wait until one is back", short > 0 and longest > 3600, out)

first, again = year("--seed", "7")[1], year("--seed", "7")[1]
check("the same seed, the same year", first == again)
print(f"1..{n}")
