# SPDX-License-Identifier: LGPL-2.1-or-later
"""Short runs of cues, made from word lists, in which a later one can only be translated by what an earlier one said: what *it* and
*they* are, whether the speaker is a woman, how somebody is spoken to.  English to Portuguese, whose words agree."""

# English|Portuguese, masculine then feminine
THINGS = ("""car|carro book|livro phone|telefone train|trem boat|barco plane|avião/aviões bus|ônibus/ônibus clock|relógio/relógios building|prédio hotel|hotel/hotéis
garden|jardim/jardins coat|casaco hat|chapéu/chapéus dress|vestido shoe|sapato ring|anel/anéis mirror|espelho plate|prato glass|copo cake|bolo carpet|tapete
cheese|queijo egg|ovo dog|cachorro horse|cavalo bird|pássaro fish|peixe river|rio lake|lago castle|castelo park|parque market|mercado museum|museu movie|filme game|jogo computer|computador/computadores
file|arquivo report|relatório project|projeto plan|plano contract|contrato ticket|bilhete passport|passaporte piano|piano violin|violino sofa|sofá/sofás
telescope|telescópio poem|poema map|mapa problem|problema program|programa""",
          """house|casa chair|cadeira table|mesa door|porta window|janela key|chave letter|carta photo|foto picture|imagem/imagens song|música bag|bolsa shirt|camisa skirt|saia tie|gravata
bottle|garrafa cup|xícara pizza|pizza soup|sopa apple|maçã/maçãs orange|laranja cow|vaca cat|gata spider|aranha flower|flor/flores tree|árvore forest|floresta island|ilha beach|praia city|cidade
street|rua church|igreja school|escola store|loja kitchen|cozinha room|sala camera|câmera guitar|guitarra bicycle|bicicleta motorcycle|moto wheel|roda machine|máquina lamp|lâmpada candle|vela
suitcase|mala wallet|carteira umbrella|sombrinha bed|cama box|caixa tool|ferramenta rope|corda sword|espada crown|coroa bomb|bomba gun|arma story|história idea|ideia question|pergunta answer|resposta
decision|decisão/decisões version|versão/versões trip|viagem/viagens party|festa war|guerra company|empresa team|equipe list|lista page|página bridge|ponte tower|torre bill|conta""")
ESSENTIAL = """old|velho expensive|caro beautiful|bonito small|pequeno slow|lento strange|estranho perfect|perfeito heavy|pesado red|vermelho yellow|amarelo white|branco dark|escuro famous|famoso
dangerous|perigoso wonderful|maravilhoso fast|rápido cheap|barato safe|seguro narrow|estreito magnificent|magnífico new|novo ugly|feio round|redondo modern|moderno valuable|valioso unique|único Japanese|japonês/japonesa
Italian|italiano ours|nosso mine|meu/minha yours|seu/sua"""
STATES = """broken|quebrado dirty|sujo full|cheio ready|pronto closed|fechado open|aberto lost|perdido cold|frio wet|molhado clean|limpo empty|vazio hidden|escondido damaged|danificado dry|seco
finished|acabado covered|coberto locked|trancado burned|queimado"""
FEELINGS = """tired|cansado worried|preocupado confused|confuso busy|ocupado surprised|surpreso scared|assustado sick|doente/doente lost|perdido alone|sozinho disappointed|decepcionado convinced|convencido married|casado
delighted|encantado nervous|nervoso angry|zangado ready|pronto excited|animado exhausted|exausto grateful|agradecido bored|entediado"""
PEOPLE = ("""brothers|irmãos sons|filhos uncles|tios grandsons|netos nephews|sobrinhos boys|meninos neighbors|vizinhos cousins|primos friends|amigos soldiers|soldados""",
          """sisters|irmãs daughters|filhas aunts|tias granddaughters|netas nieces|sobrinhas girls|meninas waitresses|garçonetes actresses|atrizes queens|rainhas witches|bruxas""")
SELVES = ("""
I am his father.|Eu sou o pai dele.
I am the king.|Eu sou o rei.
I am a good husband.|Eu sou um bom marido.
I'm your brother.|Eu sou seu irmão.
I'm a man of my word.|Sou um homem de palavra.
As a grandfather, I know that.|Como avô, eu sei disso.
I am her son.|Eu sou filho dela.
I was a boy then.|Eu era um menino na época.
""", """
I am his mother.|Eu sou a mãe dele.
I am the queen.|Eu sou a rainha.
I am a good wife.|Eu sou uma boa esposa.
I'm your sister.|Eu sou sua irmã.
I'm a woman of my word.|Sou uma mulher de palavra.
As a grandmother, I know that.|Como avó, eu sei disso.
I am her daughter.|Eu sou filha dela.
I was a girl then.|Eu era uma menina na época.
""")
GREETINGS = ("""
Good evening, sir.|Boa noite, senhor.
Excuse me, sir.|Com licença, senhor.
Welcome, sir.|Bem-vindo, senhor.
Good morning, Mr. Carter.|Bom dia, Sr. Carter.
""", """
Good evening, madam.|Boa noite, senhora.
Excuse me, ma'am.|Com licença, senhora.
Welcome, madam.|Bem-vinda, senhora.
Good morning, Mrs. Carter.|Bom dia, Sra. Carter.
""", """
Hey, buddy!|E aí, cara!
Hi, sweetheart.|Oi, querida.
What's up, man?|E aí, cara?
Hey, kid.|Ei, garoto.
""")
FILLERS = """
Wait.|Espere.
Really?|Sério?
Yes.|Sim.
No.|Não.
Oh.|Ah.
Look.|Olhe.
I know.|Eu sei.
Of course.|Claro.
Maybe.|Talvez.
Right.|Certo.
Hm.|Hum.
"""

# {m|f}: by gender; {n} the noun, {a} an adjective, as many as there are. Singular, plural.
FIRST = (("I bought a {n} yesterday.|Comprei {um|uma} {n} ontem.", "Where is the {n}?|Onde está {o|a} {n}?", "This is my {n}.|{Este|Esta} é {meu|minha} {n}.", "Look at that {n}!|Olhe para {aquele|aquela} {n}!",
          "I found a {n}.|Encontrei {um|uma} {n}.", "Do you remember the {n}?|Você se lembra {do|da} {n}?", "Have you seen my {n}?|Você viu {meu|minha} {n}?", "We need another {n}.|Precisamos de {outro|outra} {n}.",
          "She showed me the {n}.|Ela me mostrou {o|a} {n}.", "What do you think of the {n}?|O que você acha {do|da} {n}?"),
         ("Where are the {n}?|Onde estão {os|as} {n}?", "I brought the {n}.|Eu trouxe {os|as} {n}.", "These are my {n}.|{Estes|Estas} são {meus|minhas} {n}.", "Look at those {n}!|Olhe para {aqueles|aquelas} {n}!",
          "Did you get the {n}?|Você pegou {os|as} {n}?", "We sold all the {n}.|Vendemos {todos os|todas as} {n}."))
THEN = (("It is very {e}.|{Ele|Ela} é muito {e}.", "It was {e}.|{Ele|Ela} era {e}.", "It is {s}.|{Ele|Ela} está {s}.", "It was already {s}.|{Ele|Ela} já estava {s}.", "I saw it yesterday.|Eu {o|a} vi ontem.",
         "Where did you find it?|Onde você {o|a} encontrou?", "It was made in Italy.|{Ele foi feito|Ela foi feita} na Itália.", "Who sold it?|Quem {o|a} vendeu?", "I want to keep it.|Quero ficar com {ele|ela}.",
         "It was stolen.|{Ele foi roubado|Ela foi roubada}.", "Is it {e}?|{Ele|Ela} é {e}?", "It looks {e}.|{Ele|Ela} parece {e}.", "It was {s} last week.|{Ele|Ela} estava {s} na semana passada.",
         "I have never seen it before.|Nunca {o|a} vi antes.", "It used to be {e}.|{Ele|Ela} costumava ser {e}."),
        ("They are very {e}.|{Eles|Elas} são muito {e}.", "They are {s}.|{Eles|Elas} estão {s}.", "I left them on the floor.|Eu {os|as} deixei no chão.", "They were {s}.|{Eles|Elas} estavam {s}.", "Who brought them?|Quem {os|as} trouxe?",
         "They were sold yesterday.|{Eles foram vendidos|Elas foram vendidas} ontem.", "I don't need them.|Não preciso {deles|delas}."))
ARRIVE = ("My {n} arrived this morning.|{Meus|Minhas} {n} chegaram esta manhã.", "Have you met the {n}?|Você conheceu {os|as} {n}?", "The {n} are here.|{Os|As} {n} estão aqui.", "We saw your {n}.|Vimos {seus|suas} {n}.")
OF_PEOPLE = ("They are {f}.|{Eles|Elas} estão {f}.", "They were very {f}.|{Eles|Elas} estavam muito {f}.", "Did you talk to them?|Você falou com {eles|elas}?", "I know them well.|Eu {os|as} conheço bem.",
             "They live alone.|{Eles moram sozinhos|Elas moram sozinhas}.", "All of them?|{Todos eles|Todas elas}?")
OF_SELF = ("I am {f}.|Estou {f}.", "I was so {f}.|Eu estava tão {f}.", "I'm not {f}.|Não estou {f}.", "Thank you.|{Obrigado|Obrigada}.", "Thank you very much!|Muito {obrigado|obrigada}!", "I feel {f}.|Eu me sinto {f}.")
TO_YOU = ("Do you need anything else?|{O senhor|A senhora|Você} precisa de mais alguma coisa?", "Are you waiting for someone?|{O senhor|A senhora|Você} está esperando alguém?", "Can I help you?|Posso {ajudá-lo|ajudá-la|te ajudar}?",
          "Where do you live?|Onde {o senhor|a senhora|você} mora?", "Would you like some water?|{O senhor|A senhora|Você} quer um pouco de água?", "You forgot this.|{O senhor|A senhora|Você} esqueceu isto.",
          "Do you have a reservation?|{O senhor|A senhora|Você} tem uma reserva?", "I was looking for you.|Eu estava procurando {o senhor|a senhora|você}.")


def words(text):
    """(English, singular, plural or feminine where it is given) of each entry."""
    found = []
    for entry in text.split():
        english, forms = entry.split("|")
        found.append((english, *forms.split("/")))
    return found


def sentences(text):
    return [tuple(line.split("|")) for line in text.strip().splitlines()]


def inflected(forms, gender, plural):
    """An adjective: masculine forms in -o have others by rule."""
    word = forms[gender] if len(forms) > 1 else forms[0][:-1] + "oa"[gender] if forms[0].endswith("o") else forms[0]
    return word + "s" * plural


def alternative(text, form):
    """Of each {a|b} in the text that which `form` names."""
    parts = text.replace("{", "\0").replace("}", "\0").split("\0")
    return "".join(p if i % 2 == 0 else p.split("|")[form] for i, p in enumerate(parts))


def plural_of(forms):
    return forms[1] if len(forms) > 1 else forms[0] + ("es" if forms[0][-1] in "rz" else "s")


def english_plural(word):
    return word[:-1] + "ies" if word.endswith("y") and word[-2] not in "aeiou" else word + "es" if word.endswith(("s", "x", "ch", "sh")) else word + "s"


class Agreement:
    def __init__(self, rng):
        self.rng = rng
        self.things, self.people = [words(t) for t in THINGS], [words(t) for t in PEOPLE]
        self.adjectives = {"e": words(ESSENTIAL), "s": words(STATES), "f": words(FEELINGS)}
        self.selves, self.greetings, self.fillers = [sentences(t) for t in SELVES], [sentences(t) for t in GREETINGS], sentences(FILLERS)

    def cue(self, frame, form, plural=False, noun=None):
        """A pair from a frame; form: which of the alternatives in braces."""
        english, target = frame.split("|", 1)
        if noun:
            english, target = english.replace("{n}", noun[0]), target.replace("{n}", noun[1])
        for slot, known in self.adjectives.items():
            if "{" + slot + "}" in english:
                adjective, *forms = self.rng.choice(known)
                english = english.replace("{" + slot + "}", adjective)
                target = target.replace("{" + slot + "}", inflected(forms, form, plural))
        return english, alternative(target, form)

    def cues(self):
        """Two or more pairs, the later of which need the first."""
        kind, gender = self.rng.random(), self.rng.randrange(2)
        if kind < 0.45:
            plural = self.rng.random() < 0.3
            english, *forms = self.rng.choice(self.things[gender])
            noun = (english_plural(english), plural_of(forms)) if plural else (english, forms[0])
            first, then = self.cue(self.rng.choice(FIRST[plural]), gender, plural, noun), lambda: self.cue(self.rng.choice(THEN[plural]), gender, plural)
        elif kind < 0.65:
            noun = self.rng.choice(self.people[gender])
            first, then = self.cue(self.rng.choice(ARRIVE), gender, True, noun), lambda: self.cue(self.rng.choice(OF_PEOPLE), gender, True)
        elif kind < 0.85:
            first, then = self.rng.choice(self.selves[gender]), lambda: self.cue(self.rng.choice(OF_SELF), gender)
        else:
            address = self.rng.randrange(3)
            first, then = self.rng.choice(self.greetings[address]), lambda: self.cue(self.rng.choice(TO_YOU), address)
        between = [self.rng.choice(self.fillers) for _ in range(self.rng.choice((0, 0, 0, 1, 1, 2)))]
        return [first, *between, *(then() for _ in range(self.rng.choice((1, 1, 2, 3))))]
