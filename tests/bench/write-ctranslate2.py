# SPDX-License-Identifier: LGPL-2.1-or-later
"""write-ctranslate2.py FOLDER: a Transformer of 6 and 2 layers, 256 wide, 32,000 words, with random weights for CTranslate2, int8."""
import sys

try:
    import ctranslate2
    import numpy as np
except ImportError:
    sys.exit(77)

WIDTH, HIDDEN, HEADS, WORDS = 256, 1536, 8, 32000
random = np.random.default_rng(1)


def linear(spec, rows, cols):
    spec.weight = (random.standard_normal((rows, cols)) / np.sqrt(cols)).astype(np.float32)
    spec.bias = np.zeros(rows, np.float32)


def norm(spec):
    spec.gamma, spec.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)


def attention(spec, own):
    if own:
        linear(spec.linear[0], 3 * WIDTH, WIDTH)
        linear(spec.linear[1], WIDTH, WIDTH)
    else:
        linear(spec.linear[0], WIDTH, WIDTH)
        linear(spec.linear[1], 2 * WIDTH, WIDTH)
        linear(spec.linear[2], WIDTH, WIDTH)
    norm(spec.layer_norm)


def feed_forward(spec):
    linear(spec.linear_0, HIDDEN, WIDTH)
    linear(spec.linear_1, WIDTH, HIDDEN)
    norm(spec.layer_norm)


spec = ctranslate2.specs.TransformerSpec.from_config((6, 2), HEADS)
table = (random.standard_normal((WORDS, WIDTH)) / 16).astype(np.float32)
positions = random.standard_normal((512, WIDTH)).astype(np.float32)
spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = table
spec.encoder.position_encodings.encodings = spec.decoder.position_encodings.encodings = positions
norm(spec.encoder.layer_norm)
norm(spec.decoder.layer_norm)
linear(spec.decoder.projection, WORDS, WIDTH)
for layer in spec.encoder.layer:
    attention(layer.self_attention, True)
    feed_forward(layer.ffn)
for layer in spec.decoder.layer:
    attention(layer.self_attention, True)
    attention(layer.attention, False)
    feed_forward(layer.ffn)
words = ["<unk>", "<s>", "</s>"] + ["w%d" % i for i in range(3, WORDS)]
spec.register_source_vocabulary(words)
spec.register_target_vocabulary(words)
spec.validate()
spec.optimize(quantization="int8")
import os
os.makedirs(sys.argv[1])
spec.save(sys.argv[1])
print("{}")
