# SPDX-License-Identifier: LGPL-2.1-or-later
"""run-ctranslate2.py FOLDER THREADS TOKENS: texts of so many tokens become as many; target tokens a second, as JSON."""
import json
import random
import sys
import time

try:
    import ctranslate2
except ImportError:
    sys.exit(77)

threads, tokens = int(sys.argv[2]), int(sys.argv[3])
translator = ctranslate2.Translator(sys.argv[1], compute_type="int8", inter_threads=1, intra_threads=threads)
best, total = 0.0, 0.0
for repeat in range(1000):
    text = ["w%d" % random.randrange(3, 32000) for _ in range(tokens)]
    begin = time.monotonic()
    translator.translate_batch([text], beam_size=1, min_decoding_length=tokens, max_decoding_length=tokens)
    took = time.monotonic() - begin
    if repeat > 2:
        best, total = max(best, tokens / took), total + took
    if total > 1.5:
        break
print(json.dumps({"tokens": best}))
