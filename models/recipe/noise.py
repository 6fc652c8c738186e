# SPDX-License-Identifier: LGPL-2.1-or-later
"""What captions and recognisers do to text, done to training documents: lists of (source, target)."""
import re

from agreement import Agreement
from choices import Choices
from clean import QUOTES, SPACES, spaced
from copies import Copies
from phrases import Phrases, lines_of

# Shares: of segments, of documents (marked D).
SHARE = {
    "speakers": 0.025,          # two turns in one cue: "- Yes. - No."
    "joined": 0.06,             # two cues read as one
    "split": 0.20,              # a sentence with a known place to cut becomes two cues
    "recogniser D": 0.06,       # source in lower case without punctuation, the target as it should be
    "recogniser": 0.03,         # single lines of it
    "capitals D": 0.02,         # SOURCE IN CAPITALS, the target as it should be
    "sound": 0.012,             # a sound cue of its own between two cues
    "sound before": 0.008,      # [LAUGHS] in front of a line
    "music": 0.006,             # ♪ sung line ♪
    "label": 0.006,             # JOHN: in front of a line
    "name": 0.02,               # a name on both sides is replaced by another, so that copying is learnt
    "copied": 0.04,             # an address, an account, a placeholder, an emoji ... stands in a line, see copies.py
    "framed": 0.01,             # a line made for one, before a line
    "agreement": 0.015,         # before a line some cues that only their first one explains, see agreement.py
    "choices": 0.025,           # and such that go on as the first one has begun, see choices.py
    "phrase": 0.18,             # before a line a phrase of everyday speech, see phrases.py
    "typographic D": 0.10,      # “marks” and dashes – as printers have them, on both sides
}

# English, German, French, Portuguese
SOUNDS = """
applause|Applaus|applaudissements|aplausos
laughter|Gelächter|rires|risos
laughs|lacht|rit|ri
laughing|lacht|rit|rindo
chuckles|kichert|glousse|ri baixinho
giggles|kichert|glousse|dá risadinhas
sighs|seufzt|soupire|suspira
gasps|keucht|halète|arfa
groans|stöhnt|gémit|geme
grunts|ächzt|grogne|grunhe
screams|schreit|crie|grita
screaming|Geschrei|cris|gritaria
shouting|Rufe|cris|gritos
crying|weint|pleure|chorando
sobbing|schluchzt|sanglote|soluçando
coughs|hustet|tousse|tosse
sneezes|niest|éternue|espirra
sniffs|schnieft|renifle|funga
whispers|flüstert|chuchote|sussurra
whispering|Flüstern|chuchotements|sussurros
cheering|Jubel|acclamations|vivas
crowd cheering|Menge jubelt|la foule acclame|multidão vibra
music|Musik|musique|música
music playing|Musik spielt|musique|música tocando
soft music|leise Musik|musique douce|música suave
dramatic music|dramatische Musik|musique dramatique|música dramática
tense music|spannende Musik|musique tendue|música tensa
music stops|Musik verstummt|la musique s'arrête|a música para
singing|Gesang|chant|cantando
humming|summt|fredonne|cantarola
whistling|pfeift|sifflement|assobios
door opens|Tür geht auf|la porte s'ouvre|porta se abre
door closes|Tür geht zu|la porte se ferme|porta se fecha
door slams|Tür knallt|la porte claque|porta bate
knocking|Klopfen|on frappe|batidas
knock on door|Es klopft|on frappe à la porte|batem à porta
doorbell rings|Es klingelt|on sonne|campainha toca
phone rings|Telefon klingelt|le téléphone sonne|telefone toca
phone ringing|Telefon klingelt|le téléphone sonne|telefone tocando
bell rings|Glocke läutet|la cloche sonne|sino toca
alarm|Alarm|alarme|alarme
alarm blaring|Alarm heult|l'alarme retentit|alarme soando
siren|Sirene|sirène|sirene
sirens wailing|Sirenen heulen|sirènes|sirenes soando
gunshot|Schuss|coup de feu|tiro
gunshots|Schüsse|coups de feu|tiros
explosion|Explosion|explosion|explosão
thunder|Donner|tonnerre|trovão
thunder rumbling|Donnergrollen|grondement de tonnerre|trovões
wind blowing|Wind weht|le vent souffle|vento soprando
rain|Regen|pluie|chuva
birds chirping|Vögel zwitschern|les oiseaux chantent|pássaros cantando
dog barking|Hund bellt|un chien aboie|cachorro latindo
dog barks|Hund bellt|un chien aboie|cachorro late
horse neighs|Pferd wiehert|le cheval hennit|cavalo relincha
footsteps|Schritte|bruits de pas|passos
glass breaking|Glas zerbricht|bruit de verre brisé|vidro se quebra
engine starts|Motor springt an|le moteur démarre|motor dá partida
engine revving|Motor heult auf|le moteur rugit|motor acelera
horn honks|Hupe|klaxon|buzina
tires screeching|Reifen quietschen|crissement de pneus|pneus cantando
static|Rauschen|grésillements|estática
beeping|Piepen|bips|bipes
silence|Stille|silence|silêncio
inaudible|unverständlich|inaudible|inaudível
indistinct chatter|undeutliche Gespräche|conversations indistinctes|conversas indistintas
speaking foreign language|spricht Fremdsprache|parle une langue étrangère|fala língua estrangeira
"""
SPEAKERS = ("JOHN ANNA MAN WOMAN BOY GIRL NARRATOR MARY DAVID SARAH TOM EMMA MIKE LUCY PETER DR. BROWN MRS. SMITH").split(" ")
CONJUNCTIONS = {"en": "and but because or when if so while that", "de": "und aber weil oder wenn als falls während dass denn",
                "fr": "et mais car ou quand si lorsque pendant que parce",
                "pt": "e mas porque ou quando se enquanto que pois embora"}
NAME = re.compile(r"(?<=[^\W_] )[A-Z][a-z]{3,}\b")


def bare(text):
    return SPACES.sub(" ", re.sub(r"[^\w\s'-]", " ", text)).strip().lower()


def typographic(text, language):
    """Quotation marks, apostrophes and dashes as printers have them; marks only where the straight ones are usual in print, too."""
    if QUOTES.get(language) == ('"', '"') and text.count('"') % 2 == 0:
        parts = text.split('"')
        text = "".join(p + ("" if i + 1 == len(parts) else "“”"[i % 2]) for i, p in enumerate(parts))
    return re.sub(r"(?<=\w)'(?=\w)", "’", text).replace(" - ", " – ").replace(" -- ", " — ")


def written(words, form):
    """A sound cue in one of the ways captions write it."""
    open_, close, case = form
    return open_ + {"upper": words.upper(), "lower": words, "first": words[0].upper() + words[1:]}[case] + close


class Noise:
    def __init__(self, source, target, rng, names=()):
        columns = {"en": 0, "de": 1, "fr": 2, "pt": 3}
        rows = [line.split("|") for line in SOUNDS.strip().splitlines()]
        known = source in columns and target in columns
        self.sounds = [(r[columns[source]], r[columns[target]]) for r in rows] if known else []
        self.sounds += map(tuple, lines_of(f"sounds.{source}-{target}.tsv"))
        self.links = [set(CONJUNCTIONS.get(lang, "").split()) for lang in (source, target)]
        self.rng, self.names, self.languages = rng, list(names), (source, target)
        self.explained = {"agreement": Agreement(rng), "choices": Choices(rng)} if (source, target) == ("en", "pt") else {}
        self.phrases = Phrases(source, target, rng)
        self.copies = Copies(source, target, rng, names)

    def sound(self):
        form = self.rng.choice((("[", "]"), ("(", ")"), ("[", "]"), ("*", "*"))) + (self.rng.choice(("upper", "lower", "first")),)
        return tuple(written(words, form) for words in self.rng.choice(self.sounds))

    def places(self, text, side):
        """Where a sentence may be cut: after commas and, between commas, before conjunctions."""
        words, found = text.split(" "), []
        for i in range(1, len(words)):
            if words[i - 1].endswith((",", ";", ":")) or words[i].lower() in self.links[side]:
                found.append(i)
        return words, found

    def split(self, pair):
        """Two cues for a sentence, where both sides have just one place to cut and it lies alike; else the pair."""
        (a, at_a), (b, at_b) = (self.places(t, k) for k, t in enumerate(pair))
        if len(at_a) != 1 or len(at_b) != 1:
            return [pair]
        i, j = at_a[0], at_b[0]
        if not (2 <= i <= len(a) - 2 and 2 <= j <= len(b) - 2) or abs(i / len(a) - j / len(b)) > 0.12:
            return [pair]
        first, second = (" ".join(a[:i]), " ".join(b[:j])), (" ".join(a[i:]), " ".join(b[j:]))
        if self.rng.random() < 0.15:                   # a dash or dots at the cut
            tail, head = self.rng.choice(((" --", ""), ("...", "..."), ("-", "")))
            first = tuple(t.rstrip(",;:") + tail for t in first)
            second = tuple(head + t for t in second)
        return [first, second]

    def renamed(self, pair):
        found = [n for n in NAME.findall(pair[0]) if pair[0].count(n) == 1 == pair[1].count(n)]
        found = [n for n in found if re.search(rf"\b{n}\b", pair[1])]
        if not found or not self.names:
            return pair
        old, new = self.rng.choice(found), self.rng.choice(self.names)
        return tuple(re.sub(rf"\b{old}\b", new, t) for t in pair)

    def line(self, pair):
        """The pair as one or more cues."""
        draw = self.rng.random()
        for kind in ("split", "name", "music", "label", "sound before", "sound", "recogniser", "copied", "framed"):
            draw -= SHARE[kind]
            if draw >= 0:
                continue
            if kind == "split":
                return self.split(pair)
            if kind == "name":
                return [self.renamed(pair)]
            if kind == "music":
                note = self.rng.choice(("♪", "♪", "♫", "#"))
                return [tuple(f"{note} {t} {note}" for t in pair)]
            if kind == "label":
                name = self.rng.choice(SPEAKERS)
                form = self.rng.choice(("{}: {}", "[{}] {}", "({}) {}"))
                return [tuple(form.format(name, t) for t in pair)]
            if kind == "copied":
                return [self.copies.put(pair)]
            if kind == "framed":
                return [self.copies.framed(), pair] if self.copies.frames else [pair]
            if kind == "recogniser":
                return [(bare(pair[0]) or pair[0], pair[1])]
            if self.sounds:
                sound = self.sound()
                return [sound, pair] if kind == "sound" else [tuple(f"{s} {t}" for s, t in zip(sound, pair))]
        return [pair]

    def document(self, doc):
        """A document as captions and recognisers would write it."""
        out, i = [], 0
        while i < len(doc):
            for share, made in self.explained.items():
                if self.rng.random() < SHARE[share]:
                    out += made.cues()
            if self.phrases.pairs and self.rng.random() < SHARE["phrase"]:
                out += self.phrases.cues()
            pair, draw = doc[i], self.rng.random()
            short = i + 1 < len(doc) and max(len(a) + len(b) for a, b in zip(pair, doc[i + 1])) < 120
            if short and draw < SHARE["speakers"]:
                out.append(tuple(f"- {a} - {b}" for a, b in zip(pair, doc[i + 1])))
                i += 1
            elif short and draw < SHARE["speakers"] + SHARE["joined"] and all(t[-1] in ".!?" for t in pair):
                out.append(tuple(spaced(f"{a} {b}") for a, b in zip(pair, doc[i + 1])))
                i += 1
            else:
                out += self.line(pair)
            i += 1
        style = self.rng.random()
        if style < SHARE["recogniser D"]:
            out = [(bare(s) or s, t) for s, t in out]
        elif style < SHARE["recogniser D"] + SHARE["capitals D"]:
            out = [(s.upper(), t) for s, t in out]
        elif style < SHARE["recogniser D"] + SHARE["capitals D"] + SHARE["typographic D"]:
            out = [tuple(map(typographic, pair, self.languages)) for pair in out]
        return out
