#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How much of what must be copied comes out whole: 500 lines made of sentences and of things that no model translates.

keep.py SSMT MODEL... [--lines N] [--options "--no-guard" ...]

For each model and each set of options of `ssmt translate` a row: the share of things that are in the translation just once, by kind.
"""
import argparse
import random
import subprocess
from collections import Counter

SENTENCES = [
    "Write to {} if you have any questions.", "You can find everything about it at {}.", "Please do not open {} before Monday.",
    "She told me that {} had closed a year ago.", "Is {} still the right place to ask?", "I have never heard of {}, to be honest.",
    "The letter said {} and nothing else.", "When you are done, send {} to your sister.", "They wanted {}, but nobody had it.",
    "Copy {} into the other folder and wait.", "{} is where we met the first time.", "First look at {}, then at {}.",
    "Between {} and {} there is not much of a difference.", "If {} does not work, try {} tomorrow.", "Nobody knows why {} was so popular.",
    "My brother works for {} these days.", "The old man pointed at {} and laughed.", "What does {} mean in your language?",
    "He typed {} and pressed the button.", "Thank you, {}, for the wonderful evening!", "We asked {} twice and got no answer.",
    "It took us three days to find {} again.", "Remember {} when you pack your things.", "Look, there is {} on the door!",
    "Everything changed after {} came to town.",
]
THINGS = {
    "address": ["https://www.example.org/faq?x=1&y=2#top", "http://test.example/a_b/", "www.example.net", "docs.example.com/start", "news.example.co.uk"],
    "e-mail": ["anna.berg@example.org", "j_doe+home@mail.example.com", "office@example.de", "42@example.net", "first.last@sub.example.org"],
    "handle, tag": ["@blue_owl", "@anna.b", "#summer24", "#NoWayOut", "@x_1"],
    "path, file": ["C:\\Users\\Public\\notes.txt", "/etc/hosts.conf", "~/music/old", "main_loop.py", "photo-2.final.jpeg"],
    "placeholder": ["{name}", "{{count}}", "%1$s", "%(city)s", "${HOME}", "__user__", "$X", "%d"],
    "code": ["max_size", "std::sort", "getValue()", "0x1F4A9", "x == 3"],
    "emoji": ["😀", "👍🏽", "🇧🇷", "❤️", "👩‍🚀"],
    "telephone": ["+44 7700 900123", "0800 111 222", "+1 (555) 010-9999"],
    "amount": ["£12.50", "€ 1,200", "$3", "¥2,500"],
    "other script": ["Москва", "東京", "Ελλάδα", "תל אביב", "서울"],
    "foreign letters": ["Dvořák", "Łukasz", "Yeşilgöz", "Gđuro", "Škvorecký"],
    "number": ["1,024", "7:45", "3.5", "1987", "15,000"],
}


def make(count):
    """(line, [(kind, thing)])"""
    rng, out = random.Random(11), []
    kinds = list(THINGS)
    while len(out) < count:
        sentence = SENTENCES[len(out) % len(SENTENCES)]
        picked = []
        for _ in range(sentence.count("{}")):
            kind = kinds[(len(out) + 7 * len(picked)) % len(kinds)]
            picked.append((kind, rng.choice(THINGS[kind])))
        out.append((sentence.format(*(thing for _, thing in picked)), picked))
    return out


def forms(kind, thing):
    """How it may be written in the translation: separators are the language's own."""
    if kind in ("number", "amount"):
        swapped = thing.translate(str.maketrans(",.", ".,"))
        return {thing, swapped, thing.replace("$", "$ "), swapped.replace(" ", ""), thing.replace(" ", ""), thing.replace(":", "h"), thing.replace(",", "")}
    return {thing}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ssmt")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--options", nargs="*", default=["--no-guard", ""])
    args = parser.parse_args()
    lines = make(args.lines)
    print("| model | options | all | " + " | ".join(THINGS) + " |\n|" + "---|" * (len(THINGS) + 3))
    for model in args.models:
        for options in args.options:
            done = subprocess.run([args.ssmt, "translate", "--context", "none", "--model", model, *options.split()],
                                  input="".join(line + "\n" for line, _ in lines), stdout=subprocess.PIPE, text=True, check=True)
            right, seen = Counter(), Counter()
            for (_, picked), translation in zip(lines, done.stdout.split("\n")):
                for kind, thing in picked:
                    seen[kind] += 1
                    right[kind] += any(translation.count(form) == 1 for form in forms(kind, thing))
            share = lambda k: f"{100 * right[k] / seen[k]:.0f}"
            print(f"| {model} | {options} | {100 * right.total() / seen.total():.1f} | " + " | ".join(map(share, THINGS)) + " |", flush=True)


if __name__ == "__main__":
    main()
