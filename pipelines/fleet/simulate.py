#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A year of a fleet of live channels, with the failures that it meets: how often and how long captions pause.

Hosts fail alone (exponential times), with their whole rack, or because nobody reaches them; their channels go to hosts that
have room, or wait until one has.  The store restarts, and then all channels pause.  Planned restarts pause nothing: what is
running is given away first.  What a take-over takes is measured (tests/fleet/test-fleet-live.py): the lease runs out, then
the channels of the dead host begin on others, side by side.
"""
import argparse
import heapq
import math
import random

DAY, YEAR = 86400.0, 365 * 86400.0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--channels", type=int, default=1000, help="(%(default)s)")
    parser.add_argument("--per-host", type=int, default=200, help="channels that a host has room for (%(default)s)")
    parser.add_argument("--spare", type=float, default=0.05, help="share of hosts beyond what is needed, one at least (%(default)s)")
    parser.add_argument("--rack", type=int, default=20, help="hosts that fail together (%(default)s)")
    parser.add_argument("--host-days", type=float, default=180, help="between failures of one host (%(default)s)")
    parser.add_argument("--rack-days", type=float, default=1000, help="between failures of one rack (%(default)s)")
    parser.add_argument("--cut-days", type=float, default=90, help="between cuts of one host's network (%(default)s)")
    parser.add_argument("--store-days", type=float, default=120, help="between restarts of the store (%(default)s)")
    parser.add_argument("--repair", type=float, default=4 * 3600, help="seconds until a host is back, median (%(default)s)")
    parser.add_argument("--cut", type=float, default=60, help="seconds that a cut lasts, median (%(default)s)")
    parser.add_argument("--store", type=float, default=3, help="seconds that the store is away, median (%(default)s)")
    parser.add_argument("--detect", type=float, nargs=2, default=(1.5, 2.6), metavar=("FROM", "TO"),
                        help="seconds until a lease has run out and another host sees it (1.5 to 2.6)")
    parser.add_argument("--begin", type=float, default=0.01, help="seconds that a host takes to begin a channel (%(default)s)")
    parser.add_argument("--years", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    return parser.parse_args()


class Fleet:
    def __init__(self, a, chance):
        self.a, self.chance = a, chance
        needed = math.ceil(a.channels / a.per_host)
        self.n_hosts = needed + max(1, math.ceil(a.spare * needed))
        self.up = [True] * self.n_hosts
        self.load = [0] * self.n_hosts
        self.waiting, self.wait_since, self.waits_from = 0, 0.0, 0.0
        self.pauses, self.seconds, self.longest, self.short = 0, 0.0, 0.0, 0.0
        self.delays = []
        self._spread(a.channels)

    def _spread(self, n):
        """n channels to the hosts with the most room; how many found none."""
        heap = [(load, host) for host, load in enumerate(self.load) if self.up[host] and load < self.a.per_host]
        heapq.heapify(heap)
        while n > 0 and heap:
            load, host = heapq.heappop(heap)
            self.load[host] = load + 1
            n -= 1
            if load + 1 < self.a.per_host:
                heapq.heappush(heap, (load + 1, host))
        return n

    def _pause(self, n, seconds):
        self.pauses += n
        self.seconds += n * seconds
        if n > 0:
            self.longest = max(self.longest, seconds)
            self.delays.append((seconds, n))

    def _settle(self, now):
        """Channels that waited for room go on as soon as there is some."""
        before = self.waiting
        self.short += before * (now - self.wait_since)
        self.wait_since = now
        self.waiting = self._spread(before)
        if before > self.waiting:
            # how long each has waited: as if the first had
            self._pause(before - self.waiting, now - self.waits_from)

    def down(self, hosts, now):
        hosts = [host for host in hosts if self.up[host]]
        lost = sum(self.load[host] for host in hosts)
        for host in hosts:
            self.up[host], self.load[host] = False, 0
        n_up = max(1, sum(self.up))
        self._settle(now)
        left = self._spread(lost)
        detect = self.chance.uniform(*self.a.detect)
        self._pause(lost - left, detect + self.a.begin * math.ceil((lost - left) / n_up))
        if left and not self.waiting:
            self.waits_from = now
        self.waiting += left

    def back(self, hosts, now):
        for host in hosts:
            self.up[host] = True
        self._settle(now)


def simulate(a):
    chance = random.Random(a.seed)
    fleet = Fleet(a, chance)
    end = a.years * YEAR
    # a small fleet is spread over three racks at least
    rack = min(a.rack, math.ceil(fleet.n_hosts / 3))
    racks = [range(first, min(first + rack, fleet.n_hosts)) for first in range(0, fleet.n_hosts, rack)]
    kinds = [("host", a.host_days / fleet.n_hosts, a.repair), ("rack", a.rack_days / len(racks), a.repair),
             ("cut", a.cut_days / fleet.n_hosts, a.cut), ("store", a.store_days, a.store)]
    order = iter(range(1 << 60))
    events = [(chance.expovariate(1 / (days * DAY)), next(order), kind, days, median, None) for kind, days, median in kinds]
    heapq.heapify(events)
    counts = dict.fromkeys((kind for kind, _, _ in kinds), 0)
    while events and events[0][0] < end:
        now, _, kind, days, median, hosts = heapq.heappop(events)
        if kind == "back":
            fleet.back(hosts, now)
            continue
        counts[kind] += 1
        heapq.heappush(events, (now + chance.expovariate(1 / (days * DAY)), next(order), kind, days, median, None))
        lasts = median * chance.lognormvariate(0, 1)
        if kind == "store":
            fleet._pause(a.channels, lasts)
            continue
        hosts = list(chance.choice(racks)) if kind == "rack" else [chance.randrange(fleet.n_hosts)]
        hosts = [host for host in hosts if fleet.up[host]]
        # a cut that is shorter than the lease is a delay of its length
        if kind == "cut" and lasts < a.detect[0]:
            fleet._pause(sum(fleet.load[host] for host in hosts), lasts)
        elif hosts:
            fleet.down(hosts, now)
            heapq.heappush(events, (now + lasts, next(order), "back", 0, 0, hosts))
    fleet._settle(end)
    return fleet, counts


def quantile(delays, share):
    total, seen = sum(n for _, n in delays), 0
    for seconds, n in sorted(delays):
        seen += n
        if seen >= share * total:
            return seconds
    return 0.0


def main():
    a = parse_arguments()
    fleet, counts = simulate(a)
    years = a.channels * a.years
    print(f"{a.channels} channels on {fleet.n_hosts} hosts, {a.years} year(s): " + ", ".join(f"{n} x {kind}" for kind, n in counts.items()))
    print(f"a channel pauses {fleet.pauses / years:.2f} times a year, {fleet.seconds / years:.1f} s in all"
          f" ({100 * (1 - fleet.seconds / years / YEAR):.5f} % of the time it runs)")
    print(f"a pause: {quantile(fleet.delays, 0.5):.1f} s (median), {quantile(fleet.delays, 0.99):.1f} s (99 %), {fleet.longest:.1f} s (longest);"
          f" without a host with room: {fleet.short / 3600 / years:.4f} hours a channel and year")


if __name__ == "__main__":
    main()
