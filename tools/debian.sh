# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by demo.sh and check.sh, in the repository root: packages and build.
# The names are those of Debian 12 and 13. libsentencepiece-dev needs libprotobuf-dev and, in 13, does not say so.

# To build everything and to run the demo.
build_packages="
  gcc g++ meson ninja-build pkg-config
  libglib2.0-dev libpcre2-dev libjson-glib-dev libsentencepiece-dev libprotobuf-dev libicu-dev
  libyaml-dev libzip-dev libzstd-dev libcld2-dev libsoup-3.0-dev glib-networking
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libavformat-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base"

# Only for tests: bindings, launch lines with muxers and overlays, leak checks,
# kernels for ARM, models of others and how they come packed, a page, speech, metrics,
# many hosts, workers and their store.
test_packages="
  gobject-introspection libgirepository1.0-dev gir1.2-gstreamer-1.0 python3-gi gjs
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-x
  gstreamer1.0-plugins-ugly gstreamer1.0-pocketsphinx pocketsphinx-en-us
  pocketsphinx-testdata
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
  python3-pip zstd openssl valac appstream groff-base gi-docgen
  chromium espeak-ng python3-prometheus-client python3-yaml
  redis-server python3-redis iproute2
  python3-distributed python3-fsspec
  fonts-dejavu-core valgrind"

# Only for tests/fuzz/run.sh.
fuzz_packages="clang llvm"

# missing_packages NAME...: prints those that are not installed.
missing_packages () {
  installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" \
    2> /dev/null | sed -n 's/^ii //p') || true
  for package; do
    echo "$installed" | grep -q -x -F -e "$package" || echo "$package"
  done
}

# need_packages NAME...: installs those that are not there, naming them first.
need_packages () {
  if ! command -v dpkg-query > /dev/null; then
    echo "This is not Debian: please see to it that these are there yourself:" "$@"
    return
  fi
  missing=$(missing_packages "$@")
  test -n "$missing" || return 0

  echo "These packages are missing and get installed now:"
  echo "$missing" | sed 's/^/  /'
  missing=$(echo "$missing" | tr '\n' ' ')
  if test "$(id -u)" -eq 0; then
    as_root=
  elif command -v sudo > /dev/null; then
    as_root=sudo
  else
    echo "You are not root and there is no sudo.  Please run as root:" >&2
    echo "  apt-get update && apt-get install $missing" >&2
    return 1
  fi
  # shellcheck disable=SC2086
  with_progress "packages" apt_done build/packages.log $as_root apt-get update -q \
    && with_progress "packages" apt_done build/packages.log \
      $as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends $missing
}

# What takes long writes a log, and a line on the terminal every few seconds.

# apt_done LOG, setup_done LOG, ninja_done LOG: how far it has come.
apt_done () {
  total=$(grep -c '^Get:' "$1") || true
  unpacked=$(grep -c '^Unpacking ' "$1") || true
  set_up=$(grep -c '^Setting up ' "$1") || true
  echo "$total fetched, $unpacked unpacked, $set_up set up"
}
setup_done () { tail -n 1 "$1" | cut -c 1-70; }
ninja_done () {
  sed -n 's/^\[\([0-9]*\)\/\([0-9]*\)\].*/\1 of \2 steps/p' "$1" | tail -n 1
}

# with_progress WHAT HOW-FAR LOG COMMAND...: where it fails, the end of its log is shown.
with_progress () {
  what=$1
  how_far=$2
  log=$3
  shift 3
  mkdir -p "$(dirname "$log")"
  "$@" > "$log" 2>&1 &
  running=$!
  # shellcheck disable=SC2064
  trap "kill $running 2> /dev/null; exit 130" INT TERM
  ticks=0
  while kill -0 "$running" 2> /dev/null; do
    sleep 1
    ticks=$((ticks + 1))
    test $((ticks % 5)) -ne 0 || echo "  $what: $("$how_far" "$log")"
  done
  trap - INT TERM
  wait "$running" && return 0
  tail -n 30 "$log" >&2
  echo "$what: failed; all of it is in $log" >&2
  return 1
}

# build TARGET...: configures once, then builds what is out of date; without
# targets everything.
build () {
  mkdir -p build
  test -f build/build.ninja || with_progress "configuring" setup_done build/setup.log meson setup build || return 1
  with_progress "building" ninja_done build/build.log ninja -C build "$@"
}
