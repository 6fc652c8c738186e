#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a channel costs: processor, memory and store, of one host.py with more and more channels.  On an idle machine.
Usage: measure-live.py PLUGIN-FOLDER MODEL [--channels=1,50,200] [--rate=0.4] [--seconds=60] [--interval=32]
Needs redis-server and a Python with gi and redis."""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import redis

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("plugins", type=os.path.abspath)
parser.add_argument("model", type=os.path.abspath)
parser.add_argument("--channels", default="1,50,200")
parser.add_argument("--rate", type=float, default=0.4, help="cues a second and channel")
parser.add_argument("--seconds", type=float, default=60)
parser.add_argument("--settings", default="threads=1",
                    help="properties of ssmtranslate: NAME=VALUE,... (%(default)s)")
parser.add_argument("--interval", type=int, default=32, help="cues from state to state")
arguments = parser.parse_args()
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIVE = os.path.join(ROOT, "pipelines", "fleet", "live")
sys.path.insert(0, LIVE)
os.environ["GST_PLUGIN_PATH"] = arguments.plugins
import feed  # noqa: E402
import store as stores  # noqa: E402

PORT = 7381
URL = f"redis://127.0.0.1:{PORT}"
TICKS = os.sysconf("SC_CLK_TCK")


def processor(pid):
    """Seconds of the process so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    """MB that the process alone has: what it shares with files on the disk is not counted."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        sizes = dict(line.split()[:2] for line in rollup if line.endswith("kB\n"))
    return (int(sizes["Private_Dirty:"]) + int(sizes["Private_Clean:"])) / 1024


def feed_all(names, lines, ended, sent):
    sources = [feed.Source(stores.Store(URL), name) for name in names]
    chance, begin = random.Random(1), time.monotonic()
    due = [(chance.uniform(0, 1 / arguments.rate), n) for n in range(len(names))]
    while not ended.is_set():
        due.sort()
        at, n = due[0]
        time.sleep(max(0.0, begin + at - time.monotonic()))
        sources[n].add(lines[(sent[n] + 7 * n) % len(lines)], sent[n] * 10**9, 10**9)
        sent[n] += 1
        due[0] = at + chance.uniform(0.5, 1.5) / arguments.rate, n


def measure(n, lines):
    folder = tempfile.mkdtemp()
    server = subprocess.Popen(["redis-server", "--port", str(PORT), "--dir", folder, "--appendonly", "yes", "--save", ""],
                              stdout=subprocess.DEVNULL)
    view = stores.Store(URL)
    while True:
        try:
            view.redis.ping()
            break
        except redis.RedisError:
            time.sleep(0.05)
    names = [f"channel-{i}" for i in range(n)]
    for name in names:
        view.add(name, dict(pair.split("=") for pair in arguments.settings.split(",")) | {"model-path": arguments.model})
    host = subprocess.Popen([sys.executable, os.path.join(LIVE, "host.py"), "--store", URL, "--name", "host", "--capacity", str(n),
                             "--interval", str(arguments.interval)], stderr=subprocess.DEVNULL)
    while not all(view.owners(names).values()):
        time.sleep(0.1)
    ended, sent = threading.Event(), [0] * n
    source = threading.Thread(target=feed_all, args=(names, lines, ended, sent))
    source.start()
    time.sleep(10)  # every channel has begun

    def now():
        info = view.redis.info()
        return (time.monotonic(), sum(sent), processor(host.pid), processor(server.pid),
                info["total_net_input_bytes"], info["total_net_output_bytes"], info["total_commands_processed"])

    first = now()
    time.sleep(arguments.seconds)
    last = now()
    seconds, cues, used, served, came, went, commands = (b - a for a, b in zip(first, last))
    late = sorted(int(fields[b"at"]) - int(i.split(b"-")[0]) for name in names
                  for i, fields in view.redis.xrevrange(stores.key(name, "out"), count=100))
    print(f"{n:8} {cues / seconds:8.1f} {1000 * used / max(cues, 1):10.1f} {100 * used / seconds:8.1f} {memory(host.pid):9.0f}"
          f" {1000 * served / max(cues, 1):9.2f} {view.redis.info()['used_memory'] / 1e6:9.0f} {came / seconds / 1e6:8.2f}"
          f" {went / seconds / 1e6:8.2f} {commands / seconds:9.0f}"
          f" {late[len(late) // 2]:6} {late[int(0.99 * len(late))]:6}", flush=True)
    ended.set()
    source.join()
    host.kill()
    server.kill()
    host.wait()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def main():
    feed.Gst.init(None)
    lines = [text for name in ("talk", "harbour")
             for _, _, text in feed.cues(os.path.join(ROOT, "pipelines", "samples", name + ".en.srt"))]
    print(f"one host, {arguments.rate} cues a second and channel, a state every {arguments.interval} cues, {arguments.seconds:.0f} s each")
    print("channels   cues/s     ms/cue   core %        MB  store ms  store MB  in MB/s out MB/s  commands   p50    p99 ms")
    for n in map(int, arguments.channels.split(",")):
        measure(n, lines)


main()
