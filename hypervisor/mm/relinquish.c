/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Takes a dying domain's frames back.  Each frame is gone through once:
 * unpinned, what a partial table still holds given back, the allocation's
 * reference dropped.  A frame then goes with its last reference: a table with
 * the tables that name it, one that others map when they unmap it.  Frames
 * gone through are on the list frames_kept for as long as they last.
 */
#include "domain/domain.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"
#include "mm/page_type.h"
#include "mm/upcalls.h"

/* Moves the list's first frame to the kept list, with a reference on it. */
static u32 next_frame(struct domain *d)
{
	u32 m;

	spin_lock(&d->frame_lock);
	while ((m = d->frames_first) != FRAME_LIST_END) {
		struct frame *f = &frame_table[m];

		domain_frame_unlink(d, f);
		frame_list_add(&d->frames_kept, f);
		/* If not: another CPU is just about to free it. */
		if (frame_get(mfn(m), d)) {
			break;
		}
	}
	spin_unlock(&d->frame_lock);
	return m;
}

/* Everything but the reference that next_frame took. */
static int give_up(struct domain *d, mfn_t m)
{
	if (page_unpin(m, d) == -ERESTART || page_type_settle(m)) {
		return -ERESTART;
	}
	(void)frame_put_allocation(m);
	return 0;
}

int domain_relinquish_memory(struct domain *d)
{
	unsigned int n = 0;

	(void)domain_claim_pages(d, 0);
	for (;;) {
		u32 m = d->relinquish_frame ?: next_frame(d);

		if (m == FRAME_LIST_END) {
			return 0;
		}
		d->relinquish_frame = m;
		if (give_up(d, mfn(m))) {
			return -ERESTART;
		}
		d->relinquish_frame = 0;
		frame_put(mfn(m));
		if (++n % 64 == 0 && hypercall_preempt()) {
			return -ERESTART;
		}
	}
}
