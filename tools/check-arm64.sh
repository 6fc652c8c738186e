#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds everything for ARM64 by the cross compiler, against Debian 12's libraries in build-arm64/root, and runs under qemu:
# tests of library and element, and a translation, which must be the one that this machine writes (kernels: checkasm-arm of check.sh).
# Needs mmdebstrap, gcc-aarch64-linux-gnu, g++-aarch64-linux-gnu, qemu-user, meson, ninja-build and pkg-config.
# Usage: tools/check-arm64.sh [TEST...]     (those named in `tests` below)
# MIRROR: where from; the one of this system where it has one of Debian's, else Debian's own.
set -eu
cd "$(dirname "$0")/.."
. ./tools/debian.sh

say () { echo "check-arm64.sh: $*"; }

tests=${*:-"layers tokenizer weights stream stream-text search text guarded element-flow element-bin element-caps markup cue subtitle-formats"}
work=$PWD/build-arm64
root=$work/root
mkdir -p "$work"

if ! test -e "$work/has-root"; then
  say "libraries"
  rm -rf "$root"
  mirror=${MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2> /dev/null \
    | sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' \
    | grep -m 1 -e '/debian/*$' || true)}
  libraries=libc6-dev,libstdc++-12-dev
  for package in $build_packages; do
    case $package in lib*-dev) libraries=$libraries,$package ;; esac
  done
  # shellcheck disable=SC2086
  mmdebstrap --variant=extract --arch=arm64 --include="$libraries" bookworm "$root" $mirror > "$work/root.log" 2>&1 \
    || { tail -n 20 "$work/root.log"; exit 1; }
  # what points to / points into it
  find "$root" -type l -lname '/*' | while IFS= read -r link; do
    ln -sfn "$root$(readlink "$link")" "$link"
  done
  touch "$work/has-root"
fi
cat > "$work/arm64.ini" << END
[binaries]
c = ['aarch64-linux-gnu-gcc', '--sysroot=$root']
cpp = ['aarch64-linux-gnu-g++', '--sysroot=$root']
ar = 'aarch64-linux-gnu-ar'
nm = 'aarch64-linux-gnu-nm'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
pkg-config = 'pkg-config'
exe_wrapper = ['qemu-aarch64', '-L', '$root']

[properties]
needs_exe_wrapper = true
sys_root = '$root'
pkg_config_libdir = ['$root/usr/lib/aarch64-linux-gnu/pkgconfig', '$root/usr/share/pkgconfig']

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END
say "building"
{ test -e "$work/build/build.ninja" \
  || meson setup --cross-file "$work/arm64.ini" -Dcuda=disabled -Dintrospection=disabled "$work/build"; } \
  > "$work/setup.log" 2>&1 || { tail -n 20 "$work/setup.log"; exit 1; }
ninja -C "$work/build" > "$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
# The program that scans plugins would be one of this machine: a first program scans by itself, for those tests that have the element in them.
export GST_REGISTRY_FORK=no GST_PLUGIN_SYSTEM_PATH_1_0="$root/usr/lib/aarch64-linux-gnu/gstreamer-1.0"
GST_PLUGIN_PATH="$work/build/gst" GST_REGISTRY="$work/build/tests/gst/registry.bin" \
  qemu-aarch64 -L "$root" "$work/build/gst/subtitle/ssmt-subtitle" --help > "$work/help.txt"
say "tests: $tests"
# shellcheck disable=SC2086
meson test -C "$work/build" --no-rebuild --timeout-multiplier 20 --print-errorlogs $tests
say "a translation"
lines () { grep -v -e '-->' -e '^[0-9]*$' pipelines/samples/talk.en.srt | head -n 20; }
export SSMT_MODEL_PATH="$PWD/models/en-pt"
lines | qemu-aarch64 -L "$root" "$work/build/engine/cli/ssmt" translate | tee "$work/talk.pt.txt"
if test -x build/engine/cli/ssmt; then
  lines | build/engine/cli/ssmt translate | diff - "$work/talk.pt.txt"
  say "it is the one that this machine writes"
fi
