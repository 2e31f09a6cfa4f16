# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Kernel files that must not be booted, made from the tests' own.

Each entry: a name, what spoils a good file, and what Paravane says then, in
one line (hypervisor/image/). Xen has its own words, and boots some of them.

Then files that are as good with other notes: without those that are optional,
and with two that move things.

Differs from Xen 4.17: a kernel without Xen notes, for another processor, or with
a hypercall page outside its segments is refused before it runs
(image_no_notes).
"""

import re
import struct

PT_LOAD, PT_NOTE = 1, 4
ENTRY, HYPERCALL_PAGE, VIRT_BASE, PADDR_OFFSET = 1, 2, 3, 4
XEN_VERSION, GUEST_OS, GUEST_VERSION, LOADER, PAE_MODE, FEATURES = range(5, 11)
L1_MFN_VALID, SUSPEND_CANCEL, INIT_P2M, MOD_START_PFN = 13, 14, 15, 16
SUPPORTED_FEATURES = 17


class Elf:
    """A 64-bit ELF file in memory, as far as it is spoiled here."""

    def __init__(self, data):
        self.data = bytearray(data)

    def put(self, offset, fmt, value):
        """Stores one value."""
        struct.pack_into("<" + fmt, self.data, offset, value)

    def get(self, offset, fmt):
        """Reads one value."""
        return struct.unpack_from("<" + fmt, self.data, offset)[0]

    def headers(self, kind):
        """Offsets of the program headers of one kind."""
        first, size = self.get(32, "Q"), self.get(54, "H")
        return [first + i * size for i in range(self.get(56, "H"))
                if self.get(first + i * size, "I") == kind]

    def note(self, kind):
        """The offset of a Xen note's value."""
        for header in self.headers(PT_NOTE):
            at = self.get(header + 8, "Q")
            end = at + self.get(header + 32, "Q")
            while at + 12 <= end:
                namesz, descsz, found = struct.unpack_from(
                    "<III", self.data, at)
                name = self.data[at + 12:at + 12 + namesz]
                value = at + 12 + (namesz + 3 & ~3)
                if name == b"Xen\0" and found == kind:
                    return value
                at = value + (descsz + 3 & ~3)
        raise ValueError(f"no note {kind}")


def _load(elf, field, value):
    elf.put(elf.headers(PT_LOAD)[-1] + field, "Q", value)


def _no_notes(elf):
    for header in elf.headers(PT_NOTE):
        elf.put(header, "I", 0)


def _cut(elf):
    del elf.data[elf.get(elf.headers(PT_LOAD)[-1] + 8, "Q") + 64:]


def _without(*kinds):
    def change(elf):
        for kind in kinds:
            elf.put(elf.note(kind) - 4, "B", ord("?"))
    return change


def _renumber(elf, kind, other, *values):
    at = elf.note(kind)
    elf.put(at - 8, "I", other)
    for i, (fmt, value) in enumerate(values):
        elf.put(at + 8 * i, fmt, value)


BAD = [
    ("image_other_loader", lambda e: e.put(e.note(LOADER), "B", ord("x")),
     "for another loader"),
    ("image_other_xen", lambda e: e.put(e.note(XEN_VERSION) + 4, "B", ord("2")),
     "for another loader"),
    ("image_no_dom0", lambda e: e.put(e.note(SUPPORTED_FEATURES), "I", 1),
     "cannot be domain 0"),
    ("image_no_elf", lambda e: e.put(0, "B", 0), "is no ELF file"),
    ("image_32_bit", lambda e: e.put(4, "B", 1), "is no 64-bit x86 ELF"),
    ("image_other_cpu", lambda e: e.put(18, "H", 183), "is no 64-bit x86 ELF"),
    ("image_headers_small", lambda e: e.put(54, "H", 8), "no program headers"),
    ("image_no_headers", lambda e: e.put(56, "H", 0), "nothing to load"),
    ("image_headers_outside", lambda e: e.put(32, "Q", 1 << 40), "cut short"),
    ("image_cut_short", _cut, "cut short"),
    ("image_offset_wild", lambda e: _load(e, 8, 1 << 63), "cut short"),
    ("image_file_size_wild", lambda e: _load(e, 32, 1 << 62), "cut short"),
    ("image_memory_size_wild", lambda e: _load(e, 40, 1 << 62),
     "outside its address range"),
    ("image_too_large", lambda e: _load(e, 40, 900 << 20), "do not fit"),
    ("image_no_notes", _no_notes, "no Xen notes"),
    ("image_entry_outside", lambda e: e.put(e.note(ENTRY), "Q", 0x1000),
     "entry point lies outside"),
    ("image_hypercall_page", lambda e: e.put(
        e.note(HYPERCALL_PAGE), "Q", e.get(e.note(ENTRY), "Q") | 1),
     "hypercall page lies outside"),
    ("image_base_not_canonical",
     lambda e: e.put(e.note(VIRT_BASE), "Q", 1 << 47),
     "outside its address range|entry point lies outside|not a guest's"),
]


# An address of the kernel's choice for the list of frames.
P2M_ADDRESS = 0x0000400000000000

# What these kernels must then find.
GOOD_TESTS = "start_registers,start_info,start_p2m,start_list,start_shared_info"

GOOD = [
    ("image_few_notes", _without(
        GUEST_OS, GUEST_VERSION, PAE_MODE, FEATURES, L1_MFN_VALID,
        SUSPEND_CANCEL, PADDR_OFFSET, SUPPORTED_FEATURES)),
    ("image_no_entry_note", _without(ENTRY)),
    ("image_init_p2m", lambda e: _renumber(
        e, PADDR_OFFSET, INIT_P2M, ("Q", P2M_ADDRESS))),
    ("image_mod_start_pfn", lambda e: _renumber(
        e, SUSPEND_CANCEL, MOD_START_PFN, ("I", 1))),
]


def spoil(data, how):
    """The bytes of a bad file."""
    elf = Elf(data)
    how(elf)
    return bytes(elf.data)


# Xen's ways to say no, and the end of it.
XEN_REFUSES = re.compile(r"Panic on CPU|Could not construct|not Xen-compatible|"
                         r"Could not set up DOM0|ELF|Boot image")
