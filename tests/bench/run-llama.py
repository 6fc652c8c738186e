# SPDX-License-Identifier: LGPL-2.1-or-later
"""run-llama.py FILE THREADS PROMPT WRITTEN TOGETHER: llama.cpp's tokens a second, the best of several repeats, as JSON."""
import ctypes
import json
import random
import sys
import time

try:
    import llama_cpp as llama
except ImportError:
    sys.exit(77)

path = sys.argv[1]
threads, prompt, written, together = (int(a) for a in sys.argv[2:6])
SECONDS = 1.0
SHORT = 8  # before writing: a state is as large after any number of tokens


@llama.llama_log_callback
def silent(level, text, data):
    pass


llama.llama_log_set(silent, ctypes.c_void_p(0))
llama.llama_backend_init()
model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
parameters = llama.llama_context_default_params()
parameters.n_ctx = 4096
parameters.n_batch = parameters.n_ubatch = 512
parameters.n_seq_max = together
parameters.n_threads = parameters.n_threads_batch = threads
context = llama.llama_init_from_model(model, parameters) if model else None
if not context:
    sys.exit("llama.cpp does not load %s" % path)
vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
batch = llama.llama_batch_init(512, 0, 1)


def decode(rows):
    """rows: (sequence, position, logits wanted) each."""
    batch.n_tokens = len(rows)
    for i, (sequence, position, wanted) in enumerate(rows):
        batch.token[i] = random.randrange(vocabulary)
        batch.pos[i] = position
        batch.n_seq_id[i] = 1
        batch.seq_id[i][0] = sequence
        batch.logits[i] = wanted
    if llama.llama_decode(context, batch) != 0:
        sys.exit("llama_decode failed")
    llama.llama_get_logits(context)


def read(sequences, length=prompt):
    for s in range(sequences):
        decode([(s, p, p == length - 1) for p in range(length)])


def write(sequences):
    for step in range(written):
        decode([(s, SHORT + step, True) for s in range(sequences)])


def measure(work, sequences, tokens):
    best, total, repeats = 0.0, 0.0, 0
    while repeats < 3 or total < SECONDS:
        llama.llama_memory_clear(llama.llama_get_memory(context), True)
        if work is write:
            read(sequences, SHORT)
        begin = time.monotonic()
        work(sequences)
        took = time.monotonic() - begin
        if repeats > 0:  # the first warms up
            best, total = max(best, tokens / took), total + took
        repeats += 1
    return best


print(json.dumps({"read": measure(read, 1, prompt), "write": measure(write, 1, written),
                  "together": measure(write, together, together * written)}))
