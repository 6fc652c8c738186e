#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of ssmt-live in a browser. Skipped where there is no Chromium.
Usage: test-live-page.py /path/to/ssmt-live PLUGIN-FOLDER MODELS-FOLDER"""
import os
import sys

import chromium
from live_rig import Live, Tap, drop_folder, make_folder, until

if not chromium.find():
    print("1..0 # SKIP there is no chromium")
    sys.exit(0)

PROGRAM, PLUGINS, MODELS = (os.path.abspath(path) for path in sys.argv[1:4])
PT, DE = (os.path.join(MODELS, name) for name in ("en-pt", "en-de"))
tap = Tap()
folder = make_folder(PLUGINS, PT)
# in no hurry: no lines are joined
live = Live(PROGRAM, "--stdin", "--to", f"pt,de={DE}", "--properties", "policy=final latency=60000")
browser = chromium.Browser()


def texts(column):
    """What is seen in a column."""
    return browser.get(f"[...columns.get({column!r}).list.children].map(p => p.textContent)") or []


def shown():
    return browser.get("[...document.querySelectorAll('section')].filter(s => s.offsetParent !== null)"
                       ".map(s => s.querySelector('h2').textContent)")


def style(selector, name):
    return browser.get(f"getComputedStyle(document.querySelector({selector!r}))[{name!r}]")


# --- lines ------------------------------------------------------------------------------

browser.open(live.uri)
tap.check("a column for what is said and for each language, in their own names",
          until(lambda: shown() == ["English", "português", "Deutsch"]), shown())
live.say("Good morning, Anna.")
tap.check("a line is there", until(lambda: texts("source") == ["Good morning, Anna."]
                                   and texts("pt") == ["Bom dia, Anna."] and len(texts("de")) == 1),
          [texts(c) for c in ("source", "pt", "de")])
evil = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script> & <b>bold</b>"
live.say({"text": evil})
tap.check("markup of strangers is text", until(lambda: evil in texts("source"))
          and browser.get("document.querySelectorAll('img, b, main script').length") == 0
          and browser.get("window.hacked === undefined"), texts("source"))
tap.check("nothing is loaded from elsewhere",
          browser.get("performance.getEntriesByType('resource').every(e => new URL(e.name).origin === location.origin)"))

# --- growing ----------------------------------------------------------------------------

live.say({"text": "Where is", "final": False})
until(lambda: "Where is" in texts("source") and [len(texts(c)) for c in ("pt", "de")] == [3, 3])
browser.get("""(() => { const rows = [...columns.values()].map(c => c.list.lastChild);
  window.kept = rows.map(p => [p, ...p.children, ...[...p.children].map(s => s.firstChild)]).flat();
  window.removed = 0; window.styled = getComputedStyle(rows[0].lastChild).color;
  new MutationObserver(all => all.forEach(m => window.removed += m.removedNodes.length))
    .observe(document.getElementById('columns'), { subtree: true, childList: true }); return 1; })()""")
tap.check("what may still change looks otherwise", browser.get("window.styled") != style("body", "color"))
live.say({"text": "Where is she", "final": False}, {"text": "Where is she?", "final": True})
tap.check("a growing line ends", until(lambda: texts("source")[-1] == "Where is she?"
                                       and texts("pt")[-1] == "Onde ela está?"), texts("pt"))
tap.check("without an element that goes, so that nothing flickers",
          browser.get("window.kept.every(n => n.isConnected) && window.removed === 0"))
tap.check("finished lines are read aloud once, of one language",
          until(lambda: browser.get("[...document.querySelectorAll('#said p')].map(p => p.textContent).pop()")
                == "Onde ela está?")
          and browser.get("document.querySelectorAll('#said p').length") == 3)
tap.check("growing ones are not", browser.get("document.querySelector('#columns [aria-live]') === null"))
live.say({"text": "Hm", "final": False})
until(lambda: "Hm" in texts("source"))
live.say({"text": "", "final": True})
tap.check("a line that is taken back goes", until(lambda: "Hm" not in texts("source") and len(texts("pt")) == 3),
          texts("pt"))
live.say(*[{"text": f"♪ {i} ♪"} for i in range(130)])
tap.check("old lines go", until(lambda: texts("pt")[-1:] == ["♪ 129 ♪"]) and len(texts("pt")) == 100,
          len(texts("pt")))
tap.check("the last line is in the picture", browser.get(
    "(r => r.bottom <= innerHeight && r.top >= 0)(columns.get('pt').list.lastChild.getBoundingClientRect())"))

# --- keys -------------------------------------------------------------------------------

size = float(style("body", "fontSize")[:-2])
browser.press("+")
tap.check("+: larger", float(style("body", "fontSize")[:-2]) > size)
browser.press("-")
tap.check("-: smaller", abs(float(style("body", "fontSize")[:-2]) - size) < 0.1)
browser.press("s")
tap.check("S: without the source", shown() == ["português", "Deutsch"], shown())
browser.press("2")
tap.check("2: without the second language", shown() == ["português"], shown())
browser.press("2")
ground = style("body", "backgroundColor")
browser.press("d")
tap.check("D: light, where it was dark", ground == "rgb(12, 14, 18)" and style("body", "backgroundColor") != ground,
          ground)
browser.press("?")
tap.check("?: help", browser.get("document.getElementById('help').open"))
browser.press("?")
browser.open(live.uri)
tap.check("the next time it is as it was left", until(lambda: shown() == ["português", "Deutsch"]), shown())
browser.press("s")
browser.press("d")

# --- where it is shown in another picture -----------------------------------------------

browser.open(live.uri + "?lang=pt&lines=2&transparent=1&size=48&align=bottom")
until(lambda: shown() is not None and len(texts("pt")) > 0)
live.say("See you tomorrow.")
tap.check("a line in it", until(lambda: "amanhã" in "".join(texts("pt")), 7), texts("pt")[-3:])
tap.check("one language, transparent, in its size",
          browser.get("[...columns.values()].filter(c => !c.section.hidden).map(c => c.stream.id).join()") == "pt"
          and style("body", "backgroundColor") == "rgba(0, 0, 0, 0)" and style("body", "fontSize") == "48px")
tap.check("two lines high", browser.get("Math.round(columns.get('pt').list.clientHeight / (48 * 1.35))") == 2)
tap.check("at the bottom", browser.get(
    "innerHeight - columns.get('pt').list.getBoundingClientRect().bottom < 60"))

# --- right to left ----------------------------------------------------------------------

browser.get("""takeStreams({ epoch, streams: ["ar", "he-IL", "fa", "uz-Arab", "az", "de"]
  .map(language => ({ id: language, language, source: false })) })""")
directions = [browser.get(f"columns.get('{c}').section.dir") for c in ("ar", "he-IL", "fa", "uz-Arab", "az", "de")]
tap.check("Arabic, Hebrew, Persian go from right to left",
          directions == ["rtl", "rtl", "rtl", "rtl", "ltr", "ltr"], directions)

# --- a connection that breaks -----------------------------------------------------------

browser.open(live.uri)
until(lambda: len(texts("pt") if shown() else []) > 50)
live.stop()
tap.check("a sign that nobody is there", until(
    lambda: browser.get("!document.getElementById('sign').hidden && document.getElementById('sign').textContent")
    == "Connecting …"))
live = Live(PROGRAM, "--stdin", "--to", "pt", port=live.port)
live.say("Thank you very much.")
tap.check("it comes back by itself, to another run's lines", until(
    lambda: texts("pt") == ["Muito obrigado."]) and browser.get("document.getElementById('sign').hidden"),
    texts("pt"))
live.process.stdin.close()
tap.check("the end is told", until(
    lambda: "ended" in (browser.get("document.getElementById('sign').textContent") or "")))
live.process.stdin = open(os.devnull, "w")
live.stop()

live = Live(PROGRAM, "--srt", "no-such-file.srt", port=live.port)
tap.check("an error is told", until(
    lambda: browser.get("!document.getElementById('error').hidden && document.getElementById('error').textContent")))
live.stop()

browser.close()
drop_folder(folder)
tap.finish()
