#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/marian/transformers*: random MarianMTModels, and what transformers translates with them.

Pieces are numbered by a vocab.json, as OPUS-MT's are.  expected.tsv: source, translation (greedy), the tag of the language where there are such.  Needs torch, transformers 5.23, sentencepiece.
"""
import importlib.util
import json
from pathlib import Path

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("make_marian", HERE / "make-marian.py")
marian = importlib.util.module_from_spec(spec)
spec.loader.exec_module(marian)


def pieces(path):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [processor.id_to_piece(i) for i in range(len(processor)) if not processor.is_control(i) and not processor.is_unknown(i)]


def make(name, separate=False, tags=()):
    """tags: tokens that say what is to be written; each line is translated with one after the other."""
    folder = marian.OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = marian.corpus(1)
    marian.vocabulary(lines, folder / "source.spm")
    marian.vocabulary(marian.corpus(2), folder / "target.spm")
    sides = [pieces(folder / f"{side}.spm") for side in ("source", "target")]
    if not separate:
        sides = [sorted(set(sides[0] + sides[1]))]
    tables = [{p: i for i, p in enumerate(["</s>", "<unk>", *tags, *side, "<pad>"])} for side in sides]
    for table, file in zip(tables, ("vocab.json", "target_vocab.json")):
        (folder / file).write_text(json.dumps(table, ensure_ascii=False))
    source, target = tables[0], tables[-1]
    torch.manual_seed(3)
    config = MarianConfig(
        vocab_size=len(source), decoder_vocab_size=len(target), d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64,
        activation_function="swish", scale_embedding=True, share_encoder_decoder_embeddings=not separate,
        pad_token_id=target["<pad>"], decoder_start_token_id=target["<pad>"], eos_token_id=0, init_std=0.17)
    model = MarianMTModel(config).eval()
    with torch.no_grad():
        for n, p in model.named_parameters():
            if p.dim() == 2 and "embed" not in n and "shared" not in n:
                p.mul_(3)
        model.final_logits_bias.normal_(0, 0.5)
        model.get_decoder().embed_tokens.weight[target["<pad>"]] = 0
    model.save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"source_lang": "xx", "target_lang": "mul" if tags else "yy", "separate_vocabs": separate}))
    coder = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    decoder = sentencepiece.SentencePieceProcessor(model_file=str(folder / "target.spm"))
    names = {i: p for p, i in target.items()}
    with (folder / "expected.tsv").open("w") as out:
        for number, line in enumerate(lines[:24]):
            tag = [tags[number % len(tags)]] if tags else []
            ids = [source[t] for t in tag] + [source.get(p, source["<unk>"]) for p in coder.encode(line, out_type=str)] + [0]
            with torch.no_grad():
                found = model.generate(torch.tensor([ids]), num_beams=1, do_sample=False, max_length=3 * len(ids),
                                       bad_words_ids=[[target["<pad>"]]], forced_eos_token_id=None)[0].tolist()[1:]
            text = decoder.decode([names[i] for i in found if i not in (0, 1, target["<pad>"]) and names[i] not in tags])
            if text:
                print(line, text, *tag, sep="\t", file=out)
    print(name)


if __name__ == "__main__":
    make("transformers")
    make("transformers-separate", separate=True)
    make("transformers-tags", tags=(">>deu<<", ">>nld<<", ">>pt_br<<"))
