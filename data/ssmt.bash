# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion of ssmt. Commands and options are those that --help prints.

# _ssmt_options HELP: "--name" of each option, "--name=" where it takes a value.
_ssmt_options () {
  sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p' <<< "$1"
}

# _ssmt_line HELP OPTION: the line of an option, long or short.
_ssmt_line () {
  grep -m 1 -e "^  $2[,= ]" -e "^  -., $2[= ]" <<< "$1"
}

_ssmt_models () {
  "$1" models 2> /dev/null | sed -e 1d -e 's/ .*//'
}

# _ssmt_values PROGRAM COMMAND LINE: what may follow the option of that line; "@files" or "@folders" for those.
_ssmt_values () {
  case $2:$3 in
    *--model=*) _ssmt_models "$1"; echo @folders ;;
    *--device=*) echo auto cpu cuda ;;
    *--dtype=*) echo f32 f16 bf16 i8 q4 ;;
    *--context=*) echo none document ;;
    *--other-languages=*) echo pass translate ;;
    *--quotes=*) echo source target ;;
    *--policy=*) echo final local-agreement align-att again ;;
    *--architecture=*) echo tiny base base-memory ;;
    *--shape=*) "$1" "$2" --help | sed -n '/^Shapes:/,/^$/s/^  \([^ ]*\) .*/\1/p' ;;
    align:*--from=*) echo attention hidden ;;
    translate:*--from=*) echo auto ;;
    *=FILE*) echo @files ;;
    *=DIR* | *=FOLDER* | *=PREFIX*) echo @folders ;;
  esac
}

_ssmt_complete () {
  local word
  COMPREPLY=()
  for word in $2; do
    case $word in
      @files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$1"); compopt -o filenames 2> /dev/null ;;
      @folders) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$1"); compopt -o filenames 2> /dev/null ;;
      "$1"*) COMPREPLY+=("$word") ;;
    esac
  done
  test "${#COMPREPLY[@]}" -eq 1 && [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2> /dev/null
  return 0
}

_ssmt () {
  local program=$1 current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} help line

  if test "$COMP_CWORD" -eq 1; then
    _ssmt_complete "$current" "--help --version $("$program" --help 2> /dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')"
    return
  fi
  # bash takes "--model=x" as three words
  if test "$current" = =; then
    current=
  elif test "$before" = =; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  help=$("$program" "$command" --help 2> /dev/null) || return 0
  line=
  [[ $before == -* ]] && line=$(_ssmt_line "$help" "$before")
  if [[ $line == *--*=* ]]; then
    _ssmt_complete "$current" "$(_ssmt_values "$program" "$command" "$line")"
  elif [[ $current == -* ]]; then
    _ssmt_complete "$current" "$(_ssmt_options "$help")"
  else
    case $command in
      fetch | models) COMPREPLY=() ;;
      *) _ssmt_complete "$current" @files ;;
    esac
  fi
}

complete -F _ssmt ssmt
