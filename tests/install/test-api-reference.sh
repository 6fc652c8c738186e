#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# All that the library exports is described, the reference has no link that leads nowhere, and its example runs.
# Usage: test-api-reference.sh EXAMPLE MODEL GI-DOCGEN CONFIG GIR DOCS LINK-REFERENCE INCLUDE-PATH
. "$(dirname "$0")/../cli/tap.sh"
docgen=$3
config=$4
gir=$5
docs=$6
link_reference=$7
include=$8
pages=$dir/pages

no_warnings () { ! grep -e WARNING -e ERROR "$dir/err" > "$dir/out"; }
run "$docgen" check --quiet --config "$config" --add-include-path "$include" "$gir"
check "it is checked" status_is 0
check "nothing lacks a description" no_warnings

run "$link_reference" "$gir" "$dir/Ssmt-1.0.gir"
check "what comments name is linked" status_is 0
run "$docgen" generate --quiet --config "$config" --add-include-path "$include" --no-namespace-dir \
  --content-dir "$docs" --output-dir "$pages" "$dir/Ssmt-1.0.gir"
check "it is made" status_is 0
check "without warnings" no_warnings

# links within the reference
lead_somewhere () {
  grep -o -h 'href="[^"#:]*["#]' "$pages"/*.html | sed 's/href="//; s/["#]$//' | sort -u > "$dir/links"
  test "$(wc -l < "$dir/links")" -gt 100 || return 1
  while read -r link; do
    test -z "$link" || test -e "$pages/$link" || echo "$link leads nowhere"
  done < "$dir/links" > "$dir/out"
  ! test -s "$dir/out"
}
links_to () { grep -q -e "<a href=\"$2\">" "$pages/$1"; }
check "links lead somewhere" lead_somewhere
check "a method" links_to struct.Translation.html method.Stream.translate.html
check "a constructor" links_to method.Stream.set_params.html ctor.Stream.new.html
check "a function" links_to struct.Alignment.html func.text_next_word.html
check "a function of a type" links_to type_func.Model.load_async.html type_func.Model.load.html
check "a type" links_to method.Model.get_token_bytes.html struct.StreamParams.html
check "a property" links_to method.Stream.set_params.html property.Stream.params.html
check "the introduction" links_to index.html api.html

export SSMT_MODEL_PATH="$model"
run "$ssmt" "My sister bought a bicycle." "She found it in a small shop."
check "the example runs" status_is 0
check "and translates" out_has bicicleta
check "each line" out_lines 2
finish
