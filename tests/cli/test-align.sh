#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Words are aligned and drawn.
. "$(dirname "$0")/tap.sh"
decoder=$model
encdec=$(dirname "$model")/tiny-encdec

align () { run "$ssmt" align --threads 1 "$@"; }
pairs () { grep -E -q '^([0-2]-[0-3]( |$))+$' "$dir/out"; }
same () { cmp -s "$1" "$2"; }

printf 'the old mill\tdie sehr alte Mühle\n' > "$dir/line"
printf 'the old mill\tdie sehr alte Mühle\n\nthe old mill\tdie sehr alte Mühle\n' > "$dir/twice"
align --model "$encdec" --svg "$dir/m" < "$dir/line"
check "cross-attention" status_is 0
check "words of both" pairs
cells=$(grep -c 'fill-opacity' "$dir/m-1.svg")
check "a cell for each pair of words" test "$cells" -eq 12
check "and the words beside" grep -q '>Mühle</text>' "$dir/m-1.svg"
python3 -c "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])" "$dir/m-1.svg" 2> "$dir/err"
check "the drawing is XML" test $? -eq 0
for from in attention hidden; do
  align --model "$decoder" --from $from < "$dir/line"
  check "$from of a decoder" status_is 0
  check "$from: words of both" pairs
  cp "$dir/out" "$dir/first"
  align --model "$decoder" --from $from < "$dir/twice"
  check "$from: an empty line begins a document" test "$(sed -n 1p "$dir/out")" = "$(sed -n 3p "$dir/out")"
done
align --model "$encdec" --from hidden < "$dir/line"
check "no hidden attention to an encoder" status_is 1
check "and what to do is told" err_has "line 1: .*align from attention"
echo 'the old mill' > "$dir/bare"
align --model "$encdec" < "$dir/bare"
check "a translation of the model's own" test "$(cut -f 1 "$dir/out")" = "the old mill"
align --from dreams < "$dir/line"
check "an unknown kind is a mistake in use" status_is 2

finish
