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

/* All RAM, with `acpi` also where ACPI's tables are, in the same way. */
void boot_ranges(bool acpi, void (*fn)(mfn_t from, mfn_t to));

/* How many frames of [first, end) are RAM, in use or not? */
u64 boot_ram_within(u64 first, u64 end);

static inline u64 boot_ram_frames(void)
{
	return boot_ram_within(0, ~0ULL);
}

/* The end of the highest RAM, in frames. */
unsigned long boot_ram_end(void);

#endif
