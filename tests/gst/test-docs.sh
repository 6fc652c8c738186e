#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/element.md says of properties, actions and caps what gst-inspect-1.0 prints, and of messages, metas and
# contexts what the sources name. Usage: test-docs.sh docs/element.md
docs=$1
sources=$(dirname "$docs")/../gst
n=0
same () {
  n=$((n + 1))
  if test -n "$2" && test "$2" = "$3"; then echo "ok $n - $1"
  else echo "not ok $n - $1"; diff <(echo "$2") <(echo "$3") | sed 's/^/# /'; fi
}
# table HEADING COLUMN...: those columns of the section's table, a row a line.
table () {
  section=$1; shift
  sed -n "/^## $section\$/,/^## /p" "$docs" | sed -n 's/^| *\(.*\) *|$/\1/p' | sed -n '3,$p' \
    | awk -F' [|] ' -v columns="$*" '{ n = split(columns, c, " "); line = "";
        for (i = 1; i <= n; i++) line = line (i > 1 ? " " : "") $(c[i]); print line }' | tr -d '`' | sed 's/ *$//'
}
inspect=$(gst-inspect-1.0 ssmtranslate)

# "name Type default" of every property
shown=$(echo "$inspect" | sed -n '/^Element Properties/,/^Element Actions/p' | awk '
  /^  [a-z][a-z-]* *: / { name = $1; sub(":", "", name); next }
  / Default: / && name { type = $0; sub(/^ */, "", type); default_ = type
    sub(/[.] .*/, "", type); sub(/ ".*/, "", type); sub(/.*Default: /, "", default_); sub(/ *$/, "", default_)
    if (type == "Enum") { sub(/.*, "/, "", default_); sub(/"$/, "", default_) }
    print name, type, default_; name = "" }
  /Boxed pointer/ && name { print name, "Boxed -"; name = "" }' | grep -v -e '^name ' -e '^parent ' | sort)
same "properties, their types and defaults" "$shown" "$(table Properties 1 2 3 | sort)"
# GStreamer 1.22 has the action's name before a colon, 1.26 before an arrow
same "actions" "$(echo "$inspect" | sed -n '/^Element Actions/,$p' | sed -n 's/^ *"\([a-z-]*\)" \(:\|->\).*/\1/p' | sort)" \
  "$(table Actions 1 | sort)"
same "element messages" "$(grep -h -o '"ssmtranslate/[a-z-]*"' "$sources"/*.c | tr -d '"' | sort -u)" \
  "$(table 'Element messages' 1 | sort)"
same "metas" "$(grep -h -o '#define META_NAME "[A-Za-z]*"' "$sources"/*.c | sed 's/.*"\(.*\)"/\1/' | sort)" \
  "$(table Metas 1 | grep Meta | sort)"
same "the context" "$(grep -h -o '#define CONTEXT_TYPE ".*"' "$sources"/*.c | sed 's/.*"\(.*\)"/\1/')" \
  "$(grep -o 'ssmt[.a-z]*[.]Context' "$docs" | sort -u)"
for caps in text/x-raw text/plain utf8 pango-markup; do
  same "the pads take $caps" "$(echo "$inspect" | grep -o -m 1 -e "$caps" | head -1)" "$(grep -o -m 1 -e "$caps" "$docs" | head -1)"
done
for section in Properties Actions 'Element messages' Events Metas; do
  lines=$(sed -n "/^## $section\$/,/^## /p" "$docs" | grep '^|')
  same "$section: every row has an example" "$(echo "$lines" | sed 1,2d | wc -l)" \
    "$(echo "$lines" | sed 1,2d | awk -F' [|] ' -v n="$(echo "$lines" | awk -F' [|] ' 'NR == 1 { print NF }')" \
      'NF == n && $NF !~ /^ *[|]$/' | wc -l)"
done
# the test of growing captions does what is written here
recipe=$(sed -n '/^Who shows growing captions/,/^Then/s/^    //p' "$docs")
same "the recipe is what the test does" "$recipe" \
  "$(grep -o -F -m 1 -e "$recipe" "$(dirname "$0")/test-partial.c")"
# the fields of messages
for field in $(cat "$sources"/gstssmtstats.c "$sources"/gstssmtranslate-messages.c | tr -s ' \n' ' ' \
    | grep -o '"[a-z0-9-]*", G_TYPE_[A-Z0-9]*' | sed 's/.*"\(.*\)".*/\1/' | sort -u); do
  same "field $field" "\`$field\`" "$(grep -o -m 1 -e "\`$field\`" "$docs" | head -1)"
done
echo "1..$n"
