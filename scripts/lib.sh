# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
# shellcheck shell=bash
#
# What the shell scripts here share: where things are, how to fail, how to
# put a dynamically linked program with its libraries into an image's root.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${PARAVANE_BUILD:-$top/build}
images=${PARAVANE_IMAGES:-$build/images}
pkg=${PARAVANE_PKG:-$build/pkg}
PATH=$PATH:/usr/sbin:/sbin

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# copy_program ROOT FILE [PATH-IN-ROOT]: the file and every library it needs.
# Libraries that only the unpacked packages have are found there.
copy_program() {
    local root=$1 file=$2 to=${3:-$2} lib needs
    [ -e "$file" ] || die "$file is missing"
    install -D -m 755 "$file" "$root$to"
    if [ "$(head -c4 "$file" | tail -c3 | tr -d '\0')" != ELF ]; then
        return 0
    fi
    # A static program makes ldd fail; that is fine.
    needs=$(LD_LIBRARY_PATH=$pkg/xen/usr/lib/x86_64-linux-gnu \
        ldd "$file" 2> /dev/null) || return 0
    case $needs in
    *'not found'*) die "$file needs libraries that are not there: $needs" ;;
    esac
    for lib in $(echo "$needs" | grep -o '/[^ )]*'); do
        copy_library "$root" "$lib"
    done
}

copy_library() {
    local root=$1 lib=$2 to
    case ${lib##*/} in
    ld-linux-x86-64.so.2) to=/lib64/ld-linux-x86-64.so.2 ;;
    *) to=/lib/${lib##*/} ;;
    esac
    [ -e "$root$to" ] || install -D -m 755 "$(readlink -f "$lib")" "$root$to"
}

# pack_cpio ROOT FILE: an initramfs, the same bytes for the same content.
# Uncompressed: unpacking costs the guest more than reading.
pack_cpio() {
    find "$1" -exec touch -h -d @1700000000 {} +
    (cd "$1" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
        cpio --null --quiet -o -H newc -R 0:0 --reproducible) > "$2.new"
    mv "$2.new" "$2"
}
