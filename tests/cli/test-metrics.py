#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Metrics as monitoring reads them, and what is made of them.
Usage: test-metrics.py PLUGIN-FOLDER MODELS-FOLDER GRAFANA-FOLDER [/path/to/ssmt-live]"""
import concurrent.futures
import json
import os
import re
import socket
import sys
import time

from live_rig import Tap, drop_folder, make_folder, until, write_srt
from metrics_rig import OLDER, OPENMETRICS, Program, get_samples, get_value

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    from prometheus_client.parser import text_string_to_metric_families as parse_older
except ImportError:
    print("1..0 # SKIP no python3-prometheus-client")
    sys.exit(0)

PLUGINS, MODELS, GRAFANA = (os.path.abspath(path) for path in sys.argv[1:4])
LIVE = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else None
# Whose sources end, and that goes on.
ENDLESS = "videotestsrc is-live=true ! video/x-raw,width=16,height=16,framerate=1/1 ! fakesink"
FIELDS = {
    "cues": "ssmtranslate_cues_total", "passed": "ssmtranslate_passed_total",
    "guarded-mended": ("ssmtranslate_guarded_total", "action", "mended"),
    "guarded-copied": ("ssmtranslate_guarded_total", "action", "copied"),
    "source-tokens": ("ssmtranslate_tokens_total", "side", "source"),
    "target-tokens": ("ssmtranslate_tokens_total", "side", "target"),
    "decoding-time": "ssmtranslate_decoding_seconds_total", "late": "ssmtranslate_late_total",
    "catch-ups": "ssmtranslate_catch_ups_total", "catch-up-step": "ssmtranslate_catch_up_step",
    "resets": "ssmtranslate_resets_total", "state-bytes": "ssmtranslate_state_bytes",
    "delay-max": "ssmtranslate_delay_max_seconds", "delay-sum": "ssmtranslate_delay_seconds_sum",
    "delay-p50": ("ssmtranslate_delay_quantile_seconds", "quantile", "0.5"),
    "delay-p95": ("ssmtranslate_delay_quantile_seconds", "quantile", "0.95"),
    "delay-p99": ("ssmtranslate_delay_quantile_seconds", "quantile", "0.99"),
}
TIMES = "decoding-time", "delay-max", "delay-sum", "delay-p50", "delay-p95", "delay-p99"
tap = Tap()
folder = make_folder(PLUGINS, os.path.join(MODELS, "en-pt"))
write_srt("a.srt", ["Good morning, Anna.", "Where is she?", "He wants to go out.", "♪♪"])
write_srt("b.srt", ["Thank you very much.", "See you tomorrow."])


def read_posted(output):
    """Channel -> field -> number, of the messages ssmtranslate/stats."""
    found = {}
    for channel, fields in re.findall(r'element "([^"]*)" \(element\): ssmtranslate/stats, (.*)', output):
        found[channel] = {name: float(value) for name, value in
                          re.findall(r"([a-z0-9-]+)=\((?:guint64|uint|double)\)([0-9.e+-]+)", fields)}
    return found


# --- two channels ----------------------------------------------------------------------

program = Program(f"""exec gst-launch-1.0 -m filesrc location=a.srt ! subparse ! ssmtranslate name=news-1 ! fakesink \\
    filesrc location=b.srt ! subparse ! ssmtranslate name=news-2 ! fakesink {ENDLESS}""")
tap.check("it says where metrics are", program.get_port() > 0
          and until(lambda: f"http://127.0.0.1:{program.get_port()}/metrics" in program.get_errors()),
          program.get_errors())
posted = until(lambda: len(found := read_posted(program.get_output())) == 2 and found) or {}
status, headers, text = program.ask()
tap.check("OpenMetrics", status == 200 and headers["Content-Type"] == OPENMETRICS and text.endswith("\n# EOF\n"),
          f"{status}\n{headers}")
families = list(parse(text))
samples, twice = get_samples(families)
tap.check("each series is there once", twice == 0 and len(samples) > 50, len(samples))
tap.check("every family has its type and help, and its unit where the name has one",
          all(f.type != "unknown" and f.documentation and (f.unit == f.name.rsplit("_", 1)[-1]
              or not f.name.endswith(("_seconds", "_bytes"))) for f in families),
          "\n".join(f"{f.name} {f.type} {f.unit}" for f in families))
for channel in "news-1", "news-2":
    fields = posted.get(channel, {})
    for field, metric in FIELDS.items():
        name, *label = (metric,) if isinstance(metric, str) else metric
        labels = dict([label]) if label else {}
        value = get_value(samples, name, channel=channel, pipeline="pipeline0", **labels)
        expected = fields.get(field, -1) / (1e9 if field in TIMES else 1)
        tap.check(f"{channel}: {name} is {field} of its message", value is not None and abs(value - expected) < 1e-9,
                  f"{value}, {expected}")
    tap.check(f"{channel}: all cues are in the histogram",
              get_value(samples, "ssmtranslate_delay_seconds_count", channel=channel) == fields.get("cues")
              and get_value(samples, "ssmtranslate_delay_seconds_bucket", channel=channel, le="+Inf")
              == fields.get("cues"), text)
tap.check("what counts has counted", posted and posted["news-1"]["cues"] == 4 and posted["news-2"]["cues"] == 2, posted)
tap.check("what translates", get_value(samples, "ssmtranslate_info", channel="news-1", source="en", target="pt",
                                       model=os.path.join(MODELS, "en-pt")) == 1, text)
with open(f"/proc/{program.process.pid}/statm") as file:
    resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
tap.check("the process's memory, time and start",
          0.5 < get_value(samples, "process_resident_memory_bytes") / resident < 2
          and 0 < get_value(samples, "process_cpu_seconds_total") < 60
          and abs(time.time() - get_value(samples, "process_start_time_seconds")) < 60, text)

# --- how it is asked --------------------------------------------------------------------

for accept, expected in (
        (None, OPENMETRICS), ("*/*", OPENMETRICS), ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPENMETRICS),
        ("text/plain", OLDER), ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OLDER), ("text/html,*/*;q=0.8", OLDER),
        ("text/plain, application/openmetrics-text;q=0.1", OLDER), ("nonsense;;q=x", OPENMETRICS)):
    status, headers, older = program.ask(accept=accept)
    tap.check(f"Accept: {accept}", status == 200 and headers["Content-Type"] == expected, headers)
status, headers, older = program.ask(accept="text/plain")
of_older, twice = get_samples(parse_older(older))
changing = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
tap.check("the older format says the same", twice == 0 and "# EOF" not in older and "# UNIT" not in older
          and {k: v for k, v in of_older.items() if k[0] not in changing}
          == {k: v for k, v in samples.items() if k[0] not in changing}, older)
status, headers, text = program.ask(method="HEAD")
tap.check("HEAD", status == 200 and headers["Content-Type"] == OPENMETRICS and not text, headers)
status, headers, text = program.ask("/")
tap.check("the page leads to them", status == 200 and 'href="/metrics"' in text, text)
for name, arguments, expected in (
        ("another path", {"path": "/metric"}, 404), ("a path below", {"path": "/metrics/"}, 404),
        ("POST", {"method": "POST"}, 405), ("another's name, which now means this machine", {"host": "evil.example"}, 403)):
    status, headers, text = program.ask(**arguments)
    tap.check(f"{name}: {expected}", status == expected, status)

# --- what does not stop a pipeline ------------------------------------------------------

other = Program("exec gst-launch-1.0 -m filesrc location=b.srt ! subparse ! ssmtranslate name=x ! fakesink",
                port=program.get_port())
status, errors = other.wait(), other.get_errors()
tap.check("a port that is taken is said, and the pipeline runs",
          status == 0 and "there are no metrics" in errors and f"port {program.get_port()}" in errors
          and read_posted(other.get_output())["x"]["cues"] == 2, errors)
tap.check("Ctrl-C ends it", program.stop() in (0, 130, -2), program.get_errors())
for params, has in (("prot=1", "prot=1"), ("port=70000", "70000"), ("port=x", "port=x"), ("address=nowhere", "nowhere"),
                    ("address=192.0.2.1", "192.0.2.1"), ("port-file=5", "port-file=5")):
    other = Program(f"GST_TRACERS='ssmtmetrics({params})' exec gst-launch-1.0 -q filesrc location=b.srt ! subparse"
                    " ! ssmtranslate ! fakesink")
    status, errors = other.wait(), other.get_errors()
    tap.check(f"{params} is refused, and the pipeline runs", status == 0 and "ssmtmetrics: " in errors and has in errors,
              errors)
other = Program("GST_TRACERS='ssmtmetrics(port=0,port-file=/nowhere/port)' exec gst-launch-1.0 -q filesrc location=b.srt"
                " ! subparse ! ssmtranslate ! fakesink")
status, errors = other.wait(), other.get_errors()
tap.check("so is a file that cannot be written", status == 0 and "/nowhere/port" in errors, errors)

# More than the program has file descriptors for: libsoup alone would never answer again.
program = Program(f"ulimit -n 64; exec gst-launch-1.0 {ENDLESS}")
port = program.get_port()
crowd = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(100)]
full = until(lambda: len(os.listdir(f"/proc/{program.process.pid}/fd")) > 55)
time.sleep(0.2)
for one in crowd:
    one.close()
tap.check("it answers again after a crowd for which it had no file descriptors", full and program.ask()[0] == 200,
          program.get_errors())
program.stop()

# --- names ------------------------------------------------------------------------------

program = Program(r"""exec gst-launch-1.0 '(' name=one filesrc location=a.srt ! subparse ! ssmtranslate name=same ! fakesink ')' \
    '(' name=two filesrc location=a.srt ! subparse ! ssmtranslate name=same ! fakesink ')' \
    ssmtranslate 'name="a \"b\" \\c {d=e} ção"' """ + ENDLESS)
program.get_port()


def read_channels():
    return sorted(dict(labels)["channel"] for name, labels in get_samples(parse(program.ask()[2]))[0]
                  if name == "ssmtranslate_cues_total")


names = ['a "b" \\c {d=e} ção', "same", "same#2"]
tap.check("equal names get numbers, signs are escaped", until(lambda: read_channels() == names), read_channels())
program.stop()

# --- elements that come and go ------------------------------------------------------------

COMING_AND_GOING = """
import sys, threading
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
going, made = True, 0
def run(number):
    global made
    while going:
        pipeline = Gst.parse_launch(f"filesrc location=a.srt ! subparse ! ssmtranslate name=c{number} ! fakesink")
        pipeline.set_state(Gst.State.PLAYING)
        pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        Gst.ElementFactory.make("ssmtranslate")
        made += 1
threads = [threading.Thread(target=run, args=(n,)) for n in range(3)]
[thread.start() for thread in threads]
sys.stdin.readline()
going = False
[thread.join() for thread in threads]
print("made", made, flush=True)
Gst.deinit()
print("good", flush=True)
"""


def scrape(_):
    status, _, text = program.ask()
    samples, twice = get_samples(parse(text))
    return status == 200 and twice == 0 and len([1 for name, _ in samples if name == "ssmtranslate_cues_total"])


try:
    import gi
    gi.require_version("Gst", "1.0")
except (ImportError, ValueError):
    tap.check("elements that come and go # SKIP no python3-gi", True)
else:
    program = Program([sys.executable, "-c", COMING_AND_GOING])
    program.get_port()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(scrape, range(400)))
    tap.check("400 scrapes, 20 at once, while elements come and go",
              all(answer is not False for answer in answers) and max(answers) > 0, answers)
    tap.check("and not one of those that went is left over", max(answers) < 12, max(answers))
    program.process.stdin.write("\n")
    program.process.stdin.flush()
    status = program.wait()
    tap.check("gst_deinit() ends it", status == 0 and program.get_output().endswith("good\n"),
              f"{status}\n{program.get_output()}\n{program.get_errors()}")

# --- other programs -----------------------------------------------------------------------

if LIVE:
    program = Program([LIVE, "--port", "0", "--srt", "a.srt"])
    live = until(lambda: get_value(get_samples(parse(program.ask()[2]))[0], "ssmtranslate_cues_total"))
    tap.check("ssmt-live has them, too", live, program.get_errors())
    program.stop()

# --- dashboard, alerts ----------------------------------------------------------------------

exported = {name for name, _ in samples}


def check_expressions(what, expressions):
    asked = {name for expression in expressions for name in re.findall(r"\b(?:ssmtranslate|process)_\w+", expression)}
    tap.check(f"{what}: every metric is exported", expressions and asked and asked <= exported,
              f"{len(expressions)}\n{asked - exported}")


def find_strings(value, key):
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == key and isinstance(v, str)] \
            + [s for v in value.values() for s in find_strings(v, key)]
    return [s for v in value for s in find_strings(v, key)] if isinstance(value, list) else []


with open(os.path.join(GRAFANA, "ssmtranslate.json")) as file:
    dashboard = json.load(file)
expressions = find_strings(dashboard, "expr")
check_expressions("ssmtranslate.json", expressions + find_strings(dashboard["templating"], "query"))
tap.check("ssmtranslate.json: every panel has an expression",
          all(find_strings(panel, "expr") for panel in dashboard["panels"]))
tap.check("ssmtranslate.json: no two panels have the same number",
          len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]))
try:
    import yaml
except ImportError:
    tap.check("alerts.yml # SKIP no python3-yaml", True)
else:
    with open(os.path.join(GRAFANA, "alerts.yml")) as file:
        rules = yaml.safe_load(file)
    check_expressions("alerts.yml", find_strings(rules, "expr"))
    with open(os.path.join(GRAFANA, "prometheus.yml")) as file:
        configuration = yaml.safe_load(file)
    tap.check("prometheus.yml has the alerts and a target", "alerts.yml" in configuration["rule_files"]
              and configuration["scrape_configs"][0]["static_configs"][0]["targets"], configuration)
drop_folder(folder)
tap.finish()
