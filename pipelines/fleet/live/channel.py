# SPDX-License-Identifier: LGPL-2.1-or-later
"""A channel on this host: cues from the store through a pipeline and back, under a lease."""
import logging
import threading
import time

from pipeline import Broken, Checkpoint
from store import TROUBLE, Fenced, later

IDLE = 500      # milliseconds that a channel waits for cues before it looks whether it is to end
PATIENCE = 0.2  # seconds between two tries while the store is in trouble
POISON = 5      # hosts that died of a cue before it passes as it is


class Channel(threading.Thread):
    """Ends when it is told to, when another host has the channel, or when the pipeline breaks."""

    def __init__(self, store, lease, pipeline, interval):
        super().__init__(name=lease.name, daemon=True)
        self.store, self.lease, self.pipeline, self.interval = store, lease, pipeline, interval
        self.log = logging.LoggerAdapter(logging.getLogger("channel"), {"channel": lease.name})
        self.halt, self.heir = threading.Event(), None
        self.is_lost = threading.Event()
        self.problem = None
        self.read_id, self.out_id = lease.state_id, lease.out_id
        self.cues = {}         # number: (id, pts, duration), of what is in the pipeline
        self.n_pushed = 0
        self.ids = {}           # number: id, of what came out since the last checkpoint
        self.heard = []         # checkpoints of texts that have not been pulled yet
        self.checkpoint = None  # the newest that is not in the store: (id, state)

    def stop(self, heir=None):
        """heir: the host that is to have the channel; "": whoever takes it; None: nobody is told."""
        self.heir = heir
        self.halt.set()

    # --- the store

    def _patiently(self, call, *arguments, **named):
        """As often as it takes, while the channel is this host's."""
        told = False
        while not self.is_lost.is_set():
            try:
                return call(*arguments, **named)
            except TROUBLE as error:
                if not told:
                    self.log.warning("the store: %s", error)
                told = True
                time.sleep(PATIENCE)
        raise Fenced(self.lease.name)

    def _read(self, block):
        try:
            return self.store.read(self.lease.name, self.read_id, block)
        except TROUBLE as error:
            self.log.warning("the store: %s", error)
            time.sleep(PATIENCE)
            return []

    def _commit(self, cue=None):
        self._patiently(self.store.commit, self.lease, cue, self.checkpoint)
        self.checkpoint = None

    # --- cues

    def _get(self, entry_id, fields):
        """Text, pts and duration; what is no number is 0."""
        times = []
        for name in (b"pts", b"duration"):
            try:
                times.append(int(fields.get(name, b"0")))
            except ValueError:
                self.log.warning("cue %s: its %s is no whole number of ns", entry_id.decode(), name.decode())
                times.append(0)
        return fields.get(b"text", b""), *times

    def _push(self, entry_id, fields):
        text, pts, duration = self._get(entry_id, fields)
        self.cues[self.n_pushed] = entry_id, pts, duration
        self.pipeline.push(self.n_pushed, text, pts, duration)
        self.n_pushed += 1
        self.read_id = entry_id

    def _put_out(self, number, text):
        entry_id, pts, duration = self.cues.pop(number)
        self.ids[number] = entry_id
        # what another host has put out before is read again for the state's sake alone
        if later(entry_id, self.out_id):
            self._commit((entry_id, text, pts, duration))
            self.out_id = entry_id

    def _listen(self):
        for message in self.pipeline.listen():
            if isinstance(message, Checkpoint):
                self.heard.append(message)
            else:
                self.log.warning("%s", message)
        while self.heard and self.heard[0].number in self.ids:
            checkpoint = self.heard.pop(0)
            self.checkpoint = self.ids[checkpoint.number], checkpoint.state
            self.ids = {n: i for n, i in self.ids.items() if n > checkpoint.number}

    def _drain(self, seconds):
        while self.cues and (out := self.pipeline.pull(seconds)):
            self._listen()
            self._put_out(*out)
        self._listen()

    def _pass_poison(self):
        """A cue that has killed one host after the other passes as it is."""
        if self.lease.tries <= POISON:
            return
        for entry_id, fields in self._patiently(self.store.read, self.lease.name, self.out_id, 1)[:1]:
            self.log.error("cue %s has ended %d hosts: it passes untranslated", entry_id.decode(), self.lease.tries - 1)
            # who goes on from here does not read it again
            self.checkpoint = (entry_id, self.lease.state) if self.lease.state else None
            self._commit((entry_id, *self._get(entry_id, fields)))
            self.out_id = self.read_id = entry_id

    def _work(self):
        self._pass_poison()
        while not self.halt.is_set() and not self.is_lost.is_set():
            for entry_id, fields in self._read(20 if self.cues else IDLE):
                self._push(entry_id, fields)
            self._drain(0.05)
            if self.checkpoint and not self.cues:
                self._commit()

    def _leave(self):
        """The state after the last cue that came out goes to the store, and the channel to its heir."""
        self._drain(0.3)
        self.pipeline.rest()
        self._listen()
        if self.checkpoint:
            self._commit()
        if self.heir is not None:
            self._patiently(self.store.release, self.lease, self.heir)

    def run(self):
        try:
            self.pipeline.start(self.interval, self.lease.state)
            self.log.info("begins after %s (state) and %s (out), epoch %d", self.lease.state_id.decode(),
                          self.out_id.decode(), self.lease.epoch)
            self._work()
            if not self.is_lost.is_set():
                self._leave()
                self.log.info("given to %s after %s", self.heir or "anybody", self.out_id.decode())
        except Fenced:
            self.is_lost.set()
        except Broken as problem:
            self.problem = str(problem)
        except Exception as problem:  # a fault of this program is a fault of one channel
            self.log.exception("unexpected")
            self.problem = repr(problem)
        finally:
            self.pipeline.close()
        if self.is_lost.is_set():
            self.log.warning("another host has it, epoch %d is over", self.lease.epoch)
        elif self.problem:
            self.log.error("%s", self.problem)
