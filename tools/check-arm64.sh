#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds everything for ARM64 in a fresh chroot of Debian 12, by its cross compiler, and runs under qemu there:
# tests of library and element, and a translation, which must be the one that this machine writes (kernels: checkasm-arm of check.sh).
# Needs root and debootstrap.
# Usage: tools/check-arm64.sh [TEST...]     (those named in `tests` below)
# MIRROR, ROOMS: see rooms.sh.
set -eu
cd "$(dirname "$0")/.."
. ./tools/rooms.sh

tests=${*:-"layers tokenizer weights stream stream-text search text score guarded lines element-flow element-bin element-caps markup cue subtitle-formats"}
make_base bookworm
mv "$rooms/base" "$rooms/workshop"
copy_sources "$rooms/workshop"
say "the cross compiler, and libraries for ARM64"
enter "$rooms/workshop" sh -e -c '
  dpkg --add-architecture arm64
  apt-get update -q
  . ~somebody/ssmtranslate/tools/debian.sh
  libraries=
  for package in $build_packages; do
    case $package in lib*-dev) libraries="$libraries $package:arm64" ;; esac
  done
  apt-get install -q -y --no-install-recommends crossbuild-essential-arm64 meson ninja-build pkg-config python3 qemu-user \
    gcc g++ libc6-dev $libraries' > "$rooms/log" 2>&1 || { tail -n 30 "$rooms/log"; exit 1; }
cat > "$rooms/workshop/home/somebody/arm64.ini" << 'END'
[binaries]
c = 'aarch64-linux-gnu-gcc'
cpp = 'aarch64-linux-gnu-g++'
ar = 'aarch64-linux-gnu-ar'
nm = 'aarch64-linux-gnu-nm'
strip = 'aarch64-linux-gnu-strip'
pkg-config = 'aarch64-linux-gnu-pkg-config'
exe_wrapper = 'qemu-aarch64'

[properties]
needs_exe_wrapper = true

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END
say "building"
as_somebody "$rooms/workshop" 'meson setup --cross-file ../arm64.ini -Dcuda=disabled -Dintrospection=disabled build \
  && ninja -C build' > "$rooms/log" 2>&1 || { tail -n 60 "$rooms/log"; exit 1; }
say "tests: $tests"
as_somebody "$rooms/workshop" "meson test -C build --no-rebuild --timeout-multiplier 20 --print-errorlogs $tests"
say "a translation"
as_somebody "$rooms/workshop" 'grep -v -e "-->" -e "^[0-9]*$" pipelines/samples/talk.en.srt | head -n 20 \
  | SSMT_MODEL_PATH=$PWD/models/en-pt qemu-aarch64 build/engine/cli/ssmt translate' | tee "$rooms/arm64.txt"
if test -x build/engine/cli/ssmt; then
  grep -v -e '-->' -e '^[0-9]*$' pipelines/samples/talk.en.srt | head -n 20 \
    | SSMT_MODEL_PATH=$PWD/models/en-pt build/engine/cli/ssmt translate | diff - "$rooms/arm64.txt"
  say "it is the one that this machine writes"
fi
