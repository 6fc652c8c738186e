# SPDX-License-Identifier: LGPL-2.1-or-later
"""What there is to do. What files are translated, and what they are called then, `ssmt subtitle -n` says."""
import json
import os
import subprocess
import tempfile

from . import store
from .child import Child

FILMS = (".mkv", ".webm", ".mp4", ".m4v", ".mov")
TEXT = ".txt"
# A text is called as a subtitle file would be.
AS_SUBTITLE = ".srt"


def fail(name, reason):
    return {"kind": "failed", "name": name, "reason": reason}


def join(folder, name):
    return f"{folder.rstrip('/')}/{name}"


# --- a folder --------------------------------------------------------------------------


def list_folder(folder, command, out):
    """(name, outputs, whether all is there) of what `ssmt subtitle -r` would do."""
    options = ["-o", out] if out else []
    with subprocess.Popen([*command, "-n", "-q", "-r", "--json", *options, "."], cwd=folder,
                          stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{folder}: the list of its files ends early ({command[0]}: status {process.returncode})")


def read_folder(folder, command, out, with_texts):
    for said in list_folder(folder, command, out):
        name = said["file"][2:] if said["file"].startswith("./") else said["file"]
        if said["status"] == "failed":
            yield fail(name, said["reason"])
        else:
            yield {"kind": "file" if said["status"] == "waits" else "skipped", "name": name}
    if with_texts:
        yield from read_texts(folder, command, out)


def read_texts(folder, command, out):
    """Empty files of the same names, for `ssmt subtitle` to choose among."""
    with tempfile.TemporaryDirectory() as mirror:
        for path, folders, names in os.walk(folder):
            folders[:] = sorted(f for f in folders if not f.startswith(".") and not f.endswith(".parts"))
            there = os.path.join(mirror, os.path.relpath(path, folder))
            for name in names:
                if name.endswith(TEXT) and not name.startswith("."):
                    os.makedirs(there, exist_ok=True)
                    open(os.path.join(there, name[:-len(TEXT)] + AS_SUBTITLE), "w").close()
        for said in list_folder(mirror, command, None):
            if said["status"] == "failed":
                yield fail(os.path.join(folder, os.path.normpath(said["file"])[:-len(AS_SUBTITLE)] + TEXT), said["reason"])
                continue
            name, *outputs = (os.path.normpath(n)[:-len(AS_SUBTITLE)] + TEXT for n in (said["file"], *said["outputs"]))
            yield {"kind": "text", "name": os.path.join(folder, name),
                   "outputs": [os.path.join(out or folder, o) for o in outputs]}


# --- a list ----------------------------------------------------------------------------


class Namer:
    """What a file would be called, wherever it is."""

    def __init__(self, command):
        self.folder = tempfile.TemporaryDirectory()
        self.child = Child([*command, "-n", "-q", "-j", "1", "--json", "--files-from=-"], self.folder.name)

    def ask(self, name):
        path = os.path.join(self.folder.name, name)
        open(path, "w").close()
        try:
            return json.loads(self.child.ask(os.fsencode(name) + b"\n", 1, 60))
        finally:
            os.unlink(path)

    def close(self):
        self.child.close()
        self.folder.cleanup()


def get_place(name, out, base):
    """The folder where its translations go: beside it, or below `out`, with its folders below `base`."""
    folder = name.rsplit("/", 1)[0]
    if not out:
        return folder
    if base and join(folder, "").startswith(join(base, "")):
        below = folder[len(base.rstrip("/")):].strip("/")
    else:
        below = folder.split("://", 1)[-1].strip("/")
    return join(out, below) if below else out


def read_name(name, namer, out, base):
    name = store.make_absolute(name)
    last = name.rsplit("/", 1)[-1]
    if not last or last in (".", ".."):
        return fail(name, "a list names files, no folders")
    is_text = last.endswith(TEXT)
    try:
        said = namer.ask(last[:-len(TEXT)] + AS_SUBTITLE if is_text else last)
    except OSError as error:
        return fail(name, error.strerror or str(error))
    if said["status"] == "failed":
        return fail(name, said["reason"])
    place = get_place(name, out, base)
    outputs = [join(place, os.path.basename(o)) for o in said["outputs"]]
    if is_text:
        return {"kind": "text", "name": name, "outputs": [o[:-len(AS_SUBTITLE)] + TEXT for o in outputs]}
    if not out and store.is_here(name):
        return {"kind": "file", "name": name}
    return {"kind": "object", "name": name, "outputs": outputs, "is_film": last.lower().endswith(FILMS)}


def read_list(path, command, out, base):
    """Names one a line, in the order of the list."""
    namer = Namer(command)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            for line in lines:
                if name := line.rstrip("\n"):
                    yield read_name(name, namer, out, base)
    finally:
        namer.close()
