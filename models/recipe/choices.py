# SPDX-License-Identifier: LGPL-2.1-or-later
"""Short runs of cues, made from word lists like those of agreement.py, in which a later one depends on a choice that an earlier one shows: whether
*you* is one or several, man or woman, which of two names or words stands for somebody or something, what *I did* is short for.  English to Portuguese."""

from agreement import FEELINGS, FILLERS, THINGS, alternative, inflected, sentences, words

# English|Portuguese of those who are spoken to: a man, a woman, several.
ONE_MAN = """son|filho brother|irmão uncle|tio grandfather|vovô boss|chefe captain|capitão king|rei prince|príncipe gentleman|cavalheiro"""
ONE_WOMAN = """daughter|filha sister|irmã aunt|tia grandmother|vovó lady|senhora queen|rainha princess|princesa"""
MEN = "Bruno Rafael Daniel André Felipe Tiago Gabriel Hugo Antônio Roberto Fernando Diego Victor Leo Tom Jack David Robert George Frank Henry Bob Mike Steve Kevin Brian Sam Oliver Max Luis"
WOMEN = "Clara Laura Beatriz Emma Helena Alice Isabel Rosa Lucia Teresa Carla Paula Fernanda Amanda Rita Sara Diana Marina Vera Linda Susan Emily Kate Jane Lucy Grace Olivia Rachel Nancy Karen"
SEVERAL = """guys|pessoal girls|meninas lads|rapazes ladies|senhoras everybody|pessoal friends|amigos folks|pessoal team|equipe class|turma daughters|filhas sons|filhos colleagues|colegas gentlemen|senhores
sisters|irmãs brothers|irmãos"""
TRAITS = """funny|engraçado lazy|preguiçoso shy|tímido honest|honesto generous|generoso curious|curioso careful|cuidadoso talented|talentoso rude|grosseiro strict|rigoroso thin|magro tall|alto clever|esperto
wise|sábio quiet|quieto famous|famoso"""
# {one|several}, {man|woman}
CALL = ("Hello, {n}.|Olá, {n}.", "Come here, {n}.|{Venha|Venham} aqui, {n}.", "Listen, {n}.|{Escute|Escutem}, {n}.", "Look, {n}!|{Olhe|Olhem}, {n}!", "Hurry up, {n}!|{Ande|Andem} logo, {n}!",
        "Thanks, {n}.|Valeu, {n}.", "What happened, {n}?|O que aconteceu, {n}?", "Goodbye, {n}.|Tchau, {n}.", "Wait here, {n}.|{Espere|Esperem} aqui, {n}.", "Good afternoon, {n}.|Boa tarde, {n}.",
        "I'm sorry, {n}.|Desculpe, {n}.", "Forgive me, {n}.|{Perdoe-me|Perdoem-me}, {n}.", "Come with me, {n}.|{Venha|Venham} comigo, {n}.")
TO_HOW_MANY = ("You are early.|{Você chegou|Vocês chegaram} cedo.", "Do you need help?|{Você precisa|Vocês precisam} de ajuda?", "What are you doing?|O que {você está|vocês estão} fazendo?",
               "You know the rules.|{Você conhece|Vocês conhecem} as regras.", "You can sit here.|{Você pode|Vocês podem} se sentar aqui.", "I will show it to you.|Vou mostrar isso para {você|vocês}.",
               "I'm counting on you.|Estou contando com {você|vocês}.", "You should leave.|{Você deveria|Vocês deveriam} ir embora.", "Did you see that?|{Você viu|Vocês viram} isso?",
               "Will you come tomorrow?|{Você vem|Vocês vêm} amanhã?", "You won.|{Você ganhou|Vocês ganharam}.", "Don't you trust me?|{Você não confia|Vocês não confiam} em mim?",
               "You have ten minutes.|{Você tem|Vocês têm} dez minutos.", "Where did you go?|Aonde {você foi|vocês foram}?", "Are you coming?|{Você vem|Vocês vêm}?", "You must be careful.|{Você deve|Vocês devem} tomar cuidado.",
               "I believe you.|Acredito em {você|vocês}.", "This is yours.|Isto é {seu|de vocês}.", "What did you say?|O que {você disse|vocês disseram}?", "You never listen.|{Você nunca escuta|Vocês nunca escutam}.")
TO_WHOM = ("You seem {f}.|Você parece {f}.", "Are you still {f}?|Você ainda está {f}?", "Why are you so {f}?|Por que você está tão {f}?", "You are very {t}.|Você é muito {t}.", "You must be {f}.|Você deve estar {f}.",
           "You were chosen.|Você foi {escolhido|escolhida}.", "You have always been {t}.|Você sempre foi {t}.", "You look {f} today.|Você parece {f} hoje.", "Don't be so {t}.|Não seja tão {t}.", "Were you {f}?|Você estava {f}?",
           "Welcome!|{Bem-vindo|Bem-vinda}!", "You were born for this.|Você {nasceu feito|nasceu feita} para isso.", "You were seen there.|Você foi {visto|vista} lá.", "You are {t}.|Você é {t}.")

# English|the common translation|the other one, of the same gender; masculine, then feminine
WORDS = ("""phone|telefone|celular dog|cachorro|cão kid|garoto|menino guy|cara|sujeito medicine|remédio|medicamento job|emprego|trabalho husband|marido|esposo
doctor|médico|doutor mistake|erro|engano test|teste|exame coat|casaco|sobretudo wizard|mago|feiticeiro donkey|burro|jumento chief|chefe|líder enemy|inimigo|adversário
ship|navio|barco path|caminho|trajeto floor|chão|piso hill|morro|monte board|quadro|painel""",
         """wife|esposa|mulher company|empresa|companhia bag|bolsa|sacola fight|luta|briga picture|foto|imagem face|cara|face witch|bruxa|feiticeira task|tarefa|missão cup|xícara|caneca sword|espada|lâmina
story|história|narrativa trip|viagem|excursão rule|regra|norma speech|fala|palestra road|estrada|rodovia party|festa|celebração package|encomenda|remessa""")
OF_WORD = ("Where is the {n}?|Onde está {o|a} {n}?", "I like this {n}.|Gosto {deste|desta} {n}.", "Whose {n} is it?|De quem é {o|a} {n}?", "Tell me about the {n}.|Fale-me {do|da} {n}.", "The {n} was here.|{O|A} {n} estava aqui.",
           "That {n} again!|{Aquele|Aquela} {n} de novo!", "I don't see any {n}.|Não vejo {nenhum|nenhuma} {n}.", "We need a {n}.|Precisamos de {um|uma} {n}.", "It is the same {n}.|É {o mesmo|a mesma} {n}.",
           "What a {n}!|Que {n}!", "Another {n}?|{Outro|Outra} {n}?", "The {n} was the best part.|{O|A} {n} foi a melhor parte.", "I have never had a {n}.|Nunca tive {um|uma} {n}.")
NAMES = """George|Jorge Paul|Paulo Mark|Marcos Luke|Lucas Anne|Ana Elizabeth|Isabel Catherine|Catarina William|Guilherme Henry|Henrique Andrew|André Philip|Filipe Stephen|Estêvão Louis|Luís Margaret|Margarida
Alexander|Alexandre Martha|Marta Edward|Eduardo Francis|Francisco Anthony|Antônio Rachel|Raquel Lucy|Lúcia Frederick|Frederico Eugene|Eugênio Rose|Rosa Sophie|Sofia Arthur|Artur Nicholas|Nicolau"""
OF_NAME = ("{n} is here.|{n} está aqui.", "I know {n}.|Conheço {n}.", "{n} told me that.|{n} me disse isso.", "Where is {n}?|Onde está {n}?", "I saw {n} yesterday.|Vi {n} ontem.", "Do you like {n}?|Você gosta de {n}?",
           "{n} will be happy.|{n} vai ficar feliz.", "This is for {n}.|Isto é para {n}.", "I was with {n}.|Eu estava com {n}.", "Tell {n} about it.|Conte a {n}.", "It was {n}!|Foi {n}!", "{n} and I are going.|{n} e eu vamos.")

# English|what one does|what I do
NOW = """know him|conhece ele|conheço smoke|fuma|fumo believe me|acredita em mim|acredito understand me|me entende|entendo remember|se lembra|lembro live here|mora aqui|moro play chess|joga xadrez|jogo
read a lot|lê muito|leio cook|cozinha|cozinho drive|dirige|dirijo agree|concorda|concordo sell books|vende livros|vendo see it|vê isso|vejo hear it|ouve isso|ouço need help|precisa de ajuda|preciso
study law|estuda direito|estudo speak Greek|fala grego|falo sing|canta|canto promise|promete|prometo"""
THEN = """eat it|comeu isso|comi read it|leu isso|li buy it|comprou isso|comprei sell it|vendeu isso|vendi find it|encontrou isso|encontrei lose it|perdeu isso|perdi open it|abriu isso|abri write it|escreveu isso|escrevi
win|ganhou|ganhei pay|pagou|paguei sleep|dormiu|dormi hear it|ouviu isso|ouvi break it|quebrou isso|quebrei steal it|roubou isso|roubei clean it|limpou isso|limpei tell them|contou a eles|contei"""
JOBS = "lawyer|advogado baker|padeiro pilot|piloto painter|pintor farmer|fazendeiro sailor|marinheiro student|estudante engineer|engenheiro judge|juiz priest|padre"
PLACES = "in the garden|no jardim in Brazil|no Brasil in the car|no carro at the beach|na praia with them|com eles in the kitchen|na cozinha"
ONES = "new|novo small|pequeno white|branco black|preto yellow|amarelo old|velho cheap|barato other|outro first|primeiro second|segundo round|redondo"


def table(text):
    """The entries of a list in which spaces may stand within an entry's parts but for its last."""
    found, part = [], []
    for word in text.split():
        part.append(word)
        if " ".join(part).count("|") == 2:
            found.append(tuple(" ".join(part).split("|")))
            part = []
    return found


def places(text):
    found, english, target = [], [], []
    for word in text.split():
        if "|" in word:
            a, b = word.split("|")
            english, target = english + [a], [b]
        elif target and len(target) < 2:
            found.append((" ".join(english), " ".join(target + [word])))
            english, target = [], []
        else:
            english.append(word)
    return found


def formed(frame, form, **slots):
    """A pair from a frame: its alternatives in braces by `form`, {n}, {f}, {t}, {e} by what `slots` say (English, Portuguese)."""
    english, target = frame.split("|", 1)
    for slot, (a, b) in slots.items():
        english, target = english.replace("{" + slot + "}", a), target.replace("{" + slot + "}", b)
    return english, alternative(target, form)


class Choices:
    def __init__(self, rng):
        self.rng = rng
        self.one = [words(text) + [(n, n) for n in names.split()] for text, names in ((ONE_MAN, MEN), (ONE_WOMAN, WOMEN))]
        self.several, self.feelings, self.traits, self.ones = map(words, (SEVERAL, FEELINGS, TRAITS, ONES))
        self.words, self.names, self.things = [table(t) for t in WORDS], words(NAMES), [words(t) for t in THINGS]
        self.now, self.then, self.jobs, self.places = table(NOW), table(THEN), words(JOBS), places(PLACES)
        self.fillers = sentences(FILLERS)

    def adjective(self, known, gender):
        english, *forms = self.rng.choice(known)
        return english, inflected(forms, gender, False)

    def how_many(self):
        several = self.rng.randrange(2)
        who = self.rng.choice(self.several if several else self.rng.choice(self.one))
        yield formed(self.rng.choice(CALL), several, n=who)
        while True:
            yield formed(self.rng.choice(TO_HOW_MANY), several)

    def whom(self):
        gender = self.rng.randrange(2)
        yield formed(self.rng.choice(CALL), 0, n=self.rng.choice(self.one[gender]))
        while True:
            yield formed(self.rng.choice(TO_WHOM), gender, f=self.adjective(self.feelings, gender), t=self.adjective(self.traits, gender))

    def name(self):
        """A quarter of the names are put into Portuguese: where nothing was chosen yet they stay as they are."""
        english, own = self.rng.choice(self.names)
        said = own if self.rng.random() < 0.25 else english
        while True:
            yield formed(self.rng.choice(OF_NAME), 0, n=(english, said))

    def word(self):
        gender = self.rng.randrange(2)
        english, common, other = self.rng.choice(self.words[gender])
        said = other if self.rng.random() < 0.35 else common
        while True:
            yield formed(self.rng.choice(OF_WORD), gender, n=(english, said))

    def short(self):
        """A question and its short answer."""
        kind = self.rng.randrange(4)
        if kind == 0:
            verb, one, me = self.rng.choice(self.now)
            yield f"Do you {verb}?", f"Você {one}?"
            yield self.rng.choice((("I do.", f"{me.capitalize()}."), ("Yes, I do.", f"{me.capitalize()}, sim."), ("No, I don't.", f"Não, não {me}.")))
        elif kind == 1:
            verb, one, me = self.rng.choice(self.then)
            yield f"Did you {verb}?", f"Você {one}?"
            yield self.rng.choice((("I did.", f"Eu {me}."), ("Yes, I did.", f"{me.capitalize()}, sim."), ("No, I didn't.", f"Não, não {me}."), ("Of course I did.", f"Claro que {me}.")))
        elif kind == 2:
            asked, verb, me = self.rng.choice(((self.jobs, "é", "Sou"), (self.places, "está", "Estou")))
            what = self.rng.choice(asked)
            article = "" if asked is self.places else "an " if what[0][0] in "aeiou" else "a "
            he = self.rng.random() < 0.6
            yield (f"Is he {article}{what[0]}?", f"Ele {verb} {what[1]}?") if he else (f"Are you {article}{what[0]}?", f"Você {verb} {what[1]}?")
            yield self.rng.choice((("Yes, he is.", f"{verb.capitalize()}, sim."), ("He isn't.", f"Não {verb}.")) if he
                                  else (("Yes, I am.", f"{me}, sim."), ("I'm not.", f"Não {me.lower()}.")))
        else:
            gender = self.rng.randrange(2)
            noun = self.rng.choice(self.things[gender])[:2]
            yield formed("Which {n} do you like?|De qual {n} você gosta?", 0, n=noun)
            yield formed(self.rng.choice(("The {e} one.|{O|A} {e}.", "This one.|{Este|Esta}.", "The other one.|{O outro|A outra}.", "That {e} one.|{Aquele|Aquela} {e}.")), gender, e=self.adjective(self.ones, gender))

    def cues(self):
        """Two or more pairs, the later of which need the first."""
        kind = self.rng.choices((self.how_many, self.whom, self.name, self.word, self.short), (3, 3, 2, 2, 2))[0]
        found = kind()
        first, then = next(found), []
        if kind == self.short:
            return [first, next(found)]
        between = [self.rng.choice(self.fillers) for _ in range(self.rng.choice((0, 0, 0, 1, 1, 2)))]
        while len(then) < self.rng.choice((1, 1, 2, 3)):
            pair = next(found)
            if pair != first and pair not in then:
                then.append(pair)
        return [first, *between, *then]
