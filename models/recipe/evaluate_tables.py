# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables that `evaluate` writes from its results."""
import statistics

from scores import line_chart

QUANTISING_MAY_COST = 0.2       # BLEU
DRIFT_MAY_COST = 0.5            # chrF
DRIFT_BLOCK, DRIFT_POINTS = 20, 20


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(r) + " |" for r in rows])


def signatures(found):
    return "Signatures: " + ", ".join(f"`{k} {v}`" for k, v in sorted(found.items())) + "."


def p_value(p):
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def show_scores(result, _):
    text = [table(["test set", "lines", "search", "BLEU", "chrF"],
                  [[r["set"], f"{r['lines']:,}", r["search"], f"{r['BLEU']:.1f}", f"{r['chrF']:.1f}"] for r in result["rows"]])]
    own = result["default"]
    if result["costs"]:
        forms = [f for f in ("f32", "bf16", "i8") if f in result["costs"][0]["forms"]]
        rows, above = [], 0
        for r in result["costs"]:
            scores = {f: r["forms"].get(f) for f in forms}
            row = [r["set"], f"{r['lines']:,}", r["search"]]
            row += [f"{s['BLEU']:.1f}, {s['chrF']:.1f}" if s else "-" for s in scores.values()]
            if "f32" in forms:
                cost = {k: scores[own][k] - scores["f32"][k] for k in ("BLEU", "chrF")}
                mark = cost["BLEU"] < -QUANTISING_MAY_COST
                above += mark
                row += [f"{cost['BLEU']:+.2f}, {cost['chrF']:+.2f}", p_value(r["p"]["BLEU"]), "**costs**" if mark else ""]
            rows.append(row)
        head = ["test set", "lines", "search"] + [f.upper() for f in forms]
        text += ["Weight formats on the same lines, spread evenly over each set; BLEU, chrF:"]
        if "f32" in forms:
            head += [f"{own.upper()} - F32", "p (BLEU)", f"over {QUANTISING_MAY_COST} BLEU"]
        text += [table(head, rows)]
        if "f32" in forms:
            text += [f"{own.upper()} costs more than {QUANTISING_MAY_COST} BLEU in {above} of {len(rows)} rows."]
    text += [signatures({k + (" (cocoamt)" if r["set"] == "cocoamt" else ""): v
                         for r in result["rows"] for k, v in r["signatures"].items()})]
    return "\n\n".join(text)


def show_context(result, _):
    rows = []
    for r in result["rows"]:
        for metric in ("BLEU", "chrF"):
            a, b = r["fresh"][metric], r["carried"][metric]
            rows.append([r["set"], f"{r['lines']:,}, {r['dialogues']}", r["search"], metric, f"{a:.1f}", f"{b:.1f}", f"{b - a:+.2f}", p_value(r["p"][metric]),
                         f"{r['differ']:,}"])
    return "\n\n".join([table(["test set", "lines, dialogues", "search", "metric", "fresh", "carried", "carried - fresh", "p", "lines that differ"], rows),
                        signatures(result["rows"][0]["signatures"])])


def show_contrast(result, _):
    rows = [[r["phenomenon"], str(r["questions"]), f"{r['fresh']:.0f} %", f"{r['carried']:.0f} %", p_value(r["p"])] for r in result["rows"]]
    return table(["phenomenon", "questions", "right without", "with the state", "p"], rows)


def show_drift(result, out):
    points, size = result["points"], result["size"]
    difference = [p["carried"] - p["fresh"] for p in points]
    last, whole = difference[-1], {k: v["chrF"] for k, v in result["whole"].items()}
    chart = out.with_name(f"{out.stem}-drift.{result['pair']}.svg")
    chart.write_text(line_chart(
        f"One stream of {result['lines']:,} lines", "lines read", "chrF", [p["lines"] for p in points],
        [("state carried all along", "#1f5fa8", "", [p["carried"] for p in points]),
         (f"fresh state every {DRIFT_BLOCK} lines", "#c8641e", "6 4", [p["fresh"] for p in points])]))
    verdict = "within" if last >= -DRIFT_MAY_COST else "**not within**"
    return "\n\n".join([
        f"![chrF along the stream]({chart.name})",
        table([f"last of {size:,} lines", "carried", f"fresh every {DRIFT_BLOCK}", "carried - fresh"],
              [[f"{p['lines']:,}", f"{p['carried']:.1f}", f"{p['fresh']:.1f}", f"{d:+.2f}"] for p, d in zip(points, difference)]
              + [["all", f"{whole['carried']:.1f}", f"{whole['fresh']:.1f}", f"{whole['carried'] - whole['fresh']:+.2f}"]]),
        f"The last {size:,} lines: {last:+.2f} chrF against fresh, {verdict} the {DRIFT_MAY_COST} aimed at; the first {size:,}: "
        f"{difference[0]:+.2f}; the last quarter on average {statistics.mean(difference[-DRIFT_POINTS // 4:]):+.2f}, the first "
        f"{statistics.mean(difference[:DRIFT_POINTS // 4]):+.2f}. From row to row the difference varies by "
        f"{statistics.stdev(difference):.2f} (standard deviation).",
        signatures(result["whole"]["fresh"]["signatures"])])


def show_robustness(result, _):
    def share(n, lines):
        return f"{100 * n / lines:.2f} % ({n})" if n else "0"

    faults = ("empty", "loop", "copy")
    rows = [[r["set"], f"{r['lines']:,}", r["search"]] + [share(r[f], r["lines"]) for f in faults]
            + [", ".join(str(r["reference"][f]) for f in faults)] for r in result["rows"]]
    inputs, clean = [], {}
    for r in result["inputs"]:
        row = [r["set"], f"{r['lines']:,}", r["input"]]
        for kind in ("exact", "bare"):
            row += [f"{r[kind]['BLEU']:.1f}, {r[kind]['chrF']:.1f}"]
        clean[r["set"]] = clean.get(r["set"], r)
        loss = {k: r["bare"][k] - clean[r["set"]]["bare"][k] for k in ("BLEU", "chrF")}
        inputs.append(row + [f"{loss['BLEU']:+.1f}, {loss['chrF']:+.1f}" if r["input"] != "clean" else ""])
    return "\n\n".join([
        table(["test set", "lines", "search", *faults, "in the references"], rows),
        "Input as a recogniser writes it, greedy; BLEU, chrF:",
        table(["test set", "lines", "input", "as written", "without case and punctuation", "lost"], inputs)])
