#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An archive on workers that are killed. With SSMT_ARCHIVE_FILES=2000 in its long form, with kills all along.
Usage: test-fleet-archive.py /path/to/ssmt PLUGIN-FOLDER MODELS-FOLDER"""
import filecmp
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from live_rig import Tap, drop_folder, make_folder

try:
    import distributed  # noqa: F401
    import fsspec  # noqa: F401
except ImportError as missing:
    print(f"1..0 # SKIP {missing}: python3-distributed has it")
    sys.exit(0)

SSMT, PLUGINS, MODELS = (os.path.abspath(path) for path in sys.argv[1:4])
ARCHIVE = pathlib.Path(__file__).resolve().parents[2] / "pipelines" / "fleet" / "archive"
N_FILES = int(os.environ.get("SSMT_ARCHIVE_FILES", 60))
IS_LONG = N_FILES > 60
LINES = ["Where is she?", "Good morning, Anna.", "He wants to go out.", "Thank you very much.", "I have never seen it.",
         "See you tomorrow.", "The harbour is quiet in the evening.", "Who are you?"]
FOLDERS = ["", "films", "films/it's \"quoted\"", "películas/日本 語", "with space/- dash", "$(echo)/a;b", "[x]/*"]
sys.path.insert(0, str(ARCHIVE))
tap = Tap()
dice = random.Random(os.environ.get("SSMT_ARCHIVE_SEED", "1"))
folder = make_folder(PLUGINS, os.path.join(MODELS, "en-pt"))


# --- an archive -------------------------------------------------------------------------


def make_srt(i):
    return "".join(f"{n + 1}\n00:00:{n:02d},000 --> 00:00:{n:02d},900\n{LINES[(i + n) % len(LINES)]}\n\n"
                   for n in range(10 + i % 5))


def make_archive():
    for i in range(N_FILES):
        path = pathlib.Path("src", FOLDERS[i % len(FOLDERS)], f"é {i}.en.srt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make_srt(i))
    pathlib.Path("src/films/broken.en.srt").write_text("no subtitles")
    pathlib.Path("src/empty.en.srt").write_text("")
    pathlib.Path("src/films/other.fr.srt").write_text(make_srt(0))
    end = ["\n", "\r\n"]
    pathlib.Path("src/book.en.txt").write_bytes("".join(
        f"{LINES[i % 7]}{end[i // 20 % 2]}" + ("" if i % 6 else end[i // 20 % 2] * (1 + i // 6 % 2))
        for i in range(60)).encode() + b"The end.")


def alone():
    """What one process makes of it."""
    subprocess.run([SSMT, "subtitle", "-q", "-r", "-o", "../alone", "."], cwd="src", stderr=subprocess.DEVNULL)
    with open("src/book.en.txt") as text, open("alone/book.pt.txt", "w") as out:
        subprocess.run([SSMT, "translate", "--documents"], stdin=text, stdout=out, check=True)


def start(*options, program=SSMT):
    return subprocess.Popen([sys.executable, ARCHIVE / "archive.py", "--ssmt", program, "--page", "127.0.0.1:0", *options],
                            stderr=open("err", "w"), start_new_session=True)


def finish(process):
    status = process.wait(1000 if IS_LONG else 100)
    return status, open("err").read()


def get_files(path):
    return {str(p.relative_to(path)): p for p in pathlib.Path(path).rglob("*") if p.is_file()}


def find_wrong(path, other, sources=None):
    """What is not, of translations of all sources or those."""
    files, others = get_files(path), get_files(other)
    if sources:
        others = {name: others[name] for name in (s.replace(".en.", ".pt.") for s in sources)}
    if files.keys() != others.keys():
        return sorted(files.keys() ^ others.keys())
    return [name for name in files if not filecmp.cmp(files[name], others[name], shallow=False)]


def read_failures():
    return [line.split("\t") for line in open("failures.tsv").read().splitlines()[1:]]


# --- killing ----------------------------------------------------------------------------


def read_processes():
    """(parent, command) of each."""
    processes = {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status, command = (path / "stat").read_text(), (path / "cmdline").read_bytes()
            processes[int(path.name)] = int(status.rsplit(")", 1)[1].split()[1]), command
        except OSError:
            pass  # it has ended
    return processes


def get_victims(top):
    """Workers, and what they keep."""
    processes = read_processes()
    workers = [pid for pid, (parent, command) in processes.items() if parent == top and b"spawn_main" in command]
    return workers, {w: [pid for pid, (parent, _) in processes.items() if parent == w] for w in workers}


def kill_one(top):
    """-9 to a worker, its program or both. FALSE: there is none that works."""
    workers, children = get_victims(top)
    busy = [w for w in workers if children[w]]
    if not busy:
        return False
    worker = dice.choice(busy)
    for pid in dice.choice([[worker], [worker], children[worker], [worker, *children[worker]]]):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return True


def kill_until_end(process, most):
    n = 0
    while process.poll() is None:
        time.sleep(dice.uniform(0.2, 0.6) if not IS_LONG else dice.uniform(1, 6))
        if n < most and kill_one(process.pid):
            n += 1
    return n


# --- a folder ---------------------------------------------------------------------------

make_archive()
alone()
options = ["src", "--out", "out", "--texts", "--split-bytes", "150", "--workers", "2"]
process = start(*options)
while len([n for n in get_files("out") if not n.endswith(".part")]) < 5 and process.poll() is None:
    time.sleep(0.02)
os.killpg(process.pid, signal.SIGINT)
status, err = finish(process)
tap.check("Ctrl-C stops it", status == 130 and "the same command goes on" in err, err)
n_before = len(get_files("out"))
tap.check("amid the work", 5 <= n_before < N_FILES, n_before)

process = start(*options)
n_kills = kill_until_end(process, 10000 if IS_LONG else 5)
status, err = finish(process)
print(f"# {n_kills} kills; {err.strip().splitlines()[-1]}")
tap.check("workers were killed", n_kills >= 2, err)
tap.check("it ends, and says that some failed", status == 1, err)
wrong = find_wrong("out", "alone")
tap.check("each file is there once, whole, as one process makes it", not wrong, wrong)
tap.check("a text that was cut is as the whole", filecmp.cmp("out/book.pt.txt", "alone/book.pt.txt", shallow=False))
failures = read_failures()
tap.check("failures are those of the archive, with their reason",
          [f[0] for f in failures] == ["films/broken.en.srt"] and "no cue was found" in failures[0][1], failures)

times = {name: path.stat().st_mtime_ns for name, path in get_files("out").items()}
status, err = finish(start(*options))
tap.check("again: nothing is to do", f" 0 translated, {N_FILES + 2} already there, 1 failed" in err, err)
tap.check("and nothing is done", times == {name: path.stat().st_mtime_ns for name, path in get_files("out").items()})

# --- a list -----------------------------------------------------------------------------

names = sorted(n for n in get_files("src") if not n.startswith("films/") and n != "empty.en.srt")[:6] + ["book.en.txt"]
here = os.getcwd()
with open("names", "w") as file:
    for i, name in enumerate(names):
        file.write(f"{'file://' if i % 2 else ''}{here}/src/{name}\n")
    file.write("memory://nowhere/film.en.srt\nmemory://nowhere/page.html\n/nowhere/x.srt\n")
options = ["--list", "names", "--workers", "1", "--out", f"file://{here}/listed", "--base", f"{here}/src"]
status, err = finish(start(*options))
failures = {f[0]: f[1:] for f in read_failures()}
tap.check("a list with objects that are not there", status == 1 and len(failures) == 3, err + str(failures))
tap.check("they are listed with a reason", "not a kind of file" in failures.get("memory://nowhere/page.html", [""])[0]
          and "No such file" in failures.get("/nowhere/x.srt", [""])[0], failures)
wrong = find_wrong("listed", "alone", set(names))
tap.check("the others are done, below --base as they are", not wrong, wrong)
status, err = finish(start(*options))
tap.check("once", f" 0 translated, {len(set(names))} already there" in err, err)

# --- a program that dies, or takes too long ----------------------------------------------

pathlib.Path("evil").write_text(f"""#!{sys.executable}
import os, signal, subprocess, sys, time
real = ["{SSMT}", *sys.argv[1:]]
if "-n" in real:
    os.execv(real[0], real)
child = subprocess.Popen(real, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in sys.stdin.buffer:
    if b"poison" in line:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"slow" in line:
        time.sleep(60)
    child.stdin.write(line); child.stdin.flush()
    sys.stdout.buffer.write(child.stdout.readline()); sys.stdout.flush()
""")
os.chmod("evil", 0o755)
from ssmt_archive import work  # noqa: E402
settings = {"archive": "1", "folder": None, "deadline": 30, "pause": 0,
            "subtitle": [os.path.abspath("evil"), "subtitle", "-q", "-j", "1", "--json", "--files-from=-"]}
for name in ("good", "poison", "slow"):
    pathlib.Path(f"{name}.en.srt").write_text(make_srt(1))
results = {name: work.run({"kind": "file", "name": os.path.abspath(f"{name}.en.srt")},
                          {**settings, "deadline": 0.5 if name == "slow" else 30}) for name in ("poison", "slow", "good")}
work.forget_children()
tap.check("a file that kills its program fails after three attempts",
          results["poison"]["attempts"] == 3 and "died with signal 11" in results["poison"]["reason"], results)
tap.check("as does one that takes too long",
          results["slow"]["attempts"] == 3 and "longer than 0.5 s" in results["slow"]["reason"], results)
tap.check("the next one has a program again", results["good"]["status"] == "done", results)

# --- Slurm -------------------------------------------------------------------------------

pathlib.Path("sbatch").mkdir()
paths = [p for n, p in sorted(get_files("src").items()) if n.endswith(".en.srt")][:9]
pathlib.Path("sbatch/names").write_text("".join(f"src/{p.relative_to('src')}\n" for p in paths) + "poison.en.srt\n")


def run_task(i, program=SSMT):
    return subprocess.run(["bash", ARCHIVE / "archive.sbatch", "sbatch/names", "-o", "sbatch/out"],
                          env={**os.environ, "SLURM_ARRAY_TASK_ID": str(2 * i + 1), "SLURM_ARRAY_TASK_COUNT": "3",
                               "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_STEP": "2", "SSMT": program}).returncode


statuses = [run_task(i) for i in range(3)]
done = get_files("sbatch/out/src")
tap.check("an array does its list", len(done) == 9 and all(
    filecmp.cmp(path, f"alone/{name}", shallow=False) for name, path in done.items()), f"{statuses} {sorted(done)}")
tap.check("its tasks say what they did", [len(open(f"archive-{i}.jsonl").readlines()) for i in (1, 3, 5)] == [4, 3, 3])
os.unlink("sbatch/out/poison.pt.srt")
status = run_task(0, os.path.abspath("evil"))
report = open("archive-1.jsonl").read()
tap.check("a file that kills the program is left out", status == 1 and "died with signal 11" in report
          and report.count('"skipped"') == 3, report)
drop_folder(folder)
tap.finish()
