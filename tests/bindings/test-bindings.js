// SPDX-License-Identifier: LGPL-2.1-or-later
// The library from JavaScript, through its typelib.
imports.gi.versions.Ssmt = '1.0';
const { GLib, Ssmt } = imports.gi;

let number = 0;

function check(what, good) {
  number++;
  print(`${good ? 'ok' : 'not ok'} ${number} - ${what}`);
}

const model = Ssmt.Model.load(ARGV[0], 'cpu', 1);
const params = new Ssmt.StreamParams();

check('parameters begin with their defaults',
  params.beam_size === 1 && params.no_repeat_ngram === 8);
const stream = Ssmt.Stream.new(model, params);
check('a text is translated', stream.translate('the river', 0, null).get_text().length > 0);
const state = stream.get_state();
const expected = stream.translate('down to a mill', 0, null).get_text();
stream.set_state(state);
check('a state is where a document goes on',
  stream.translate('down to a mill', 0, null).get_text() === expected);
const translation = stream.translate('the old mill', Ssmt.TranslateFlags.ALIGN, null);
check('an alignment counts words', translation.get_alignment().n_source === 3);
check('a translation has a score', translation.get_score() < 0
  && translation.get_n_scored_tokens() >= translation.get_n_target_tokens()
  && translation.get_n_source_tokens() > 0 && translation.get_duration() > 0);
const growing = stream.translate('the river', Ssmt.TranslateFlags.GROWING, null);
check('a growing text has a tail', growing.get_committed() === '' && growing.get_tail() !== '');
stream.drop_growing();
const loop = GLib.MainLoop.new(null, false);
let later = null;
stream.translate_async('the river', Ssmt.TranslateFlags.NONE, null, (source, result) => {
  later = source.translate_finish(result);
  loop.quit();
});
loop.run();
check('a text is translated meanwhile', later.get_text().length > 0 && later.get_alignment() === null);
try {
  Ssmt.State.new_from_bytes(model, new GLib.Bytes([1, 2, 3]));
  check('other bytes are refused', false);
} catch (error) {
  check('other bytes are refused', error.matches(Ssmt.error_quark(), Ssmt.Error.STATE));
}
print(`1..${number}`);
