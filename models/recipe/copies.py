# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands in a translation as it stands in the source: addresses, names of accounts, placeholders, numbers, emoji, words
in other letters.  Made up at random and put into training pairs, on both sides alike, so that copying is learnt."""
import re
import string

# Sentences around such a thing: English, German, French, Portuguese.
FRAMES = """
Visit {} for more information.|Weitere Informationen finden Sie unter {}.|Rendez-vous sur {} pour plus d'informations.|Visite {} para mais informações.
You can find it at {}.|Sie finden es unter {}.|Vous le trouverez sur {}.|Você pode encontrá-lo em {}.
See {}|Siehe {}|Voir {}|Veja {}
Have you seen {} yet?|Hast du {} schon gesehen?|Tu as déjà vu {} ?|Você já viu {}?
I read about it on {} yesterday.|Ich habe gestern auf {} davon gelesen.|J'ai lu ça sur {} hier.|Eu li sobre isso em {} ontem.
The link is {}.|Der Link ist {}.|Le lien est {}.|O link é {}.
It is called {}.|Es heißt {}.|Ça s'appelle {}.|Chama-se {}.
What does {} mean?|Was bedeutet {}?|Que veut dire {} ?|O que significa {}?
They wrote {} on the wall.|Sie haben {} an die Wand geschrieben.|Ils ont écrit {} sur le mur.|Eles escreveram {} na parede.
Thanks, {}!|Danke, {}!|Merci, {} !|Obrigado, {}!
Hello {}, how are you?|Hallo {}, wie geht es dir?|Bonjour {}, comment ça va ?|Olá, {}, como vai?
"""
MAIL_FRAMES = """
Write to {} if you need help.|Schreiben Sie an {}, wenn Sie Hilfe brauchen.|Écrivez à {} si vous avez besoin d'aide.|Escreva para {} se precisar de ajuda.
My address is {}.|Meine Adresse ist {}.|Mon adresse est {}.|Meu endereço é {}.
Send it to {}, please.|Schick es bitte an {}.|Envoie-le à {}, s'il te plaît.|Envie para {}, por favor.
"""
NUMBER_FRAMES = """
It costs {} dollars.|Es kostet {} Dollar.|Ça coûte {} dollars.|Custa {} dólares.
We counted {}.|Wir haben {} gezählt.|Nous en avons compté {}.|Contamos {}.
About {} people live there.|Etwa {} Menschen leben dort.|Environ {} personnes y vivent.|Cerca de {} pessoas vivem lá.
That makes {} in all.|Das macht insgesamt {}.|Cela fait {} au total.|São {} ao todo.
It is {} kilometres away.|Es ist {} Kilometer entfernt.|C'est à {} kilomètres.|Fica a {} quilômetros.
"""
LANGUAGES = {"en": 0, "de": 1, "fr": 2, "pt": 3}
# Separators of thousands and of decimals.
SEPARATORS = {"en": (",", "."), "de": (".", ","), "fr": (" ", ","), "pt": (".", ",")}
ENDINGS = "com org net io dev tv co.uk com.br de fr pt eu info app".split(" ")
PLACES = "docs help blog wiki shop news en watch item user about files 2024 v2 index.html page.php img/logo.png faq#top".split(" ")
KEYS = "name user title count time date url file email x n 0 1 2 first_name total".split(" ")
EMOJI = """😀 😃 😄 😁 😆 😅 😂 🤣 😊 😇 🙂 🙃 😉 😌 😍 🥰 😘 😋 😜 🤪 🤨 🧐 🤓 😎 🥳 😏 😒 😞 😔 😟 😕 🙁 😣 😫 😩 🥺 😢 😭 😤 😠 😡 🤬 🤯 😳 🥵
🥶 😱 😨 😰 😥 🤗 🤔 🤭 🤫 😶 😐 😬 🙄 😴 🤤 😷 🤒 🤢 🤮 👋 👌 ✌️ 🤞 👍 👎 👏 🙌 🙏 💪 👀 🧠 ❤️ 🧡 💛 💚 💙 💜 🖤 💔 💯 💥 💦 🔥 ⭐ 🌟 ✨ ⚡ 🎉 🎊 🎁 🏆 ⚽ 🏀 🎮 🎵 🎶 🎬 📷 📺 📱 💻
💡 📚 📌 📎 ✏️ 🔒 🔑 🚀 ✈️ 🚗 🏠 🌍 🌈 ☀️ 🌙 ☕ 🍕 🍎 🍰 🍺 🐶 🐱 🐭 🐼 🦁 🌹 🌳 ✅ ❌ ❗ ❓ ⚠️ 🇧🇷 🇵🇹 🇩🇪 🇫🇷 🇺🇸 👍🏽 🙏🏻 👏🏿""".split()
LETTERS = """абвгдежзийклмнопрстуфхцчшщыьэюя;αβγδεζηθικλμνξοπρστυφχψω;ابتثجحخدذرزسشصضطظعغفقكلمنهوي;אבגדהוזחטיכלמנסעפצקרשת
;कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह;กขคงจฉชซญดตถทธนบปผพมยรลวสหอ;가나다라마바사아자차카타파하김이박최정강조윤장임한국서울부산민지수현
;日本人中国大学東京京都山田川口小林木村明子海上北南西風花月雪春夏秋冬青白黒;あいうえおかきくけこさしすせそたちつてとなにぬねのはまみむめもやゆよらりるれろわん;アイウエオカキクケコサシスセソタチツテトナニヌネノマミムメモヤユヨラリルレロワン
;აბგდევზთიკლმნოპრსტუფქღყშჩცძწჭხჯჰ;աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ""".replace("\n", "").split(";")
ACCENTS = {"a": "ăāąåäàảạ", "c": "čćċ", "d": "ďđ", "e": "ěėęēëèếệ", "g": "ğģ", "i": "īįïìı", "l": "łľļ", "n": "ňńņñ", "o": "őøōöòộơ", "r": "řŕ",
           "s": "šśşș", "t": "ťțţ", "u": "ůűūųüùư", "y": "ýÿỳ", "z": "žźż", "L": "Ł", "S": "ŠŚŞ", "C": "ČĆ", "Z": "ŽŹŻ", "O": "ÖØŐ", "A": "ÅĀÄ"}
NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w.,]?\d)|(?<![\w.,])\d{1,3}\.\d{1,2}(?![\w.,]?\d)")


def written(number, language):
    """A number as English writes it, in the manner of `language`."""
    thousands, decimals = SEPARATORS[language]
    return number.replace(",", "\0").replace(".", decimals).replace("\0", thousands)


class Copies:
    """names: words that names of people, hosts and accounts are made of."""

    def __init__(self, source, target, rng, names=()):
        self.languages, self.rng = (source, target), rng
        self.names = list(names) or ["Meadow", "Carter", "Lindell", "Oslo", "Tarrant", "Quinn", "Varga", "Halden"]
        known = source in LANGUAGES and target in LANGUAGES
        self.frames, self.mail_frames, self.number_frames = (
            [tuple(line.split("|")[LANGUAGES[lang]] for lang in self.languages) for line in text.strip().splitlines()] if known else []
            for text in (FRAMES, MAIL_FRAMES, NUMBER_FRAMES))
        self.kinds = (self.url, self.url, self.mail, self.account, self.tag, self.placeholder, self.emoji, self.emoji, self.foreign,
                      self.foreign, self.accented, self.code)

    # --- things ---

    def word(self):
        return self.rng.choice(self.names).lower()

    def letters(self, alphabet, low, high):
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randint(low, high)))

    def url(self):
        host = self.word() + self.rng.choice(("", "-" + self.word(), str(self.rng.randint(1, 99)))) + "." + self.rng.choice(ENDINGS)
        path = "".join("/" + self.rng.choice((self.rng.choice(PLACES), self.word(), self.letters(string.ascii_letters + string.digits, 5, 11)))
                       for _ in range(self.rng.choice((0, 0, 1, 1, 2, 3))))
        query = self.rng.choice(("", "", "", "/", f"?id={self.rng.randint(1, 99999)}", f"?q={self.word()}&lang=en"))
        return self.rng.choice(("https://", "https://", "http://", "www.", "https://www.", "")) + host + path + query

    def mail(self):
        user = self.word() + self.rng.choice(("", "." + self.word(), "_" + self.word(), str(self.rng.randint(1, 2024)), "+news"))
        return f"{user}@{self.word()}.{self.rng.choice(ENDINGS)}"

    def account(self):
        name = self.rng.choice((self.word(), self.rng.choice(self.names)))
        return "@" + name + self.rng.choice(("", "_" + self.word(), str(self.rng.randint(1, 999)), self.rng.choice(self.names), "_"))

    def tag(self):
        return "#" + self.rng.choice((self.word(), self.rng.choice(self.names) + self.rng.choice(self.names), f"{self.word()}{self.rng.randint(1, 2030)}"))

    def placeholder(self):
        key = self.rng.choice(KEYS)
        return self.rng.choice(("{%s}", "{{%s}}", "${%s}", "%%(%s)s", "<%s>", "[%s]", "%%%s%%", "{{ %s }}", "$%s")) % key if self.rng.random() < 0.8 \
            else self.rng.choice(("%s", "%d", "%1$s", "{}", "%.2f", "<br>", "&nbsp;"))

    def emoji(self):
        return self.rng.choice(("", " ")).join(self.rng.choice(EMOJI) for _ in range(self.rng.choice((1, 1, 1, 2, 3))))

    def foreign(self):
        alphabet = self.rng.choice(LETTERS)
        return " ".join(self.letters(alphabet, 1 if len(alphabet) > 44 else 2, 7) for _ in range(self.rng.choice((1, 1, 2))))

    def accented(self):
        name = self.rng.choice(self.names)
        spots = [i for i, c in enumerate(name) if c in ACCENTS]
        for i in self.rng.sample(spots, min(len(spots), self.rng.randint(1, 2))):
            name = name[:i] + self.rng.choice(ACCENTS[name[i]]) + name[i + 1:]
        return name

    def code(self):
        digits = lambda n: self.letters(string.digits, n, n)
        return self.rng.choice((f"{self.word()}.{self.rng.choice(('txt', 'pdf', 'mp4', 'zip', 'conf'))}", f"/usr/{self.word()}/{self.word()}",
                                f"v{self.rng.randint(0, 20)}.{self.rng.randint(0, 40)}.{self.rng.randint(0, 9)}", f"{digits(3)}-{digits(4)}",
                                f"+{digits(2)} {digits(2)} {digits(5)}-{digits(4)}", f"{self.letters('ABCDEFGHKMNPRSTX', 2, 4)}-{digits(4)}",
                                f"{digits(4)}-0{self.rng.randint(1, 9)}-{self.rng.randint(10, 28)}", f"--{self.word()}",
                                f"{self.word()}_{self.word()}", f"0x{self.letters('0123456789abcdef', 4, 8)}", f"192.168.{self.rng.randint(0, 255)}.{self.rng.randint(1, 255)}"))

    def number(self):
        """As English writes it."""
        whole = self.rng.choice((self.rng.randint(1000, 9999), self.rng.randint(10000, 999999), self.rng.randint(10 ** 6, 10 ** 9)))
        return self.rng.choice((f"{whole:,}", f"{whole:,}", f"{self.rng.randint(0, 200)}.{self.rng.randint(1, 99)}", f"{whole:,}.{self.rng.randint(10, 99)}"))

    # --- pairs ---

    def framed(self):
        """A pair that is made for a thing."""
        kind = self.rng.choice((*self.kinds, self.number, self.number))
        if kind == self.number:
            number = self.number()
            return tuple(f.format(written(number, lang)) for f, lang in zip(self.rng.choice(self.number_frames), self.languages))
        frames = self.mail_frames if kind == self.mail else self.frames
        thing = kind()
        return tuple(f.replace("{}", thing) for f in self.rng.choice(frames))

    def put(self, pair):
        """The pair with a thing on both sides: before it, behind it, or in place of a number that both have."""
        found = [n for n in NUMBER.findall(pair[0]) if pair[0].count(n) == 1 and pair[1].count(written(n, self.languages[1])) == 1] \
            if all(lang in SEPARATORS for lang in self.languages) and self.languages[0] == "en" else []
        if found:
            old, new = self.rng.choice(found), self.number()
            return tuple(t.replace(written(old, lang), written(new, lang)) for t, lang in zip(pair, self.languages))
        kind = self.rng.choice(self.kinds)
        thing = kind()
        if kind == self.account and self.rng.random() < 0.5:
            return tuple(f"{thing} {t}" for t in pair)
        ends = [re.search(r"[.!?]+$", t) for t in pair]
        if kind in (self.emoji, self.tag) or not all(ends):
            return tuple(f"{t} {thing}" for t in pair)
        form = self.rng.choice((": %s", " - %s", " (%s)", " %s"))
        return tuple(t[:e.start()] + form % thing + e.group() for t, e in zip(pair, ends))
