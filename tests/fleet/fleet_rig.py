# SPDX-License-Identifier: LGPL-2.1-or-later
"""For the tests of pipelines/fleet/live: a network of hosts in namespaces of its own, and a store in it."""
import os
import shutil
import signal
import subprocess
import sys
import time

import redis

ADDRESS = "10.77.0.1"
PORT = 6379


def enter_network():
    """Runs this program again in a network and a file system view of its own; they end with it. False: that cannot be."""
    if os.environ.get("SSMT_FLEET_INSIDE"):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "br0", "type", "bridge")
        run("ip", "address", "add", f"{ADDRESS}/24", "dev", "br0")
        run("ip", "link", "set", "br0", "up")
        return True
    unshare = ["unshare", "--net", "--kill-child", "--fork"] + ([] if os.getuid() == 0 else ["--map-root-user"])
    # whether all that is needed is there and allowed
    probe = "ip link add br0 type bridge && ip link add name end0 type veth peer name end1"
    if subprocess.run([*unshare, "sh", "-c", probe], capture_output=True).returncode != 0:
        return False
    os.environ["SSMT_FLEET_INSIDE"] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def run(*command):
    subprocess.run(command, check=True)


class Store:
    """redis-server or valkey-server, which forgets nothing that it has confirmed."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        self.program = shutil.which("valkey-server") or shutil.which("redis-server")
        os.makedirs(folder)
        self.client = redis.Redis(ADDRESS, PORT, socket_timeout=5)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--port", str(PORT), "--bind", ADDRESS, "--protected-mode", "no", "--dir", self.folder,
             "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"],
            stdout=open(os.path.join(self.folder, "log"), "a"), stderr=subprocess.STDOUT)
        while True:
            try:
                return self.client.ping()
            except redis.RedisError:
                time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self, seconds):
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def fill(self, seconds):
        self.client.config_set("maxmemory", 1)
        time.sleep(seconds)
        self.client.config_set("maxmemory", 0)


class Host:
    """A machine of its own as far as its network goes, with host.py on it."""

    def __init__(self, number, program, folder, options):
        self.name, self.link = f"host-{number}", f"veth{number}"
        self.log = os.path.join(folder, self.name + ".log")
        self.command = [sys.executable, program, "--store", f"redis://{ADDRESS}:{PORT}", "--name", self.name, *options]
        self.process = None
        self.room = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        while os.readlink(f"/proc/{self.room.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        inside = ["nsenter", "-t", str(self.room.pid), "-n"]
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", str(self.room.pid))
        run("ip", "link", "set", self.link, "master", "br0", "up")
        run(*inside, "ip", "address", "add", f"10.77.0.{10 + number}/24", "dev", "eth0")
        run(*inside, "ip", "link", "set", "eth0", "up")
        self.command = [*inside, *self.command]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=open(self.log, "a"), stderr=subprocess.STDOUT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self, seconds=20):
        """Gives its channels away. The time that took, None: too long."""
        begin = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        return time.monotonic() - begin

    def freeze(self, seconds):
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def cut(self, seconds):
        run("ip", "link", "set", self.link, "down")
        time.sleep(seconds)
        run("ip", "link", "set", self.link, "up")

    def said(self):
        with open(self.log) as log:
            return log.read()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.room.kill()
        self.room.wait()
