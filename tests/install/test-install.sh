#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where things get installed on Debian, and what the last step of an installation says of them.
# Usage: test-install.sh SSMT - TOOLS BUILD [TYPELIB]
. "$(dirname "$0")/../cli/tap.sh"
ssmt=$(realpath "$ssmt")
tools=$3
build=$4
typelib=${5:--}

# --- the default libdir ------------------------------------------------------------

cat > "$dir/cc" << 'END'
#!/bin/sh
echo s390x-linux-gnu
END
printf '#!/bin/sh\necho\n' > "$dir/cc-plain"
chmod +x "$dir/cc" "$dir/cc-plain"
root=$dir/root
mkdir -p "$root/etc" "$root/usr/lib/s390x-linux-gnu"
run env CC="$dir/cc" "$tools/default-libdir.sh" "$root"
check "no Debian: Meson's own libdir" test ! -s "$dir/out"
echo 12 > "$root/etc/debian_version"
run env CC="$dir/cc" "$tools/default-libdir.sh" "$root"
check "Debian: that of the compiler's architecture" out_has '^libdir=lib/s390x-linux-gnu$'
run env CC="$dir/cc-plain" "$tools/default-libdir.sh" "$root"
check "a compiler that has none" test ! -s "$dir/out"
run env CC=/nonexistent "$tools/default-libdir.sh" "$root"
check "no compiler" test "$status" -eq 0 -a ! -s "$dir/out"
rm -r "${root:?}/usr"
run env CC="$dir/cc" "$tools/default-libdir.sh" "$root"
check "no such folder" test ! -s "$dir/out"

# --- what is left to do ------------------------------------------------------------

# The build as if it were installed in a folder of which nobody knows, with a linker's cache that never knows it.
lib="$dir/a prefix/lib"
bin="$dir/a prefix/bin"
mkdir -p "$lib/gstreamer-1.0" "$lib/pkgconfig" "$lib/girepository-1.0" "$bin" "$dir/sbin" "$dir/meson-logs"
ln -s "$ssmt" "$bin/ssmt"
ln -s "$build"/engine/libssmt-1.0.so* "$lib"
cp "$build/gst/libgstssmtranslate.so" "$lib/gstreamer-1.0"
cp "$build/meson-private/ssmt-1.0.pc" "$lib/pkgconfig"
if test "$typelib" != -; then
  cp "$typelib" "$lib/girepository-1.0"
  typelib=$lib/girepository-1.0/Ssmt-1.0.typelib
fi
printf '#!/bin/sh\nexit 0\n' > "$dir/sbin/ldconfig"
chmod +x "$dir/sbin/ldconfig"
PATH=$dir/sbin:$PATH
unset GST_PLUGIN_PATH GI_TYPELIB_PATH LD_LIBRARY_PATH PKG_CONFIG_PATH GST_PLUGIN_SYSTEM_PATH

after_install () {
  run "$tools/after-install.sh" "$bin" "$lib" "$lib/gstreamer-1.0/libgstssmtranslate.so" "$typelib" "$dir"
}

after_install
check "it never makes an installation fail" status_is 0
for line in LD_LIBRARY_PATH GST_PLUGIN_PATH PKG_CONFIG_PATH PATH; do
  check "a line for $line" out_has "^  export $line=\"$dir/a prefix/"
done
if test "$(id -u)" -eq 0; then
  check "for root, a way without a line" out_has '-Dgst-plugin-dir=system'
fi
check "all of it is kept beside Meson's logs" cmp "$dir/out" "$dir/meson-logs/after-install.txt"
check "nothing is wrong with the element" test "$(grep -c -e 'cannot load' -e 'takes' "$dir/out")" -eq 0
eval "$(grep '^  export ' "$dir/out")"
after_install
check "in a shell with these lines all is found" out_has '^Installed, and found'
check "and there is nothing left to do" test "$(grep -c export "$dir/out")" -eq 0
check "programs find it, too" pkg-config --exists ssmt-1.0
mkdir "$dir/few"
for tool in sh cat cp dirname grep id mktemp readlink rm sed touch tr ldconfig pkg-config; do
  ln -s "$(command -v "$tool")" "$dir/few/$tool"
done
PATH_before=$PATH
PATH=$bin:$dir/few
after_install
PATH=$PATH_before
check "without gst-inspect-1.0 nothing is said to be found of the element" out_has '^Installed, and found: ssmt, the library[.]$'
check "and why" out_has "no gst-inspect-1.0"

echo rubbish > "$lib/gstreamer-1.0/libgstssmtranslate.so"
after_install
check "an element that cannot be loaded is said to be one" out_has "cannot load $lib/gstreamer-1.0"
check "and is no reason to fail" status_is 0

finish
