#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the Debian packages in a fresh chroot, installs them in another and runs there, as an ordinary user, what
# debian/tests has. The packages come into build/packages/SUITE. Needs root and debootstrap.
# Usage: tools/build-packages.sh [bookworm|trixie|noble]...    (bookworm)
# MIRROR, ROOMS: see rooms.sh.
set -eu
cd "$(dirname "$0")/.."
. ./tools/rooms.sh

build_packages () {
  cp -a "$rooms/base" "$rooms/workshop"
  copy_sources "$rooms/workshop"
  say "$1: what the build needs"
  install_in "$rooms/workshop" build-essential fakeroot lintian > "$rooms/log" 2>&1 \
    && enter "$rooms/workshop" apt-get build-dep -q -y --no-install-recommends /home/somebody/ssmtranslate > "$rooms/log" 2>&1 \
    || { tail -n 20 "$rooms/log"; return 1; }
  say "$1: the packages"
  as_somebody "$rooms/workshop" 'dpkg-buildpackage -b -us -uc' > "$rooms/log" 2>&1 \
    || { tail -n 60 "$rooms/log"; return 1; }
  grep -e 'dpkg-gensymbols: warning' -e 'dpkg-shlibdeps: warning' -e 'dh_missing: warning' "$rooms/log" || true
  out=$source/build/packages/$1
  rm -rf "$out"
  mkdir -p "$out"
  cp "$rooms/log" "$out/build.log"
  cp "$rooms/workshop/home/somebody/"*.deb "$rooms/workshop/home/somebody/"*.buildinfo \
    "$rooms/workshop/home/somebody/"*.changes "$out"
  say "$1: lintian"
  as_somebody "$rooms/workshop" 'lintian --fail-on error ../*.changes'
}

# try_packages SUITE: in a system that has seen nothing of the build.
try_packages () {
  cp -a "$rooms/base" "$rooms/home"
  copy_sources "$rooms/home"
  mkdir "$rooms/home/packages"
  cp "$source/build/packages/$1"/*.deb "$rooms/home/packages"
  rm -f "$rooms/home/packages"/*-dbgsym_*
  for test in runtime development cookbook; do
    say "$1: installed for $test"
    needs=$(sed -n "/^Tests: $test\$/,/^\$/s/^ \([^,]*\),\$/\1/p" debian/tests/control)
    files=
    others=
    for package in $needs; do
      file=$(cd "$rooms/home" && echo packages/"${package}"_*.deb)
      if test -e "$rooms/home/$file"; then files="$files /$file"; else others="$others $package"; fi
    done
    # what these need of one another
    enter "$rooms/home" sh -e -c 'cd /packages; apt-get install -q -y --no-install-recommends apt-utils; \
      apt-ftparchive packages . > Packages; echo "deb [trusted=yes] file:/packages ./" > /etc/apt/sources.list.d/packages.list; \
      apt-get update -q' > "$rooms/log" 2>&1 || { tail -n 20 "$rooms/log"; return 1; }
    # shellcheck disable=SC2086
    install_in "$rooms/home" $others $files > "$rooms/log" 2>&1 || { tail -n 20 "$rooms/log"; return 1; }
    as_somebody "$rooms/home" "debian/tests/$test"
  done
  say "$1: nothing stays when they are removed"
  enter "$rooms/home" sh -e -c "apt-get purge -q -y '*ssmt*'" > "$rooms/log" 2>&1 || { tail -n 20 "$rooms/log"; return 1; }
  left=$(enter "$rooms/home" find /usr /etc /var/lib/dpkg/info -name '*ssmt*')
  test -z "$left" || { echo "$left"; return 1; }
}

test $# -gt 0 || set -- bookworm
for suite; do
  make_base "$suite"
  build_packages "$suite"
  try_packages "$suite"
  rm -rf --one-file-system "${rooms:?}/base" "${rooms:?}/workshop" "${rooms:?}/home"
  say "$suite: done, in build/packages/$suite"
done
