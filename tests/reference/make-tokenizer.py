# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tests/data/tiny.spm, the SentencePiece model of the tests.

    python3 make-tokenizer.py ../data/tiny.spm [user]

Unigram with byte fallback; pad 0, unk 1, bos 2, eos 3, <sep> 4. With "user" as
a second word, <sep>, "xyz" and "@" are user-defined symbols (tiny-user.spm).
"""
import io
import sys

import sentencepiece as spm

TEXT = """
Good morning, how are you today?
Guten Morgen, wie geht es dir heute?
The old house stands at the end of the street.
Das alte Haus steht am Ende der Straße.
I do not know where she has gone.
Ich weiß nicht, wohin sie gegangen ist.
We were looking for the small red car all night.
Wir haben die ganze Nacht das kleine rote Auto gesucht.
Open the door! There is someone outside.
Mach die Tür auf! Da ist jemand draußen.
He said that he would come back on Monday.
Er sagte, dass er am Montag zurückkommen würde.
What do you want from me?
Was willst du von mir?
The water of the river is cold in the winter.
Das Wasser des Flusses ist im Winter kalt.
They have never seen anything like this before.
So etwas haben sie noch nie gesehen.
Please wait here until the doctor calls you.
Bitte warten Sie hier, bis der Arzt Sie ruft.
My brother works in a factory near the station.
Mein Bruder arbeitet in einer Fabrik in der Nähe des Bahnhofs.
It was a long day, and everyone was tired.
Es war ein langer Tag, und alle waren müde.
You should have told us the truth at once.
Du hättest uns sofort die Wahrheit sagen sollen.
The children are playing in the garden behind the church.
Die Kinder spielen im Garten hinter der Kirche.
How much does this book cost?
Wie viel kostet dieses Buch?
Nothing is more important than time and friends.
Nichts ist wichtiger als Zeit und Freunde.
She opened the window and looked at the stars.
Sie öffnete das Fenster und sah die Sterne an.
Can we talk about it tomorrow?
Können wir morgen darüber reden?
The train leaves at seven; be there on time.
Der Zug fährt um sieben; sei pünktlich da.
I am sorry, but this is not possible.
Es tut mir leid, aber das ist nicht möglich.
Quickly, jump over the fence and run!
Schnell, spring über den Zaun und lauf!
"Yes," said the king, "we will fight them again."
„Ja“, sagte der König, „wir werden wieder gegen sie kämpfen.“
0 1 2 3 4 5 6 7 8 9 10 1984 2026
"""


def main():
    user = sys.argv[2:] == ["user"]
    model = io.BytesIO()
    symbols = {"user_defined_symbols": ["<sep>", "xyz", "@"]} if user else {"control_symbols": ["<sep>"]}
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(line for line in TEXT.splitlines() if line), model_writer=model,
        model_type="unigram", vocab_size=500, byte_fallback=True, split_digits=True,
        normalization_rule_name="nmt_nfkc", character_coverage=1.0, hard_vocab_limit=True,
        pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=2, num_threads=1, **symbols)
    with open(sys.argv[1], "wb") as f:
        f.write(model.getvalue())


main()
