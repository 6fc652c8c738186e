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
import sys
import time
from pathlib import Path

import numpy as np
import sentencepiece as spm
import torch
import torch.multiprocessing as mp
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


def shares(model, workers):
    """Which worker updates which parameters: Muon's work on matrices evenly divided."""
    load, mine, others = [0] * workers, [[] for _ in range(workers)], 0
    for name, p in sorted(model.named_parameters(), key=lambda item: -item[1].numel()):
        if name.endswith("_proj.weight"):
            r = load.index(min(load))
            load[r] += p.numel()
        else:
            r, others = others % workers, others + 1
        mine[r].append(name)
    return mine


def optimizers(model, names, lr):
    """Muon for the matrices between layers, AdamW for embedding, norms, convolutions and scan parameters."""
    named = {n: p for n, p in model.named_parameters() if n in names}
    matrices = {n: p for n, p in named.items() if n.endswith("_proj.weight")}
    rest = {n: p for n, p in named.items() if n not in matrices}
    return [(torch.optim.Muon(matrices.values(), lr=lr, weight_decay=0.02, momentum=0.95,
                              adjust_lr_fn="match_rms_adamw"), matrices),
            (torch.optim.AdamW(rest.values(), lr=lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True), rest)]


def save(path, content):
    torch.save(content, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def work(rank, args, shared, control):
    """One worker: its own streams on its own core.  Weights and gradients lie in shared memory; a step ends when
    all have added their gradients, and each then updates its share of the parameters.  This loses less than
    threads do where other programs use the same cores."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    bf16, config, end, start = not args.no_bf16, shared["config"], shared["end"], shared["start"]
    model = Translator(config)
    names = [n for n, _ in model.named_parameters()]
    for p, v in zip(model.parameters(), shared["weights"]):
        p.data = v
    mine = shares(model, args.workers)[rank]
    opts = optimizers(model, set(mine), args.lr)
    for o, named in opts:
        for n, p in named.items():
            if n in shared["optimizer"]:
                o.state[p] = shared["optimizer"][n]
    ema, weights = dict(zip(names, shared["ema"])), dict(zip(names, shared["weights"]))
    flat, sums = shared["gradients"], torch.zeros(shared["gradients"].shape[1])
    views, at = {}, 0
    for n, p in model.named_parameters():
        views[n] = (at, at + p.numel())
        at += p.numel()

    streams = Streams(Corpus(args.data / "train.npz", rank, args.workers), args.batch // args.workers, args.length,
                      config["segment"], int(shared["cursor"][rank]), reset=0.01, seed=rank)
    run = loss_of if args.no_compile else torch.compile(loss_of, dynamic=False)
    tokenizer = spm.SentencePieceProcessor(model_file=str(args.data / "tokenizer.spm"))
    held = {"valid": Corpus(args.data / "valid.npz")}
    for prefix in args.score:
        held[Path(prefix.split(":")[0]).name.split(".")[0]] = Corpus(read_pairs(prefix, tokenizer, 300, args.length - 2))
    log = (args.run / "log.jsonl").open("a")

    def report(row):
        if rank == 0:
            print(json.dumps(row), file=log, flush=True)
            print(row, flush=True)

    def checkpoint():
        state = {n: o.state[p] for o, named in opts for n, p in named.items()}
        save(args.run / f"optimizer.{rank}.pt", state)
        if rank == 0:
            save(args.run / "checkpoint.pt", dict(
                config=config, model=dict(zip(names, shared["weights"])), ema=shared["ema"], names=names, step=step,
                cursor=shared["cursor"].tolist(), tokens=int(shared["tokens"].sum()), start=start))

    state = model.initial(streams.batch)
    step, tokens_then = shared["step"], int(shared["tokens"].sum())
    saved = reported = checked = time.time()
    losses = []
    while True:
        batch = streams.next()
        if step == shared["step"] and rank:           # the first worker compiles, the others find it in the cache
            control["barrier"].wait()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss, state = run(model, batch, state, 0.1)
        loss.backward()
        state = detached(state)
        flat[rank] = torch.cat([p.grad.flatten() for p in model.parameters()])
        model.zero_grad(set_to_none=True)
        shared["tokens"][rank] += int(batch[7].sum())
        shared["cursor"][rank] = streams.cursor
        if step == shared["step"] and not rank:
            control["barrier"].wait()
        now = time.time()
        if rank == 0:
            last = now >= end or control["stop"].value or (args.steps and step + 1 >= args.steps)
            control["last"].value = last
            control["save"].value = last or now - saved > 120
        control["barrier"].wait()
        torch.mean(flat, 0, out=sums)
        norm = sums.norm().item()
        lr = args.lr * min(1.0, (step + 1) / args.warmup) * max(0.0, 1 - (now - start) / (end - start))
        if norm == norm and norm < 1e6:
            for o, named in opts:
                for n, p in named.items():
                    a, b = views[n]
                    p.grad = sums[a:b].view_as(p) * min(1.0, 1.0 / (norm + 1e-6))
                for g in o.param_groups:
                    g["lr"] = lr
                o.step()
                o.zero_grad(set_to_none=True)
            decay = min(args.ema, step / (step + 20))
            torch._foreach_lerp_([ema[n] for n in mine], [weights[n] for n in mine], 1 - decay)
        else:
            state = model.initial(streams.batch)
        step += 1
        control["barrier"].wait()
        losses.append(loss.item())
        now = time.time()
        if now - reported > 20 or step < shared["step"] + 3:
            tokens = int(shared["tokens"].sum())
            report(dict(step=step, loss=round(float(np.mean(losses)), 4), norm=round(norm, 2), lr=round(lr, 6),
                        target_tokens=tokens, target_tokens_per_s=round((tokens - tokens_then) / (now - reported)),
                        epoch=round(streams.cursor / len(streams.corpus.documents), 3), minutes_left=round((end - now) / 60, 1)))
            reported, losses, tokens_then = now, [], tokens
        if control["save"].value:
            checkpoint()
            saved = time.time()
        if control["last"].value:
            return
        if rank == 0 and now - checked > args.validate:
            report({n: round(validate(model, c, config["segment"], args.length, bf16), 3) for n, c in held.items()} | {"step": step})
            checked = time.time()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--until", required=True, help="UTC time at which the learning rate reaches 0")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32, help="streams of all workers together")
    parser.add_argument("--length", type=int, default=128, help="tokens of one piece on each side")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--ema", type=float, default=0.997)
    parser.add_argument("--threads", type=int, default=1, help="of one worker")
    parser.add_argument("--steps", type=int, default=0, help="end early, for tests")
    parser.add_argument("--validate", type=float, default=600, help="seconds between validations")
    parser.add_argument("--score", nargs="*", default=[], help="held-out SOURCE:TARGET files for validation loss")
    parser.add_argument("--languages", default="en:de")
    parser.add_argument("--license", default="GPL-3.0-or-later")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--no-bf16", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(1)
    args.run.mkdir(parents=True, exist_ok=True)
    path = args.run / "checkpoint.pt"
    previous = torch.load(path, weights_only=True) if path.exists() else None
    vocab = spm.SentencePieceProcessor(model_file=str(args.data / "tokenizer.spm")).get_piece_size()
    config = previous["config"] if previous else default_config(vocab, *args.languages.split(":"), args.license)
    model = Translator(config)
    if previous:
        model.load_state_dict(previous["model"])
    weights = [p.detach().clone().share_memory_() for p in model.parameters()]
    shared = dict(config=config, weights=weights, optimizer={}, step=0, start=time.time(),
                  end=datetime.datetime.fromisoformat(args.until).replace(tzinfo=datetime.timezone.utc).timestamp(),
                  ema=[w.clone().share_memory_() for w in weights],
                  gradients=torch.zeros(args.workers, sum(w.numel() for w in weights)).share_memory_(),
                  tokens=torch.zeros(args.workers, dtype=torch.int64).share_memory_(),
                  cursor=torch.zeros(args.workers, dtype=torch.int64).share_memory_())
    if previous:
        for e, v in zip(shared["ema"], previous["ema"]):
            e.copy_(v)
        shared.update(step=previous["step"], start=previous["start"])
        shared["tokens"][0] = previous["tokens"]
        shared["cursor"].copy_(torch.tensor(previous["cursor"]))
        for f in sorted(args.run.glob("optimizer.*.pt")):
            shared["optimizer"].update(torch.load(f, weights_only=True))
    print(f"{sum(w.numel() for w in weights) / 1e6:.2f} M parameters, step {shared['step']}", flush=True)

    context = mp.get_context("spawn")
    control = dict(barrier=context.Barrier(args.workers), stop=context.Value("b", 0), last=context.Value("b", 0),
                   save=context.Value("b", 0))
    workers = [context.Process(target=work, args=(r, args, shared, control)) for r in range(args.workers)]
    for w in workers:
        w.start()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: setattr(control["stop"], "value", 1))
    while any(w.is_alive() for w in workers):
        time.sleep(0.5)
        if any(w.exitcode for w in workers):       # one failed: the others would wait for it
            for w in workers:
                w.kill()
    sys.exit(any(w.exitcode for w in workers))


if __name__ == "__main__":
    main()
