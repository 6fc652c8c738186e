#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains on packed documents with carried state, until a time or for a number of tokens; run again to resume.

train.py DATA RUN --until 2026-01-31T18:00 | --tokens N [--system NAME] [--width D] [--device cuda] ...
DATA: output of prepare.py.  RUN: checkpoint.pt, log.jsonl, curves.png; RUN/trunk is the run before its rate
began to fall, and a run folder itself: a longer training goes on from a copy of it.  SIGTERM saves and ends.
"""
import argparse
import ctypes
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

import curves
import graft
import layers
import translate
from card import origin_of
from data import Corpus, Loader, Streams
from model import Translator
from systems import FORMS, config_of

PATIENCE = 4 * 3600     # seconds that a worker waits for the other: on a machine that has much else to do a step takes long
SKIPPED_MOST = 20       # steps in a row whose gradient is no number
ROWS = ("embeddings.weight", "bias")        # have a row for each token


def loss_of(model, batch, state, smoothing, candidates=None):
    *pieces, label = batch
    h, state = model(pieces, state)
    h, label = h.flatten(0, 1), label.flatten()
    if not model.encoder:            # less than half of a joined sequence is target: no softmax over the rest
        order = (label < 0).to(torch.int8).argsort(stable=True)[:int(0.6 * len(label))]
        h, label = h[order], label[order]
    if candidates is None:
        logits = model.logits(h).float()
    else:
        ids, offset = candidates
        logits = model.logits(h, ids).float() + offset
    return F.cross_entropy(logits, label, label_smoothing=smoothing), state


class Candidates:
    """Which tokens the softmax of a step runs over: those of the batch on both sides, the commonest, and a sample of all
    others, each of which counts for as many as were left out.  The sum it estimates is that of the whole softmax."""

    def __init__(self, corpus, vocab, count, seed):
        self.count, self.vocab, self.rng = count, vocab, np.random.default_rng(seed)
        self.common = np.bincount(corpus.target, minlength=vocab).argsort()[-(count // 2):]

    def pick(self, batch):
        """The batch with labels that count among the candidates, and the candidates: their ids and what is added to their logits."""
        label, source = batch[-1].numpy(), batch[0].numpy()
        sure = np.zeros(self.vocab, bool)
        sure[label[label >= 0]] = sure[source.ravel()] = True
        room = self.count - sure.sum()
        sure[self.common[-max(1, room * 3 // 4):]] = True
        others = np.flatnonzero(~sure)
        drawn = self.rng.choice(others, self.count - sure.sum(), replace=False)
        ids = np.concatenate((np.flatnonzero(sure), drawn))
        offset = np.zeros(self.count, np.float32)
        offset[self.count - len(drawn):] = np.log(len(others) / max(1, len(drawn)))
        place = np.full(self.vocab, -100)
        place[ids] = np.arange(self.count)
        label = np.where(label >= 0, place[label], -100)
        return [*batch[:-1], torch.from_numpy(label)], (torch.from_numpy(ids), torch.from_numpy(offset))


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
def validate(model, corpus, config, length, bf16):
    """Cross-entropy in nats a target token, teacher-forced, state carried."""
    streams = Streams(corpus, 16, length, config, once=True)
    device = model.embeddings.weight.device
    state, total, count = model.initial(16), 0.0, 0
    while True:
        batch = streams.next()
        n = int((batch[-1] >= 0).sum())
        if not n:
            return total / max(count, 1)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss, state = loss_of(model, [x.to(device) for x in batch], state, 0.0)
        total, count = total + loss.item() * n, count + n


def is_new(model, name):
    """Whether a parameter is one that a Marian model has not, after graft.py."""
    return ".layers." in name and model.get_submodule(name[:name.index(".", name.index(".layers.") + 8)]).kind == "mamba2"


def new_rows(tokenizer):
    """(rows, 1): 1 for the rows of the embedding that graft.py has added, 0 for the others."""
    return torch.tensor([tokenizer.is_byte(i) or tokenizer.id_to_piece(i) in graft.SIGNS for i in range(len(tokenizer))])[:, None].float()


def shares(model, workers):
    """Which worker updates which parameters: Muon's work on matrices evenly divided."""
    load, mine, others = [0] * workers, [[] for _ in range(workers)], 0
    for name, p in sorted(trained(model).items(), key=lambda item: -item[1].numel()):
        if name.endswith("_proj.weight"):
            r = load.index(min(load))
            load[r] += p.numel()
        else:
            r, others = others % workers, others + 1
        mine[r].append(name)
    return mine


def trained(model):
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def optimizers(model, names, lr, old_rate, encoder_rate=1.0):
    """Muon for the matrices between layers, AdamW for embedding, norms, convolutions and scan parameters: (optimizer, its
    parameters, its rate).  With a rate of their own old weights all have AdamW, as they were trained with."""
    if encoder_rate != 1:
        within = [{n for n in names if n.startswith("encoder.") == is_encoder} for is_encoder in (False, True)]
        return optimizers(model, within[0], lr, old_rate) + optimizers(model, within[1], lr * encoder_rate, old_rate)
    named = {n: p for n, p in trained(model).items() if n in names}
    old = {n: p for n, p in named.items() if old_rate != 1 and not is_new(model, n) and n not in ROWS}
    matrices = {n: p for n, p in named.items() if n.endswith("_proj.weight") and n not in old}
    rest = {n: p for n, p in named.items() if n not in matrices and n not in old}
    adam = lambda some, rate: torch.optim.AdamW(some.values(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    return [(o(), some, rate) for o, some, rate in (
        (lambda: torch.optim.Muon(matrices.values(), lr=lr, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"), matrices, lr),
        (lambda: adam(rest, lr), rest, lr), (lambda: adam(old, lr * old_rate), old, lr * old_rate)) if some]


def start_of(path):
    """Configuration and weights of a checkpoint or of a model folder."""
    if not path.is_dir():
        return torch.load(path, weights_only=True)
    model, _ = translate.load(path)
    return dict(config=model.config, model=model.state_dict(), origin=origin_of(path))


def use_bf16(args):
    """A CPU without instructions for it computes BF16 fifty times slower than F32."""
    return not args.no_bf16 and (args.device != "cpu" or torch.cpu._is_avx512_bf16_supported())


def save(path, content):
    torch.save(content, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def keep_memory():
    """What a step frees the next one has again without asking the system, where the C library is glibc."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for parameter, value in ((-3, 32 << 20), (-1, 1 << 30)):       # M_MMAP_THRESHOLD, at its most; M_TRIM_THRESHOLD
            libc.mallopt(parameter, value)


def work(rank, args, shared, control):
    """One worker: its own streams on its own core.  Weights and gradients lie in shared memory; a step ends when
    all have added their gradients, and each then updates its share of the parameters.  This loses less than
    threads do where other programs use the same cores.  A GPU has one worker, fed by loader processes."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(args.threads)
    keep_memory()
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(1)
    device, bf16, config, end = torch.device(args.device), use_bf16(args), shared["config"], shared["end"]
    model = Translator(config).to(device)
    names = [n for n, _ in model.named_parameters()]
    for p, v in zip(model.parameters(), shared["weights"]):
        p.data = v.to(device)
    weights = {n: p.data for n, p in model.named_parameters()}
    ema = {n: v.to(device) for n, v in zip(names, shared["ema"])}
    tokenizer = spm.SentencePieceProcessor(model_file=str(args.data / "tokenizer.spm"))
    if args.old_rate == 0:
        for n, p in model.named_parameters():
            p.requires_grad_(is_new(model, n) or n in ROWS)
    row_rate = args.old_rate + (1 - args.old_rate) * new_rows(tokenizer).to(device)
    mine = shares(model, args.workers)[rank]
    opts = optimizers(model, set(mine), args.lr, args.old_rate, args.encoder_rate)
    for o, named, _ in opts:
        for n, p in named.items():
            if n in shared["optimizer"]:
                o.state[p] = {k: v.to(device) if k != "step" else v for k, v in shared["optimizer"][n].items()}
    views, at = {}, 0
    for n, p in trained(model).items():
        views[n] = (at, at + p.numel())
        at += p.numel()
    flat, sums = shared["gradients"][:, :at], torch.zeros(at, device=device)

    drawing = dict(length=args.length, config=config, reset=0.01, carry=0.5)
    corpus = Corpus(args.data / "train.npz", rank, args.workers)
    if device.type == "cpu":
        streams = Streams(corpus, args.batch // args.workers, cursor=int(shared["cursor"][rank]), seed=rank, **drawing)
    else:
        streams = Loader(args.data / "train.npz", args.loaders, args.batch, shared["cursor"], **drawing)
    candidates = Candidates(corpus, config["vocab_size"], args.candidates, shared["step"]) \
        if 0 < args.candidates < config["vocab_size"] else None
    if any(layer["kind"] == "mamba" for layer in config["encoder_layers"] + config["decoder_layers"]):
        run = loss_of                                 # its unrolled scan is too much for one graph
        layers.Mamba.scan = staticmethod(torch.compile(layers.selective_chunk, dynamic=False, disable=args.no_compile))
    else:
        run = torch.compile(loss_of, dynamic=False, disable=args.no_compile)
    held = {"valid": Corpus(args.data / "valid.npz")}
    for prefix in args.score:
        held[Path(prefix.split(":")[0]).name.split(".")[0]] = Corpus(read_pairs(prefix, tokenizer, 300, args.length - 2))
    log = (args.run / "log.jsonl").open("a")

    def report(row):
        if rank == 0:
            print(json.dumps(row), file=log, flush=True)
            print(row, flush=True)

    def checkpoint(folder):
        folder.mkdir(exist_ok=True)
        save(folder / f"optimizer.{rank}.pt", {n: o.state[p] for o, named, _ in opts for n, p in named.items()})
        if rank == 0:
            host = lambda values: [v.cpu() for v in values]
            save(folder / "checkpoint.pt", dict(
                config=config, model=dict(zip(names, host(weights.values()))), ema=host(ema.values()), names=names,
                origin=shared["origin"], step=step, cursor=shared["cursor"].tolist(), tokens=int(shared["tokens"].sum())))

    def rate():
        """How much of the run is left, in units of the time over which the rate falls."""
        if args.tokens:
            return (args.tokens - int(shared["tokens"].sum())) / (args.tokens * args.cooldown / 100)
        return (end - time.time()) / (60 * args.cooldown)

    parent = os.getppid()
    state = model.initial(args.batch // args.workers)
    step, tokens_then = shared["step"], int(shared["tokens"].sum())
    saved = reported = checked = time.time()
    losses, cooling, skipped = [], False, 0
    while os.getppid() == parent:                     # else killed: nobody would end the workers
        batch = streams.next()
        shared["tokens"][rank] += int((batch[-1] >= 0).sum())
        batch, picked = candidates.pick(batch) if candidates else (batch, None)
        batch, picked = ([x.to(device, non_blocking=True) for x in v] if v else None for v in (batch, picked))
        if step == shared["step"] and rank:           # the first worker compiles, the others find it in the cache
            control["barrier"].wait(PATIENCE)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss, state = run(model, batch, state, args.smoothing, picked)
        loss.backward()
        state = detached(state)
        gradient = torch.cat([p.grad.flatten() for p in trained(model).values()], out=flat[rank] if device.type == "cpu" else None)
        model.zero_grad(set_to_none=True)
        if device.type == "cpu":
            shared["cursor"][rank] = streams.cursor
        else:
            shared["cursor"].copy_(torch.tensor(streams.cursors))
        if step == shared["step"] and not rank:
            control["barrier"].wait(PATIENCE)
        now = time.time()
        if rank == 0:
            control["left"].value = rate()
            last = control["left"].value <= 0 or control["stop"].value or (args.steps and step + 1 >= args.steps)
            control["last"].value = last
            control["save"].value = last or now - saved > 100
        control["barrier"].wait(PATIENCE)
        if control["left"].value < 1 and not cooling:
            cooling = True
            checkpoint(args.run / "trunk")
        torch.mean(flat, 0, out=sums) if device.type == "cpu" else sums.copy_(gradient)
        norm = sums.norm().item()
        share = min(1.0, (step - shared["step"] + 1) / args.warmup, max(0.0, control["left"].value))
        if norm == norm and norm < 1e6:
            for o, named, rate_of in opts:
                before = {n: p.detach().clone() for n, p in named.items() if n in ROWS and args.old_rate != 1}
                for n, p in named.items():
                    a, b = views[n]
                    p.grad = sums[a:b].view_as(p) * min(1.0, 1.0 / (norm + 1e-6))
                for g in o.param_groups:
                    g["lr"] = rate_of * share
                o.step()
                o.zero_grad(set_to_none=True)
                for n, w in before.items():
                    named[n].data.copy_(torch.lerp(w, named[n].data, row_rate if w.dim() > 1 else row_rate[:, 0]))
            decay = min(args.ema, step / (step + 20))
            torch._foreach_lerp_([ema[n] for n in mine], [weights[n] for n in mine], 1 - decay)
            skipped = 0
        else:
            state = model.initial(args.batch // args.workers)
            skipped += 1
            if skipped == SKIPPED_MOST:
                raise SystemExit(f"the gradient was no number in {skipped} steps in a row: nothing is learnt")
        step += 1
        control["barrier"].wait(PATIENCE)
        losses.append(loss.item())
        now = time.time()
        if now - reported > 20 or step < shared["step"] + 3 or control["last"].value:
            tokens = int(shared["tokens"].sum())
            per_second = (tokens - tokens_then) / (now - reported)
            left = (args.tokens - tokens) / per_second if args.tokens else end - now
            report(dict(step=step, loss=round(float(np.mean(losses)), 4), norm=round(norm, 2), lr=round(args.lr * share, 6),
                        target_tokens=tokens, target_tokens_per_s=round(per_second), seconds=round(now - shared["begun"]),
                        minutes_left=round(left / 60, 1)))
            reported, losses, tokens_then = now, [], tokens
        if control["save"].value:
            checkpoint(args.run)
            saved = time.time()
        if rank == 0 and not control["stop"].value and (now - checked > args.validate or control["last"].value):
            report({n: round(validate(model, c, config, args.length, bf16), 3) for n, c in held.items()}
                   | {"step": step, "target_tokens": int(shared["tokens"].sum())})
            checked = time.time()
        if control["last"].value:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--until", help="UTC time at which the learning rate reaches 0")
    parser.add_argument("--tokens", type=int, help="target tokens after which it does, instead of a time")
    parser.add_argument("--cooldown", type=float, default=30,
                        help="the last minutes (with --tokens: hundredths of the run), over which the rate falls to 0")
    parser.add_argument("--system", choices=sorted(FORMS), default="hybrid-encdec", help="of systems.py")
    parser.add_argument("--width", type=int, default=256, help="d_model, a multiple of 64")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--init", type=Path, help="checkpoint or model folder whose weights a new run starts from")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="on a CPU: one a core")
    parser.add_argument("--loaders", type=int, default=8, help="processes that pack for a GPU")
    parser.add_argument("--batch", type=int, help="streams of all workers together (32 on a CPU, 256 on a GPU)")
    parser.add_argument("--length", type=int, default=128, help="tokens of one piece on each side")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--old-rate", type=float, default=1.0, metavar="R",
                        help="after graft.py: the rate of the weights the Marian model had, as a share of --lr; 0: they stay as they are")
    parser.add_argument("--encoder-rate", type=float, default=1.0, metavar="R", help="after retarget.py: the rate of the encoder, as a share of --lr")
    parser.add_argument("--smoothing", type=float, default=0.1, help="of labels")
    parser.add_argument("--candidates", type=int, default=0, help="tokens that the softmax of a step runs over; 0: all")
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
    if bool(args.until) == bool(args.tokens):
        parser.error("one of --until and --tokens is needed")
    on_cpu = args.device == "cpu"
    args.batch = args.batch or (32 if on_cpu else 256)
    args.workers = args.workers if on_cpu else 1
    parts = args.workers if on_cpu else args.loaders
    args.batch -= args.batch % parts
    torch.manual_seed(1)
    args.run.mkdir(parents=True, exist_ok=True)
    path = args.run / "checkpoint.pt"
    previous = torch.load(path, weights_only=True) if path.exists() else None
    initial = start_of(args.init) if args.init and not previous else previous
    vocab = spm.SentencePieceProcessor(model_file=str(args.data / "tokenizer.spm")).get_piece_size()
    config = initial["config"] if initial else config_of(args.system, args.width, vocab, *args.languages.split(":"), args.license)
    model = Translator(config)
    if initial:
        model.load_state_dict(initial["model"])
    weights = [p.detach().clone().share_memory_() for p in model.parameters()]
    end = datetime.datetime.fromisoformat(args.until).replace(tzinfo=datetime.timezone.utc).timestamp() if args.until else None
    shared = dict(config=config, origin=initial.get("origin") if initial else None, weights=weights, optimizer={}, step=0, begun=time.time(), end=end,
                  ema=[w.clone().share_memory_() for w in weights],
                  gradients=torch.zeros(args.workers if on_cpu else 0, sum(w.numel() for w in weights)).share_memory_(),
                  tokens=torch.zeros(args.workers, dtype=torch.int64).share_memory_(),
                  cursor=torch.zeros(parts, dtype=torch.int64).share_memory_())
    if previous:
        for e, v in zip(shared["ema"], previous["ema"]):
            e.copy_(v)
        shared["step"] = previous["step"]
        shared["tokens"][0] = previous["tokens"]
        cursor = torch.tensor(previous["cursor"])
        shared["cursor"].copy_(cursor if len(cursor) == parts else (cursor.sum() // parts).expand(parts))
        for f in sorted(args.run.glob("optimizer.*.pt")):
            shared["optimizer"].update(torch.load(f, weights_only=True))
    print(f"{sum(w.numel() for w in weights) / 1e6:.2f} M parameters, step {shared['step']}", flush=True)

    context = mp.get_context("spawn")
    control = dict(barrier=context.Barrier(args.workers), stop=context.Value("b", 0), last=context.Value("b", 0),
                   save=context.Value("b", 0), left=context.Value("d", 0))
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
    curves.draw([args.run], args.run / "curves.png")
    sys.exit(any(w.exitcode for w in workers))


if __name__ == "__main__":
    main()
