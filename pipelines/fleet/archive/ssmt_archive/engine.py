# SPDX-License-Identifier: LGPL-2.1-or-later
"""The workers, and tasks on their way to them. Who does what, and again where a worker has died, is Dask's affair."""
import asyncio
import collections
import os
import shutil
import tempfile
import zipfile
from concurrent.futures import CancelledError

import dask
from distributed import KilledWorker, LocalCluster, as_completed

from . import work

# Tasks that Dask knows of: what waits in the list takes no memory there. Many more than there are workers.
IN_FLIGHT = 1000
# A worker that dies is one failure for each task that it had been given, of which one ran. A file that is to
# blame kills the program beside the worker, and is counted there.
ALLOWED_FAILURES = 30

CLOSING = 10  # seconds


def set_up():
    dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
                     # for so long a killed worker is asked for its results
                     "distributed.comm.timeouts.connect": "5s",
                     # then its place is given up, where it has just been killed once more
                     "distributed.deploy.lost-worker-timeout": "365 days"})


def start_cluster(n_workers, page, folder):
    set_up()
    cluster = LocalCluster(n_workers=0, threads_per_worker=1, processes=True, memory_limit=0,
                           host="127.0.0.1", dashboard_address=page, local_directory=folder)
    # they come while the list is read; with n_workers=N it would wait for ever for one that is killed as it starts
    cluster.scale(n_workers)
    return cluster


def stop_cluster(cluster):
    """Workers end with this process where one of them does not answer."""
    try:
        cluster.close(timeout=CLOSING)
    except (OSError, asyncio.TimeoutError):
        pass


def send_code(client):
    """To workers that are there, and to those that come later."""
    here = os.path.dirname(os.path.abspath(__file__))
    folder = tempfile.mkdtemp()
    try:
        path = os.path.join(folder, "ssmt_archive.zip")
        with zipfile.ZipFile(path, "w") as packed:
            for name in sorted(os.listdir(here)):
                if name.endswith(".py"):
                    packed.write(os.path.join(here, name), f"ssmt_archive/{name}")
        client.upload_file(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Run:
    """Tasks from a list to their results; a long text is several on its way."""

    def __init__(self, client, tasks, settings, report, do=work.run):
        self.client, self.tasks, self.settings, self.report, self.do = client, iter(tasks), settings, report, do
        self.next = collections.deque()  # parts and joins come before what is not begun
        self.running = {}                # task and how often its worker has died, by future
        self.texts = {}                  # those of several parts: what has come
        # without results: where a worker dies with one, Dask 2022.12 forgets the future
        self.futures = as_completed()

    def run(self):
        self.fill()
        while self.running:
            future = next(self.futures)
            task, deaths = self.running.pop(future)
            try:
                result = future.result()
            except KilledWorker:
                self.take_death(task, deaths)
            except (CancelledError, OSError) as error:
                raise RuntimeError(f"Dask gave {task['name']} up, the scheduler may be gone ({error!r})") from None
            else:
                self.take(task, result)
            future.release()
            self.fill()

    def cancel(self):
        self.client.cancel(list(self.running))

    def fill(self):
        while len(self.running) < IN_FLIGHT:
            task = self.next.popleft() if self.next else next(self.tasks, None)
            if task is None:
                return
            if task["kind"] in ("failed", "skipped"):
                self.report.add({"status": task["kind"], **task})
            else:
                self.submit(task, 0)

    def submit(self, task, deaths):
        future = self.client.submit(self.do, task, self.settings, pure=False, priority=1 if "number" in task else 0)
        self.running[future] = task, deaths
        self.futures.add(future)

    def take_death(self, task, deaths):
        """Dask will not give it to one more worker."""
        if deaths + 1 < work.ATTEMPTS:
            self.submit(task, deaths + 1)
        else:
            self.take(task, {"name": task["name"], "status": "failed", "attempts": deaths + 1,
                             "reason": "the workers that had it died, again and again"})

    def take(self, task, result):
        if result["status"] == "split":
            self.split(task, result["parts"])
        elif task["kind"] == "part":
            self.take_part(task, result)
        else:
            self.report.add(result)

    # --- long texts ---

    def split(self, task, parts):
        self.texts[task["name"]] = {"left": len(parts), "names": [None] * len(parts), "bad": None}
        for number, (start, end) in enumerate(parts):
            self.next.append({**task, "kind": "part", "number": number, "start": start, "end": end})

    def take_part(self, task, result):
        text = self.texts[task["name"]]
        text["left"] -= 1
        if result["status"] == "failed":
            reason = f"part {task['number'] + 1} of {len(text['names'])}: {result['reason']}"
            text["bad"] = text["bad"] or {**result, "reason": reason}
        else:
            text["names"][task["number"]] = result["outputs"]
        if text["left"] > 0:
            return
        del self.texts[task["name"]]
        if text["bad"]:
            self.report.add(text["bad"])
        else:
            self.next.append({"kind": "join", "name": task["name"], "outputs": task["outputs"], "number": 0,
                              "parts": [list(names) for names in zip(*text["names"])]})
