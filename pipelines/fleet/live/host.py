#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Translates channels that no other host has, as many as it may.  SIGTERM: gives them away, and ends."""
import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time

from channel import Channel
from store import FREE, TROUBLE, Store

PATIENCE = 10.0  # seconds in which a host that ends gives its channels away
REST = 5.0    # seconds for which a channel that broke here is left to others
KEPT = 8      # models that stay in memory, at most
MODESTY = 0.1  # seconds for which a full host leaves a free channel to others
# Of glibc's arenas, one a thread, most would be empty.
os.environ.setdefault("MALLOC_ARENA_MAX", "2")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="redis://127.0.0.1:6379/0", help="URL of Redis or Valkey (%(default)s)")
    parser.add_argument("--name", default=socket.gethostname(), help="name of this host, unlike all others (%(default)s)")
    parser.add_argument("--capacity", type=int, default=100, help="channels at most (%(default)s)")
    parser.add_argument("--interval", type=int, default=32, help="cues from state to state (%(default)s)")
    parser.add_argument("--ttl", type=float, default=2.0, help="seconds without a word after which a host is dead (%(default)s)")
    parser.add_argument("--metrics", metavar="PORT", type=int, help="OpenMetrics over HTTP on this port")
    return parser.parse_args()


class Host:
    def __init__(self, arguments, make):
        """make: settings and name of a channel to a pipeline."""
        self.arguments, self.make = arguments, make
        self.store = Store(arguments.store, arguments.name, arguments.ttl, timeout=arguments.ttl)
        self.log = logging.LoggerAdapter(logging.getLogger("host"), {"channel": "-"})
        self.channels = {}  # name: Channel
        self.keepers = {}   # settings: a pipeline that keeps the model in memory, None: it has none
        self.seen = {}      # name: since when it is free
        self.resting = {}   # name: until when
        self.given = []     # what was given away: (name, host, epoch)
        self.ending = threading.Event()
        self.wake = threading.Event()
        self.last_moment = 0.0
        self.trouble = set()

    def _try(self, what, call):
        """The store may be away: told once, the next turn tries again."""
        try:
            call()
        except (*TROUBLE, OSError) as error:
            if what not in self.trouble:
                self.log.warning("%s: %s", what, error)
            self.trouble.add(what)
            return
        if what in self.trouble:
            self.log.warning("%s: goes on", what)
        self.trouble.discard(what)

    # --- beside the main loop

    def _renew(self):
        channels = [c for c in list(self.channels.values()) if c.is_alive()]
        for channel, wanted in zip(channels, self.store.renew([c.lease for c in channels]) if channels else []):
            if wanted is None and not channel.halt.is_set():
                channel.is_lost.set()
            elif wanted and wanted != self.arguments.name and not channel.halt.is_set():
                channel.stop(wanted)

    def _renew_all_along(self):
        while not self.ending.is_set() or self.channels:
            begin = time.monotonic()
            self._try("the leases", self._renew)
            self._try("the greeting", lambda: self.store.greet(len(self.channels)))
            time.sleep(max(0.0, begin + self.arguments.ttl / 4 - time.monotonic()))

    def _hear(self):
        listener = self.store.redis.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(FREE)
        while not self.ending.is_set():
            message = listener.get_message(timeout=1.0)
            if message:
                given = tuple(message["data"].decode(errors="replace").rsplit("\n", 2))
                if len(given) == 3:
                    self.given.append(given)
                    self.wake.set()

    def _hear_all_along(self):
        while not self.ending.is_set():
            self._try("the topic", self._hear)
            time.sleep(0.2)

    # --- channels

    def _begin(self, name, settings, epoch=""):
        if name in self.channels or self.resting.get(name, 0) > time.monotonic():
            return
        lease = self.store.take(name, epoch)
        if not lease:
            return
        try:
            channel = Channel(self.store, lease, self.make(settings, name), self.arguments.interval)
        except Exception as problem:  # a bad model is one channel's matter
            self.log.error("%s: %s", name, problem)
            self._leave_to_others(lease)
            return
        self.channels[name] = channel
        channel.start()

    def _keep_models(self, settings):
        """Models are there before the channels are."""
        for name, values in settings.items():
            key = str(sorted(values.items()))
            if key in self.keepers or len(self.keepers) >= KEPT:
                continue
            try:
                self.keepers[key] = self.make(values, "keeper")
            except Exception as problem:
                self.log.error("%s: %s", name, problem)
                self.keepers[key] = None

    def _leave_to_others(self, lease):
        self.resting[lease.name] = time.monotonic() + REST
        self.store.release(lease, why="broken")

    def _drop_ended(self):
        for name, channel in list(self.channels.items()):
            if not channel.is_alive():
                del self.channels[name]
                if channel.problem:
                    self._leave_to_others(channel.lease)

    def _take_given(self, settings):
        while self.given:
            name, host, epoch = self.given.pop(0)
            if host == self.arguments.name and name in settings:
                self._begin(name, settings[name], epoch)

    def _take_free(self, settings):
        """What nobody has, a little later the more this host has already."""
        owners, now = self.store.owners(list(settings)), time.monotonic()
        self.seen = {name: self.seen.get(name, now) for name, owner in owners.items() if owner is None}
        for name, since in sorted(self.seen.items(), key=lambda item: item[1]):
            load = len(self.channels) / self.arguments.capacity
            if load < 1 and now - since >= MODESTY * load:
                self._begin(name, settings[name])

    def _turn(self):
        self._drop_ended()
        if self.ending.is_set():
            for channel in list(self.channels.values()):
                channel.stop("")
            return
        # with many channels a thread each is as much as there is
        settings = {name: {"threads": "1", **values} for name, values in self.store.channels().items()}
        self._keep_models(settings)
        self._take_given(settings)
        self._take_free(settings)
        for name in set(self.channels) - set(settings):
            self.channels[name].stop()

    def run(self):
        beside = [threading.Thread(target=call, daemon=True) for call in (self._renew_all_along, self._hear_all_along)]
        for thread in beside:
            thread.start()
        while not self.ending.is_set() or (self.channels and time.monotonic() < self.last_moment):
            self._try("the channels", self._turn)
            self.wake.wait(0.05 if self.ending.is_set() or self.seen else self.arguments.ttl / 4)
            self.wake.clear()
        if self.channels:
            self.log.error("the store does not answer: %d channels are left to whoever finds them", len(self.channels))
        for pipeline in filter(None, self.keepers.values()):
            pipeline.close()

    def end(self, *_):
        self.last_moment = time.monotonic() + PATIENCE
        self.ending.set()
        self.wake.set()


def main():
    arguments = parse_arguments()
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {arguments.name} %(levelname)s %(channel)s: %(message)s")
    if arguments.metrics is not None:
        os.environ["GST_TRACERS"] = f"ssmtmetrics(address=0.0.0.0,port={arguments.metrics})"
    from pipeline import Gst, Pipeline  # GStreamer reads GST_TRACERS when it begins
    Gst.init(None)
    if not Gst.ElementFactory.find("ssmtranslate"):
        sys.exit("There is no element ssmtranslate: install it, or set GST_PLUGIN_PATH to where it was built.")
    host = Host(arguments, Pipeline)
    signal.signal(signal.SIGTERM, host.end)
    signal.signal(signal.SIGINT, host.end)
    host.log.info("ready for %d channels", arguments.capacity)
    host.run()


if __name__ == "__main__":
    main()
