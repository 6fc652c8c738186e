#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Translates an archive of subtitle files, films and texts on many machines, by Dask distributed.

    archive.py Films/ --to pt --workers 4                     this machine
    archive.py --list names.txt --to pt --scheduler tcp://HOST:8786   workers of a scheduler

The same command again goes on: what is there is done. README.md beside this file has the rest."""
import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import uuid

try:
    from distributed import Client
    from ssmt_archive import engine, listing, store
    from ssmt_archive.report import Report
except ImportError as error:
    sys.exit(f"archive: {error}: on Debian \"apt install python3-distributed python3-fsspec\", "
             "else \"pip install 'dask[distributed]' bokeh\"")

INTERRUPTED = 130


def find_program():
    """That of the build tree, where this is one, else the installed one."""
    built = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../build/engine/cli/ssmt")
    return os.path.realpath(built) if os.path.exists(built) else "ssmt"


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("folder", nargs="?", metavar="FOLDER", help="its files, and those in its folders")
    what.add_argument("--list", metavar="FILE", help="names, one a line: paths, or objects as s3://bucket/film.srt")
    parser.add_argument("--texts", action="store_true", help="of a folder .txt files, too")
    parser.add_argument("--out", metavar="FOLDER", help="where translations go, with the folders that sources are in "
                                                        "(default: beside their sources)")
    parser.add_argument("--base", metavar="FOLDER", help="what of a list's names is left out below --out")
    parser.add_argument("--to", metavar="LANGUAGE[,...]")
    parser.add_argument("--from", dest="source", metavar="LANGUAGE")
    parser.add_argument("--model", metavar="MODEL")
    parser.add_argument("--glossary", metavar="FILE")
    parser.add_argument("--force", action="store_true", help="write over what is there")
    parser.add_argument("--option", action="append", default=[], metavar="OPTION",
                        help="one more of ssmt subtitle, for files that are no texts: --option=--beside")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of Dask (default: one of its own)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes on this machine (default: processors)")
    parser.add_argument("--threads", type=int, metavar="N", help="that a worker computes with (default: its share)")
    parser.add_argument("--deadline", type=float, default=3600, metavar="SECONDS", help="for a file (default: 3600)")
    parser.add_argument("--split-bytes", type=int, default=200_000, metavar="N",
                        help="a text beyond is cut, between documents (default: 200000)")
    parser.add_argument("--failures", default="failures.tsv", metavar="FILE", help="(default: failures.tsv)")
    parser.add_argument("--page", default="127.0.0.1:8787", metavar="ADDRESS", help="where Dask shows what it does")
    parser.add_argument("--ssmt", default=None, metavar="PROGRAM", help="on all machines")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args(arguments)
    if options.folder and not os.path.isdir(options.folder):
        parser.error(f"{options.folder} is no folder; for a list of names there is --list")
    if options.split_bytes < 1 or options.deadline <= 0:
        parser.error("--split-bytes and --deadline are more than 0")
    if options.folder and options.out and not store.is_here(options.out):
        parser.error("a folder's translations go into a folder; for objects there is --list")
    return options


def make_commands(options):
    """`ssmt subtitle` as the list is made by it, and what workers keep."""
    program = options.ssmt or ("ssmt" if options.scheduler else find_program())
    program = os.path.abspath(program) if "/" in program else program
    model = os.path.abspath(options.model) if options.model and os.path.isdir(options.model) else options.model
    common = ["--glossary", os.path.abspath(options.glossary)] if options.glossary else []
    subtitle = [program, "subtitle", *common, *options.option]
    for option, value in (("--to", options.to), ("--from", options.source), ("--model", model)):
        subtitle += [option, value] if value else []
    subtitle += ["--force"] if options.force else []
    threads = ["--threads", str(options.threads)]
    texts = []
    for target in (options.to or "").split(","):
        pair = f"{options.source or 'en'}-{target}" if target else None
        chosen = ["--model", model or pair] if model or pair else []
        texts.append([program, "translate", "--documents", *chosen, *common, *threads])
    keep = [*subtitle, "-q", "-j", "1", "--json", "--files-from=-", *threads]
    if options.folder and options.out:
        keep += ["-o", options.out]
    return subtitle, keep, texts


def list_tasks(options, command):
    if options.folder:
        return listing.read_folder(options.folder, command, options.out, options.texts)
    return listing.read_list(options.list, command, options.out, options.base)


def check_command(command):
    """Says itself what is wrong with options, or that there is no model."""
    try:
        status = subprocess.run([*command, "-n", "-q", "--files-from=/dev/null"]).returncode
    except OSError as error:
        sys.exit(f"archive: cannot start {command[0]}: {error.strerror}; --ssmt names it")
    if status:
        sys.exit(status)


def run(options, client, report):
    subtitle, keep, texts = make_commands(options)
    settings = {"archive": uuid.uuid4().hex, "subtitle": keep, "texts": texts, "folder": options.folder,
                "force": options.force, "beside": "--beside" in options.option, "deadline": options.deadline,
                "split_bytes": options.split_bytes}
    report.count_workers = lambda: len(client.nthreads())
    archive = engine.Run(client, list_tasks(options, subtitle), settings, report)
    try:
        archive.run()
    except KeyboardInterrupt:
        archive.cancel()
        return INTERRUPTED
    return 1 if report.counts["failed"] else 0


def find_page(client):
    """Without bokeh, here and so probably at the scheduler, Dask has plain pages alone."""
    link = client.dashboard_link
    if importlib.util.find_spec("bokeh"):
        return link
    return link.removesuffix("/status") + "/info/main/workers.html"


def main(arguments=None):
    options = parse(arguments)
    for name in ("folder", "out", "base"):
        if getattr(options, name):
            setattr(options, name, store.make_absolute(getattr(options, name)))
    n_workers = options.workers or os.cpu_count()
    if not options.threads:
        options.threads = 1 if options.scheduler else max(1, os.cpu_count() // n_workers)
    check_command(make_commands(options)[0])
    report = Report(options.failures, options.quiet)
    folder, cluster, status = tempfile.mkdtemp(), None, 1
    try:
        if options.scheduler:
            client = Client(options.scheduler)
            engine.send_code(client)
        else:
            cluster = engine.start_cluster(n_workers, options.page, folder)
            client = Client(cluster)
        report.say(f"{find_page(client)} shows what Dask does")
        status = run(options, client, report)
        client.close()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except (OSError, RuntimeError) as error:
        report.say(f"{error}; the same command goes on")
    finally:
        report.finish(status == INTERRUPTED)
        if cluster:
            engine.stop_cluster(cluster)
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
