# SPDX-License-Identifier: LGPL-2.1-or-later
"""write-gguf.py SHAPE TYPE FILE: a shape of `ssmt bench` with random weights, as llama.cpp reads it; TYPE: f16, q8_0 or q4_0."""
import sys

try:
    import gguf
    import numpy as np
except ImportError:
    sys.exit(77)

SHAPES = {"mamba1-mt640": ("mamba", 640, 1280, 16, 40), "mamba2-mt640": ("mamba2", 640, 1280, 128, 20),
          "mamba-130m": ("mamba", 768, 1536, 16, 48), "mamba2-130m": ("mamba2", 768, 1536, 128, 24)}
LAYERS, VOCABULARY, CONV = 24, 32000, 4
TYPES = {"f16": gguf.GGMLQuantizationType.F16, "q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_0": gguf.GGMLQuantizationType.Q4_0}

shape, type_name, path = sys.argv[1:4]
architecture, width, inner, state, rank = SHAPES[shape]  # rank: of Mamba-2 the number of heads
random = np.random.default_rng(1)
writer = gguf.GGUFWriter(path, architecture)


def matrix(name, rows, cols):
    values = (random.standard_normal((rows, cols)) / np.sqrt(cols)).astype(np.float32)
    kind = TYPES[type_name]
    if cols % 32 != 0:  # no whole block
        kind = gguf.GGMLQuantizationType.F16
    writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)


def floats(name, *dims, value=0.0, noise=0.1):
    writer.add_tensor(name, (value + noise * random.standard_normal(dims)).astype(np.float32))


writer.add_context_length(4096)
writer.add_embedding_length(width)
writer.add_feed_forward_length(0)
writer.add_head_count(0)
writer.add_block_count(LAYERS)
writer.add_ssm_conv_kernel(CONV)
writer.add_ssm_inner_size(inner)
writer.add_ssm_state_size(state)
writer.add_ssm_time_step_rank(rank)
writer.add_ssm_group_count(1)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(VOCABULARY)
writer.add_tokenizer_model("none")
matrix("token_embd.weight", VOCABULARY, width)
floats("output_norm.weight", width, value=1)
for layer in range(LAYERS):
    block = "blk.%d." % layer
    floats(block + "attn_norm.weight", width, value=1)
    if architecture == "mamba":
        matrix(block + "ssm_in.weight", 2 * inner, width)
        floats(block + "ssm_conv1d.weight", inner, CONV)
        floats(block + "ssm_conv1d.bias", inner)
        matrix(block + "ssm_x.weight", rank + 2 * state, inner)
        matrix(block + "ssm_dt.weight", inner, rank)
        floats(block + "ssm_dt.bias", inner, value=-4)
        floats(block + "ssm_a", inner, state, value=-1)
        floats(block + "ssm_d", inner, value=1)
    else:
        channels = inner + 2 * state
        matrix(block + "ssm_in.weight", inner + channels + rank, width)
        floats(block + "ssm_conv1d.weight", channels, CONV)
        floats(block + "ssm_conv1d.bias", channels)
        floats(block + "ssm_dt.bias", rank, value=-4)
        floats(block + "ssm_a", rank, 1, value=-1)
        floats(block + "ssm_d", rank, 1, value=1)
        floats(block + "ssm_norm.weight", 1, inner, value=1)
    matrix(block + "ssm_out.weight", width, inner)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
print("{}")
