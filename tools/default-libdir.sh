#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints "libdir=lib/TRIPLET" where Debian's libraries lie, nothing elsewhere. Meson knows of it only where dpkg-dev
# is installed, and takes lib64 else, which neither the linker nor pkg-config of Debian searches.
# Usage: default-libdir.sh [ROOT]
test -e "${1-}/etc/debian_version" || exit 0
# shellcheck disable=SC2086
triplet=$(${CC:-cc} -print-multiarch 2> /dev/null) || exit 0
test -n "$triplet" && test -d "${1-}/usr/lib/$triplet" || exit 0
echo "libdir=lib/$triplet"
