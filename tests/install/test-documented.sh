#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every command and every option that --help prints is in the manual page and gets completed, and nothing else is.
# Usage: test-documented.sh SSMT - MAN-PAGE COMPLETION
. "$(dirname "$0")/../cli/tap.sh"
page=$3
ssmt=$(realpath "$ssmt")
. "$4"

same () {
  if test -n "$2" && test "$2" = "$3"; then check "$1" true
  else check "$1" false; diff <(echo "$2") <(echo "$3") | sed 's/^/# /'; fi
}
# complete_words WORD...: what Tab offers for the last one.
complete_words () {
  COMP_WORDS=(ssmt "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _ssmt "$ssmt" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  printf '%s\n' "${COMPREPLY[@]}" | sort
}
# section COMMAND: of the manual page, without the escapes of roff.
section () {
  sed -n "/^[.]SS \"ssmt $1\"\$/,/^[.]S[SH] /p" "$page" | sed '$d' | sed -e 's/\\f[BIPR]//g' -e 's/\\-/-/g'
}
# "-x --name=VALUE" of each option, from lines that begin with it
options () { sed -n 's/^\(-\(.\), \)\{0,1\}--\([a-z-]*\)\(=[A-Z]*\)\{0,1\}.*/-\2 --\3\4/p' | sort; }

commands=$("$ssmt" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
same "the manual page has the commands" "$commands" "$(sed -n 's/^[.]SS "ssmt \([a-z]*\)"$/\1/p' "$page")"
same "the commands get completed" "$(printf '%s\n' $commands --help --version | sort)" "$(complete_words '')"
for command in $commands; do
  help=$("$ssmt" "$command" --help | sed -n 's/^  \(-.*\)/\1/p')
  same "$command: the manual page has the options" "$(echo "$help" | grep -v -e '^-h, --help' | options)" \
    "$(section "$command" | options)"
  same "$command: the options get completed" "$(echo "$help" | options | sed -e 's/^[^ ]* //' -e 's/=.*/=/' | sort)" \
    "$(complete_words "$command" -)"
done

# --- values ---------------------------------------------------------------------------

export SSMT_MODEL_PATH=$model XDG_DATA_DIRS=$dir XDG_DATA_HOME=$dir HOME=$dir
installed=$(basename "$model")
cd "$dir" || exit 1
mkdir "$dir/folder"
touch "$dir/file.txt"
same "a command by its beginning" translate "$(complete_words tr)"
same "models that are installed" "$installed" "$(complete_words translate -m "${installed:0:3}")"
same "with an equals sign, too" "$installed" "$(complete_words translate --model = "${installed:0:3}")"
same "folders of models" folder "$(complete_words translate --model fo)"
same "files of examples" file.txt "$(complete_words translate --prime = fi)"
same "a word of a few" "$(printf 'cpu\ncuda')" "$(complete_words bench --device c)"
same "--from of translate" auto "$(complete_words translate --from '')"
same "--from of align" "$(printf 'attention\nhidden')" "$(complete_words align --from = '')"
same "shapes" paper-mamba2 "$(complete_words inspect -s paper-mamba2)"
same "files without an option" file.txt "$(complete_words inspect fi)"
same "nothing after an option's number" '-' "-$(complete_words bench --seconds '')"
finish
