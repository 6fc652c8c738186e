#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what comes out of a channel, whichever host it comes from, until Ctrl-C.  Another program would show it, or write WebVTT."""
import argparse
import time

from store import TROUBLE, Store, key


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="redis://127.0.0.1:6379/0", help="URL of Redis or Valkey (%(default)s)")
    parser.add_argument("--all", action="store_true", help="what came out before, too")
    parser.add_argument("--count", type=int, default=0, help="cues, then it ends (0: without end)")
    parser.add_argument("name")
    arguments = parser.parse_args()
    store, after, n = Store(arguments.store), b"0-0", 0
    if not arguments.all:
        newest = store.redis.xrevrange(key(arguments.name, "out"), count=1)
        after = newest[0][0] if newest else after
    while not arguments.count or n < arguments.count:
        try:
            reply = store.redis.xread({key(arguments.name, "out"): after}, block=1000)
        except TROUBLE:
            time.sleep(0.2)
            continue
        for entry_id, fields in reply[0][1] if reply else []:
            after, n = entry_id, n + 1
            late = int(fields[b"at"]) - int(entry_id.split(b"-")[0])
            print(f"{int(fields[b'pts']) / 1e9:9.3f}  {fields[b'text'].decode()}  [{late} ms, epoch {int(fields[b'epoch'])}]", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
