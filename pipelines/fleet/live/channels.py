#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What there is: channels and hosts, and who has what."""
import argparse
import sys

from store import Store, key


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="redis://127.0.0.1:6379/0", help="URL of Redis or Valkey (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="a channel to be translated from now on")
    add.add_argument("name")
    add.add_argument("settings", nargs="*", metavar="PROPERTY=VALUE", help="of ssmtranslate, as model-path=en-pt")
    commands.add_parser("list", help="channels, their hosts and how many cues wait")
    commands.add_parser("hosts", help="hosts and how many channels they have")
    move = commands.add_parser("move", help="a channel to another host, without a pause")
    move.add_argument("name")
    move.add_argument("host")
    remove = commands.add_parser("remove", help="a channel, its cues and its state")
    remove.add_argument("name")
    return parser.parse_args()


def show_channels(store):
    names = sorted(store.channels())
    for name, owner in store.owners(names).items():
        newest = store.redis.xrevrange(key(name, "out"), count=1)
        out_id = newest[0][0] if newest else b"0-0"
        waiting = len(store.redis.xrange(key(name, "in"), min=b"(" + out_id))
        print(f"{name}\t{owner or '-'}\t{waiting} waiting\tout {out_id.decode()}")


def main():
    arguments = parse_arguments()
    store = Store(arguments.store)
    if arguments.command == "add":
        pairs = [setting.partition("=") for setting in arguments.settings]
        if not all(equals for _, equals, _ in pairs):
            sys.exit("settings are PROPERTY=VALUE")
        store.add(arguments.name, {name: value for name, _, value in pairs})
    elif arguments.command == "remove":
        store.remove(arguments.name)
    elif arguments.command == "hosts":
        for name, n in store.hosts().items():
            print(f"{name}\t{n} channels")
    elif arguments.command == "move":
        if arguments.host not in store.hosts():
            sys.exit(f"{arguments.host} is not there: \"channels.py hosts\" shows who is")
        store.hand_over(arguments.name, arguments.host)
    else:
        show_channels(store)


if __name__ == "__main__":
    main()
