# SPDX-License-Identifier: LGPL-2.1-or-later
"""For the test of metrics: a program that has them, and what it answers."""
import os
import signal
import subprocess
import urllib.error
import urllib.request

from live_rig import TRIED, until

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
OLDER = "text/plain; version=0.0.4; charset=utf-8"


class Program:
    """Runs with the tracer, on a port that is free."""

    number = 0

    def __init__(self, command, port=0):
        Program.number += 1
        self.file = f"port-{Program.number}"
        environment = dict(os.environ, G_DEBUG="fatal-criticals",
                           GST_TRACERS=f"ssmtmetrics(port={port},port-file={self.file})")
        self.out, self.err = open(f"out-{Program.number}", "w+"), open(f"err-{Program.number}", "w+")
        self.process = subprocess.Popen(command, shell=isinstance(command, str), env=environment, stdin=subprocess.PIPE,
                                        stdout=self.out, stderr=self.err, text=True, start_new_session=True)

    def get_port(self):
        """0: it has none."""
        until(lambda: os.path.exists(self.file) or self.process.poll() is not None)
        if not os.path.exists(self.file):
            return 0
        with open(self.file) as file:
            return int(file.read())

    def ask(self, path="/metrics", method="GET", accept=None, host=None):
        """Status, headers, text."""
        headers = {name: value for name, value in (("Accept", accept), ("Host", host)) if value}
        request = urllib.request.Request(f"http://127.0.0.1:{self.get_port()}{path}", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TRIED) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def read(self, file):
        with open(file.name) as again:
            return again.read()

    def get_output(self):
        return self.read(self.out)

    def get_errors(self):
        return self.read(self.err)

    def stop(self):
        """By Ctrl-C; the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.wait()

    def wait(self):
        try:
            status = self.process.wait(TRIED)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            status = self.process.wait()
        self.process.stdin.close()
        self.out.close()
        self.err.close()
        return status


def get_samples(families):
    """(name, labels as a frozenset) -> value, and how often one was there twice."""
    found, twice = {}, 0
    for family in families:
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            twice += key in found
            found[key] = sample.value
    return found, twice


def get_value(samples, name, **labels):
    """The sum of those that have these labels; None: there is none."""
    values = [value for (sample, has), value in samples.items()
              if sample == name and labels.items() <= dict(has).items()]
    return sum(values) if values else None
