# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files here and objects elsewhere. A name with "scheme://" is fsspec's, any other one a path.

Whatever gets its name here is whole. Files have a ".part" and a lock on it until then, by the same rules as `ssmt subtitle`
(gst/subtitle/part.h); objects appear when all of them has come; other servers have a ".part" with a number."""
import errno
import fcntl
import os
import shutil
import uuid

# Stores where an object is not there before it is whole.
ATOMIC = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "memory"}


def is_here(name):
    return "://" not in name or name.startswith("file://")


def get_path(name):
    return name[len("file://"):] if name.startswith("file://") else name


def make_absolute(name):
    """One name for a file here, whatever it was called."""
    return os.path.abspath(get_path(name)) if is_here(name) else name


def open_store(name):
    """The file system and the path in it."""
    import fsspec
    return fsspec.core.url_to_fs(name)


def exists(name):
    if is_here(name):
        return os.path.exists(get_path(name))
    store, path = open_store(name)
    # what others have put there since it was last looked at counts
    store.invalidate_cache()
    return store.exists(path)


def read(name, start=0, end=None):
    if is_here(name):
        with open(get_path(name), "rb") as file:
            file.seek(start)
            return file.read() if end is None else file.read(end - start)
    store, path = open_store(name)
    return store.cat_file(path, start=start or None, end=end)


def fetch(name, folder):
    """Its path in a folder; what is here gets a link there."""
    path = os.path.join(folder, name.rsplit("/", 1)[-1])
    if is_here(name):
        if not os.path.isfile(get_path(name)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), get_path(name))
        os.symlink(os.path.abspath(get_path(name)), path)
    else:
        store, there = open_store(name)
        store.get_file(there, path)
    return path


def put(path, name):
    """Gives a file that is here the name."""
    if is_here(name):
        put_here(path, get_path(name))
        return
    store, there = open_store(name)
    protocol = name.split("://", 1)[0]
    if protocol in ATOMIC:
        store.put_file(path, there)
        return
    store.makedirs(there.rsplit("/", 1)[0], exist_ok=True)
    part = f"{there}.{uuid.uuid4().hex}.part"
    store.put_file(path, part)
    store.mv(part, there)


def put_here(path, name):
    os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
    part, out = lock(name)
    with out:
        with open(path, "rb") as source:
            shutil.copyfileobj(source, out)
        out.flush()
        os.fsync(out.fileno())
        os.replace(part, name)


def is_named(out, part):
    """Whether it still has that name, and no other one: its last owner may have put it in place."""
    mine, named = os.fstat(out.fileno()), os.stat(part)
    if (mine.st_dev, mine.st_ino) != (named.st_dev, named.st_ino):
        return False
    if mine.st_nlink > 1:
        os.unlink(part)
    return mine.st_nlink == 1


def lock(name):
    """A part, empty and ours alone, as soon as nobody else has it."""
    part = f"{name}.part"
    while True:
        out = open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), "r+b")
        try:
            fcntl.flock(out, fcntl.LOCK_EX)
            if is_named(out, part):
                out.truncate(0)
                return part, out
        except FileNotFoundError:
            pass  # put in place meanwhile
        except OSError as error:
            out.close()
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise
            part = f"{name}.{uuid.uuid4().hex}.part"
            return part, open(part, "w+b")
        out.close()


def clean(name):
    """Removes what killed workers have left beside a name that is done."""
    if not is_here(name):
        store, path = open_store(name)
        if store.exists(f"{path}.parts"):
            store.rm(f"{path}.parts", recursive=True)
        return
    part = f"{get_path(name)}.part"
    shutil.rmtree(f"{part}s", ignore_errors=True)
    try:
        with open(part, "r+b") as out:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_named(out, part):
                os.unlink(part)
    except OSError:
        pass  # there is none, or somebody is at work
