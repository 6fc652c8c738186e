#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the Debian packages in a fresh chroot, installs them in another and runs there, as an ordinary user, what
# debian/tests has. The packages come into build/packages/SUITE. Needs root, debootstrap and the keys of the
# distribution (ubuntu-keyring).
# Usage: tools/build-packages.sh [bookworm|trixie|noble|resolute]...    (bookworm)
# MIRROR: where from; the one of this system where it is of the same distribution, else what debootstrap takes.
# ROOMS: folder for the chroots, some 2 GB a suite, which go away again (/var/tmp).
set -eu
cd "$(dirname "$0")/.."
source=$PWD
rooms=$(mktemp -d "${ROOMS:-/var/tmp}/ssmt-packages.XXXXXX")
# nothing is mounted there outside of enter's own namespace
trap 'rm -rf --one-file-system "$rooms"' EXIT
trap 'exit 1' INT TERM

say () { echo "build-packages.sh: $*"; }

# The distribution of a suite.
vendor () {
  case $1 in
    bookworm | trixie | sid) echo debian ;;
    noble | resolute) echo ubuntu ;;
    *) say "\"$1\" is no suite that this knows" >&2; return 1 ;;
  esac
}

# The mirror of this system, where that is of the distribution.
host_mirror () {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2> /dev/null \
    | sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' \
    | grep -m 1 -e "/$1/*\$" || true
}

# enter ROOM COMMAND...: with /proc, and nothing that stays.
enter () {
  room=$1
  shift
  unshare --mount --pid --fork --kill-child --mount-proc="$room/proc" \
    chroot "$room" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} "$@"
}

install_in () {
  room=$1
  shift
  enter "$room" apt-get install -q -y --no-install-recommends "$@"
}

# make_base SUITE: a fresh system in $rooms/base.
make_base () {
  distribution=$(vendor "$1")
  mirror=${MIRROR:-$(host_mirror "$distribution")}
  components=main
  script=sid
  if test "$distribution" = ubuntu; then
    components=main,universe
    script=gutsy                # that of all later ones, also of those that an older debootstrap does not know
  fi
  say "$1: a fresh system"
  debootstrap --force-check-gpg --variant=minbase --components="$components" "$1" "$rooms/base" "$mirror" "$script" > "$rooms/log" 2>&1 \
    || { tail -n 20 "$rooms/log"; return 1; }
  # these systems do not outlive the machine
  echo force-unsafe-io > "$rooms/base/etc/dpkg/dpkg.cfg.d/unsafe-io"
  enter "$rooms/base" apt-get clean
  enter "$rooms/base" useradd -m somebody
}

# copy_sources ROOM: what git knows, or the whole tree where there is no git.
copy_sources () {
  mkdir -p "$1/home/somebody/ssmtranslate"
  if git -C "$source" rev-parse > /dev/null 2>&1; then
    git -C "$source" ls-files -z | tar -c -C "$source" --null -T -
  else
    tar -c -C "$source" --exclude='./build*' .
  fi | tar -x -C "$1/home/somebody/ssmtranslate"
  test -e "$1/home/somebody/ssmtranslate/debian/rules"
  enter "$1" chown -R somebody: /home/somebody
}

as_somebody () {
  room=$1
  shift
  enter "$room" runuser -u somebody -- env HOME=/home/somebody sh -e -c "cd ~/ssmtranslate; $*"
}

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
  # one changelog for all systems
  as_somebody "$rooms/workshop" 'lintian --fail-on error --suppress-tags bad-distribution-in-changes-file ../*.changes'
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

test "$(id -u)" -eq 0 || { say "needs root, for chroot"; exit 1; }
command -v debootstrap > /dev/null || { say "needs debootstrap: apt-get install debootstrap"; exit 1; }
test $# -gt 0 || set -- bookworm
for suite; do
  make_base "$suite"
  build_packages "$suite"
  try_packages "$suite"
  rm -rf --one-file-system "${rooms:?}/base" "${rooms:?}/workshop" "${rooms:?}/home"
  say "$suite: done, in build/packages/$suite"
done
