/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What x86/ and mm/ need from boot/ while the machine comes up: memory before
 * there is an allocator.  boot/memory.c knows the machine's memory map, what
 * the boot loader put where, and what was set aside since.
 */
#ifndef X86_UPCALLS_H
#define X86_UPCALLS_H

#include "lib/types.h"

/*
 * Sets RAM aside for good: size and align multiples of 4 KiB, wholly below
 * `below` (0: anywhere), from the top down.  Contents unknown.  Panics when
 * there is none.  Until paging_init is done only RAM below 4 GiB can be read.
 */
u64 boot_alloc(u64 size, u64 align, u64 below);

/*
 * Hands each range of RAM that nobody has set aside to fn, lowest first, in
 * whole frames; boot_alloc must not be called afterwards.  Not in any range:
 * our image, modules, boot_alloc's, frame 0.
 */
void boot_free_ranges(void (*fn)(mfn_t from, mfn_t to));

/* Pieces of the map: RAM and ACPI tables, as whole frames; false: neither. */
unsigned int boot_ram_pieces(void);
bool boot_ram_piece(unsigned int i, u64 *start, u64 *end);

/* Is any frame, or are all frames, of [first, end) RAM? */
bool boot_any_ram(u64 first, u64 end);
bool boot_all_ram(u64 first, u64 end);

/* Is frame m RAM in the machine's map (in use or not)? */
bool boot_is_ram(mfn_t m);

/* The end of the highest RAM, in frames; and how much RAM there is. */
unsigned long boot_ram_end(void);
u64 boot_ram_frames(void);

#endif
