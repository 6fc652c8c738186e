#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Models fetched from a registry on this machine, whatever goes wrong on the way.
. "$(dirname "$0")/tap.sh"

export XDG_DATA_HOME="$dir/data" XDG_DATA_DIRS="$dir/none" no_proxy=127.0.0.1
unset SSMT_MODEL_PATH SSMT_REGISTRY
models="$XDG_DATA_HOME/ssmtranslate/models"
joined=model.enfr.intgemm.alphas.bin

# --- without a network -----------------------------------------------------------

run "$ssmt" fetch
check "a pair is needed" status_is 2
run "$ssmt" fetch english
check "a pair of languages" status_is 2
run "$ssmt" fetch en-fr --from http://127.0.0.1:1/db/models.json
check "without a network nothing is fetched" status_is 1
check "what to do by hand is told: which files" err_has "model.enfr.intgemm.alphas.bin.gz"
check "and where they go" err_has "$models/en-fr"
check "nothing is left behind" test ! -e "$models"
if grep -q "built without libsoup" "$dir/err"; then
  skip "fetching" "this ssmt was built without libsoup"
  finish
fi
if ! command -v python3 > /dev/null; then
  skip "fetching" "no python3"
  finish
fi
run "$ssmt" fetch en-fr --from ftp://127.0.0.1/db/models.json
check "an address that is not HTTP is refused" err_has "https://"

# --- the server --------------------------------------------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$dir/key" -out "$dir/crt" 2> /dev/null && cat "$dir/key" "$dir/crt" > "$dir/cert.pem"
python3 "$(dirname "$0")/registry-server.py" "$dir" &
server=$!
mounted=
clean_up () {
  kill "$server"
  test -z "$mounted" || umount "$mounted"
  rm -rf "$dir"
}
trap clean_up EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  test -e "$dir/port" && { test ! -e "$dir/cert.pem" || test -e "$dir/tls-port"; } && break
  sleep 0.3
done
at="http://127.0.0.1:$(cat "$dir/port")"

# fetch FAULT [OPTION...]: the pair en-fr, with a log of its own.
fetch () {
  from="$at/$1/db/models.json"
  shift
  rm -f "$dir/log"
  run "$ssmt" fetch en-fr --from "$from" "$@"
}
log_has () { grep -q -e "$1" "$dir/log"; }
log_lacks () { ! log_has "$1"; }
# asked N PATTERN: so many requests were made.
asked () { test "$(grep -c -e "$2" "$dir/log")" -eq "$1"; }
is_there () { test -f "$1/$joined" && test -f "$1/vocab.enfr.spm" && test -f "$1/lex.50.50.enfr.s2t.bin"; }
is_not_there () { ! test -e "$models/en-fr"; }
# The files of a model, its card, and nothing else.
is_tidy () { is_there "$models/en-fr" && test "$(ls -A "$models/en-fr" | wc -l)" -eq 4 && test "$(ls -A "$models")" = en-fr; }
gone () { rm -rf "$models"; }

# --- what is there -------------------------------------------------------------------

run "$ssmt" models --available --from "$at/plain/db/models.json"
check "what is available is listed" status_is 0
check "with its architecture, status and quality" out_has "^en-fr  *base-memory  *Release  *0.1 MB  *-  *comet22 0.8700"
check "the best that is released comes first" test "$(awk '$1 == "en-fr" { print $2; exit }' "$dir/out")" = base-memory
check "what is not released is marked" out_has "^en-fr  *base  *not released"
run env SSMT_REGISTRY="$at/plain/db/models.json" "$ssmt" models --available --json
check "as JSON, too, from the registry of the environment" out_has '"architecture" : "tiny"'
fetch plain --list
check "--list shows where files are" out_has "$at/plain/models/en-fr/base-memory/$joined.gz"
check "and fetches nothing" is_not_there

# --- fetching -------------------------------------------------------------------------

fetch plain
check "a model is fetched" status_is 0
check "whole, and nothing beside it" is_tidy
check "nothing is said on stderr without a terminal" err_is_empty
check "what to do next is told" out_has "ssmt translate --model en-fr"
check "the entry of the registry is kept" grep -q '"architecture" : "base-memory"' "$models/en-fr/registry.json"
check "a file without a hash has its content" test "$(wc -c < "$models/en-fr/vocab.enfr.spm")" -eq 20000
run "$ssmt" models
check "it is listed as installed" out_has "^en-fr  *en-fr  *Marian  *0.2 MB  *-  *-  *comet22 0.8700, bleu 30.5 (flores200-plus)"
run "$ssmt" models --available --from "$at/plain/db/models.json"
check "and among the available" out_has "^en-fr  *tiny .* yes "
fetch plain
check "a second time it is there" out_has "is there already"
check "and nothing is fetched" asked 1 .
fetch newer
check "another version takes its place" test -f "$models/en-fr/model.v2.enfr.intgemm.alphas.bin"
check "nothing of the old one is left" test ! -e "$models/en-fr/$joined"
check "and nothing beside it" test "$(ls -A "$models")" = en-fr
fetch plain --architecture tiny
check "an architecture has a folder of its own" is_there "$models/en-fr-tiny"
fetch plain --architecture enormous
check "one that is not there is refused" err_has '"base-memory", "tiny", "base"'
fetch plain --to "$dir/here"
check "--to names the folder" is_there "$dir/here"
mkdir -p "$dir/mine"
echo mine > "$dir/mine/config.json"
fetch plain --to "$dir/mine"
check "what was not fetched is not overwritten" test "$status" -eq 1 -a "$(cat "$dir/mine/config.json")" = mine
gone
run python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) != 0)' "$ssmt" fetch en-fr --from "$at/plain/db/models.json"
check "on a terminal a bar shows how far it is" out_has "\[#*\] 100 %  0.1 of 0.1 MB"
gone
fetch away
check "the server may lead on to another place" is_tidy

run "$ssmt" fetch en-zh_hant --from "$at/plain/db/models.json"
check "files may come unpacked, vocabularies be two" test -f "$models/en-zh_hant/trgvocab.enzh_hant.spm"
check "what is not released is fetched with a note" err_has "Nightly"
run "$ssmt" fetch en-de --from "$at/plain/db/models.json"
if grep -q "built without libzstd" "$dir/err"; then
  skip "Zstandard is unpacked" "this ssmt was built without libzstd"
else
  check "Zstandard is unpacked" test "$(wc -c < "$models/en-de/model.ende.intgemm.alphas.bin")" -eq 120000
fi
ln -s linked "$dir/link"
run "$ssmt" fetch en-fr --from "$at/plain/db/models.json" --to "$dir/link/"
check "a link leads to the folder" is_there "$dir/linked"
run "$ssmt" fetch en-fr --from "$at/newer/db/models.json" --to "$dir/link"
check "and stays when that is replaced" test -h "$dir/link" -a -e "$dir/linked/model.v2.enfr.intgemm.alphas.bin"
run "$ssmt" fetch en-xx --from "$at/plain/db/models.json"
check "a pair that is not there is named" err_has '"en-xx"'

# --- connections -------------------------------------------------------------------------

gone
fetch cut
fetch cut
check "a connection that breaks off is taken up again" is_tidy
check "behind what has arrived" log_has "^206 .*bytes=[1-9]"
gone
fetch dated
fetch dated
check "by its date, where the file has no other mark" log_has "^206 .*bytes=[1-9]"
gone
fetch stuck
check "one that breaks off for good is an error" status_is 1
check "that names the file" err_has "$joined"
check "there is no model then" is_not_there
check "what has arrived is kept" test "$(wc -c < "$models/.en-fr.part/$joined.part")" -eq 30000
fetch plain
check "the same command goes on" is_tidy
check "from there" log_has "^206 .*$joined.gz bytes=30000-"
gone
fetch stuck
fetch no-range
check "a server that does not do ranges begins again" is_tidy
gone
fetch stuck
rm -f "$models/.en-fr.part/$joined.etag"
fetch plain
check "without a mark to compare nothing is put together" log_lacks "^206"
gone
fetch changing
check "a file that changes meanwhile is not put together" log_lacks "^206"
gone
fetch missing
check "a file that is missing is named" err_has "lex.50.50.enfr.s2t.bin.gz: the server answers 404"
check "the others are kept" test -f "$models/.en-fr.part/$joined"
fetch plain
check "and not fetched again" log_lacks "$joined"

gone
fetch absent
check "where nothing has arrived nothing is left" test "$status" -eq 1 -a -z "$(ls -A "$models")"

# --- wrong content ---------------------------------------------------------------------------

for fault in wrong-hash wrong-size wrong-packed not-packed; do
  gone
  fetch "$fault"
  check "$fault: it is an error" status_is 1
  check "$fault: that says so" err_has "thrown away"
  check "$fault: there is no model" is_not_there
  check "$fault: what is wrong is not kept" test -z "$(find "$models" -name '*.whole' -o -name '*.tmp')"
  fetch plain
  check "$fault: the right files come next" is_tidy
done

for fault in up absolute elsewhere hidden card escape long same size negative hash type base no-vocab status other many; do
  gone
  fetch "bad-$fault"
  check "a registry with \"$fault\" is refused" status_is 1
  check "\"$fault\": the file and the item are named" err_has "/bad-$fault/db/models.json: .*\(en-fr\|baseUrl\)"
  check "\"$fault\": no control characters are shown" sh -c "! grep -q '$(printf '\033')' '$dir/err'"
  check "\"$fault\": nothing is fetched" test ! -e "$models"
done
for fault in pair models deep html large; do
  fetch "bad-$fault"
  check "\"$fault\" is no registry" err_has "/bad-$fault/db/models.json: "
  check "\"$fault\": nothing is fetched" test ! -e "$models"
done
run "$ssmt" models --available --from "$at/bad-up/db/models.json"
check "what is wrong in a registry is told" err_has 'en-fr\[2\]: files: model: "path"'
check "the rest is listed" out_has "^en-de "

# --- HTTPS -------------------------------------------------------------------------------------

# trusting COMMAND...: with the server's certificate as the only one that counts.
certificates=/etc/ssl/certs/ca-certificates.crt
# shellcheck disable=SC2016
trusting () { unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$dir/crt" "$certificates" "$@"; }
if test -e "$dir/tls-port"; then
  gone
  tls="https://127.0.0.1:$(cat "$dir/tls-port")"
  run "$ssmt" fetch en-fr --from "$tls/plain/db/models.json"
  check "a server that nobody vouches for is refused" err_has "[Cc]ertificate"
  check "and nothing fetched" test ! -e "$models"
else
  skip "certificates" "no openssl"
fi
if test -e "$dir/tls-port" && trusting true 2> /dev/null; then
  run trusting "$ssmt" fetch en-fr --from "$tls/plain/db/models.json"
  check "over HTTPS a model is fetched" is_tidy
  gone
  run trusting "$ssmt" fetch en-fr --from "$tls/insecure/db/models.json"
  check "HTTPS does not lead on to HTTP" err_has "without HTTPS"
  run trusting "$ssmt" fetch en-fr --from "$tls/insecure-base/db/models.json"
  check "nor do a registry's files stand there" err_has '"baseUrl"'
  check "nothing is fetched so" test ! -e "$models"
else
  skip "HTTPS" "cannot make a certificate count"
fi

# --- two at once, and stopping ------------------------------------------------------------------

gone
rm -f "$dir/log"
"$ssmt" fetch en-fr --from "$at/slow/db/models.json" > "$dir/first" 2>&1 &
first=$!
sleep 0.5
run "$ssmt" fetch en-fr --from "$at/slow/db/models.json"
wait "$first"
check "of two processes the first fetches" test $? -eq 0
check "the second says that it waits" err_has "waiting"
check "and finds the model" out_has "is there already"
check "each file was fetched once" asked 3 "/models/en-fr/"
check "and nothing is left over" is_tidy

gone
rm -f "$dir/log"
"$ssmt" fetch en-fr --from "$at/slow/db/models.json" > "$dir/out" 2> "$dir/err" &
first=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  test -s "$models/.en-fr.part/$joined.part" && break
  sleep 0.1
done
kill -INT "$first"
wait "$first"
check "Ctrl-C ends it as shells expect" test $? -eq 130
check "with a word" err_has "stopped"
check "what has arrived is kept" test -s "$models/.en-fr.part/$joined.part"
check "there is no model" is_not_there
fetch plain
check "the same command goes on from there" log_has "^206 .*$joined"
check "to the end" is_tidy

# --- full disks -----------------------------------------------------------------------------------

gone
fetch_small () { (ulimit -f "$1" && exec "$ssmt" fetch en-fr --from "$at/plain/db/models.json"); }
run fetch_small 100
check "a file that cannot grow is an error" test "$status" -eq 1
check "that says so" err_has "the disk is full"
check "and what to do" err_has "make room"
fetch plain
check "with room the same command goes on" log_has "^206 .*$joined"
check "to the end, too" is_tidy

full="$dir/full"
mkdir "$full"
if mount -t tmpfs -o size=200k tmpfs "$full" 2> /dev/null; then
  mounted=$full
  models="$full/ssmtranslate/models"
  XDG_DATA_HOME=$full
  fetch plain
  check "a full disk is an error" err_has "the disk is full"
  check "without a model" is_not_there
  mount -o remount,size=4m "$full"
  fetch plain
  check "with room nothing is fetched twice" log_lacks "^200 .*$joined"
  check "and the model is whole" is_tidy
else
  skip "a full disk" "cannot mount a small one"
fi

finish
