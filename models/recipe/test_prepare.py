#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cleaning, documents, noise and packing of prepare.py. Run with pytest or by itself."""
import collections
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import sentencepiece as spm

import contrast
import noise
from agreement import Agreement
from choices import Choices
from clean import Cleaner, quoted
from copies import Copies, written
from noise import Noise, bare, typographic
from phrases import SLOT, Phrases, scenes
from replies import Replies


def test_cleaning():
    c = Cleaner("en", "de", ["This one is a test line."])
    assert c.pair("He said  “hello” to me.", "Er sagte »hallo« zu mir.") == ('He said "hello" to me.', "Er sagte „hallo“ zu mir.")
    assert c.pair("12:30", "12:30") is None
    assert c.pair("to give sb. sth.", "jdm. etw. geben") is None
    assert c.pair("Yes.", "Das ist ein viel zu langer Satz für ein Ja, so etwas sagt niemand.") is None
    assert c.pair("Das ist nicht der richtige Satz dafür.", "Das ist nicht der richtige Satz dafür.") is None
    assert c.pair("This is surely not the right sentence.", "This sentence was never translated by anyone at all.") is None
    assert c.pair("THIS ONE is a test line", "Das ist eine Testzeile.") is None
    assert c.refused == collections.Counter({"no letters": 1, "placeholders": 1, "length ratio": 1, "untranslated": 1,
                                             "language": 1, "excluded": 1})


def test_replies():
    mend = Replies("en", "pt").mend
    assert mend("Thank you.", "Obrigado por enviar uma edição.") == "Obrigado."
    assert mend("Thank you. It is very good.", "Obrigado por enviar uma edição. É muito bom.") == "Obrigado. É muito bom."
    assert mend("REALLY?", "Realmente?") == "SÉRIO?"
    assert mend("what?!", "o que é?!") == "o quê?!"
    assert mend("Helmer.", "Helmer (em inglês).") is None
    assert mend("Ha!", "Já estou te segure!") is None
    assert mend("Where is the station?", "Onde fica a estação?") == "Onde fica a estação?"
    assert Replies("en", "de").mend("Thank you.", "Danke.") == "Danke."


def test_quotation_marks():
    assert quoted("„Ja“, sagte sie. »Nein«", "de") == "„Ja“, sagte sie. „Nein“"
    assert quoted('"oui" et «non»', "fr") == "« oui » et « non »"
    assert quoted('He said "no', "en") == "He said no"


def test_noise_keeps_sides_together():
    """Every word of the noisy source is answered by its own translation: words are numbered on both sides."""
    document = [(f"He saw a{i} b{i}, but she was c{i} d{i}.", f"Er sah A{i} B{i}, aber sie war C{i} D{i}.") for i in range(3000)]
    rng = random.Random(3)
    made = Noise("en", "de", rng).document(document)
    for source, target in made:
        strip = lambda text: re.findall(r"\b[a-d]\d+\b", text.lower().split("@")[0])
        assert strip(source) == strip(target), (source, target)
    assert len(made) > len(document)
    text = "\n".join(s for s, _ in made)
    for sign in ("♪", "\n- ", "["):
        assert sign in text, sign
    split = [p for p in made if p[0].endswith(",") and p[1].endswith(",")]
    assert len(split) > 300 and sum(bare(s) == s.lower() for s, _ in made) > 50


def test_shares_are_met():
    rng = random.Random(5)
    n = Noise("en", "de", rng)
    kinds = collections.Counter(len(n.line(("no place to cut here at all", "hier ist keine Stelle zum Schneiden"))) for _ in range(20000))
    assert abs(kinds[2] / 20000 - noise.SHARE["sound"] - noise.SHARE["framed"]) < 0.005


def test_names():
    rng = random.Random(1)
    n = Noise("en", "de", rng, ["Zorvath"])
    assert n.renamed(("I met Johanna today.", "Ich traf Johanna heute.")) == ("I met Zorvath today.", "Ich traf Zorvath heute.")
    assert n.renamed(("I met Johanna today.", "Ich traf sie heute.")) == ("I met Johanna today.", "Ich traf sie heute.")


def test_copies_stand_on_both_sides():
    copies = Copies("en", "pt", random.Random(6))
    for _ in range(2000):
        source, target = copies.put(("He did not see it.", "Ele não viu."))
        a, b = source.replace("He did not see it", ""), target.replace("Ele não viu", "")
        assert a == b and len(a) > 1, (source, target)
    source, target = copies.put(("More than 3,000 rockets.", "Mais de 3.000 foguetes."))
    number = re.search(r"[\d.,]*\d", source).group()
    assert number != "3,000" and target == f"Mais de {written(number, 'pt')} foguetes."
    for source, target in (copies.framed() for _ in range(500)):
        assert "{}" not in source.replace("{}", "", 1) and source != target


def test_typographic():
    assert typographic('He said "no" - don\'t.', "en") == "He said “no” – don’t."
    assert typographic('Er sagte „nein“ - "so', "de") == 'Er sagte „nein“ – "so'


def test_later_cues_agree_with_the_first():
    made, seen = Agreement(random.Random(2)), collections.Counter()
    for _ in range(3000):
        first, *rest = made.cues()
        for source, target in (first, *rest):
            assert source and target and not re.search(r"[{}|/]", source + target), (source, target)
        gender = 1 if re.search(r"\b(uma|a|as|minha|minhas|esta|estas|aquela|da|outra|suas|Minhas|As|às)\b", first[1]) else 0
        if first[0].startswith(("This is", "I found a", "These are", "We saw")):
            for source, target in rest:
                for words in (("Ele", "Ela"), ("Eles", "Elas")):
                    if words[gender] in target.split() or words[1 - gender] in target.split():
                        assert words[gender] in target.split(), (first, source, target)
                        seen[gender] += 1
    assert min(seen[0], seen[1]) > 100


def test_later_cues_go_on_as_the_first_began():
    made, seen = Choices(random.Random(2)), collections.Counter()
    for _ in range(3000):
        first, *rest = made.cues()
        for source, target in (first, *rest):
            assert source and target and not re.search(r"[{}|/]", source + target), (source, target)
        verb = re.search(r"\b(Venha|Venham|Escute|Escutem|Olhe|Olhem|Espere|Esperem) ?(aqui|comigo)?,", first[1])
        if verb:
            several = verb[1][-1] == "m"
            for _, target in rest:
                if re.search(r"\bvocês?\b", target, re.I):
                    assert bool(re.search(r"\bvocês\b", target, re.I)) == several, (first, target)
                    seen["several" if several else "one"] += 1
        for english, own in made.names:
            said = [re.findall(rf"\b(?:{english}|{own})\b", target) for source, target in (first, *rest) if english in source]
            if len(said) > 1:
                assert len(set(map(tuple, said))) == 1 and said[0], (first, rest)
                seen["name"] += 1
    assert len(seen) == 3 and min(seen.values()) > 50, seen


def test_phrases():
    made, mended = Phrases("en", "pt", random.Random(2)), Replies("en", "pt")
    assert len(made.pairs) > 1000 and len(made.pairs) == len(dict(made.pairs))
    for source, target in (pair for _ in range(20000) for pair in made.cues()):
        assert source and target and not re.search(r"[{}|]", source + target), (source, target)
        assert source not in made.asked
    assert not Phrases("en", "de", random.Random(2)).pairs
    assert len(made.asked) > 100
    for pair in made.pairs:
        assert sorted(SLOT.findall(pair[0])) == sorted(SLOT.findall(pair[1])) and set(SLOT.findall(pair[0])) <= set(made.slots), pair
    assert mended.mend("I'm afraid that you are right.", "Eu tenho medo que você esteja certo.") == "Receio que você esteja certo."
    assert mended.mend("Well, I'm afraid we can't.", "Bem, eu tenho medo que não possamos.") == "Bem, receio que não possamos."
    assert mended.mend("He said shut up and left.", "Ele disse desligar e saiu.") is None
    assert mended.mend("Shut up! Listen.", "Desligar-se! Escute.") == "Cale a boca! Escute."
    assert mended.mend("She is afraid of us.", "Ela tem medo de nós.") == "Ela tem medo de nós."


def test_scenes():
    found = scenes("en", "pt")
    assert len(found) > 300 and not scenes("en", "de")
    asked = Phrases("en", "pt", None).asked
    for scene in found.values():
        assert 4 <= len(scene) <= 30, scene
        for pair in scene:
            assert len(pair) == 2 and all(pair) and pair[0] not in asked, pair
            assert re.findall(r"\d+", pair[0]) == re.findall(r"\d+", pair[1]) and not re.search(r"[{}|]", "".join(pair)), pair


def test_nothing_asked_by_the_contrast_set_is_taught():
    asked = {(cue, source) for _, cue, _, source, _, _ in contrast.questions_of(Path(contrast.__file__).with_name("contrast.en-pt.tsv"))}
    assert len(asked) >= 180
    for made in (Agreement(random.Random(4)), Choices(random.Random(4))):
        for _ in range(30000):
            first, *rest = made.cues()
            assert not any((first[0], source) in asked for source, _ in rest), first
    for scene in scenes("en", "pt").values():
        assert not any((before[0], pair[0]) in asked for k, before in enumerate(scene) for pair in scene[k + 1:k + 4]), scene


def test_distilled_text_is_kept_apart():
    """A document of the same name is another where a model translated it; held-out lines are taken out of both."""
    row = lambda d, i, target: f"woz\tA\tconversation\td{d}\tThis is line {i} of document {d} of the talks.\t{target} {i} {d}.\n"
    with tempfile.TemporaryDirectory() as path:
        path = Path(path)
        for name, target in (("real", "Wirkliche Zeile dieses Gesprächs"), ("kd", "Eine Maschine schrieb diese Zeile")):
            (path / f"{name}.tsv").write_text("".join(row(d, i, target) for d in range(60) for i in range(8)), "utf-8")
        subprocess.run([sys.executable, Path(__file__).with_name("prepare.py"), path / "real.tsv", path / "out", "--distilled",
                        path / "kd.tsv", "--epochs", "1", "--vocab", "400", "--weight", "kd=0.5"], check=True, stdout=subprocess.DEVNULL)
        corpora = json.loads((path / "out/corpus.json").read_text())
        assert corpora["woz"]["weight"] == 1 and corpora["kd-woz"]["weight"] == 0.5
        held, names = ((path / f"out/valid.{end}").read_text("utf-8").splitlines() for end in ("en", "doc"))
        assert len(held) == len(names) == 24 and corpora["woz"]["rows_clean"] == corpora["kd-woz"]["rows_clean"] == 480 - 24
        assert all(line.rsplit("document ", 1)[1].split()[0] == name.split("d")[-1] for line, name in zip(held, names))


def test_whole_program():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rng = random.Random(2)
        nouns = [("dog", "Hund"), ("tree", "Baum"), ("table", "Tisch"), ("moon", "Mond"), ("king", "König")]
        lines = []
        for d in range(200):
            for i in range(10):
                a, b = rng.choice(nouns), rng.choice(nouns)
                lines.append((f"The {a[0]} of day {d} and the {b[0]} met near line {i} again.",
                              f"Der {a[1]} von Tag {d} und der {b[1]} trafen sich wieder bei Zeile {i}."))
            lines.append(("", ""))
        for side, end in enumerate(("en", "de")):
            (folder / f"own.{end}").write_text("\n".join(p[side] for p in lines) + "\n", "utf-8")
        (folder / "test.en").write_text(lines[0][0] + "\n", "utf-8")
        subprocess.run([sys.executable, Path(__file__).with_name("prepare.py"), f"{folder}/own.en:{folder}/own.de", folder / "out",
                        "--epochs", "2", "--vocab", "420", "--exclude", folder / "test.en"], check=True, stdout=subprocess.DEVNULL)
        tokenizer = spm.SentencePieceProcessor(model_file=str(folder / "out/tokenizer.spm"))
        for i, piece in enumerate(("<pad>", "<unk>", "<s>", "</s>", "<sep>", "<2en>", "<2de>")):
            assert tokenizer.id_to_piece(i) == piece
        text = {}
        for name in ("train", "valid"):
            a = np.load(folder / f"out/{name}.npz")
            at = np.concatenate(([0], np.cumsum(a["source_length"].astype(int))))
            text[name] = [tokenizer.decode(a["source"][b:e].tolist()) for b, e in zip(at, at[1:])]
            first = a["first"]
        assert first[0] and 0 < first.sum() < len(first)
        known = {s for s, _ in lines}
        assert set(text["valid"]) <= known and lines[0][0] not in text["train"]
        assert not set(text["valid"]) & set(text["train"])
        # lines of a document stand in its order
        order = [tuple(int(w) for w in s.split() if w.isdigit()) for s in text["valid"]]
        assert all(b[1] == a[1] + 1 for a, b in zip(order, order[1:]) if a[0] == b[0])


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "ok")
