/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * References on frames: taking one, giving it back, and what happens when the
 * last one goes.  The counts and the owner are in one word (mm/frame.h), so
 * "d owns it and it is in use" and "now there is one use more" are one step.
 */
#include "mm/frame.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "domain/domain.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"
#include "mm/frame_ref.h"
#include "x86/tlb.h"

unsigned long max_mfn __ro_after_init;

bool mfn_valid(mfn_t m)
{
	return m.v < max_mfn &&
	       frame_owner_id(READ_ONCE(mfn_to_frame(m)->state)) != OWNER_IO;
}

bool frame_get(mfn_t m, const struct domain *d)
{
	return m.v < max_mfn && frame_ref_get(mfn_to_frame(m), d->id);
}

/*
 * The last reference is gone: nobody can take another (count 0), so the frame
 * is this CPU's alone until it is on a free list.
 */
void frame_release(struct frame *f)
{
	mfn_t m = frame_to_mfn(f);
	struct domain *d = NULL;
	bool last = false;

	f->tlb_stamp = tlb_stamp_now();
	if (!(f->flags & FRAME_HV)) {
		d = domain_of_frame_owner(frame_owner_id(f->state));
		BUG_ON(!d);
		spin_lock(&d->frame_lock);
		domain_frame_unlink(d, f);
		last = !--d->tot_pages;
		spin_unlock(&d->frame_lock);
	}
	m2p_set(m, INVALID_M2P);
	frames_free(m, 0);
	if (last) {
		domain_put(d);
	}
}

void frame_put(mfn_t m)
{
	frame_ref_put(mfn_to_frame(m));
}

bool frame_put_allocation(mfn_t m)
{
	struct frame *f = mfn_to_frame(m);

	if (!(__atomic_fetch_and(&f->flags, (u8)~FRAME_ALLOCATED,
				 __ATOMIC_SEQ_CST) & FRAME_ALLOCATED)) {
		return false;
	}
	frame_ref_put(f);
	return true;
}
