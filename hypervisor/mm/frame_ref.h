/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The steps on a frame's state word that page-table code makes thousands of
 * times: each is one load and one compare-and-swap, inline.  Everything that
 * is not the common case is left to the general functions of mm/frame.h and
 * mm/page_type.h, which do the same and more.
 */
#ifndef MM_FRAME_REF_H
#define MM_FRAME_REF_H

#include "lib/printk.h"
#include "mm/frame.h"

/* Counts stop growing at half of what fits, so that no race overflows them. */
#define FS_REF_LIMIT	  (1ULL << (FS_REF_SHIFT + FS_REF_BITS - 1))
#define FS_TYPE_REF_LIMIT (1ULL << (FS_TYPE_REF_SHIFT + FS_TYPE_REF_BITS - 1))

/* The last reference went: frees the frame (mm/frame.c). */
void frame_release(struct frame *f);

static inline bool frame_ref_get(struct frame *f, unsigned int owner)
{
	u64 s = READ_ONCE(f->state);

	do {
		if (frame_owner_id(s) != owner || !(s & FS_REF_MASK) ||
		    unlikely(s & FS_REF_LIMIT)) {
			return false;
		}
	} while (!try_cmpxchg(&f->state, &s, s + FS_REF_ONE));
	return true;
}

/*
 * Counts are given back.  A use may be there a moment longer than its
 * reference (frame_writable_drop): the frame goes with the last of both.
 */
static inline void frame_counts_put(struct frame *f, u64 counts)
{
	u64 s = atomic_sub_return(&f->state, counts);

	if (unlikely(!(s & FS_COUNTS))) {
		frame_release(f);
	}
}

static inline void frame_ref_put(struct frame *f)
{
	frame_counts_put(f, FS_REF_ONE);
}

/*
 * One use more, and with it a reference, of a frame that is a valid t of that
 * owner: a page table that is used already, or a page that was writable last.
 * False when it is something else, and page_type_get must look.
 */
static inline bool frame_use_get(struct frame *f, unsigned int owner,
				 enum frame_type t)
{
	const u64 mask = FS_OWNER_MASK | FS_TYPE_MASK | FS_VALID |
			 FS_REF_LIMIT | FS_TYPE_REF_LIMIT;
	const u64 want = FS_OWNER(owner) | FS_TYPE(t) | FS_VALID;
	u64 s = READ_ONCE(f->state);

	do {
		if (unlikely((s & mask) != want || !(s & FS_REF_MASK))) {
			return false;
		}
	} while (!try_cmpxchg(&f->state, &s,
				s + FS_REF_ONE + FS_TYPE_REF_ONE));
	return true;
}

/*
 * A use ends; the flush clock says when it did.  The latest end counts, though
 * another CPU may have read the clock earlier and come to write it later: less
 * than a quarter of the clock's turn.  What is further away is from long ago.
 */
static inline void frame_stamp(struct frame *f, u32 stamp)
{
	u32 old = READ_ONCE(f->tlb_stamp);

	while (old - stamp >= 1U << 30 &&
	       !try_cmpxchg(&f->tlb_stamp, &old, stamp)) {
	}
}

/* A writable use ends, or a claim. */
static inline void frame_writable_put(struct frame *f, u32 stamp)
{
	frame_stamp(f, stamp);
	frame_counts_put(f, FS_REF_ONE + FS_TYPE_REF_ONE);
}

/* Gives both back unless the use is the last one. */
static inline bool frame_use_put(struct frame *f)
{
	u64 s = READ_ONCE(f->state);

	do {
		if (unlikely((s & FS_TYPE_REF_MASK) <= FS_TYPE_REF_ONE)) {
			return false;
		}
	} while (!try_cmpxchg(&f->state, &s,
				s - FS_REF_ONE - FS_TYPE_REF_ONE));
	return true;
}

/*
 * Only the writable use goes.  The reference is with the entry, which others
 * may have taken out by now.
 */
static inline void frame_writable_drop(struct frame *f, u32 stamp)
{
	frame_stamp(f, stamp);
	frame_counts_put(f, FS_TYPE_REF_ONE);
}

#endif
