/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The buddy allocator.  A free block of 2^order frames, aligned to its size,
 * is represented by its first frame: on the list of its zone and order, with
 * FRAME_FREE_HEAD set.  Two zones, so that memory below 4 GiB is kept for those
 * who ask for it as long as there is other.
 *
 * A block is dirty (FRAME_NEEDS_SCRUB) when it may hold an earlier owner's
 * bytes, or some TLB may still reach it: its tlb_stamp is the latest of its
 * frames'.  Whoever takes a dirty block first flushes, then scrubs.  Clean and
 * dirty buddies merge only when nothing else helps.
 */
#include "mm/alloc.h"
#include "lib/bits.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/free_memory.h"
#include "x86/current.h"
#include "x86/smp.h"
#include "x86/tlb.h"
#include "x86/upcalls.h"

#define MAX_ORDER	18		/* 1 GiB */
#define LOW_ZONE_END	(1UL << (32 - PAGE_SHIFT))
#define SCRUB_ORDER	6		/* the idle loop's portion */

enum { ZONE_LOW, ZONE_HIGH, NR_ZONES };

static struct {
	u32 first[MAX_ORDER + 1], last[MAX_ORDER + 1];
	u32 count[MAX_ORDER + 1];	/* blocks; first is valid when not 0 */
} zones[NR_ZONES];

/* Guards lists, counts and claims; interrupts stay as they are. */
static spinlock_t alloc_lock;
static spinlock_t scrub_lock;	/* who scrubs; before alloc_lock */
static u64 nr_free, nr_claimed;

static unsigned int zone_of(unsigned long m)
{
	return m >= LOW_ZONE_END ? ZONE_HIGH : ZONE_LOW;
}

/* Clean blocks go to the front, dirty ones to the back. */
static void block_add(unsigned long m, unsigned int order, bool dirty,
		      u32 stamp)
{
	struct frame *f = &frame_table[m];
	unsigned int z = zone_of(m);
	u32 *first = &zones[z].first[order], *last = &zones[z].last[order];
	bool empty = !zones[z].count[order]++;

	f->order = (u8)order;
	f->tlb_stamp = stamp;
	f->flags = FRAME_FREE_HEAD | (dirty ? FRAME_NEEDS_SCRUB : 0);
	f->next = f->prev = FRAME_LIST_END;
	if (empty) {
		*first = *last = (u32)m;
	} else if (dirty) {
		f->prev = *last;
		frame_table[*last].next = (u32)m;
		*last = (u32)m;
	} else {
		f->next = *first;
		frame_table[*first].prev = (u32)m;
		*first = (u32)m;
	}
}

static void block_remove(unsigned long m)
{
	struct frame *f = &frame_table[m];
	unsigned int z = zone_of(m), o = f->order;

	if (f->prev != FRAME_LIST_END) {
		frame_table[f->prev].next = f->next;
	} else {
		zones[z].first[o] = f->next;
	}
	if (f->next != FRAME_LIST_END) {
		frame_table[f->next].prev = f->prev;
	} else {
		zones[z].last[o] = f->prev;
	}
	zones[z].count[o]--;
	f->flags = 0;
}

static bool is_free_block(unsigned long m, unsigned int order)
{
	return m < max_mfn && frame_table[m].order == order &&
	       (frame_table[m].flags & FRAME_FREE_HEAD) &&
	       frame_owner_id(frame_table[m].state) == OWNER_FREE;
}

static u32 later(u32 a, u32 b)
{
	return (s32)(a - b) > 0 ? a : b;
}

/* Puts a block back, merged with its buddies; `mixed`: clean with dirty too. */
static void block_free(unsigned long m, unsigned int order, bool dirty,
		       u32 stamp, bool mixed)
{
	for (; order < MAX_ORDER; order++) {
		unsigned long buddy = m ^ (1UL << order);

		if (!is_free_block(buddy, order)) {
			break;
		}
		bool buddy_dirty = frame_table[buddy].flags &
				   FRAME_NEEDS_SCRUB;

		if (buddy_dirty != dirty && !mixed) {
			break;
		}
		block_remove(buddy);
		dirty |= buddy_dirty;
		stamp = later(stamp, frame_table[buddy].tlb_stamp);
		m &= ~(1UL << order);
	}
	block_add(m, order, dirty, stamp);
}

/* A block of that zone and order, whose start is below limit. */
static unsigned long block_find(unsigned int z, unsigned int order,
				unsigned long limit, bool want_dirty)
{
	u32 m;

	if (!zones[z].count[order]) {
		return ~0UL;
	}
	m = want_dirty ? zones[z].last[order] : zones[z].first[order];
	for (unsigned int tries = 0; m != FRAME_LIST_END && tries < 4096;
	     tries++) {
		if (m < limit) {
			return m;
		}
		m = want_dirty ? frame_table[m].prev : frame_table[m].next;
	}
	return ~0UL;
}

/* Cuts 2^order frames off the low end of block m and frees the rest. */
static void block_split(unsigned long m, unsigned int order)
{
	bool dirty = frame_table[m].flags & FRAME_NEEDS_SCRUB;
	u32 stamp = frame_table[m].tlb_stamp;
	unsigned int o = frame_table[m].order;

	block_remove(m);
	while (o > order) {
		o--;
		block_add(m + (1UL << o), o, dirty, stamp);
	}
	frame_table[m].flags = dirty ? FRAME_NEEDS_SCRUB : 0;
	frame_table[m].tlb_stamp = stamp;
}

static unsigned long block_take(unsigned int order, unsigned long limit,
				bool want_dirty, bool only_clean)
{
	for (unsigned int z = NR_ZONES; z-- > 0; ) {
		if (z == ZONE_HIGH && limit <= LOW_ZONE_END) {
			continue;
		}
		for (unsigned int o = order; o <= MAX_ORDER; o++) {
			unsigned long m = block_find(z, o, limit, want_dirty);

			if (m != ~0UL && m + (1UL << order) <= limit &&
			    !(only_clean && (frame_table[m].flags &
					     FRAME_NEEDS_SCRUB))) {
				block_split(m, order);
				return m;
			}
		}
	}
	return ~0UL;
}

/* Merges all neighbours, clean with dirty: the last resort for order > 0. */
static void merge_all(unsigned int below)
{
	for (unsigned int z = 0; z < NR_ZONES; z++) {
		for (unsigned int o = 0; o < below && o < MAX_ORDER; o++) {
			u32 m = zones[z].count[o] ? zones[z].first[o] :
						    FRAME_LIST_END;

			while (m != FRAME_LIST_END) {
				struct frame *f = &frame_table[m];
				u32 next = f->next;
				unsigned long buddy = m ^ (1UL << o);

				if (!is_free_block(buddy, o)) {
					m = next;
					continue;
				}
				if (next == buddy) {
					next = frame_table[buddy].next;
				}
				bool dirty = f->flags & FRAME_NEEDS_SCRUB;

				block_remove(m);
				block_free(m, o, dirty, f->tlb_stamp, true);
				m = next;
			}
		}
	}
}

/* TLBs that may still reach a block with that stamp. */
static cpumask_t stale_cpus(u32 stamp)
{
	cpumask_t stale = 0;
	unsigned int cpu;

	for_each_cpu_in(cpu, cpus_online) {
		if (tlb_may_be_stale(cpu, stamp)) {
			stale |= CPUMASK(cpu);
		}
	}
	return stale;
}

void frames_scrub(mfn_t m, unsigned int order, u32 stamp, bool scrub)
{
	cpumask_t stale = stale_cpus(stamp);

	if (stale) {
		tlb_flush_mask(stale);
	}
	for (unsigned long i = 0; scrub && i < 1UL << order; i++) {
		page_zero(mfn_to_virt(mfn(m.v + i)));
	}
}

static unsigned long limit_of(u32 flags)
{
	unsigned int bits = (flags >> 8) & 0xff;
	unsigned long limit = ~0UL;

	if (bits && bits < 64) {
		limit = bits > PAGE_SHIFT ? 1UL << (bits - PAGE_SHIFT) : 0;
	}
	if (flags & ALLOC_BELOW_4G) {
		limit = min(limit, LOW_ZONE_END);
	}
	return limit;
}

mfn_t frames_alloc_claimed(unsigned int order, u32 flags, u64 own_claim)
{
	unsigned long limit = limit_of(flags), m = ~0UL;
	bool no_scrub = flags & ALLOC_NO_SCRUB, dirty;
	u64 n = 1ULL << order;
	u32 stamp;

	if (order > MAX_ORDER) {
		return INVALID_MFN;
	}
	spin_lock(&alloc_lock);
	if (nr_free < n || nr_free - n < nr_claimed - min(own_claim,
							  nr_claimed)) {
		spin_unlock(&alloc_lock);
		return INVALID_MFN;
	}
	/* What is clean needs no shoot-down: see below. */
	if (irqs_are_off()) {
		m = block_take(order, limit, false, true);
	}
	if (m == ~0UL) {
		m = block_take(order, limit, no_scrub, false);
	}
	if (m == ~0UL && order) {
		merge_all(order);
		m = block_take(order, limit, no_scrub, false);
	}
	if (m == ~0UL) {
		spin_unlock(&alloc_lock);
		return INVALID_MFN;
	}
	dirty = frame_table[m].flags & FRAME_NEEDS_SCRUB;
	stamp = frame_table[m].tlb_stamp;
	/* A shoot-down must not be waited for with interrupts off. */
	if (dirty && irqs_are_off() && (stale_cpus(stamp) & ~CPUMASK(this_cpu_id()))) {
		block_free(m, order, dirty, stamp, false);
		spin_unlock(&alloc_lock);
		return INVALID_MFN;
	}
	frame_table[m].flags = 0;
	nr_free -= n;
	spin_unlock(&alloc_lock);
	if (dirty) {
		frames_scrub(mfn(m), order, stamp, !no_scrub);
	}
	return mfn(m);
}

mfn_t frames_alloc(unsigned int order, u32 flags)
{
	return frames_alloc_claimed(order, flags, 0);
}

void frames_free(mfn_t m, unsigned int order)
{
	u32 stamp = frame_table[m.v].tlb_stamp;

	for (unsigned long i = 0; i < 1UL << order; i++) {
		struct frame *f = &frame_table[m.v + i];

		stamp = later(stamp, f->tlb_stamp);
		f->flags = 0;
		f->state = FS_OWNER(OWNER_FREE);
	}
	spin_lock(&alloc_lock);
	block_free(m.v, order, true, stamp, false);
	nr_free += 1ULL << order;
	spin_unlock(&alloc_lock);
}

void alloc_add_free_range(mfn_t from, mfn_t to)
{
	unsigned long m = from.v;

	spin_lock(&alloc_lock);
	nr_free += to.v - from.v;
	while (m < to.v) {
		unsigned int order = m ? bit_lowest(m) : MAX_ORDER;

		order = min(order, (unsigned int)MAX_ORDER);
		while (m + (1UL << order) > to.v) {
			order--;
		}
		frame_table[m].state = FS_OWNER(OWNER_FREE);
		block_free(m, order, true, 0, false);
		m += 1UL << order;
	}
	spin_unlock(&alloc_lock);
}

bool alloc_scrub_some(void)
{
	unsigned long m = ~0UL;
	unsigned int order = 0;
	u32 stamp;

	/* One CPU at a time: more would only wait for each other. */
	if (!spin_trylock(&scrub_lock)) {
		return false;
	}
	spin_lock(&alloc_lock);
	for (unsigned int z = 0; z < NR_ZONES && m == ~0UL; z++) {
		for (int o = MAX_ORDER; o >= 0; o--) {
			u32 last = zones[z].last[o];

			if (zones[z].count[o] &&
			    (frame_table[last].flags & FRAME_NEEDS_SCRUB)) {
				m = last;
				order = min((unsigned int)o,
					    (unsigned int)SCRUB_ORDER);
				break;
			}
		}
	}
	if (m == ~0UL) {
		spin_unlock(&alloc_lock);
		spin_unlock(&scrub_lock);
		return false;
	}
	block_split(m, order);
	stamp = frame_table[m].tlb_stamp;
	frame_table[m].flags = 0;
	/* Still counted as free: an allocation that misses it tries others. */
	spin_unlock(&alloc_lock);
	frames_scrub(mfn(m), order, stamp, true);
	spin_lock(&alloc_lock);
	block_free(m, order, false, 0, false);
	spin_unlock(&alloc_lock);
	spin_unlock(&scrub_lock);
	return true;
}

u64 frames_free_count(void)
{
	return READ_ONCE(nr_free);
}

u64 frames_total_count(void)
{
	return boot_ram_frames();
}

u64 frames_unclaimed_count(void)
{
	u64 n;

	spin_lock(&alloc_lock);
	n = nr_free - min(nr_claimed, nr_free);
	spin_unlock(&alloc_lock);
	return n;
}

u64 frames_outstanding_claims(void)
{
	return READ_ONCE(nr_claimed);
}

int claims_change(u64 take, u64 give_back)
{
	int err = 0;

	spin_lock(&alloc_lock);
	if (take > nr_free - min(nr_claimed, nr_free)) {
		err = -ENOMEM;
	} else {
		nr_claimed += take;
		nr_claimed -= min(give_back, nr_claimed);
	}
	spin_unlock(&alloc_lock);
	return err;
}
