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
check('a text is translated', stream.translate('the river', null).length > 0);
const state = stream.get_state();
const expected = stream.translate('down to a mill', null);
stream.set_state(state);
check('a state is where a document goes on', stream.translate('down to a mill', null) === expected);
const [text, alignment] = stream.translate_aligned('the old mill', null);
check('an alignment counts words', alignment.n_source === 3);
try {
  Ssmt.State.new_from_bytes(model, new GLib.Bytes([1, 2, 3]));
  check('other bytes are refused', false);
} catch (error) {
  check('other bytes are refused', error.matches(Ssmt.error_quark(), Ssmt.Error.STATE));
}
print(`1..${number}`);
