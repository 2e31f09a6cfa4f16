/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Lists of frames, linked by number through frame.next and frame.prev; the
 * head is the first one's number.  And a domain's own list with its count.
 */
#ifndef MM_FRAME_LIST_H
#define MM_FRAME_LIST_H

#include "domain/domain.h"
#include "mm/frame.h"

static inline void frame_list_add(u32 *first, struct frame *f)
{
	u32 m = (u32)frame_to_mfn(f).v;

	f->prev = FRAME_LIST_END;
	f->next = *first;
	if (f->next != FRAME_LIST_END) {
		frame_table[f->next].prev = m;
	}
	*first = m;
}

static inline void frame_list_remove(u32 *first, struct frame *f)
{
	if (f->prev != FRAME_LIST_END) {
		frame_table[f->prev].next = f->next;
	} else {
		*first = f->next;
	}
	if (f->next != FRAME_LIST_END) {
		frame_table[f->next].prev = f->prev;
	}
}

/* Takes f off the list that it is on; frame_lock held. */
void domain_frame_unlink(struct domain *d, struct frame *f);

/*
 * Puts count frames from first, already d's, on the list; frame_lock held.
 * A domain with frames holds a reference on itself: as long as somebody maps a
 * frame of a dead domain, its owner is there to be named.
 */
void domain_frames_added(struct domain *d, mfn_t first, u64 count);

#endif
