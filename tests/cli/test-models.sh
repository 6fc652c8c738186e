#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Models that are installed: which there are, and which of them a name or a pair is. After the
# model's folder, the folder of the element where there is one.
. "$(dirname "$0")/tap.sh"
plugin=${3-}
case $model in /*) ;; *) model=$PWD/$model ;; esac
case $ssmt in /*) ;; *) ssmt=$PWD/$ssmt ;; esac

export XDG_DATA_HOME="$dir/user" XDG_DATA_DIRS="$dir/system:$dir/old"
unset SSMT_MODEL_PATH
user="$XDG_DATA_HOME/ssmtranslate/models"
system="$dir/system/ssmtranslate/models"
mkdir -p "$user" "$system" "$dir/old/ssmt-1.0/models"

# marian PATH PAIR [JSON]: a folder as fetched; it cannot be loaded.
marian () {
  mkdir -p "$1"
  echo weights > "$1/model.$2.intgemm.alphas.bin"
  echo pieces > "$1/vocab.$2.spm"
  test $# -lt 3 || echo "$3" > "$1/registry.json"
}
# ours PATH SOURCE TARGET: a model that works.
ours () {
  cp -r "$model" "$1"
  chmod -R u+w "$1"
  sed "s/\"source\": \"en\"/\"source\": \"$2\"/; s/\"target\": \"de\"/\"target\": \"$3\"/" "$model/config.json" > "$1/config.json"
}
# tells NAME PATTERN: a line of the list.
tells () { grep -q -e "^$1  *$2" "$dir/out"; }
# chosen MODEL FOLDER: which folder --model MODEL is; the model need not load.
chosen () {
  run "$ssmt" inspect --model "$1"
  out_has "^model  *$2$" || err_has "^ssmt: $2[:/]"
}
chosen_in () { (cd "$1" && chosen "$2" "$3"); }

run "$ssmt" models
prefix=
if test -s "$dir/out"; then
  prefix=yes # what is installed there cannot be hidden
  skip "without models" "there are some in the prefix"
else
  check "without models the list is empty" status_is 0
  check "and says how to get one" err_has "ssmt fetch"
  run "$ssmt" translate --model en-fr
  check "a model that is not there is an error" status_is 1
  check "that says how to get it" err_has '"ssmt fetch en-fr"'
  run "$ssmt" translate
  check "so is a default model that is not there" err_has "ssmt fetch"
fi

ours "$user/en-de" en de
ours "$dir/old/ssmt-1.0/models/old-one" en it
marian "$user/small" enfr
marian "$system/large" fren
marian "$system/en-pt" x
mv "$system/en-pt/model.x.intgemm.alphas.bin" "$system/en-pt/model.bin"
marian "$system/trad" enzh_hant
marian "$system/small" enes
marian "$user/.hidden.part" ensv
mkdir "$user/empty" "$user/damaged"
echo '{"model_type": "ssmt"}' > "$user/damaged/config.json"
run "$ssmt" models
check "the list succeeds" status_is 0
check "it has one of ours" tells en-de "en-de  *ssmt  *[0-9.]* MB  *.*carried .*$user/en-de"
check "and one where models used to be" tells old-one "en-it"
check "the languages of a Marian model are in its files' names" tells small "en-fr  *Marian  *0.0 MB  *-  *-  *-  *$user/small"
check "in that of the folder otherwise" tells en-pt "en-pt"
check "to English, too" tells large "fr-en"
check "with a script" tells trad "en-zh_hant"
check "of two of one name the user's counts" test "$(grep -c "^small " "$dir/out")" -eq 1
check "what is not finished is not listed" test "$(grep -c -e hidden -e empty "$dir/out")" -eq 0
check "one that is damaged is" tells damaged "-  *damaged"
check "and what is wrong with it is told" err_has "damaged/config.json"
run "$ssmt" models --json
check "the list is there as JSON" out_has '"carries_state" : true'
if command -v python3 > /dev/null; then
  check "that is JSON" python3 -m json.tool "$dir/out" /dev/null
fi
run "$ssmt" models nonsense
check "words are a usage error" status_is 2

# --- choosing ---------------------------------------------------------------------

echo "the river" > "$dir/text"
translate () { "$ssmt" translate "$@" < "$dir/text"; }
run translate --model en-de
check "a model is found by its name" status_is 0
run translate --model en-it
check "and by its pair" status_is 0
check "a pair is its folder's" chosen en-fr "$user/small"
check "in any case" chosen EN-FR "$user/small"
check "a script is part of the language" chosen en-zh_hant "$system/trad"
run "$ssmt" inspect --model en-zh
check "another is another language" err_has "ssmt fetch en-zh"
run "$ssmt" inspect --model smal
check "a name that is none tells which there are" err_has "small (en-fr)"
check "a path stays a path" chosen "$system/small" "$system/small"
check "relative ones, too" chosen_in "$system" ./small ./small
check "a name is a folder here where none is installed" chosen_in "$dir/system/ssmtranslate" models models
check "what is installed comes before" chosen_in "$system" small "$user/small"

ours "$user/again" en fr
check "of two for a pair the one that carries state" chosen en-fr "$user/again"
ours "$user/aaa" en fr
check "of two that do the first by name" chosen en-fr "$user/aaa"
marian "$user/good" enfr '{"metrics": {"flores200-plus": {"comet22": 0.85, "bleu": 50}}, "license": "MPL-2.0"}'
check "one that states its quality comes before" chosen en-fr "$user/good"
marian "$system/better" enfr '{"metrics": {"flores200-plus": {"comet22": 0.87, "bleu": 40}}}'
check "the better one before that" chosen en-fr "$system/better"
marian "$user/en-fr" enfr
check "a folder of that name before all" chosen en-fr "$user/en-fr"
rm -r "$user/en-fr"
run "$ssmt" models
check "a card states licence and quality" tells good "en-fr  *Marian  *0.0 MB  *MPL-2.0  *-  *comet22 0.8500, bleu 50.0 (flores200-plus)"
SSMT_MODEL_PATH="$user/aaa"
export SSMT_MODEL_PATH
check "the model that SSMT_MODEL_PATH names before others of its pair" chosen en-fr "$user/aaa"
unset SSMT_MODEL_PATH

marian "$user/lies" enfr '{"metrics": {"a\u001b[2J": {"bleu": 99}, "b": {"bleu": 1e99, "chrf": "high"}}, "sourceLanguage": "../x"}'
marian "$user/broken" enfr '{"metrics": '
marian "$user/deep" enfr "$(printf '%0100000d' 0 | tr 0 '[')"
marian "$user/$(printf 'a\033[2Jb')" enfr
run "$ssmt" models
check "cards that lie state nothing" tells lies "en-fr  *Marian  *0.0 MB  *-  *-  *-  "
check "a broken card is told" err_has "broken/registry.json"
check "one that is nested too deep, too" err_has "deep/registry.json"
check "names do not reach the terminal as they are" sh -c "! grep -q '$(printf '\033')' '$dir/out'"
check "broken ones are not chosen" chosen en-fr "$system/better"

# --- the element -------------------------------------------------------------------

if test -z "$plugin" || ! command -v gst-launch-1.0 > /dev/null; then
  skip "the element" "it was not built"
  finish
fi
export GST_PLUGIN_PATH="$plugin" GST_REGISTRY="$dir/registry.bin"
printf '1\n00:00:01,000 --> 00:00:02,000\nthe river\n' > "$dir/a.srt"
launch () { gst-launch-1.0 -q filesrc location="$dir/a.srt" ! subparse ! ssmtranslate "$@" ! fdsink; }
run launch input-language-code=en output-language-code=it
check "the element chooses by languages" status_is 0
run launch output-language-code=ita
check "one of them is enough, of three letters, too" status_is 0
run launch input-language-code=en-GB output-language-code=zh-Hant
check "a script is part of the language" err_has "$system/trad"
run launch model-path=en-it
check "model-path takes a pair" status_is 0
run launch model-path=old-one
check "and a name" status_is 0
run launch input-language-code=en output-language-code=sv
check "without a model for the languages it says how to get one" err_has 'ssmt fetch en-sv'
if test -z "$prefix"; then
  rm -r "$dir/old"
  run launch
  check "so it does without a default model" err_has "ssmt fetch en-fr"
fi

finish
