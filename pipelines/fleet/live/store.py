# SPDX-License-Identifier: LGPL-2.1-or-later
"""Leases, states and cues of channels in Redis or Valkey.

A channel NAME is, with all keys in one slot of a cluster:

    ssmt:{NAME}:in      stream   cues of the source: text, pts, duration (ns); their ids name them for good
    ssmt:{NAME}:out     stream   their translations under the same ids, and the host's epoch
    ssmt:{NAME}:state   hash     the state (bytes) and the cue that it ends with (id)
    ssmt:{NAME}:lease   string   the host that has the channel, for a time
    ssmt:{NAME}:epoch   number   grows each time the channel changes hands
    ssmt:{NAME}:wanted  string   the host that is to have it

What a host writes is written by a script that looks at the epoch first, so that a host which has lost its channel, and does not know
it yet, changes nothing (M. Kleppmann, "How to do distributed locking": fencing tokens).
"""
import dataclasses
import json
import pathlib
import sys

import redis

CHANNELS = "ssmt:channels"  # hash: name, settings as JSON
HOST = "ssmt:host:"         # string: how many channels the host has
FREE = "ssmt:free"          # topic: a channel is given away
LONGEST = 10000             # cues of a channel that stay in the store

# The store is away, slow or full: what was to be done is tried again.
TROUBLE = (redis.ConnectionError, redis.TimeoutError, redis.ResponseError)


class Fenced(Exception):
    """Another host has the channel."""


@dataclasses.dataclass
class Lease:
    name: str
    epoch: int
    state_id: bytes  # the last cue that the state has read
    state: bytes     # empty: a document begins
    out_id: bytes    # the last cue that is out
    tries: int       # hosts that took it in a row, none of which put out a cue


def key(name, what):
    return f"ssmt:{{{name}}}:{what}"


def later(a, b):
    """Whether stream id a comes after b."""
    return tuple(map(int, a.split(b"-"))) > tuple(map(int, b.split(b"-")))


class Store:
    def __init__(self, url, host="", ttl=2.0, timeout=2.0):
        """ttl: seconds after which a host that says nothing has lost its channels."""
        self.host, self.ttl = host, int(ttl * 1000)
        self.redis = redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)
        folder = pathlib.Path(__file__).parent
        self.scripts = {name: self.redis.register_script((folder / f"{name}.lua").read_text())
                        for name in ("take", "renew", "commit", "release")}

    def _keys(self, name, *whats):
        return [key(name, what) for what in whats]

    # --- channels

    def add(self, name, settings):
        self.redis.hset(CHANNELS, name, json.dumps(settings))

    def remove(self, name):
        self.redis.hdel(CHANNELS, name)
        self.redis.delete(*self._keys(name, "in", "out", "state", "lease", "wanted"))
        # a host that does not know it yet has the epoch of now
        self.redis.incr(key(name, "epoch"))

    def channels(self):
        """Name and settings of each."""
        found = {}
        for name, text in self.redis.hgetall(CHANNELS).items():
            try:
                settings = json.loads(text)
                found[name.decode()] = {str(k): str(v) for k, v in settings.items()}
            except (ValueError, AttributeError) as error:
                print(f"{CHANNELS}: {name!r} is no channel: {error}", file=sys.stderr)
        return found

    def owners(self, names):
        """The host that has each of the channels, None: nobody."""
        pipe = self.redis.pipeline(transaction=False)
        for name in names:
            pipe.get(key(name, "lease"))
        return {name: owner and owner.decode() for name, owner in zip(names, pipe.execute())}

    # --- leases

    def take(self, name, epoch=""):
        """The channel, where nobody has it or where it was given to this host in that epoch. None: it is another's."""
        reply = self.scripts["take"](keys=self._keys(name, "lease", "epoch", "state", "out", "in"),
                                     args=[self.host, self.ttl, epoch])
        return reply and Lease(name, reply[0], reply[1], reply[2], reply[3], reply[4])

    def renew(self, leases):
        """For each lease: the host that is to have it ("": this one), or None: it is lost."""
        pipe = self.redis.pipeline(transaction=False)
        for lease in leases:
            self.scripts["renew"](keys=self._keys(lease.name, "lease", "epoch", "wanted"),
                                  args=[self.host, lease.epoch, self.ttl], client=pipe)
        return [None if reply is None else reply.decode() for reply in pipe.execute()]

    def release(self, lease, to="", why=""):
        """why: "broken" where the channel could not go on here."""
        self.scripts["release"](keys=self._keys(lease.name, "lease", "epoch", "wanted", "state"),
                                args=[lease.epoch, to, self.ttl, lease.name, FREE, why])

    def hand_over(self, name, to):
        """Asks the host that has the channel to give it to another."""
        self.redis.set(key(name, "wanted"), to, ex=30)

    # --- hosts

    def greet(self, n_channels):
        """This host is there, for a time."""
        self.redis.set(HOST + self.host, n_channels, px=self.ttl)

    def hosts(self):
        """Name and number of channels of each."""
        found = sorted(self.redis.scan_iter(HOST + "*"))
        return {name.decode()[len(HOST):]: int(n or 0) for name, n in zip(found, self.redis.mget(found))} if found else {}

    # --- cues

    def read(self, name, after, block):
        """Cues of the source after that id, (id, fields) each; waits for them as many milliseconds."""
        reply = self.redis.xread({key(name, "in"): after}, count=32, block=block)
        return reply[0][1] if reply else []

    def commit(self, lease, cue=None, state=None):
        """cue: (id, text, pts, duration); state: (id, bytes). True: the cue came out, False: it was out."""
        reply = self.scripts["commit"](
            keys=self._keys(lease.name, "epoch", "out", "state"),
            args=[lease.epoch, *(cue or (b"", b"", 0, 0)), LONGEST, *(state or (b"", b""))])
        if reply is None:
            raise Fenced(lease.name)
        return reply == 1
