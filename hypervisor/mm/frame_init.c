/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Boot: gives each frame of the machine its first state, and the free ones to
 * the allocator.  paging_init has mapped the frame table and M2P; parts of
 * them that describe no RAM at all share one page, already filled.
 *
 * The first MiB counts as device memory, whatever the map says: firmware data
 * lives there that domain 0 wants to read.
 */
#include "lib/printk.h"
#include "mm/alloc.h"
#include "x86/paging.h"
#include "x86/upcalls.h"

#define LOW_FRAMES	0x100UL		/* the first MiB */
/* Entries of either table that can share a page with RAM's. */
#define EDGE		(PAGE_SIZE / sizeof(u64))

static __init void fill(unsigned long from, unsigned long to, u64 state)
{
	u64 *m2p = (u64 *)M2P_RW_START;

	for (unsigned long m = from; m < to; m++) {
		frame_table[m].state = state;
		m2p[m] = INVALID_M2P;
	}
}

/* A hole: only the entries near its ends are in pages of their own. */
static __init void fill_hole(unsigned long from, unsigned long to)
{
	if (to - from > 2 * EDGE) {
		fill(from, from + EDGE, FS_OWNER(OWNER_IO));
		from = to - EDGE;
	}
	fill(from, to, FS_OWNER(OWNER_IO));
}

static __initdata unsigned long done;

static __init void add_ram(mfn_t from, mfn_t to)
{
	fill_hole(done, from.v);
	fill(from.v, to.v, FS_OWNER(OWNER_FREE));
	done = to.v;
}

static __init void add_free(mfn_t from, mfn_t to)
{
	from.v = max(from.v, LOW_FRAMES);
	if (from.v < to.v) {
		frames_add_range(from, to);
	}
}

__init void mm_init(void)
{
	boot_ranges(false, add_ram);
	for (unsigned long m = 0; m < min(LOW_FRAMES, max_mfn); m++) {
		frame_table[m].state = FS_OWNER(OWNER_IO);
	}
	boot_free_ranges(add_free);
	for (unsigned long m = 0; m < max_mfn; m += EDGE) {
		mfn_t m2p_page = hv_va_to_mfn(M2P_START + m * sizeof(u64));

		/* In use, as no type: it takes no other, not writable either. */
		if (mfn_valid(m2p_page) && boot_ram_within(m, m + 1)) {
			frame_table[m2p_page.v].state =
				FS_OWNER(OWNER_HV) | FS_REF_ONE |
				FS_VALID | FS_TYPE_REF_ONE;
		}
	}
	log_info("Memory: %lu MiB free\n", nr_free_frames >> 8);
}
