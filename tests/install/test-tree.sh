#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What an installation puts where. Usage: test-tree.sh SSMT - MESON BUILD DATADIR
. "$(dirname "$0")/../cli/tap.sh"
meson=$3
build=$4
root=$dir/root
share=$root$5

run "$meson" install -C "$build" --no-rebuild --quiet --destdir "$root"
check "it installs" status_is 0
for file in man/man1/ssmt.1 bash-completion/completions/ssmt doc/ssmtranslate/COPYING \
    metainfo/local.ssmtranslate.ssmt.metainfo.xml; do
  check "share/$file" test -s "$share/$file"
done
if test -e "$build/gst/libgstssmtranslate.so"; then
  for file in man/man7/ssmtranslate.7 metainfo/local.ssmtranslate.element.metainfo.xml; do
    check "share/$file" test -s "$share/$file"
  done
fi

for config in "$share"/ssmt-1.0/models/*/config.json; do
  test -e "$config" || break
  name=$(basename "$(dirname "$config")")
  licences=$(sed -n 's/.*"license": *"\([^"]*\)".*/\1/p' "$config" | sed 's/ AND / /g')
  check "$name names its licence" test -n "$licences"
  for licence in $licences; do
    check "the text of $licence, which $(basename "$(dirname "$config")") has" test -s "$share/doc/ssmtranslate/licences/$licence.txt"
  done
done

for page in "$share"/man/man*/*; do
  if command -v groff > /dev/null; then
    run groff -man -Tutf8 -ww "$page"
    check "nothing is wrong with $(basename "$page")" err_is_empty
  else
    skip "$(basename "$page")" "no groff"
  fi
done
for file in "$share"/metainfo/*.xml; do
  if command -v appstreamcli > /dev/null; then
    run appstreamcli validate --no-net "$file"
    # a homepage is missed only: nobody has named one
    check "$(basename "$file") is valid" test "$(grep -e '^[EW]:' "$dir/out" | grep -c -v url-homepage-missing)" -eq 0 -a -s "$dir/out"
  else
    skip "$(basename "$file")" "no appstreamcli"
  fi
done

if test -e "$share/vala/vapi/ssmt-1.0.vapi" && command -v valac > /dev/null; then
  cat > "$dir/test.vala" << 'END'
int main () {
  try {
    var model = Ssmt.Model.load ("folder", null, 0);
    var stream = new Ssmt.Stream (model, null);
    print ("%s\n", stream.translate ("Where is she?", Ssmt.TranslateFlags.NONE, null).get_text ());
  } catch (Error error) {
    return 1;
  }
  return 0;
}
END
  run valac -C --directory "$dir" --vapidir "$share/vala/vapi" --pkg ssmt-1.0 "$dir/test.vala"
  check "Vala knows the library" status_is 0
  check "as it is in C" grep -q 'ssmt_stream_translate (' "$dir/test.c"
else
  skip "Vala" "no valac, or none when this was configured"
fi
finish
