#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library from Python, through its typelib: model, stream, state, alignment, errors; a pipeline."""
import os
import sys
import tempfile

try:
    import gi
    gi.require_version("Ssmt", "1.0")
    from gi.repository import Gio, GLib, Ssmt
except (ImportError, ValueError) as error:
    print("1..0 # SKIP", error)
    sys.exit(0)

MODEL = sys.argv[1]
number = 0


def check(what, good):
    global number
    number += 1
    print("ok" if good else "not ok", number, "-", what, flush=True)


def raises(domain, code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        return error.matches(domain, code)
    return False


model = Ssmt.Model.load(MODEL, "cpu", 1)
check("a model has languages", model.get_target_language() is not None)
check("a model has properties", model.props.path == MODEL
      and model.props.target_language == model.get_target_language())
check("a model that is not there is an error",
      raises(Ssmt.error_quark(), Ssmt.Error.NOT_FOUND, Ssmt.Model.load, "/nonexistent", "cpu", 1))

info = Ssmt.ModelInfo.new(MODEL)
check("a folder says what it is", info.get_path() == MODEL and info.get_kind() == "ssmt"
      and info.get_target_language() == model.get_target_language() and info.get_carries_state()
      and info.get_bytes() > 0 and info.get_problem() is None)
check("a folder without a model is an error",
      raises(Ssmt.error_quark(), Ssmt.Error.NOT_FOUND, Ssmt.ModelInfo.new, "/nonexistent"))
GLib.setenv("SSMT_MODEL_PATH", MODEL, True)
check("installed models are listed", info.get_name() in [one.get_name() for one in Ssmt.catalog_list()])
check("and found by name", Ssmt.catalog_find(info.get_name()) == MODEL)
check("and by their languages", Ssmt.catalog_find_pair("en-GB", "de-AT") == MODEL)
check("one that is not there is an error", raises(
    Ssmt.error_quark(), Ssmt.Error.NOT_FOUND, Ssmt.catalog_find, "xx-yy"))

params = Ssmt.StreamParams()
check("parameters begin with their defaults",
      (params.beam_size, params.context, params.no_repeat_ngram) == (1, Ssmt.Context.DOCUMENT, 8)
      and params.length_penalty == 1.0)
params.beam_size = 3
check("parameters are copied", params.copy().beam_size == 3)
stream = Ssmt.Stream.new(model, params)
check("a stream tells its parameters", stream.props.params.beam_size == 3)
seen = []
stream.connect("notify::params", lambda *args: seen.append(stream.props.params.beam_size))
params.beam_size = 99
stream.set_params(params)
check("a change of them is told, as it came to be", seen == [16])
check("a text is translated", len(stream.translate("the river carries wood", 0).get_text()) > 0)
check("segments are counted", stream.get_n_segments() == 1)

state = stream.get_state()
expected = stream.translate("down to a mill", 0).get_text()
fork = Ssmt.Stream.new(model, params)
check("a state is set", fork.set_state(state))
check("a fork goes on alike", fork.translate("down to a mill", 0).get_text() == expected)
again = Ssmt.State.new_from_bytes(model, state.to_bytes())
fork.set_state(again)
check("so does one from bytes", fork.translate("down to a mill", 0).get_text() == expected)
check("other bytes are refused", raises(Ssmt.error_quark(), Ssmt.Error.STATE,
                                        Ssmt.State.new_from_bytes, model, GLib.Bytes.new(b"x")))
fork.set_start(state)
fork.reset()
check("documents begin with a state", fork.translate("down to a mill", 0).get_text() == expected)

translation = stream.translate("the old mill", Ssmt.TranslateFlags.ALIGN)
text, alignment = translation.get_text(), translation.get_alignment()
check("what is final is new to say", translation.get_committed() == text and translation.get_tail() == "")
check("a translation has a score", translation.get_score() < 0
      and translation.get_n_scored_tokens() - translation.get_n_target_tokens() in (0, 1))
check("it counts tokens and time", translation.get_n_source_tokens() > 0 and translation.get_duration() > 0)
check("an alignment is there where it was asked for", stream.translate("old", 0).get_alignment() is None)
passed = stream.translate("12", 0)
check("what is passed through has no score", (passed.get_text(), passed.get_score(), passed.get_n_scored_tokens())
      == ("12", 0, 0))
check("an alignment counts words", alignment.n_source == 3 and alignment.n_target >= 1)
check("an alignment has a source word for each", len(alignment.source_word) == alignment.n_target)

scores = [[alignment.get_score(i, j) for j in range(3)] for i in range(alignment.n_target)]
check("an alignment has a score for each pair of words",
      all(abs(sum(row) - 1) < 1e-4 or sum(row) == 0 for row in scores))
start, end = alignment.get_source_word(2)
check("an alignment says where words stand", "the old mill".encode()[start:end] == b"mill"
      and alignment.get_target_word(0)[1] <= len(text.encode()))

loop = GLib.MainLoop()
results = []


def ready(source, result):
    results.append(result)
    loop.quit()


Ssmt.Model.load_async(MODEL, "cpu", 1, None, ready)
loop.run()
check("a model is loaded meanwhile", Ssmt.Model.load_finish(results[0]).props.path == MODEL)
Ssmt.Model.load_async("/nonexistent", "cpu", 1, None, ready)
loop.run()
check("that it is not there is told at the end", raises(
    Ssmt.error_quark(), Ssmt.Error.NOT_FOUND, Ssmt.Model.load_finish, results[1]))

stream.translate_async("the river", Ssmt.TranslateFlags.ALIGN, None, ready)
loop.run()
later = stream.translate_finish(results[2])
check("a text is translated meanwhile", len(later.get_text()) > 0 and later.get_alignment().n_source == 2)

cancelled = Gio.Cancellable()
cancelled.cancel()
check("a cancelled call is an error", raises(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED,
                                             stream.translate, "the river", 0, cancelled))
growing = stream.translate("the river", Ssmt.TranslateFlags.GROWING)
check("a growing text has a tail", growing.get_committed() == "" and growing.get_tail() == growing.get_text() != "")
before = stream.get_n_segments()
check("and an end", stream.translate("the river carries", 0).get_tail() == ""
      and stream.get_n_segments() == before + 1)
params.policy = Ssmt.Policy.LOCAL_AGREEMENT
stream.set_params(params)
check("a policy is a parameter", stream.props.params.policy == Ssmt.Policy.LOCAL_AGREEMENT)
stream.translate("the old mill", Ssmt.TranslateFlags.GROWING)
stream.drop_growing()
check("what grows is dropped", stream.get_n_segments() == before + 1)

params.beam_size = 4
stream.set_params(params)
here = stream.get_state()
several = stream.translate("the river carries", Ssmt.TranslateFlags.ALTERNATIVES)
other, score, n_scored = several.get_alternative(1)
stream.set_state(here)
taken = stream.take_alternative(several, 1, 0)
check("another translation is taken", taken.get_text() in (other, "the river carries") and taken.get_score() == score)
check("one that is not there is an error", raises(
    Ssmt.error_quark(), Ssmt.Error.TEXT, stream.take_alternative, several, 99, 0))
lines = Ssmt.Lines.new("en").find("When it rains, nobody goes.", 16, 2)
check("a text is divided into lines", [(line.start, line.end) for line in lines] == [(0, 14), (15, 27)])
check("columns and characters are counted", Ssmt.text_count_columns("\u4f60e\u0301") == 3
      and Ssmt.text_count_characters("\u4f60e\u0301") == 2)
line = Ssmt.CaptionLine.new()
line.apply("", "one two", "one", False)
line.apply("two", "three four", "three", False)
check("a line is kept", (line.get_text(), line.get_committed(), line.get_tail())
      == ("one three four", "one three", "four"))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "pairs.tsv")
    with open(path, "w") as file:
        file.write("the house\tdas Haus\n")
    check("a file of examples is a state", isinstance(model.prime(path, None), Ssmt.State))

try:
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
    Gst.init(None)
    found = Gst.ElementFactory.find("ssmtranslate") is not None
except (ImportError, ValueError):
    found = False
if found:
    pipeline = Gst.parse_launch(
        "filesrc name=in ! subparse ! ssmtranslate name=t ! filesink name=out")
    with tempfile.TemporaryDirectory() as folder:
        source, out = os.path.join(folder, "a.srt"), os.path.join(folder, "out")
        with open(source, "w") as file:
            file.write("1\n00:00:01,000 --> 00:00:02,000\nthe river\n")
        pipeline.get_by_name("in").set_property("location", source)
        pipeline.get_by_name("out").set_property("location", out)
        pipeline.get_by_name("t").set_property("model-path", MODEL)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        check("a pipeline translates", message is not None
              and message.type == Gst.MessageType.EOS and os.path.getsize(out) > 0)
print("1..%d" % number)
