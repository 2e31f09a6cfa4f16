/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The frame table: one struct frame for each 4 KiB frame of the machine.
 *
 * All that isolation rests on is one 64-bit word, changed only by a
 * compare-and-swap: who owns the frame, how many references there are to it,
 * and what type the current uses give it, with the number of those uses.
 *
 *    63      49  48     47      46  45   43 42        25 24          0
 *   +----------+------+-------+---+--------+------------+------------+
 *   | owner    |pinned|partial|val| type   | type count | ref count  |
 *   +----------+------+-------+---+--------+------------+------------+
 *
 *   With type count 0 the type binds nobody; it is remembered to know what a
 *   stale TLB entry could still do.  A page table loses its validated bit
 *   when its count reaches 0.
 *
 *                 get(T), count 0 -> 1                 validate ok
 *     (none) ----------------------------> validating ------------> valid(T)
 *        ^                                  |    ^                     |
 *        |            validate failed       |    | get, continue       |
 *        +----------------------------------+    |                     |
 *        |            -ERESTART             v    |                     |
 *        |                                 partial <-------------------+
 *        +-- invalidated, count 0 <---------+  put, count 1 -> 0, preempted
 *
 *  Writable pages and segment-descriptor pages are valid at once; page tables
 *  (L1..L4) are validated entry by entry, and hold a reference and a type on
 *  each frame that a present entry names.  A frame is never writable and a
 *  page table (or descriptor page) at one time: that is the whole of PV
 *  isolation.  Before a frame takes a type other than its last, every TLB
 *  entry that might still allow a use of the old type is flushed.
 *
 *  References: a domain's allocation holds one (ALLOCATED: given back by
 *  decrease_reservation or destruction, exactly once), each present PTE that
 *  names the frame one, each grant mapping, each pin, each pointer that
 *  hypervisor code keeps.  Each use comes with one; when neither is left the
 *  frame is free.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include "lib/types.h"
#include "lib/atomic.h"
#include "x86/layout.h"

struct domain;

struct frame {
	u64 state;
	u32 next, prev;		/* owner's frame list, or free list: mfns */
	u32 tlb_stamp;		/* flush clock when last possibly in a TLB */
	u16 progress;		/* partial: entries done so far */
	u8 order;		/* free blocks: 2^order frames */
	u8 flags;		/* FRAME_* below */
};

_Static_assert(sizeof(struct frame) == 24, "0.59 % of RAM");

#define FRAME_LIST_END	0U	/* frame 0 is never anybody's */

/* frame.flags; atomic once the frame has an owner. */
#define FRAME_ALLOCATED		0x01	/* allocation reference still held */
#define FRAME_HV		0x04	/* ours (heap, shared info): on no list */
#define FRAME_FOREIGN_TLB	0x08	/* was mapped by others than its owner */
#define FRAME_FREE_HEAD		0x10	/* first of a free block of 2^order */

enum frame_type {
	FT_NONE, FT_WRITABLE, FT_L1, FT_L2, FT_L3, FT_L4, FT_DESC,
};

#define FS_REF_SHIFT	0
#define FS_REF_BITS	25
#define FS_REF_ONE	(1ULL << FS_REF_SHIFT)
#define FS_REF_MASK	(((1ULL << FS_REF_BITS) - 1) << FS_REF_SHIFT)
#define FS_TYPE_REF_SHIFT 25
#define FS_TYPE_REF_BITS 18
#define FS_TYPE_REF_ONE	(1ULL << FS_TYPE_REF_SHIFT)
#define FS_TYPE_REF_MASK (((1ULL << FS_TYPE_REF_BITS) - 1) << FS_TYPE_REF_SHIFT)
#define FS_COUNTS	(FS_REF_MASK | FS_TYPE_REF_MASK)
#define FS_TYPE_SHIFT	43
#define FS_TYPE_MASK	(7ULL << FS_TYPE_SHIFT)
#define FS_TYPE(t)	((u64)(t) << FS_TYPE_SHIFT)
#define FS_VALID	(1ULL << 46)
#define FS_PARTIAL	(1ULL << 47)
#define FS_PINNED	(1ULL << 48)
#define FS_OWNER_SHIFT	49
#define FS_OWNER_MASK	(0x7fffULL << FS_OWNER_SHIFT)
#define FS_OWNER(id)	((u64)(id) << FS_OWNER_SHIFT)

/* Owners that are no domain (xen/xen.h has the first two). */
#define OWNER_IO	DOMID_IO	/* devices' memory */
#define OWNER_HV	DOMID_XEN	/* ours; guests may map none of it */
#define OWNER_FREE	DOMID_INVALID

static inline unsigned int frame_owner_id(u64 state)
{
	return (unsigned int)(state >> FS_OWNER_SHIFT);
}

static inline enum frame_type frame_type_of(u64 state)
{
	return (enum frame_type)((state & FS_TYPE_MASK) >> FS_TYPE_SHIFT);
}

static inline bool frame_type_is_table(enum frame_type t)
{
	return t >= FT_L1 && t <= FT_L4;
}

/* Frames [0, max_mfn) have an entry; some of them are holes or devices. */
extern unsigned long max_mfn;

#ifdef PARAVANE_HOST_TEST
extern struct frame *fake_frame_table;
extern unsigned char *fake_memory;
#define frame_table		fake_frame_table
#define direct_map_base		((unsigned long)fake_memory)
#else
#define frame_table		((struct frame *)FRAME_TABLE_START)
#define direct_map_base		DIRECTMAP_START
#endif

static inline struct frame *mfn_to_frame(mfn_t m)
{
	return &frame_table[m.v];
}

static inline mfn_t frame_to_mfn(const struct frame *f)
{
	return mfn((unsigned long)(f - frame_table));
}

/* Where we see RAM; valid for every frame of RAM, never for device memory. */
static inline void *mfn_to_virt(mfn_t m)
{
	return (void *)(direct_map_base + (m.v << PAGE_SHIFT));
}

static inline mfn_t virt_to_mfn(const void *p)
{
	return mfn(((unsigned long)p - direct_map_base) >> PAGE_SHIFT);
}

/* Is there a struct frame for m, and is it RAM or known device memory? */
bool mfn_valid(mfn_t m);

/* Machine-to-physical: what its owner calls frame m (INVALID_M2P: nothing). */
void m2p_set(mfn_t m, unsigned long pfn);

/* The same if d has m: another of its vCPUs may just be giving it back. */
bool m2p_set_owned(mfn_t m, const struct domain *d, unsigned long pfn);

/*
 * Takes a reference on m for whoever d is: true only when d owns it and it is
 * in use.  The general reference, without a type.
 */
bool frame_get(mfn_t m, const struct domain *d) __must_check;

/* Gives a reference back; the last one frees the frame. */
void frame_put(mfn_t m);

/*
 * Gives back the reference that came with the allocation, once: what
 * decrease_reservation and destruction call.  False when it was gone already.
 */
bool frame_put_allocation(mfn_t m);

#endif
