#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/checkpoints/NAME: folders as other libraries write them, and what they compute.

Names, config.json and shards are those of the library's own save_pretrained. Beside them:
  tokenizer.model         a SentencePiece model of 48 pieces, so that the folder is whole
  expected.safetensors    sizes, tokens, segments and logits, as make-vectors.py says
Usage: make-checkpoints.py [NAME ...]     all of them where none is named
Those of flash-linear-attention and mamba_ssm (a folder "mamba" of state-spaces/mamba; wants einops) need
SSMT_CHECKOUTS, see recurrences.py.
"""
import io
import json
import sys
from pathlib import Path

import sentencepiece
import tokenizers
import torch
import transformers
from safetensors.torch import save_file

import reference

DATA = Path(__file__).resolve().parent.parent / "data" / "checkpoints"
TOKENS, VOCABULARY = 512, 48


def randomise(model, seed):
    """Weights with the spread of a trained model's, by the rules of reference.py."""
    class Named:
        def tensors(self):
            return dict(model.named_parameters())

        def eval(self):
            return model.eval()
    return reference.randomise(Named(), seed)


def read_ids(seed, n=TOKENS, vocabulary=VOCABULARY):
    return torch.randint(0, vocabulary, (n,), generator=torch.Generator().manual_seed(seed))


def write_expected(folder, ids, logits):
    expected = {"sizes": torch.tensor([len(ids), 0, 1]), "tokens": ids, "segments": torch.tensor([[0, len(ids)]]),
                "logits": logits}
    reference.save({k: v.float().contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{folder.name}: logits {float(logits.min()):.2f} .. {float(logits.max()):.2f}, {size // 1024} KiB")


def training_lines():
    lines = (Path(__file__).parent / "make-tokenizer.py").read_text().split('"""')[3].splitlines()
    return ["".join(c for c in line.lower() if c in " abcdefghijklmnopqrstuvwxyz") for line in lines]


def write_tokenizer(folder):
    """Pieces of one and a few letters; the same bytes each time."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_lines()),
        model_writer=model, model_type="bpe", vocab_size=VOCABULARY, normalization_rule_name="identity", pad_id=-1, unk_id=0,
        bos_id=1, eos_id=2, minloglevel=2, num_threads=1)
    (folder / "tokenizer.model").write_bytes(model.getvalue())


def write_tokenizer_json(folder):
    """The same for the library that transformers uses: byte-pair encoding of bytes."""
    (folder / "tokenizer.model").unlink()
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.train_from_iterator(training_lines(), tokenizers.trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=["<pad>", "<s>", "</s>"], show_progress=False))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer.json").chmod(0o644)


@torch.no_grad()
def compute(model, ids):
    return model(ids[None], use_cache=False).logits[0].float()


def make(name, model, seed, dtype=None, shard="1GB", n=TOKENS):
    """`model` of transformers or of a library that builds on it."""
    folder = DATA / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    randomise(model, seed)
    if dtype:
        model.to(dtype).save_pretrained(folder, max_shard_size=shard)
        model.float()                            # computes in float32 with the stored values
    else:
        model.save_pretrained(folder, max_shard_size=shard)
    write_tokenizer(folder)
    ids = read_ids(seed + 1, n)
    write_expected(folder, ids, compute(model, ids))
    return folder, model


# Sizes are odd where the library allows it.
MAMBA = dict(vocab_size=VOCABULARY, hidden_size=30, state_size=5, num_hidden_layers=2, eos_token_id=2)
MAMBA2 = dict(vocab_size=VOCABULARY, hidden_size=30, expand=2, head_dim=10, num_heads=6, n_groups=2, state_size=12,
              num_hidden_layers=2, chunk_size=64)


def mamba(name):
    config = transformers.MambaConfig(**MAMBA)
    make(name, transformers.MambaForCausalLM(config), 1000)


def mamba_bias(name):
    """Biases, no bias of the convolution, another width and rank, an untied head, shards."""
    config = transformers.MambaConfig(**MAMBA | dict(expand=3, time_step_rank=7, conv_kernel=3, use_bias=True,
                                                     use_conv_bias=False, tie_word_embeddings=False))
    make(name, transformers.MambaForCausalLM(config), 1010, shard="40KB")


def mamba_half(name, dtype):
    config = transformers.MambaConfig(**MAMBA)
    make(name, transformers.MambaForCausalLM(config), 1020, dtype=dtype, n=96)


def mamba2(name):
    config = transformers.Mamba2Config(**MAMBA2)
    make(name, transformers.Mamba2ForCausalLM(config), 1030, shard="30KB")


def mamba2_bias(name):
    config = transformers.Mamba2Config(**MAMBA2 | dict(n_groups=1, use_bias=True, use_conv_bias=False,
                                                       time_step_limit=(0.01, 0.25), tie_word_embeddings=True))
    make(name, transformers.Mamba2ForCausalLM(config), 1040)


def falcon_mamba(name):
    config = transformers.FalconMambaConfig(**MAMBA | dict(tie_word_embeddings=False, mixer_rms_eps=1e-3))
    make(name, transformers.FalconMambaForCausalLM(config), 1050)


# --- mamba_ssm --------------------------------------------------------------------------------------

def mamba_ssm_modules():
    """A checkout of state-spaces/mamba, its kernels replaced by its own *_ref functions in plain torch."""
    import importlib
    import types
    import recurrences
    recurrences.checkout("mamba")
    triton = importlib.import_module("triton")

    def autotune(configs=(), **more):
        def keep(kernel):
            kernel.configs = list(configs)
            return kernel
        return keep
    kept = triton.autotune, triton.heuristics
    triton.autotune, triton.heuristics = autotune, lambda *a, **k: lambda kernel: kernel     # none is ever run
    sys.modules["selective_scan_cuda"] = types.ModuleType("selective_scan_cuda")
    third = sys.modules["mamba_ssm.modules.mamba3"] = types.ModuleType("mamba3")
    third.Mamba3 = None
    take = importlib.import_module
    models = take("mamba_ssm.models.mixer_seq_simple")
    triton.autotune, triton.heuristics = kept
    scan, ssd = take("mamba_ssm.ops.selective_scan_interface"), take("mamba_ssm.ops.triton.ssd_combined")
    norm, gated = take("mamba_ssm.ops.triton.layer_norm"), take("mamba_ssm.ops.triton.layernorm_gated")

    def ssd_scan(x, dt, A, B, C, chunk_size, D, z, dt_bias, dt_softplus, dt_limit=(0.0, float("inf")), **more):
        return ssd.ssd_selective_scan(x, dt, A, B, C, D, z, dt_bias, dt_softplus, dt_limit)
    take("mamba_ssm.modules.mamba_simple").selective_scan_fn = scan.selective_scan_fn = scan.selective_scan_ref
    take("mamba_ssm.modules.mamba2").mamba_chunk_scan_combined = ssd_scan
    norm.RMSNorm.forward = lambda m, x: norm.rms_norm_ref(x, m.weight, m.bias, eps=m.eps)
    gated.RMSNorm.forward = lambda m, x, z=None: gated.rms_norm_ref(
        x, m.weight, m.bias, z=z, eps=m.eps, group_size=m.group_size, norm_before_gate=m.norm_before_gate)
    return models


def mamba_ssm(name, seed, ssm_cfg, **more):
    """Their own model, config and save_pretrained; its pytorch_model.bin is converted as docs/models.md says."""
    models = mamba_ssm_modules()
    config = models.MambaConfig(**dict(d_model=30, n_layer=2, vocab_size=VOCABULARY - 5, ssm_cfg=ssm_cfg,
                                       fused_add_norm=False) | more)
    folder = DATA / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    model = randomise(models.MambaLMHeadModel(config), seed)
    model.save_pretrained(folder)
    tensors = torch.load(folder / "pytorch_model.bin", weights_only=True)
    save_file({k: v.clone().contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    (folder / "pytorch_model.bin").unlink()
    write_tokenizer(folder)
    ids = read_ids(seed + 1, vocabulary=VOCABULARY - 5)
    with torch.no_grad():
        write_expected(folder, ids, model(ids[None]).logits[0])


# --- hybrids of transformers ------------------------------------------------------------------------

HYBRID = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4,
              num_key_value_heads=2, attn_implementation="eager")


def bamba(name):
    config = transformers.BambaConfig(**HYBRID, attn_layer_indices=[1], mamba_n_heads=4, mamba_d_head="auto",
                                      mamba_n_groups=2, mamba_d_state=6, mamba_chunk_size=64,
                                      rope_parameters={"rope_type": "default", "rope_theta": 500.0})
    make(name, transformers.BambaForCausalLM(config), 1080, shard="40KB")


def bamba_bias(name):
    config = transformers.BambaConfig(**HYBRID | {"num_hidden_layers": 2}, attn_layer_indices=[0], mamba_n_heads=8,
                                      mamba_d_state=6, mamba_chunk_size=64, mamba_proj_bias=True, mamba_conv_bias=False,
                                      attention_bias=True, tie_word_embeddings=True, time_step_limit=(0.01, 0.2),
                                      rope_parameters={"rope_type": "default", "rope_theta": 1e4,
                                                       "partial_rotary_factor": 1.0})
    make(name, transformers.BambaForCausalLM(config), 1090)


def jamba(name):
    config = transformers.JambaConfig(**HYBRID, num_experts=1, attn_layer_period=3, attn_layer_offset=1,
                                      mamba_d_state=5, mamba_dt_rank=3)
    folder, _ = make(name, transformers.JambaForCausalLM(config), 1100)
    write_tokenizer_json(folder)


# --- flash-linear-attention -------------------------------------------------------------------------

def flash_attention(q, k, v, causal, window_size):
    """What flash_attn computes: (batch, rows, heads, channels); window_size counts the tokens before."""
    at = torch.arange(q.shape[1])
    seen = at[None] <= at[:, None]
    if window_size[0] >= 0:
        seen &= at[None] >= at[:, None] - window_size[0]
    assert causal
    return torch.nn.functional.scaled_dot_product_attention(
        q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=seen, enable_gqa=True).transpose(1, 2)


def fla(name, family, seed, **config):
    """Their whole models, saved by themselves. What wants a GPU is replaced as recurrences.py says; here also
    the norm that adds a residual, and SwiGLU."""
    import importlib
    import recurrences
    if recurrences.FlaLayer.fla is None:
        recurrences.FlaLayer.fla = recurrences.Fla()
        norm, mlp = importlib.import_module("fla.modules.layernorm"), importlib.import_module("fla.modules.mlp")
        plain = norm.RMSNorm.forward

        def with_residual(module, x, residual=None, prenorm=False, residual_in_fp32=False):
            x = x if residual is None else x + residual
            return (plain(module, x), x) if prenorm else plain(module, x)
        norm.RMSNorm.forward = with_residual
        recurrences.FlaLayer.fla.layers["gated_deltanet"].GatedDeltaNet._use_fused_qkv_conv = lambda *a: False
        mlp.swiglu_linear = lambda gate, up, weight, bias: torch.nn.functional.linear(
            torch.nn.functional.silu(gate) * up, weight, bias)
        importlib.import_module("fla.layers.attn").flash_attn_func = flash_attention
    models = importlib.import_module("fla.models")
    config = getattr(models, family + "Config")(**dict(
        vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, intermediate_size=40, eos_token_id=2) | config)
    model = getattr(models, family + "ForCausalLM")
    model._tied_weights_keys = {"lm_head.weight": "model.embeddings.weight"}      # as transformers 5 wants it said
    make(name, model(config), seed)


CHECKPOINTS = {
    "mamba": mamba, "mamba-bias": mamba_bias, "mamba2": mamba2, "mamba2-bias": mamba2_bias,
    "mamba-f16": lambda name: mamba_half(name, torch.float16),
    "mamba-bf16": lambda name: mamba_half(name, torch.bfloat16),
    "falcon-mamba": falcon_mamba, "mamba-ssm": lambda name: mamba_ssm(name, 1060, {"dt_rank": 3}),
    "mamba-ssm-2": lambda name: mamba_ssm(name, 1070, {
        "layer": "Mamba2", "d_state": 12, "headdim": 10, "ngroups": 2, "dt_limit": [0.01, 0.25], "bias": True,
        "chunk_size": 64, "use_mem_eff_path": False}, tie_embeddings=False),
    "bamba": bamba, "bamba-bias": bamba_bias, "jamba": jamba,
    "fla-retnet": lambda name: fla(name, "RetNet", 1110, num_heads=2, num_kv_heads=1),
    "fla-gla": lambda name: fla(name, "GLA", 1120, num_heads=2, use_short_conv=True, clamp_min=-0.5),
    "fla-delta-net": lambda name: fla(name, "DeltaNet", 1130, num_heads=2, use_gate=True, tie_word_embeddings=True),
    "fla-gated-deltanet": lambda name: fla(name, "GatedDeltaNet", 1140, num_heads=2, num_v_heads=4, head_dim=8,
                                           allow_neg_eigval=True),
    "fla-hybrid": lambda name: fla(name, "DeltaNet", 1150, num_heads=2, num_hidden_layers=3, attn=[
        {"layers": [0], "num_heads": 4, "num_kv_heads": 2, "window_size": 47, "rope_theta": 500.0},
        {"layers": [2], "num_heads": 2}]),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or CHECKPOINTS:
        CHECKPOINTS[name](name)
