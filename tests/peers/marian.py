#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Speed and memory with a folder of Firefox's files, beside other programs that read such folders.

marian.py --model FOLDER --lines FILE [--ssmt PROGRAM] [--bergamot PYTHON] [--fxtranslate PYTHON] [--rounds N] [--core N]

Each program runs in a process of its own on one core, one after the other, round by round.  Counted is processor time: for ssmt of
the whole process, loading too; for the others of translating alone.  PYTHON: an interpreter where the package is installed (bergamot
0.4.5 wants Python 3.10 or older).  Figures mean something only on a machine that does nothing else.
"""
import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

# What a child runs: reads the lines, prints seconds of processor time to standard error and translations to standard output.
BERGAMOT = r'''
import sys, types, importlib.util, pathlib, time
found = importlib.util.find_spec("bergamot")             # the package itself looks for models on the network
package = types.ModuleType("bergamot")
package.__path__ = list(found.submodule_search_locations)
sys.modules["bergamot"] = package
from bergamot import _bergamot as b
folder, at_once = pathlib.Path(sys.argv[1]), sys.argv[2] == "at-once"
service = b.Service(b.ServiceConfig(numWorkers=1, cacheSize=0, logLevel="off"))
one = lambda name: str(next(folder.glob(name)).resolve())
model = service.modelFromConfig(f"""
models: [{one("model.*.bin")}]
vocabs: [{one("vocab.*.spm")}, {one("vocab.*.spm")}]
shortlist: [{one("lex.*.bin")}, false]
beam-size: 1
normalize: 1.0
word-penalty: 0
max-length-break: 128
mini-batch-words: 1024
workspace: 128
max-length-factor: 2.5
skip-cost: true
gemm-precision: int8shiftAlphaAll
""")
options = b.ResponseOptions(qualityScores=False, alignment=False, HTML=False, sentenceMappings=False)
lines = sys.stdin.read().splitlines()
began = time.process_time()
if at_once:
    out = [r.target.text for r in service.translate(model, b.VectorString(lines), options)]
else:
    out = [service.translate(model, b.VectorString([line]), options)[0].target.text for line in lines]
print(time.process_time() - began, file=sys.stderr)
print("\n".join(out))
'''
FXTRANSLATE = r'''
import sys, pathlib, time
from fxtranslate import Translator
folder = pathlib.Path(sys.argv[1])
one = lambda name: next(folder.glob(name)).read_bytes()
vocabulary = one("vocab.*.spm")
translator = Translator(one("model.*.bin"), vocabulary, vocabulary, shortlist=one("lex.*.bin"))
lines = sys.stdin.read().splitlines()
began = time.process_time()
out = [translator.translate(line) for line in lines]
print(time.process_time() - began, file=sys.stderr)
print("\n".join(out))
'''


def run(command, lines, core):
    """(translations, last line of standard error, seconds of processor time, peak MB) of a child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:                      # a process between, whose only child is measured
        os.sched_setaffinity(0, {core})
        done = subprocess.run(command, input=lines, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        with os.fdopen(write, "w") as out:
            print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=out)
            print(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "", file=out)
            out.write(done.stdout)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as back:
        status, seconds, peak = back.readline().split()
        note, text = back.readline().strip(), back.read()
    os.waitpid(child, 0)
    if status != "0":
        sys.exit(f"{command[0]}: {note}")
    return text.splitlines(), note, float(seconds), float(peak)


def programs(args):
    """(name, command, whether it tells its seconds itself)"""
    ours = [args.ssmt, "translate", "--model", str(args.model), "--threads", "1", "--context", "none"]
    yield "ssmt, one by one", ours, False
    yield "ssmt, at once (--jobs 8)", [*ours, "--jobs", "8"], False
    if args.bergamot:
        yield "bergamot, one by one", [args.bergamot, "-c", BERGAMOT, str(args.model), "one-by-one"], True
        yield "bergamot, at once", [args.bergamot, "-c", BERGAMOT, str(args.model), "at-once"], True
    if args.fxtranslate:
        yield "fxtranslate, one by one", [args.fxtranslate, "-c", FXTRANSLATE, str(args.model)], True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--lines", type=Path, required=True)
    parser.add_argument("--ssmt", default="ssmt")
    parser.add_argument("--bergamot")
    parser.add_argument("--fxtranslate")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    args = parser.parse_args()
    lines = args.lines.read_text("utf-8")
    n_words = len(lines.split())
    figures = {}
    for _ in range(args.rounds):
        for name, command, tells in programs(args):
            out, note, seconds, peak = run(command, lines, args.core)
            if len(out) != len(lines.splitlines()):
                sys.exit(f"{name}: {len(out)} lines came out")
            figures.setdefault(name, []).append((n_words / (float(note) if tells else seconds), peak))
    print(f"{n_words} words in {len(lines.splitlines())} lines, core {args.core}, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    print("| | words/s of processor time: best, each round | peak MB |\n|---|---|---|")
    for name, rows in figures.items():
        speeds = [f"{s:,.0f}" for s, _ in rows]
        print(f"| {name} | {max(s for s, _ in rows):,.0f} ({', '.join(speeds)}) | {max(p for _, p in rows):.0f} |")


if __name__ == "__main__":
    main()
