# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by build-packages.sh, in the repository root: fresh systems in folders, which go away again.
# MIRROR: where from; the one of this system where it is of the same distribution, else what debootstrap takes.
# ROOMS: folder for them, some 2 GB a suite (/var/tmp).
source=$PWD
rooms=$(mktemp -d "${ROOMS:-/var/tmp}/ssmt-rooms.XXXXXX")
# nothing is mounted there outside of enter's own namespace
trap 'rm -rf --one-file-system "$rooms"' EXIT
trap 'exit 1' INT TERM

say () { echo "$(basename "$0"): $*"; }

# The distribution of a suite.
vendor () {
  case $1 in
    bookworm | trixie | sid) echo debian ;;
    noble) echo ubuntu ;;
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
  debootstrap --variant=minbase --components="$components" "$1" "$rooms/base" "$mirror" "$script" > "$rooms/log" 2>&1 \
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

test "$(id -u)" -eq 0 || { say "needs root, for chroot"; exit 1; }
command -v debootstrap > /dev/null || { say "needs debootstrap: apt-get install debootstrap"; exit 1; }
