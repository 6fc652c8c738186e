#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains on packed documents with carried state until a wall-clock time; run again to resume.

train.py DATA RUN --until 2026-01-31T18:00 [--batch N] [--length N] [--score PREFIX.src:PREFIX.tgt ...]
DATA: output of prepare.py.  RUN: checkpoint.pt and log.jsonl.  SIGTERM saves and ends.
"""
import argparse
import datetime
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import sentencepiece as spm
import torch
import torch.nn.functional as F

from data import Corpus, Streams
from model import Layout, Translator, default_config


def loss_of(model, batch, state, smoothing):
    source, s_doc, s_seg, s_len, target, t_doc, t_seg, t_len, label = batch
    h, state = model(source, Layout(s_doc, s_seg, s_len), target, Layout(t_doc, t_seg, t_len), state)
    logits = model.logits(h).float().flatten(0, 1)
    return F.cross_entropy(logits, label.flatten(), label_smoothing=smoothing), state


def detached(state):
    return tuple([[x.detach() for x in layer] for layer in stack] for stack in state)


def read_pairs(prefix, tokenizer, count, limit):
    """The first `count` lines of a held-out pair of files as one document per 20 lines."""
    a, b = prefix.split(":")
    pairs = list(zip(Path(a).read_text("utf-8").splitlines(), Path(b).read_text("utf-8").splitlines()))[:count]
    s, t = (tokenizer.encode([p[k] for p in pairs]) for k in (0, 1))
    rows = [(x, y) for x, y in zip(s, t) if 0 < len(x) < limit and 0 < len(y) < limit]
    flat = lambda k: np.array([x for r in rows for x in r[k]], np.uint16)
    return dict(source=flat(0), target=flat(1), source_length=np.array([len(r[0]) for r in rows]),
                target_length=np.array([len(r[1]) for r in rows]), first=np.arange(len(rows)) % 20 == 0)


@torch.no_grad()
def validate(model, corpus, segment, length, bf16):
    """Cross-entropy in nats a target token, teacher-forced, state carried."""
    streams = Streams(corpus, 16, length, segment, once=True)
    state, total, count = model.initial(16), 0.0, 0
    while True:
        batch = streams.next()
        n = int((batch[-1] >= 0).sum())
        if not n:
            return total / max(count, 1)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss, state = loss_of(model, batch, state, 0.0)
        total, count = total + loss.item() * n, count + n


def optimizers(model, lr):
    """Muon for the matrices between layers, AdamW for embedding, norms, convolutions and scan parameters."""
    matrices = [p for n, p in model.named_parameters() if n.endswith("_proj.weight")]
    rest = [p for n, p in model.named_parameters() if not n.endswith("_proj.weight")]
    return [torch.optim.Muon(matrices, lr=lr, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]


def save(path, content):
    torch.save(content, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--until", required=True, help="UTC time at which the learning rate reaches 0")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128, help="tokens of one piece on each side")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--ema", type=float, default=0.997)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=0, help="end early, for tests")
    parser.add_argument("--score", nargs="*", default=[], help="held-out SOURCE:TARGET files for validation loss")
    parser.add_argument("--languages", default="en:de")
    parser.add_argument("--license", default="GPL-2.0-or-later")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--no-bf16", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    bf16 = not args.no_bf16
    end = datetime.datetime.fromisoformat(args.until).replace(tzinfo=datetime.timezone.utc).timestamp()
    args.run.mkdir(parents=True, exist_ok=True)
    path = args.run / "checkpoint.pt"

    tokenizer = spm.SentencePieceProcessor(model_file=str(args.data / "tokenizer.spm"))
    previous = torch.load(path, weights_only=True) if path.exists() else None
    config = previous["config"] if previous else default_config(
        tokenizer.get_piece_size(), *args.languages.split(":"), args.license)
    model = Translator(config)
    opts = optimizers(model, args.lr)
    step, cursor, tokens, start = 0, 0, 0, time.time()
    if previous:
        model.load_state_dict(previous["model"])
        for o, s in zip(opts, previous["optimizers"]):
            o.load_state_dict(s)
        step, cursor, tokens, start = (previous[k] for k in ("step", "cursor", "tokens", "start"))
    ema = [p.detach().clone() for p in model.parameters()]
    if previous:
        for e, v in zip(ema, previous["ema"]):
            e.copy_(v)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, step {step}", flush=True)

    held = {"valid": Corpus(args.data / "valid.npz")}
    for prefix in args.score:
        name = Path(prefix.split(":")[0]).name.split(".")[0]
        held[name] = Corpus(read_pairs(prefix, tokenizer, 300, args.length - 2))
    streams = Streams(Corpus(args.data / "train.npz"), args.batch, args.length, config["segment"], cursor, reset=0.01)
    run = loss_of if args.no_compile else torch.compile(loss_of, dynamic=False)

    stop = []
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stop.append(1))
    log = (args.run / "log.jsonl").open("a")

    def checkpoint():
        names = [n for n, _ in model.named_parameters()]
        save(path, dict(config=config, model=model.state_dict(), ema=ema, names=names, step=step, cursor=streams.cursor,
                        tokens=tokens, start=start, optimizers=[o.state_dict() for o in opts]))

    state = model.initial(args.batch)
    saved = reported = checked = time.time()
    losses, tokens_then = [], tokens
    while not stop and time.time() < end and (not args.steps or step < args.steps):
        share = (time.time() - start) / (end - start)
        lr = args.lr * min(1.0, (step + 1) / args.warmup) * max(0.0, 1 - share)
        for o in opts:
            for g in o.param_groups:
                g["lr"] = lr
        batch = streams.next()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss, state = run(model, batch, state, 0.1)
        loss.backward()
        state = detached(state)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if torch.isfinite(norm):
            for o in opts:
                o.step()
        else:
            state = model.initial(args.batch)
        for o in opts:
            o.zero_grad(set_to_none=True)
        torch._foreach_lerp_(ema, [p.detach() for p in model.parameters()], 1 - min(args.ema, step / (step + 20)))
        step += 1
        tokens += int(batch[7].sum())
        losses.append(loss.item())
        now = time.time()
        if now - reported > 20 or step <= 3:
            row = dict(step=step, loss=round(float(np.mean(losses)), 4), norm=round(float(norm), 2), lr=round(lr, 6),
                       target_tokens=tokens, target_tokens_per_s=round((tokens - tokens_then) / (now - reported)),
                       epoch=round(streams.cursor / len(streams.corpus.documents), 3), minutes_left=round((end - now) / 60, 1))
            print(json.dumps(row), file=log, flush=True)
            print(row, flush=True)
            reported, losses, tokens_then = now, [], tokens
        if now - saved > 120:
            checkpoint()
            saved = time.time()
        if now - checked > 420:
            row = {n: round(validate(model, c, config["segment"], args.length, bf16), 3) for n, c in held.items()}
            row["step"] = step
            print(json.dumps(row), file=log, flush=True)
            print(row, flush=True)
            checked = reported = time.time()
            tokens_then = tokens
    checkpoint()
    print(f"ended at step {step}, {tokens} target tokens", flush=True)


if __name__ == "__main__":
    main()
