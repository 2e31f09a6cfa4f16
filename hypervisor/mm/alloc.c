/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The buddy allocator.  A free block of 2^order frames, aligned to its size,
 * is represented by its first frame: on the list of its width (the bits of its
 * frame numbers, all of one width as frame 0 is never free) and order, with
 * FRAME_FREE_HEAD set.  The greatest widths are given out first, so that low
 * memory is left for those who ask for it.
 *
 * Every free frame is dirty, from power-on or from its last owner, and some
 * TLB may still reach it; a block's tlb_stamp is the latest of its frames'.
 * Nothing is scrubbed while nobody wants it.  Whoever takes a block flushes
 * first and then zeroes it, with one exception (ALLOC_NO_SCRUB): domain 0 gets
 * the memory that it boots with as it is.  Nobody but firmware, boot loader
 * and hypervisor has owned it since power-on, and domain 0 may read all of the
 * machine's memory anyhow.
 */
#include "mm/alloc.h"
#include "lib/bits.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/frame_list.h"
#include "x86/smp.h"
#include "x86/tlb.h"

#define MAX_ORDER	18		/* 1 GiB */
#define MAX_WIDTH	32		/* of a frame's number */

static u32 free_blocks[MAX_WIDTH][MAX_ORDER + 1];

/* Guards lists, counts and claims; interrupts stay on. */
static spinlock_t alloc_lock;
u64 nr_free_frames, nr_claimed_frames;

static u32 *list_of(unsigned long m, unsigned int order)
{
	return &free_blocks[bit_highest(m)][order];
}

static void block_add(unsigned long m, unsigned int order, u32 stamp)
{
	struct frame *f = &frame_table[m];

	f->order = (u8)order;
	f->tlb_stamp = stamp;
	f->flags = FRAME_FREE_HEAD;
	frame_list_add(list_of(m, order), f);
}

static void block_remove(unsigned long m)
{
	struct frame *f = &frame_table[m];

	frame_list_remove(list_of(m, f->order), f);
	f->flags = 0;
}

static bool is_free_block(unsigned long m, unsigned int order)
{
	return m < max_mfn && frame_table[m].order == order &&
	       (frame_table[m].flags & FRAME_FREE_HEAD) &&
	       frame_owner_id(frame_table[m].state) == OWNER_FREE;
}

/* Puts a block of frames that nobody owns back, merged with its buddies. */
static void block_free(unsigned long m, unsigned int order)
{
	u32 stamp = frame_table[m].tlb_stamp, now;

	spin_lock(&alloc_lock);
	now = tlb_stamp_now();
	nr_free_frames += 1ULL << order;
	for (; order < MAX_ORDER; order++) {
		unsigned long buddy = m ^ (1UL << order);

		if (!is_free_block(buddy, order)) {
			break;
		}
		block_remove(buddy);
		/* By age: the buddy may have been free for half a turn. */
		if (now - frame_table[buddy].tlb_stamp < now - stamp) {
			stamp = frame_table[buddy].tlb_stamp;
		}
		m &= ~(1UL << order);
	}
	block_add(m, order, stamp);
	spin_unlock(&alloc_lock);
}

/* The low end of a block that fits, the rest of it goes back; 0: none. */
static unsigned long block_take(unsigned int order, unsigned int width)
{
	while (width--) {
		for (unsigned int o = order; o <= MAX_ORDER; o++) {
			unsigned long m = free_blocks[width][o];

			if (!m) {
				continue;
			}
			block_remove(m);
			while (o-- > order) {
				block_add(m + (1UL << o), o,
					  frame_table[m].tlb_stamp);
			}
			return m;
		}
	}
	return 0;
}

mfn_t frames_alloc(unsigned int order, u32 flags, u64 own_claim)
{
	unsigned int width = bit_highest(max_mfn) + 1;
	unsigned int bits = flags >> ALLOC_BITS_SHIFT;
	unsigned long m = 0;

	BUG_ON(irqs_are_off() && cpus_online != 1);
	if (bits) {
		width = min(width, bits - PAGE_SHIFT);
	}
	spin_lock(&alloc_lock);
	if (nr_free_frames + min(own_claim, nr_claimed_frames) >=
	    nr_claimed_frames + (1ULL << order)) {
		m = block_take(order, width);
	}
	if (m) {
		nr_free_frames -= 1ULL << order;
	}
	spin_unlock(&alloc_lock);
	if (!m) {
		return INVALID_MFN;
	}
	tlb_flush_stale(cpus_online, frame_table[m].tlb_stamp);
	if (!(flags & ALLOC_NO_SCRUB)) {
		memset(mfn_to_virt(mfn(m)), 0, PAGE_SIZE << order);
	}
	return mfn(m);
}

void frames_free(mfn_t m, unsigned int order)
{
	for (unsigned long i = 0; i < 1UL << order; i++) {
		frame_table[m.v + i].flags = 0;
		frame_table[m.v + i].state = FS_OWNER(OWNER_FREE);
	}
	block_free(m.v, order);
}

void frames_add_range(mfn_t from, mfn_t to)
{
	while (from.v < to.v) {
		unsigned int order = min(bit_lowest(from.v), MAX_ORDER + 0U);

		order = min(order, bit_highest(to.v - from.v));
		block_free(from.v, order);
		from.v += 1UL << order;
	}
}

int claims_change(s64 by)
{
	bool ok;

	spin_lock(&alloc_lock);
	ok = by <= 0 || nr_claimed_frames + (u64)by <= nr_free_frames;
	if (ok) {
		nr_claimed_frames += (u64)by;
	}
	spin_unlock(&alloc_lock);
	return ok ? 0 : -ENOMEM;
}
