#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files a second of 1, 2 and 4 worker processes beside `ssmt subtitle` alone, and what Dask itself takes for a file.

    measure.py [--files N] [--workers 1,2,4] [--names N] [--ssmt PROGRAM]

Ideal is as many times the speed of one process as there are workers, or processors where those are fewer. Each worker computes with one
thread, as does the process alone. On a machine that does nothing else."""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from distributed import Client

import archive
from ssmt_archive import engine
from ssmt_archive.report import Report

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples")


def make_files(folder, n):
    os.makedirs(os.path.join(folder, "src"))
    for i in range(n):
        shutil.copy(os.path.join(SAMPLES, ("talk.en.srt", "harbour.en.srt")[i % 2]),
                    os.path.join(folder, "src", f"film{i}.en.srt"))


def measure_alone(program, folder):
    start = time.monotonic()
    subprocess.run([program, "subtitle", "-q", "-j", "1", "-t", "1", "-o", os.path.join(folder, "alone"),
                    os.path.join(folder, "src")], check=True)
    return time.monotonic() - start


def measure_workers(program, folder, n):
    """Without the start of the workers, which is said by itself."""
    out = os.path.join(folder, f"out{n}")
    options = archive.parse([os.path.join(folder, "src"), "--out", out, "--threads", "1", "--ssmt", program])
    begin = time.monotonic()
    cluster = engine.start_cluster(n, "127.0.0.1:0", folder)
    client = Client(cluster)
    client.wait_for_workers(n)
    start = time.monotonic()
    report = Report(os.path.join(folder, "failures.tsv"), True)
    status = archive.run(options, client, report)
    seconds = time.monotonic() - start
    report.ended.set()
    client.close()
    engine.stop_cluster(cluster)
    if status:
        sys.exit(f"measure: files failed with {n} workers")
    subprocess.run(["diff", "-r", os.path.join(folder, "alone"), out], check=True)
    shutil.rmtree(out)
    return seconds, start - begin


def do_nothing(task, settings):
    return {"status": "done", "name": task["name"]}


def measure_names(folder, n):
    """Tasks that are none, as many as an archive may have."""
    cluster = engine.start_cluster(2, "127.0.0.1:0", folder)
    client = Client(cluster)
    client.wait_for_workers(2)
    client.upload_file(os.path.abspath(__file__))
    report = Report(os.path.join(folder, "failures.tsv"), True)
    tasks = ({"kind": "file", "name": f"folder/{i}.en.srt"} for i in range(n))
    start = time.monotonic()
    engine.Run(client, tasks, {}, report, do_nothing).run()
    seconds = time.monotonic() - start
    client.close()
    engine.stop_cluster(cluster)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n} names without work, 2 workers: {seconds:.0f} s, {seconds / n * 1e6:.0f} us each; "
          f"list and scheduler have {memory:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--names", type=int, default=100_000, help="0: not at all")
    parser.add_argument("--ssmt", default=archive.find_program())
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    try:
        make_files(folder, options.files)
        alone = measure_alone(options.ssmt, folder)
        print(f"{options.files} files, {os.cpu_count()} processors")
        print("| | s | files/s | of ideal | start of workers, s |\n|---|---|---|---|---|")
        print(f"| one process | {alone:.1f} | {options.files / alone:.1f} | | |", flush=True)
        for n in (int(word) for word in options.workers.split(",")):
            seconds, start = measure_workers(options.ssmt, folder, n)
            share = alone / seconds / min(n, os.cpu_count())
            print(f"| {n} workers | {seconds:.1f} | {options.files / seconds:.1f} | {share:.0%} | {start:.1f} |", flush=True)
        if options.names:
            measure_names(folder, options.names)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
