# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/tokenizers: small tokenizers and what the reference makes of 10,000 lines.

    python3 make-bpe.py CORPUS          trains *.json and *.spm, then as without CORPUS
    python3 make-bpe.py                 *.ids, pipelines.json

CORPUS is any text, a line a sentence, xz or plain; three Latin languages or so. The other scripts are learned from
scripts.txt, which also is what the lines of the test are made of (lines () below, lines.c in C).

NAME.ids: the digest of all lines; for each 100 lines the digests of their ids and of the text these give; the digest of
the text of 1,000 lists of random ids; then the ids of every 50th line that has few, each after its number.
"-" stands where SentencePiece would write an unknown piece as text, which is not done here.
Digests are 64-bit FNV-1a in hex.
"""
import io
import json
import lzma
import os
import re
import sys

import sentencepiece as spm
import tokenizers as hf
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "tokenizers")
N_LINES, BLOCK, N_SCRIPTS = 10000, 100, 21
N_PIPELINE_LINES = 2000


def path(name):
    return os.path.join(HERE, name)


# --- the lines -------------------------------------------------------------

class Random:
    """Knuth's MMIX generator, its upper half."""

    def __init__(self, seed):
        self.state = seed

    def next(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


PART = re.compile(rb"~([0-9A-F]{4,5})-([0-9A-F]{4,5})|\\u([0-9A-F]{4})|\\x([0-9A-F]{2})|\\(\\)|(.)", re.S)


def expand(item, random):
    out = b""
    for low, high, point, byte, backslash, plain in PART.findall(item):
        if low:
            low, high = int(low, 16), int(high, 16)
            out += chr(low + random.next(high - low + 1)).encode()
        elif point:
            out += chr(int(point, 16)).encode()
        else:
            out += bytes([int(byte, 16)]) if byte else backslash or plain
    return out


def lines():
    with open(path("scripts.txt"), "rb") as f:
        lists = [line.split(b"\t")[1:] for line in f.read().split(b"\n") if line]
    random = Random(1)
    for i in range(N_LINES):
        main = lists[i % N_SCRIPTS]
        line = b""
        for _ in range(random.next(12)):
            items = main if random.next(4) < 3 else lists[random.next(len(lists))]
            joined = 1 if random.next(8) else 1 + random.next(6)
            for _ in range(joined):
                line += expand(items[random.next(len(items))], random)
            space = random.next(16)
            if space < 12:
                line += b" "
            elif space < 14:
                line += expand(lists[-1][random.next(len(lists[-1]))], random)
        if i % 500 == 499:
            line += expand(main[random.next(len(main))], random) * 300
        yield line.decode("utf-8", "replace")


# --- digests ---------------------------------------------------------------

def fnv(data, state=0xcbf29ce484222325):
    for byte in data:
        state = ((state ^ byte) * 0x100000001b3) % 2**64
    return state


def of_texts(texts):
    """A text has a byte that no UTF-8 has behind it."""
    return "%016x" % fnv(b"".join(t.replace("\0", "\ufffd").encode() + b"\xff" for t in texts))


def of_ids(lists):
    return "%016x" % fnv(b"".join(b"".join(i.to_bytes(4, "little") for i in ids) + b"\xff" * 4 for ids in lists))


def random_ids(size):
    random = Random(2)
    return [[random.next(size) for _ in range(1 + random.next(20))] for _ in range(1000)]


def write_ids(name, texts, ids, decode, size):
    with open(path(name + ".ids"), "w") as f:
        print(of_texts(texts), file=f)
        for at in range(0, N_LINES, BLOCK):
            text = of_texts(map(decode, ids[at:at + BLOCK])) if decode else "-"
            print(of_ids(ids[at:at + BLOCK]), text, file=f)
        print(of_texts(map(decode, random_ids(size))) if name[0] != "s" else "-", file=f)
        for at in range(0, N_LINES, 50):
            if len(ids[at]) < 100:
                print(at, *ids[at], file=f)


# --- tokenizers ------------------------------------------------------------

CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")


def special(text, **how):
    return hf.AddedToken(text, special=True, normalized=False, **how)


def neox():
    """GPT-NeoX-20B's pipeline."""
    t = hf.Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.post_processor = processors.ByteLevel()
    t.decoder = decoders.ByteLevel()
    first = [special("<|endoftext|>"), special("<|padding|>")]
    return t, 3000, first, [hf.AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)]


def llama3():
    """Llama 3's, with a token for each way of looking for one."""
    t = hf.Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(hf.Regex(CL100K), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return t, 3000, [], [
        special("<|begin_of_text|>"), special("<|endoftext|>"), special("<|sep|>"),
        hf.AddedToken("<mask>", lstrip=True, normalized=False), hf.AddedToken("<tag>", rstrip=True, normalized=False),
        hf.AddedToken("TAG", single_word=True, normalized=False), hf.AddedToken("|||EMAIL|||", normalized=False)]


def llama2():
    """Llama 2's as transformers converts it from SentencePiece."""
    t = hf.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    first = [special("<unk>"), special("<s>"), special("</s>")]
    return t, 2000, first + ["<0x%02X>" % b for b in range(256)], []


def small():
    """The pieces that pipelines.json is about: most characters are unknown."""
    t = hf.Tokenizer(models.BPE(unk_token="<unk>"))
    t.normalizer = normalizers.Replace(" ", "▁")
    return t, 600, [special("<unk>")], []


def train(make, texts):
    t, size, first, added = make()
    byte_level = isinstance(t.decoder, decoders.ByteLevel)
    pre_tokenizer = t.pre_tokenizer
    if not byte_level:
        # merges within words only, whatever the pipeline
        t.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, show_progress=False,
        limit_alphabet={"llama2": 600, "small": 200}.get(make.__name__, 256),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if byte_level else []))
    d = json.loads(t.to_str())
    d["added_tokens"] = [a for a in d["added_tokens"] if not a["content"].startswith("<0x")]
    if not byte_level:
        d["pre_tokenizer"] = None
    if make is neox:            # as old files have them
        d["model"]["merges"] = [" ".join(m) for m in d["model"]["merges"]]
    t = hf.Tokenizer.from_str(json.dumps(d))
    t.add_tokens(added)
    with open(path(make.__name__ + ".json"), "w") as f:
        d = json.loads(t.to_str())
        if make is neox:
            d["model"]["merges"] = [" ".join(m) for m in d["model"]["merges"]]
        json.dump(d, f, ensure_ascii=False, separators=(",", ":"))


def train_spm(name, texts, **how):
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(t for t in texts if "\n" not in t and len(t) < 400), model_writer=model,
        normalization_rule_name="identity", pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=2, num_threads=1,
        hard_vocab_limit=False, **how)
    with open(path(name + ".spm"), "wb") as f:
        f.write(model.getvalue())


def train_all(corpus, own):
    opener = lzma.open if corpus.endswith(".xz") else open
    with opener(corpus, "rt") as f:
        texts = [part for _, line in zip(range(12000), f) for part in line.rstrip("\n").split("\t")[-2:]]
    texts += own[::2] * 2
    for make in neox, llama3, llama2, small:
        train(make, texts)
    train_spm("spm-bpe", texts, model_type="bpe", vocab_size=1500, byte_fallback=True, control_symbols=["<sep>"],
              character_coverage=0.98)
    train_spm("spm-user", texts, model_type="bpe", vocab_size=1500, character_coverage=0.98,
              user_defined_symbols=["<sep>", "TAG", "||", "не"])
    # pieces of one or two U+FFFD have scores so equal that each version of the library rounds to another of them
    texts = [t for t in texts if "\ufffd" not in t]
    train_spm("spm-unigram", texts, model_type="unigram", vocab_size=1500, byte_fallback=True, character_coverage=0.98,
              control_symbols=["<sep>"], remove_extra_whitespaces=False, add_dummy_prefix=False)


# --- pipelines over small.json ---------------------------------------------

def split(pattern, behavior, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(key, *steps):
    return {"type": "Sequence", key: list(steps)}


def token(number, content, **how):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": True, "special": False, **how}


TO_META = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
FROM_META = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
META = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
REGEX = r"\w+|[^\w\s]+|\s+"
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def pipelines():
    for form in "NFC", "NFD", "NFKC", "NFKD", "Lowercase":
        yield form, {"type": form}, META, META, []
    yield "strip", sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": True}, TO_META,
                            {"type": "Prepend", "prepend": "▁"}), None, FROM_META, []
    yield "strip-left-first", {"type": "Strip", "strip_left": True, "strip_right": False}, \
        {**META, "prepend_scheme": "first"}, None, []
    yield "replace-regex", {"type": "Replace", "pattern": {"Regex": r"[\s\p{Cc}]{2,}"}, "content": " "}, META, META, []
    yield "replace-empty", {"type": "Replace", "pattern": {"Regex": r"\d*"}, "content": ""}, META, None, []
    for behavior in "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous":
        yield "split-" + behavior, None, split({"Regex": REGEX}, behavior), None, []
        yield "invert-" + behavior, None, split({"Regex": r"[a-z\p{Han}]+"}, behavior, True), META, []
        yield "string-" + behavior, TO_META, split({"String": "▁"}, behavior), FROM_META, []
        yield "punctuation-" + behavior, None, {"type": "Punctuation", "behavior": behavior}, None, []
    for pattern in (r"\W", r"\D+", r"\S", r"[\S]+", r"[^\W]", r"[\d\s]+", r"\p{Han}+|\p{^L}", r"a*", r"(?<=a)\w|^.|.$",
                    r"(?>e+)(?!n)", r"[^\s\p{L}]?+\p{L}++", r"x{2}|\x{e9}|\u0301|\v", r"(?i:straße|TAG|ς)", O200K,
                    CL100K):
        if pattern not in (r"[^\W]",):
            yield "regex " + pattern, None, split({"Regex": pattern}, "Isolated"), None, []
    for individual in False, True:
        yield "digits-%s" % individual, None, sequence(
            "pretokenizers", {"type": "Digits", "individual_digits": individual}, META), META, []
    for name in "Whitespace", "WhitespaceSplit":
        yield name, None, {"type": name}, None, []
    for scheme in "always", "first", "never":
        yield "metaspace-" + scheme, None, sequence("pretokenizers", {"type": "Digits", "individual_digits": False}, {
            **META, "prepend_scheme": scheme, "split": scheme != "never"}), {**META, "prepend_scheme": scheme}, []
    yield "byte-level-prefix", None, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}, \
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}, []
    yield "added", {"type": "Lowercase"}, META, sequence("decoders", META, {"type": "Strip", "content": "a", "start": 2,
                                                                           "stop": 0}, {"type": "Fuse"}), [
        token(0, "<unk>", special=True, normalized=False),
        token(700, "<|sep|>", special=True, normalized=False), token(701, "TAG"), token(702, "<tag>", rstrip=True),
        token(703, "<mask>", lstrip=True, rstrip=True), token(704, "<|", normalized=False),
        token(705, "x", single_word=True), token(706, " \n", normalized=False), token(707, "не", single_word=True)]


def write_pipelines(texts):
    texts = texts[:N_PIPELINE_LINES]
    with open(path("small.json")) as f:
        base = json.load(f)
    rows = []
    for name, normalizer, pre_tokenizer, decoder, added in pipelines():
        d = {**base, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "decoder": decoder}
        d["added_tokens"] = added or base["added_tokens"]
        t = hf.Tokenizer.from_str(json.dumps(d))
        t.encode_special_tokens = True
        # the library goes by the vocabulary's ids, whatever the file says
        d["added_tokens"] = [{**a, "id": t.token_to_id(a["content"])} for a in d["added_tokens"]]
        ids = [e.ids for e in t.encode_batch(texts, add_special_tokens=False)]
        t.normalizer = None                 # with one, decode () shows added tokens normalized, not as the file has them
        rows.append({"name": name, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "decoder": decoder,
                     "added_tokens": d["added_tokens"],
                     "ids": [of_ids(ids[at:at + BLOCK]) for at in range(0, N_PIPELINE_LINES, BLOCK)],
                     "text": of_texts(map(t.decode, ids))})
    with open(path("pipelines.json"), "w") as f:
        f.write('{"pipelines": [\n' + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "\n]}\n")


def main():
    texts = list(lines())
    if len(sys.argv) > 1:
        train_all(sys.argv[1], texts)
    for make in neox, llama3, llama2:
        t = hf.Tokenizer.from_file(path(make.__name__ + ".json"))
        t.encode_special_tokens = True
        ids = [e.ids for e in t.encode_batch(texts, add_special_tokens=False)]
        write_ids(make.__name__, texts, ids, t.decode, t.get_vocab_size())
    for name in "spm-bpe", "spm-user", "spm-unigram", "tiny", "tiny-user":
        where = path(name + ".spm") if name[0] == "s" else path("../%s.spm" % name)
        p = spm.SentencePieceProcessor(model_file=where)
        ids = p.encode(texts)
        write_ids(name if name[0] == "s" else "spm-" + name, texts, ids, p.decode if name != "spm-user" else None,
                  p.get_piece_size())
    write_pipelines(texts)


main()
