#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ssmt-live as its readers see it.
Usage: test-live.py /path/to/ssmt-live PLUGIN-FOLDER MODELS-FOLDER"""
import json
import os
import selectors
import socket
import subprocess
import sys
import time

from live_rig import Live, Reader, Tap, drop_folder, make_folder, read_srt, until, write_srt

PROGRAM, PLUGINS, MODELS = (os.path.abspath(path) for path in sys.argv[1:4])
PT, DE = (os.path.join(MODELS, name) for name in ("en-pt", "en-de"))
CUES = [
    "Good morning, Anna.", "- Is he ill?\n- No, he is just old.", "I have <i>never</i> seen it.",
    "<script>document.title = 1</script>Where is she?", "Tom & Maria: 3 < 5 \"quoted\" \\ back",
    "♪♪", "He wants to go out.", "Thank you very much.", "See you tomorrow.", "That was all.",
]
tap = Tap()
folder = make_folder(PLUGINS, PT)


def translate(path, properties):
    """What the element alone makes of a file."""
    element = f"ssmtranslate {properties}" if properties else "identity"
    out = subprocess.run(
        f"gst-launch-1.0 -q filesrc location={path} ! subparse ! text/x-raw,format=utf8 ! {element}"
        " ! srtenc ! fdsink", shell=True, capture_output=True, text=True, timeout=60)
    return read_srt(out.stdout)


def ask(live, request):
    """The first line of the answer to raw bytes, and all of it. Who asks goes on sending."""
    with socket.socket() as s:
        s.settimeout(20)
        s.connect(("127.0.0.1", live.port))
        try:
            s.sendall(request)
        except OSError:
            pass  # it has heard enough
        answer = b""
        try:
            while data := s.recv(65536):
                answer += data
        except OSError:
            pass
    return answer.split(b"\r\n", 1)[0].decode(errors="replace"), answer


# --- a file at its times ----------------------------------------------------------------

write_srt("cues.srt", CUES)
expected = {"source": translate("cues.srt", ""), "pt": translate("cues.srt", f"model-path={PT}"),
            "de": translate("cues.srt", f"model-path={DE}")}
tap.check("the element alone translates the file", all(len(e) == len(CUES) for e in expected.values()),
          expected)
live = Live(PROGRAM, "--srt", "cues.srt", "--to", f"pt,de={DE}")
tap.check("it says where the page is", live.uri.startswith("http://127.0.0.1:"), live.get_errors())
reader = Reader(live)
ends = lambda r: r.get_state() == "ended" and len(r.get_lines("de")) >= len(CUES) \
    and len(r.get_lines("pt")) >= len(CUES)
# Somebody who comes and goes: three events a time.
pieces, last, seen = [], None, []
while len(pieces) < 40:
    piece = Reader(live, last)
    piece.read_until(lambda r: len([1 for i, _, _ in r.events if i]) >= 3 or ends(r)
                     or (r.get_state() == "ended" and len(seen) + len(r.events) > 3 * len(CUES)))
    piece.close()
    pieces.append(piece)
    last = piece.last
    seen += [data for i, _, data in piece.events if i]
    if len(seen) >= 3 * len(CUES):
        break
reader.read_until(ends)
for stream, texts in expected.items():
    got = reader.get_lines(stream)
    tap.check(f"{stream}: each cue, once, in order, as the element alone puts it out",
              got == texts, f"{got}\n{texts}")
lines = [(data["stream"], data["line"]) for data in seen]
tap.check("who comes back with Last-Event-ID misses nothing and gets nothing twice",
          len(lines) == 3 * len(CUES) and len(set(lines)) == len(lines) and len(pieces) > 5,
          f"{len(pieces)} times, {len(lines)} lines, {len(set(lines))} different")
times = [data["start"] for _, name, data in reader.events if name is None and data["stream"] == "pt"]
tap.check("a translation has the time of its source",
          [round(t, 1) for t in times] == [round(0.4 * i, 1) for i in range(len(CUES))], times)
streams = [data for _, name, data in reader.events if name == "streams"][-1]
tap.check("the streams and their languages are told",
          [(s["id"], s["language"]) for s in streams["streams"]]
          == [("source", "en"), ("pt", "pt"), ("de", "de")], streams)
for name, last in ("an id of another run", "1234-5"), ("an id that is none", "x" * 500):
    late = Reader(live, last)
    late.read_until(lambda r: len(r.get_lines("de")) == len(CUES) and len(r.get_lines("pt")) == len(CUES))
    tap.check(f"{name}: all that is kept", late.get_lines("de") == expected["de"])
    late.close()

# --- strangers --------------------------------------------------------------------------

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
requests = [
    ("the page", GET % (b"/?lang=pt&lines=2", b""), "200", b"<!DOCTYPE html>"),
    ("the page without a Host, as of old", b"GET / HTTP/1.0\r\n\r\n", "200", b"<!DOCTYPE html>"),
    ("a path upwards", GET % (b"/../../../../etc/passwd", b""), "40", b""),
    ("a path upwards in disguise", GET % (b"/%2e%2e/%2e%2e/etc/passwd", b""), "40", b""),
    ("another file", GET % (b"/page.html", b""), "404", b""),
    ("a NUL in the path", GET % (b"/%00", b""), "40", b""),
    ("POST", b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b", "405", b"Allow: GET"),
    ("PUT of a gigabyte", b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nabc", "405", b""),
    ("DELETE", b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405", b""),
    ("GET with a body", GET % (b"/", b"Content-Length: 1000000000\r\n"), "413", b""),
    ("chunks", GET % (b"/", b"Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\n0\r\n\r\n", "413", b""),
    ("another's name, which now means this machine", b"GET /events HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403", b""),
    ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "40", b""),
    ("a body without an end", GET % (b"/", b"Content-Length: 1000000000\r\n") + b"x" * 20000000, "413", b""),
]
for name, request, status, has in requests:
    first, answer = ask(live, request)
    tap.check(f"{name}: {status}", first.split(" ")[1:2] and first.split(" ")[1].startswith(status)
              and has in answer and b"root:" not in answer, answer[:300])
for name, request in (("a header", GET % (b"/", b"X: " + b"a" * 1000000 + b"\r\n")),
                      ("a line", GET % (b"/" + b"a" * 1000000, b"")), ("a header without an end", b"a" * 10000000)):
    first, answer = ask(live, request)
    tap.check(f"{name} of a megabyte: no answer, or 4xx", not answer or " 4" in first, answer[:300])
_, answer = ask(live, b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
tap.check("HEAD has no body", answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n\r\n"), answer)
_, answer = ask(live, b"HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
tap.check("HEAD of the events ends", answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n\r\n"), answer)
_, answer = ask(live, GET % (b"/", b""))
tap.check("the page may run its own script alone",
          b"Content-Security-Policy: default-src 'none'" in answer and b"unsafe" not in answer.split(b"\r\n\r\n")[0])

second = Live(PROGRAM, "--srt", "cues.srt", port=live.port)
second.process.wait(20)
tap.check("a port that is taken is an error that names it",
          second.process.returncode == 1 and str(live.port) in second.get_errors(), second.get_errors())
status, seconds = live.stop()
tap.check("Ctrl-C ends it, readers or not", status == 0 and seconds < 5, f"{status} after {seconds} s")
reader.read_until(lambda r: r.is_over)
tap.check("its readers come to an end", reader.is_over)

# --- what a recogniser writes -----------------------------------------------------------

live = Live(PROGRAM, "--stdin", "--properties", "policy=final latency=60000")
reader = Reader(live)
GROWING = ["good", "good morning", "good morning anna"]
for i, text in enumerate(GROWING):
    live.say({"text": text, "final": False, "start": 7.5, "end": 8 + i})
    reader.read_until(lambda r: any(d.get("tail") and d["stream"] == "translation" and e
                                    for e, _, d in r.events[-2:] if e)
                      and any(d["tail"] == text for e, _, d in r.events if e))
live.say({"text": "Good morning, Anna.", "final": True, "start": 7.5, "end": 11.25})
live.say("{\"text\": ", "{\"a\": 1}", "{\"text\": 1}", "x" * 70000, "{\"text\": \"a\"} {\"text\": \"b\"}", "", "Where is she?",
         {"text": "<script>x()</script> & \"\\"})
reader.read_until(lambda r: len(r.get_lines("translation")) == 3)
source = [d for e, _, d in reader.events if e and d["stream"] == "source"]
tap.check("the source grows in one line", [d["tail"] for d in source[:3]] == GROWING
          and {d["line"] for d in source[:4]} == {1} and source[3]["committed"] == "Good morning, Anna.",
          source)
growing = [d for e, _, d in reader.events if e and d["stream"] == "translation"][:-1]
tap.check("and so does its translation", growing[0]["tail"] and not growing[0]["final"]
          and {d["line"] for d in growing[:-1]} == {1}, growing)
tap.check("which ends once", reader.get_lines("translation")[:2] == ["Bom dia, Anna.", "Onde ela está?"],
          reader.get_lines("translation"))
tap.check("markup of a recogniser is text", source[-1]["committed"] == "<script>x()</script> & \"\\"
          and "<script>" in reader.get_lines("translation")[2], reader.events[-2:])
tap.check("the recogniser's times are told, in the translation, too",
          [d for d in growing if d["final"]][0]["start"] == 7.5
          and [d for d in growing if d["final"]][0]["end"] == 11.25, growing)
errors = live.get_errors()
tap.check("lines that cannot be read are named and left out",
          all(f"line {n} of standard input" in errors for n in (5, 6, 7, 8, 9)), errors)
live.say({"text": "I am", "final": False})
reader.read_until(lambda r: r.events[-1][2].get("tail") and r.events[-1][2]["stream"] == "translation")
live.say({"text": "", "final": True})
reader.read_until(lambda r: {d["stream"] for e, _, d in r.events
                             if e and d["line"] == 4 and d["final"] and not d["committed"]}
                  == {"source", "translation"})
tap.check("text that is taken back is taken back", not reader.is_over, reader.events[-4:])
live.process.stdin.close()
tap.check("the end of the input is the end of the stream",
          reader.read_until(lambda r: r.get_state() == "ended"))
live.process.stdin = open(os.devnull, "w")
live.stop()

# --- a recogniser in the pipeline -------------------------------------------------------

SPEECH = "/usr/share/pocketsphinx/test/data/goforward.raw"
if os.path.exists(SPEECH) and subprocess.run(["gst-inspect-1.0", "pocketsphinx"], capture_output=True).returncode == 0:
    live = Live(PROGRAM, "--to", "pt", "--pipeline", f"filesrc location={SPEECH} ! rawaudioparse format=pcm "
                "pcm-format=s16le sample-rate=16000 num-channels=1 ! clocksync")
    reader = Reader(live)
    reader.read_until(lambda r: r.get_state() in ("ended", "error"))
    source = [d for e, _, d in reader.events if e and d["stream"] == "source"]
    tap.check("sound goes through pocketsphinx", source and source[-1]["committed"] == "go forward ten meters", source)
    tap.check("whose interim text is shown", any(d["tail"].startswith("go") for d in source) and {d["line"] for d in source} == {1}, source)
    tap.check("and translated, in one line", len(reader.get_lines("pt")) == 1 and "dez" in reader.get_lines("pt")[0],
              reader.get_lines("pt"))
    live.stop()

# --- fifty readers, one of whom does not read -------------------------------------------

live = Live(PROGRAM, "--stdin")
lazy = Reader(live, receive_bytes=4096)
readers = [Reader(live) for _ in range(49)]
with selectors.DefaultSelector() as selector:
    for r in readers:
        selector.register(r.socket, selectors.EVENT_READ, r)
    long = "♪ " * 1000  # passes as it is
    before, peak = live.get_memory(), 0
    for _ in range(600):
        live.say(long)
        for key, _ in selector.select(0.001):
            key.data.read()
        peak = max(peak, live.get_memory())
    live.say("♪ the end ♪")
    is_over = lambda r: r.is_over or any("♪" == t[-1:] and len(t) < 100 for t in r.get_lines("translation"))
    end = time.monotonic() + 60
    while not all(is_over(r) for r in readers) and time.monotonic() < end:
        for key, _ in selector.select(1):
            key.data.read()
    tap.check("49 readers get the last line", all(is_over(r) and not r.is_over for r in readers),
              [len(r.events) for r in readers])
grown = (peak - before) / 1e6
tap.check("4 MB for each of 50 readers do not pile up", grown < 60, f"{grown:.1f} MB")


def is_cut_off():
    """Without reading: it would be no longer lazy. The other end is in nobody's hands then."""
    with open("/proc/net/tcp") as file:
        lines = [line.split() for line in file]
    mine = f":{lazy.socket.getsockname()[1]:04X}"
    return not any(line[2].endswith(mine) and line[3] == "01" for line in lines)  # ESTABLISHED


tap.check("who does not read is cut off", until(is_cut_off, 40))
status, seconds = live.stop()
tap.check("Ctrl-C ends it", status == 0 and seconds < 5, f"{status} after {seconds} s")
for r in readers + [lazy]:
    r.close()

# --- what goes wrong --------------------------------------------------------------------

live = Live(PROGRAM, "--srt", "no-such-file.srt")
reader = Reader(live)
reader.read_until(lambda r: r.get_state() == "error")
message = [d["message"] for _, name, d in reader.events if name == "status"][-1]
tap.check("an error of the pipeline is told to the page", "no-such-file" in message
          or "not found" in message.lower() or "not open" in message.lower(), message)
tap.check("and on standard error", "no-such-file" in live.get_errors(), live.get_errors())
tap.check("the page stays until Ctrl-C, and the status tells of it", live.stop()[0] == 1)

for name, options, status, has in (
        ("two sources", ["--stdin", "--srt", "a"], 2, "--srt"),
        ("no source", ["--to", "pt"], 2, "--stdin"),
        ("a port that is none", ["--stdin", "--port", "70000"], 2, "--port"),
        ("an address that is none", ["--stdin", "--listen", "nowhere"], 1, "nowhere"),
        ("no list of languages", ["--stdin", "--to", "pt,,de"], 1, "--to"),
        ("no pipeline", ["--pipeline", "no-such-element"], 1, "no-such-element"),
        ("the end of the stream, with --quit", ["--srt", "cues.srt", "--quit"], 0, ""),
        ("an error, with --quit", ["--srt", "no-such-file.srt", "--quit"], 1, "no-such-file"),
        ("text of any elements", ["--pipeline", "filesrc location=cues.srt ! subparse", "--quit"], 0, "")):
    done = subprocess.run([PROGRAM, "--port", "0", *options], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    tap.check(f"{name}: {status}", done.returncode == status and has in done.stderr, done.stderr)

drop_folder(folder)
tap.finish()
