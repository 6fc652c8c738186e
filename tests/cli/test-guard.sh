#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What stays as it is in a translation by the default model, and the table of docs/captions.md.
# Usage: test-guard.sh /path/to/ssmt /path/to/model-folder
. "$(dirname "$0")/tap.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
default_model=$root/models/en-pt
export LC_ALL=C.UTF-8

translate () { run "$ssmt" translate --model "$default_model" --threads 1 --context none "$@" < "$dir/in"; }

# A line each: what its translation must have, ";" between; "~" before what it must not; then the line.
cat > "$dir/rows" <<'ROWS'
https://shop.example/cart?id=7;.|The new list is on https://shop.example/cart?id=7.
help@river.example|Please write to help@river.example before Friday.
@old_mill;#harvest|Thank @old_mill for the pictures under #harvest.
/var/log/boat.log|The message is in /var/log/boat.log, my friend.
C:\Photos\dog.png|She opened C:\Photos\dog.png and laughed.
{user};%d|Hello {user}, you have %d new letters.
<b>;</b>|This is <b>very</b> important.
river_level|Nobody knows why river_level is so high.
😀|I am so happy today 😀
👍🏽|Good work 👍🏽 my friend.
+44 20 7946 0018|Call me at +44 20 7946 0018 tomorrow.
17|There are 17 boats on the river.
3;45|The train leaves at 3:45 from here.
12.500|She paid 12,500 for the boat.
“;”|He said, “I will never sell this boat.”
?|Where are the keys?
!|Stop right there!
…|I thought that you…
ANNA: |ANNA: Where is my coat?
[;]|[thunder]
♪|♪ The river sings for me ♪
- |- Where have you been?
~a~b~c~d|WHERE IS THE BLACK DOG?
B52|The B52 is on the table.
Иван|Her friend is called Иван.
ROWS
cut -d '|' -f 2- "$dir/rows" > "$dir/in"
translate
check "lines are translated" status_is 0
check "a line each" out_lines "$(wc -l < "$dir/in")"
cp "$dir/out" "$dir/translated"

has () { grep -q -F -e "$1" "$dir/line"; }
has_not () { ! grep -q -e "$1" "$dir/line"; }
row=0
while IFS='|' read -r wanted text; do
  row=$((row + 1))
  sed -n "${row}p" "$dir/translated" > "$dir/line"
  case $wanted in
    '~'*) check "capitals: $text" has_not '[[:lower:]]' ;;
    *)
      rest=$wanted
      while test -n "$rest"; do
        check "\"${rest%%;*}\" is in: $text" has "${rest%%;*}"
        case $rest in *';'*) rest=${rest#*;} ;; *) rest= ;; esac
      done ;;
  esac
done < "$dir/rows"

printf 'No, no, no!\nRun, run, run!\n' > "$dir/in"
translate
check "a word that is repeated" test "$(grep -c '^[^ ,]*, [^ ,]*, [^ ,]*!$' "$dir/out")" -eq 2

# without guard nothing of it is promised, and nothing is reported
printf 'There are 17 boats.\n' > "$dir/in"
translate --no-guard
check "without guard: nothing is said" err_is_empty

# What a model cannot do is copied and said, and no failure.
printf 'The 4711 boats of 1812 and 42 dogs.\n' > "$dir/in"
run "$ssmt" translate --model "$model" --threads 1 < "$dir/in"
check "a tiny model: the numbers are there" out_has '4711.*1812.*42\|42.*4711\|1812.*4711'
check "a tiny model: no failure" status_is 0
if test "$(cat "$dir/out")" = "$(cat "$dir/in")"; then
  check "what was copied is reported" err_has '^ssmt: line 1: no translation without faults ('
fi

# The table of docs/captions.md: in, out.
sed -n 's/^| `\(.*\)` | `\(.*\)` |$/\1\t\2/p' "$root/docs/captions.md" > "$dir/table"
cut -f 1 "$dir/table" > "$dir/in"
cut -f 2 "$dir/table" > "$dir/wanted"
translate
check "docs/captions.md has a table" test "$(wc -l < "$dir/in")" -gt 10
is_as_documented () { diff "$dir/wanted" "$dir/out" > "$dir/err"; }
check "docs/captions.md says what comes out" is_as_documented
finish
