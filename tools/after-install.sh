#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The last step of `ninja install`: looks whether programs find what was installed, and prints the lines
# that are missing for that. Changes nothing but the linker's cache, where it may.
# Usage: after-install.sh BINDIR LIBDIR PLUGIN|- TYPELIB|- BUILDDIR
set -u
bindir=$1
libdir=$2
plugin=$3
typelib=$4
builddir=$5
soname=libssmt-1.0.so.0
PATH=$PATH:/usr/sbin:/sbin
scratch=$(mktemp -d) || exit 0
trap 'rm -rf "$scratch"' EXIT
# Not the user's own registry.
export GST_REGISTRY="$scratch/registry" GST_REGISTRY_FORK=no

has () { command -v "$1" > /dev/null 2>&1; }

# first_in VARIABLE FOLDER: sets it for this process and notes the line that does so for the user's shell.
first_in () {
  echo "  export $1=\"$2\${$1:+:\$$1}\"" >> "$scratch/lines"
  eval "export $1=\"\$2\${$1:+:\$$1}\""
}

finds_library () { ldconfig -p | grep -F "$soname (" | grep -q -F "=> $libdir/"; }

look_for_library () {
  test -e "$libdir/$soname" && has ldconfig || return 0
  if test "$(id -u)" -eq 0; then
    ldconfig 2> /dev/null
  fi
  case :${LD_LIBRARY_PATH-}: in *:"$libdir":*) return ;; esac
  finds_library && return
  if ldconfig -v -N -X 2> /dev/null | grep -q -e "^$libdir:" -e "^$libdir "; then
    echo "  sudo ldconfig" >> "$scratch/lines"
    export LD_LIBRARY_PATH="$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  else
    first_in LD_LIBRARY_PATH "$libdir"
  fi
}

# Which file GStreamer takes the element from.
taken_plugin () { gst-inspect-1.0 ssmtranslate 2> /dev/null | sed -n 's/^  Filename  *//p'; }

look_for_plugin () {
  test "$plugin" != - || return 0
  if ! has gst-inspect-1.0; then
    echo "There is no gst-inspect-1.0 that could look for the element, $plugin." >> "$scratch/faults"
    return
  fi
  found="$found, the element"
  test "$(taken_plugin)" -ef "$plugin" && return
  first_in GST_PLUGIN_PATH "$(dirname "$plugin")"
  rm -f "$GST_REGISTRY"
  taken=$(taken_plugin)
  if test -z "$taken"; then
    echo "gst-inspect-1.0 cannot load $plugin:" >> "$scratch/faults"
    GST_DEBUG=GST_PLUGIN_LOADING:2 gst-inspect-1.0 "$plugin" >> "$scratch/faults" 2>&1
  elif ! test "$taken" -ef "$plugin"; then
    echo "GStreamer takes the element from $taken, not from $plugin." >> "$scratch/faults"
  fi
  system="-Dgst-plugin-dir=system"
}

imports () { python3 -c "import gi; gi.require_version ('Ssmt', '1.0')" 2> /dev/null; }

look_for_typelib () {
  test "$typelib" != - && python3 -c 'import gi' 2> /dev/null || return 0
  imports && return
  first_in GI_TYPELIB_PATH "$(dirname "$typelib")"
  system="${system:+$system }-Dtypelib-dir=system"
  imports || echo "Python's gi does not load $typelib." >> "$scratch/faults"
}

look_for_pkgconfig () {
  has pkg-config || return 0
  # it writes a space with a backslash before it
  test "$(pkg-config --variable=pcfiledir ssmt-1.0 2> /dev/null | tr -d '\\')" = "$libdir/pkgconfig" && return
  first_in PKG_CONFIG_PATH "$libdir/pkgconfig"
}

look_for_program () {
  test "$(command -v ssmt)" = "$bindir/ssmt" || first_in PATH "$bindir"
}

say () {
  echo
  if test -s "$scratch/lines"; then
    echo "Installed, but not all of it is found yet. What is missing, in this shell or in ~/.profile:"
    cat "$scratch/lines"
    # only root can write there
    test -z "$system" || test "$(id -u)" -ne 0 || echo "Or once for all programs, where the system looks by itself:
  meson configure $system \"$builddir\" && ${SUDO_USER:+sudo }ninja -C \"$builddir\" install"
  else
    echo "Installed, and found: $found."
  fi
  cat "$scratch/faults"
}

# Meson before 1.1 keeps what a script prints to itself; Meson's own output, where it is no file, is that of ninja.
show () {
  meson_output=/proc/$PPID/fd/1
  if test "$(readlink "/proc/$$/fd/1")" != "$(readlink "$meson_output")" \
      && { test -c "$meson_output" || test -p "$meson_output"; }; then
    cat "$scratch/notes" > "$meson_output" && return
  fi
  cat "$scratch/notes"
}

found="ssmt, the library"
system=
touch "$scratch/lines" "$scratch/faults"
look_for_library
look_for_plugin
look_for_typelib
look_for_pkgconfig
look_for_program
say > "$scratch/notes"
cp "$scratch/notes" "$builddir/meson-logs/after-install.txt" 2> /dev/null
show
exit 0
