#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Whisper hears, as lines of JSON for `ssmt-live --stdin`, by the Python package faster-whisper.

    whisper.py --model small.en | ssmt-live --stdin --to pt            # the microphone
    whisper.py --model FOLDER talk.mkv | ssmt-live --stdin --to pt     # a file, at its pace

Whisper knows whole utterances only. So what has been said since the last pause or sentence is recognised again and
again while it grows: interim text, which may rewrite earlier words. A sentence is final after a pause, or where
the next one has begun. Another recogniser takes the place of `hear ()`."""
import argparse
import collections
import json
import queue
import subprocess
import sys
import threading
import time

import numpy
from faster_whisper import WhisperModel
from faster_whisper.vad import VadOptions, get_speech_timestamps

RATE = 16000
PAUSE = 0.6     # seconds of silence that end an utterance
SURE = 1.2      # seconds that the next sentence must have gone on
LONGEST = 28.0  # seconds; Whisper hears 30 at once
SOUND = f"audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate={RATE},channels=1"

Sentence = collections.namedtuple("Sentence", "text start end")


def open_sound(path):
    """Raw sound, as fast as it is spoken: GStreamer's clock sees to that."""
    source = ["filesrc", f"location={path}", "!", "decodebin"] if path else ["autoaudiosrc"]
    pace = "! clocksync " if path else ""
    return subprocess.Popen(["gst-launch-1.0", "-q", *source, "!", *f"{SOUND} {pace}! fdsink".split()],
                            stdout=subprocess.PIPE)


def read_sound(pipe, sounds):
    """On a thread, so that nothing is lost while Whisper thinks. None: the end."""
    while data := pipe.read(RATE // 10 * 2):
        sounds.put(numpy.frombuffer(data[:len(data) // 2 * 2], numpy.int16).astype(numpy.float32) / 32768)
    sounds.put(None)


def hear(model, language, sound):
    """What is said in it, by sentences, with their times."""
    parts, _ = model.transcribe(sound, language=language, beam_size=1, condition_on_previous_text=False,
                                word_timestamps=True)
    sentences, words = [], []
    for word in (word for part in parts for word in part.words):
        if words and words[-1].word.endswith((".", "?", "!")) and word.word.lstrip()[:1].isupper():
            sentences.append(words)
            words = []
        words.append(word)
    return [Sentence("".join(w.word for w in words).strip(), words[0].start, words[-1].end)
            for words in sentences + [words] if words]


class Utterance:
    """What has been heard since the last pause."""

    def __init__(self, options):
        self.options = options
        self.model = WhisperModel(options.model, device="auto", compute_type=options.compute_type)
        self.sound = numpy.zeros(0, numpy.float32)
        self.begin = 0.0  # of the sound, in the stream
        self.started = time.monotonic()
        self.told = ""    # the last interim text

    def get_seconds(self):
        return len(self.sound) / RATE

    def cut(self, seconds):
        """Forgets the first of them."""
        n = max(0, min(int(seconds * RATE), len(self.sound)))
        self.sound = self.sound[n:]
        self.begin += n / RATE

    def tell(self, sentence, is_final):
        if not is_final and sentence.text == self.told:
            return
        self.write({"text": sentence.text, "final": is_final, "start": round(self.begin + sentence.start, 2),
                    "end": round(self.begin + sentence.end, 2)})
        self.told = "" if is_final else sentence.text

    def write(self, line):
        if self.options.stamps:
            line["time"] = round(time.monotonic() - self.started, 2)
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def take_back(self):
        """The interim text was none."""
        if self.told:
            self.write({"text": "", "final": True})
        self.told = ""

    def work(self, is_over):
        """Recognises what there is."""
        speech = get_speech_timestamps(self.sound, VadOptions(min_silence_duration_ms=300, speech_pad_ms=200))
        if not speech:
            self.take_back()
            self.cut(self.get_seconds() - 0.5)
            return
        end = speech[-1]["end"] / RATE
        paused = is_over or self.get_seconds() - end > PAUSE or self.get_seconds() > LONGEST
        sentences = hear(self.model, self.options.language, self.sound[:int((end + 0.2) * RATE)])
        if paused:
            for sentence in sentences:
                self.tell(sentence, True)
            self.take_back()
            self.cut(end)
        elif sentences:
            self.tell_first(sentences, end)

    def find_pause(self, start, end):
        """Where it is most quiet there: Whisper's times are not that exact."""
        step = RATE // 50
        first, last = int(start * RATE) // step, int(end * RATE) // step
        loud = [float(numpy.square(self.sound[i * step:(i + 2) * step]).sum()) for i in range(first, last + 1)]
        return (first + 1 + int(numpy.argmin(loud))) * step / RATE if loud else start

    def tell_first(self, sentences, end):
        """Those that another has followed for long enough are final. The next one grows, and is a line of its own:
        what comes behind it would have to be taken back there."""
        n = 0
        while n + 1 < len(sentences) and end - sentences[n].end > SURE:
            self.tell(sentences[n], True)
            n += 1
        self.tell(sentences[n], False)
        if n > 0:
            self.cut(self.find_pause(sentences[n - 1].end - 0.1, sentences[n].start))


def listen(options):
    utterance = Utterance(options)
    process = open_sound(options.file)
    utterance.started = time.monotonic()
    sounds, is_over = queue.Queue(), False
    threading.Thread(target=read_sound, args=(process.stdout, sounds), daemon=True).start()
    while not is_over:
        new, n = [], 0
        while not is_over and (n < options.interval * RATE or not sounds.empty()):
            sound = sounds.get()
            is_over = sound is None
            if not is_over:
                new.append(sound)
                n += len(sound)
        utterance.sound = numpy.concatenate([utterance.sound, *new])
        utterance.work(is_over)
    return process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="sound or film (default: the microphone)")
    parser.add_argument("--model", default="small.en", help="folder, or name of a model that faster-whisper gets")
    parser.add_argument("--compute-type", default="int8")
    parser.add_argument("--language", default="en")
    parser.add_argument("--interval", type=float, default=0.8, help="seconds between two interim texts, at least")
    parser.add_argument("--stamps", action="store_true", help='say in "time" when each line was written')
    try:
        sys.exit(listen(parser.parse_args()))
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
