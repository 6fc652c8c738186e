# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `evaluate` measures on translations, and the chart it draws."""
import re
import unicodedata
from xml.sax.saxutils import escape

from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

LOOP_WORDS, LOOP_TIMES = 4, 4           # a loop: 1 to 4 words, 4 times or more in a row
COPY_WORDS = 4                          # shorter sources may well stay as they are


# --- scores ---------------------------------------------------------------------------------

def score(outputs, references, metrics=("BLEU", "chrF")):
    """{"BLEU": .., "chrF": .., "signatures": {..}}; references: streams, None where a line has no further one."""
    found = {"signatures": {}}
    for name in metrics:
        metric = BLEU() if name == "BLEU" else CHRF()
        found[name] = round(metric.corpus_score(outputs, references).score, 3)
        found["signatures"][name] = str(metric.get_signature())
    return found


def paired_p(baseline, other, references):
    """p-values of the paired bootstrap, 1000 resamples, with the signatures that say so."""
    metrics = {"BLEU": BLEU(), "chrF": CHRF()}
    signatures, columns = PairedTest([("baseline", baseline), ("other", other)], metrics, references, test_type="bs")()
    names = {"BLEU": "BLEU", "chrF2": "chrF"}
    return {"p": {names[c]: columns[c][1].p_value for c in names},
            "signatures": {names[c]: str(signatures[c]) for c in names}}


# --- text -----------------------------------------------------------------------------------

def words(text):
    return re.findall(r"\w+", text.casefold())


def loops(text):
    """Whether some words stand again and again in a row."""
    found = words(text)
    for n in range(1, LOOP_WORDS + 1):
        run = 0                         # positions in a row that equal the one n before
        for i in range(n, len(found)):
            run = run + 1 if found[i] == found[i - n] else 0
            if run >= n * (LOOP_TIMES - 1):
                return True
    return False


def copies(source, output):
    return len(words(source)) >= COPY_WORDS and words(source) == words(output)


def as_recognised(text):
    """Lower case without punctuation, but apostrophes in words and points in numbers stay."""
    kept = []
    for i, c in enumerate(text):
        inside = 0 < i < len(text) - 1
        if not unicodedata.category(c).startswith("P") or c in "%&@#":
            kept.append(c)
        elif inside and c in "'’" and text[i - 1].isalpha() and text[i + 1].isalpha():
            kept.append("'")
        elif inside and c in ".,:" and text[i - 1].isdigit() and text[i + 1].isdigit():
            kept.append(c)
        else:
            kept.append(" " if c not in "'’" else "")
    return " ".join("".join(kept).lower().split())


# --- chart ----------------------------------------------------------------------------------

def line_chart(title, x_label, y_label, x, series):
    """SVG of a line a series; series: (name, colour, dash, values).  y starts near the data, as the axis shows."""
    width, height, left, right, top, bottom = 720, 360, 64, 28, 64, 52
    values = [v for _, _, _, line in series for v in line]
    step = next(s for s in (0.5, 1, 2, 5, 10, 20) if (max(values) - min(values)) / s <= 6 or s == 20)
    low = (min(values) - step / 2) // step * step
    high = -(-(max(values) + step / 2) // step) * step
    span = max(x) - min(x) or 1

    def px(v):
        return left + (v - min(x)) / span * (width - left - right)

    def py(v):
        return top + (high - v) / (high - low) * (height - top - bottom)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="12" fill="#333">',
           "<!-- SPDX-License-Identifier: LGPL-2.1-or-later; drawn by models/recipe/evaluate -->",
           f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<text x="{left}" y="24" font-size="15">{escape(title)}</text>']
    for i in range(round((high - low) / step) + 1):
        v = low + i * step
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{py(v):.1f}" y2="{py(v):.1f}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{py(v) + 4:.1f}" text-anchor="end">{v:g}</text>')
    every = -(-len(x) // 10)
    for i, v in enumerate(x):
        if (i + 1) % every == 0:
            out.append(f'<line x1="{px(v):.1f}" x2="{px(v):.1f}" y1="{height - bottom}" y2="{height - bottom + 5}" '
                       f'stroke="#333"/><text x="{px(v):.1f}" y="{height - bottom + 19}" text-anchor="middle">{v:,}</text>')
    out.append(f'<path d="M{left} {top}V{height - bottom}H{width - right}" fill="none" stroke="#333"/>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 12}" text-anchor="middle">{escape(x_label)}</text>')
    middle = (top + height - bottom) / 2
    out.append(f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">{escape(y_label)}</text>')
    for i, (name, colour, dash, line) in enumerate(series):
        points = " ".join(f"{px(a):.1f},{py(b):.1f}" for a, b in zip(x, line))
        stroke = f'stroke="{colour}" stroke-width="2" fill="none"' + (f' stroke-dasharray="{dash}"' if dash else "")
        at = left + 230 * i
        out.append(f'<polyline points="{points}" {stroke}/>'
                   f'<line x1="{at}" x2="{at + 28}" y1="46" y2="46" {stroke}/>'
                   f'<text x="{at + 36}" y="50">{escape(name)}</text>')
    return "\n".join(out + ["</svg>", ""])
