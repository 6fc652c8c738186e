# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by demo.sh and check.sh, in the repository root: packages and build.
# The names are Debian 12's.

# To build everything and to run the demo.
build_packages="
  gcc g++ meson ninja-build pkg-config
  libglib2.0-dev libpcre2-dev libjson-glib-dev libsentencepiece-dev libicu-dev
  libyaml-dev libzip-dev libzstd-dev libcld2-dev libsoup-3.0-dev glib-networking
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base"

# Only for tests: bindings, launch lines with muxers and overlays, leak checks,
# kernels for ARM, models of others and how they come packed.
test_packages="
  gobject-introspection libgirepository1.0-dev gir1.2-gstreamer-1.0 python3-gi gjs
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-x
  gstreamer1.0-plugins-ugly gstreamer1.0-pocketsphinx pocketsphinx-en-us
  pocketsphinx-testdata
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
  python3-pip zstd openssl
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
  $as_root apt-get update -q \
    && $as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends $missing
}

# build TARGET...: configures once, then builds what is out of date; without
# targets everything.
build () {
  if test -f build/build.ninja; then
    ninja -C build --quiet "$@"
  else
    meson setup build && ninja -C build "$@"
  fi
}
