# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that is kept: lines in, lines out, each answered before the next question.

It ends with its standard input, so also with the process that has started it, killed or not, after what it has at hand."""
import os
import selectors
import signal
import subprocess
import tempfile
import time


class Died(Exception):
    pass


class TooSlow(Exception):
    pass


class Child:
    def __init__(self, command, folder=None):
        self.err = tempfile.TemporaryFile()
        # Ctrl-C is for the one who has the terminal.
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.err, bufsize=0, start_new_session=True)
        self.rest = b""
        os.set_blocking(self.process.stdin.fileno(), False)

    def ask(self, question, n_lines, seconds):
        """So many lines that it says to `question`, with their ends."""
        end = time.monotonic() + seconds
        lines, pieces, written = 0, [], 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdin, selectors.EVENT_WRITE)
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while lines < n_lines:
                for key, _ in selector.select(max(0, end - time.monotonic())):
                    if key.fileobj is self.process.stdout:
                        piece = os.read(self.process.stdout.fileno(), 1 << 16)
                        if not piece:
                            raise Died(self.tell_end())
                        pieces.append(piece)
                        lines += piece.count(b"\n")
                    else:
                        written += self.write(question[written:written + (1 << 16)])
                        if written == len(question):
                            selector.unregister(self.process.stdin)
                if time.monotonic() >= end:
                    raise TooSlow(f"it took longer than {seconds:g} s")
        return b"".join(pieces)

    def write(self, piece):
        try:
            return os.write(self.process.stdin.fileno(), piece)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise Died(self.tell_end()) from None

    def tell_end(self):
        status = self.process.wait()
        if status < 0:
            return f"the program died with signal {-status} ({signal.Signals(-status).name})"
        said = self.take_messages().strip().splitlines()
        return f"the program ended with status {status}" + (f": {said[-1]}" if said else "")

    def take_messages(self):
        """What it has said on stderr since the last time."""
        size = os.fstat(self.err.fileno()).st_size
        said = os.pread(self.err.fileno(), min(size, 1 << 16), 0)
        # its own place in the file is the end, and the file is emptied
        os.ftruncate(self.err.fileno(), 0)
        os.lseek(self.err.fileno(), 0, os.SEEK_SET)
        return said.decode(errors="replace")

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.err.close()
