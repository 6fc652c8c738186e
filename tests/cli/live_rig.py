# SPDX-License-Identifier: LGPL-2.1-or-later
"""For the tests of pipelines/live and of metrics: the program, its readers, TAP."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TRIED = 60  # seconds that anything may take


class Tap:
    def __init__(self):
        self.n, self.failed = 0, False

    def check(self, what, good, why=""):
        self.n += 1
        print("ok" if good else "not ok", self.n, "-", what, flush=True)
        if not good:
            self.failed = True
            for line in str(why).splitlines()[:20]:
                print("#", line, flush=True)

    def finish(self):
        print(f"1..{self.n}", flush=True)
        sys.exit(1 if self.failed else 0)


def until(condition, seconds=TRIED):
    """What the condition says as soon as it is true, or in the end."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    if not value:
        print("# in vain, line", sys._getframe(1).f_lineno, flush=True)
    return value


def make_folder(plugins, model):
    """Where the test works, and what the elements are to find there."""
    folder = tempfile.mkdtemp()
    os.environ.update(GST_PLUGIN_PATH=plugins, GST_REGISTRY=os.path.join(folder, "registry.bin"),
                      SSMT_MODEL_PATH=model, LC_ALL="C.UTF-8")
    os.chdir(folder)
    return folder


def drop_folder(folder):
    os.chdir("/")
    shutil.rmtree(folder, ignore_errors=True)


class Live:
    """A running ssmt-live."""

    def __init__(self, program, *options, port=0):
        self.err = open("err", "w+")
        self.process = subprocess.Popen(
            [program, "--port", str(port), *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.err, text=True)
        self.uri = self.process.stdout.readline().strip()
        self.port = int(self.uri.rstrip("/").rsplit(":", 1)[1]) if self.uri else 0

    def say(self, *lines):
        for line in lines:
            text = line if isinstance(line, str) else json.dumps(line)
            self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def get_errors(self):
        with open("err") as file:
            return file.read()

    def get_memory(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) * 1024

    def stop(self):
        """By Ctrl-C; the exit status, and seconds that it took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(TRIED)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.err.close()
        return status, time.monotonic() - start


class Reader:
    """Of the events: each is (id, name, data)."""

    def __init__(self, live, last=None, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(TRIED)
        self.socket.connect(("127.0.0.1", live.port))
        header = f"Last-Event-ID: {last}\r\n" if last else ""
        self.socket.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
        self.last, self.events, self.rest, self.is_over = last, [], b"", False

    def read(self):
        """What has come, once something has."""
        try:
            data = self.socket.recv(65536)
        except OSError:
            data = b""
        self.is_over = not data
        self.rest += data
        *blocks, self.rest = self.rest.split(b"\n\n")
        for block in blocks:
            self.take(block.decode())

    def take(self, block):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        self.last = fields.get("id", self.last)
        if "data" in fields:
            self.events.append((fields.get("id"), fields.get("event"), json.loads(fields["data"])))

    def read_until(self, condition):
        """condition(reader); FALSE: the events ended before."""
        end = time.monotonic() + TRIED
        while not condition(self):
            if self.is_over or time.monotonic() > end:
                return False
            self.read()
        return True

    def get_lines(self, stream):
        """The final text of the stream's lines, as they came."""
        return [data["committed"] for _, name, data in self.events
                if name is None and data["stream"] == stream and data["final"]]

    def get_state(self):
        states = [data["state"] for _, name, data in self.events if name == "status"]
        return states[-1] if states else None

    def close(self):
        self.socket.close()


def read_srt(text):
    """The texts of a SubRip file."""
    return [block.split("\n", 2)[2] for block in text.strip().split("\n\n")]


def write_srt(path, texts, seconds=0.4):
    with open(path, "w") as file:
        for i, text in enumerate(texts):
            start, end = i * seconds, (i + 0.9) * seconds
            file.write(f"{i + 1}\n00:00:{start:06.3f} --> 00:00:{end:06.3f}\n{text}\n\n"
                       .replace(".", ",", 2))
