#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which object file uses which: no circle, and arrows between rooms that only run downwards.

usage: check-arrows.py DIR_OF_OBJECTS [--rooms LOWEST ... HIGHEST] [--known-circle OBJECT...] [--ignore SYMBOL...]

Objects are those of a meson target (NAME.p), whose names begin with their folder: network_layers_mamba.c.o. A room is the first
folder. --known-circle excuses exactly one circle, which must be there.
"""
import argparse
import collections
import subprocess
import sys
from pathlib import Path


def read_objects(folder, ignored):
    """Object -> {object that it uses -> symbols}."""
    defined, used = {}, collections.defaultdict(set)
    for path in sorted(Path(folder).glob("*.o")):
        name = path.name.removesuffix(".o")
        for line in subprocess.run(["nm", "-P", path], capture_output=True, text=True, check=True).stdout.splitlines():
            symbol, kind = line.split()[:2]
            if symbol in ignored:
                continue
            if kind in "TDBRCV":
                defined[symbol] = name
            elif kind == "U":
                used[name].add(symbol)
    arrows = {}
    for name, symbols in used.items():
        arrows[name] = collections.defaultdict(set)
        for symbol in symbols:
            if defined.get(symbol, name) != name:
                arrows[name][defined[symbol]].add(symbol)
    return arrows


def find_circles(arrows):
    """Strongly connected components of more than one object (Tarjan)."""
    number, low, stack, circles = {}, {}, [], []

    def visit(name):
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in arrows.get(name, ()):
            if other not in number:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], number[other])
        if low[name] == number[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                circles.append(sorted(stack[at:]))
            del stack[at:]

    for name in list(arrows):
        if name not in number:
            visit(name)
    return circles


def show(arrows, names):
    for a in names:
        for b in sorted(set(arrows[a]) & set(names)):
            print(f"#   {a} -> {b}: {' '.join(sorted(arrows[a][b]))[:160]}")


def find_upward(arrows, rooms):
    """Arrows from a room to a higher one, and objects of no room."""
    for a, targets in arrows.items():
        for b in targets:
            low, high = a.split("_")[0], b.split("_")[0]
            if low not in rooms or high not in rooms or rooms.index(low) < rooms.index(high):
                yield a, b


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rooms", nargs="+", default=[])
    parser.add_argument("--known-circle", nargs="+", default=[])
    parser.add_argument("--ignore", nargs="+", default=[])
    options = parser.parse_args()
    sys.setrecursionlimit(10000)
    arrows = read_objects(options.folder, set(options.ignore))
    circles = find_circles(arrows)
    known = sorted(options.known_circle)
    unknown = [c for c in circles if c != known]
    upward = sorted(find_upward(arrows, options.rooms)) if options.rooms else []
    print(f"1..{3 if options.rooms else 2}")
    print(f"# {len(arrows)} objects, {sum(map(len, arrows.values()))} arrows")
    print(f"{'ok' if arrows else 'not ok'} 1 - there are objects")
    print(f"{'not ok' if unknown or (known and known not in circles) else 'ok'} 2 - no circle")
    for circle in unknown:
        print(f"# a circle of {len(circle)}: {' '.join(circle)}")
        show(arrows, circle)
    if known and known not in circles:
        print(f"# the known circle is not there any more: {' '.join(known)}")
    if options.rooms:
        print(f"{'not ok' if upward else 'ok'} 3 - arrows run from {' to '.join(reversed(options.rooms))}")
        for a, b in upward:
            print(f"#   upward: {a} -> {b}: {' '.join(sorted(arrows[a][b]))[:160]}")


if __name__ == "__main__":
    main()
