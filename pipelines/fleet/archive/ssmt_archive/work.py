# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a worker does. Tasks and results are dictionaries: they go over the network, and to other versions of Python.

A task: "kind" and "name", which is a path or an object's name, and
    file    a subtitle file or a film that `ssmt subtitle` reads and writes where it is
    object  the same, fetched before and put in place behind it: "outputs"
    text    a text of many documents: "outputs", one a language
    part    "start" to "end" of a text, "number"
    join    all parts of a text are there: "parts", names of them, for each output
"""
import json
import os
import shutil
import tempfile
import threading
import time

from . import store, texts
from .child import Child, Died, TooSlow

ATTEMPTS = 3
# What another time will not be there, either.
LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ValueError)
# Beside a film a subtitle file is what its track is.
BESIDE = (".srt", ".ass", ".vtt")

kept = threading.local()


def run(task, settings):
    """What became of a task: "status" is done, skipped, failed, or split for a text of several parts."""
    start, attempt = time.monotonic(), 0
    while True:
        attempt += 1
        result = try_once(task, settings)
        if result["status"] != "failed" or not result.get("transient") or attempt == ATTEMPTS:
            break
        time.sleep(settings.get("pause", 1) * attempt)
    return {**result, "name": task["name"], "attempts": attempt, "seconds": time.monotonic() - start}


def try_once(task, settings):
    try:
        return KINDS[task["kind"]](task, settings)
    except (Died, TooSlow) as error:
        forget_children()
        return fail(str(error), True)
    except LASTING as error:
        return fail(describe(error), False)
    except Exception as error:  # a store of any kind, with errors of its own
        forget_children()
        return fail(describe(error), True)


def fail(reason, transient):
    return {"status": "failed", "reason": reason, "transient": transient}


def describe(error):
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


# --- programs that are kept ------------------------------------------------------------


def get_child(command, settings):
    """The one that runs already: a thread of a worker has one of a kind, for as long as the archive is the same."""
    if kept.__dict__.get("archive") != settings["archive"]:
        forget_children()
        kept.archive, kept.children = settings["archive"], {}
    key = tuple(command)
    if key not in kept.children:
        kept.children[key] = Child(command, settings["folder"])
    return kept.children[key]


def forget_children():
    for child in kept.__dict__.pop("children", {}).values():
        child.close()
    kept.archive = None


def make_temporary(settings):
    """Where a worker has a folder of its own, Dask clears that up behind a killed one."""
    try:
        from distributed import get_worker
        return tempfile.mkdtemp(dir=get_worker().local_directory)
    except (ImportError, ValueError):
        return tempfile.mkdtemp()


# --- files -----------------------------------------------------------------------------


def subtitle(path, settings):
    if "\n" in path:
        raise ValueError("its name has a line break, which no list of names can have")
    answer = json.loads(get_child(settings["subtitle"], settings).ask(
        os.fsencode(path) + b"\n", 1, settings["deadline"]))
    if answer["status"] == "stopped":
        raise Died("the program was stopped by a signal")
    return answer


def run_file(task, settings):
    return subtitle(task["name"], settings)


def is_there(output, is_film, settings):
    if store.exists(output):
        return True
    stem = output.rsplit(".", 1)[0]
    return is_film and settings["beside"] and any(store.exists(stem + end) for end in BESIDE)


def run_object(task, settings):
    outputs = task["outputs"]
    if not settings["force"] and all(is_there(o, task["is_film"], settings) for o in outputs):
        for output in outputs:
            store.clean(output)
        return {"status": "skipped", "outputs": outputs}
    temporary = make_temporary(settings)
    try:
        answer = subtitle(store.fetch(task["name"], temporary), settings)
        if answer["status"] != "done":
            return answer
        there = outputs[0].rsplit("/", 1)[0]
        names = [f"{there}/{os.path.basename(path)}" for path in answer["outputs"]]
        for path, name in zip(answer["outputs"], names):
            store.put(path, name)
        return {**answer, "outputs": names}
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


# --- texts -----------------------------------------------------------------------------


def put_bytes(data, name, settings):
    temporary = make_temporary(settings)
    try:
        path = os.path.join(temporary, "out")
        with open(path, "wb") as file:
            file.write(data)
        store.put(path, name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def run_text(task, settings):
    """All of it where it is short, else where it is to be cut."""
    outputs = task["outputs"]
    wanted = [i for i, o in enumerate(outputs) if settings["force"] or not store.exists(o)]
    if not wanted:
        for output in outputs:
            store.clean(output)
        return {"status": "skipped", "outputs": outputs}
    data = store.read(task["name"])
    parts = texts.split(data, settings["split_bytes"])
    if len(parts) > 1:
        return {"status": "split", "parts": parts}
    for i in wanted:
        put_bytes(texts.translate(get_child(settings["texts"][i], settings), data, settings["deadline"]), outputs[i], settings)
    return {"status": "done", "outputs": outputs}


def run_part(task, settings):
    data = store.read(task["name"], task["start"], task["end"])
    names, status = [], "skipped"
    for output, command in zip(task["outputs"], settings["texts"]):
        name = texts.get_part_name(output, task["number"], data, command)
        names.append(name)
        if not store.exists(name):
            put_bytes(texts.translate(get_child(command, settings), data, settings["deadline"]), name, settings)
            status = "done"
    return {"status": status, "outputs": names}


def run_join(task, settings):
    for output, parts in zip(task["outputs"], task["parts"]):
        # done before, by a worker that died when it had removed the parts
        if not store.exists(output) or (settings["force"] and store.exists(parts[-1])):
            put_bytes(b"".join(store.read(part) for part in parts), output, settings)
        store.clean(output)
    return {"status": "done", "outputs": task["outputs"]}


KINDS = {"file": run_file, "object": run_object, "text": run_text, "part": run_part, "join": run_join}
