/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Frames that belong to domains: allocation with limits and claims, the list
 * of what a domain owns, and frames of ours that it shares.
 */
#include "domain/domain.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"
#include "mm/frame_ref.h"
#include "x86/tlb.h"

void domain_frames_added(struct domain *d, mfn_t first, u64 count)
{
	for (u64 i = 0; i < count; i++) {
		struct frame *f = &frame_table[first.v + i];

		frame_list_add(&d->frames_first, f);
		f->flags = FRAME_ALLOCATED;
		f->progress = 0;
		__atomic_store_n(&f->state, FS_OWNER(d->id) | FS_REF_ONE,
				 __ATOMIC_RELEASE);
	}
	if (!d->tot_pages) {
		domain_get(d);
	}
	d->tot_pages += count;
}

void domain_frame_unlink(struct domain *d, struct frame *f)
{
	frame_list_remove(d->frames_first == frame_to_mfn(f).v ?
			  &d->frames_first : &d->frames_kept, f);
}

/* n pages of its claim are used up, or given back; no more than there are. */
static void claim_drop(struct domain *d, u64 n)
{
	u64 used = min(d->claimed_pages, n);

	if (used) {
		d->claimed_pages -= used;
		(void)claims_change(-(s64)used);
	}
}

static int may_grow(const struct domain *d, u64 n)
{
	if (d->dying) {
		return -EINVAL;
	}
	if (d->tot_pages + n > d->max_pages) {
		return -E2BIG;
	}
	return 0;
}

int domain_frames_alloc(struct domain *d, unsigned int order, u32 flags,
			mfn_t *out)
{
	u64 n = 1ULL << order;
	int err = may_grow(d, n);

	if (err) {
		return err;
	}
	*out = frames_alloc(order, flags, READ_ONCE(d->claimed_pages));
	if (mfn_eq(*out, INVALID_MFN)) {
		return -ENOMEM;
	}
	spin_lock(&d->frame_lock);
	err = may_grow(d, n);
	if (!err) {
		domain_frames_added(d, *out, n);
		claim_drop(d, n);
	}
	spin_unlock(&d->frame_lock);
	if (err) {
		frames_free(*out, order);
	}
	return err;
}

int domain_claim_pages(struct domain *d, u64 pages)
{
	int err = 0;

	spin_lock(&d->frame_lock);
	if (!pages) {
		claim_drop(d, ~0ULL);
	} else if (d->claimed_pages || pages > d->max_pages ||
		   pages <= d->tot_pages || d->dying) {
		err = -EINVAL;
	} else {
		err = claims_change((s64)(pages - d->tot_pages));
		if (!err) {
			d->claimed_pages = pages - d->tot_pages;
		}
	}
	spin_unlock(&d->frame_lock);
	return err;
}

/*
 * Of ours, with the domain as owner.  What keeps a guest from giving it away
 * is that FRAME_ALLOCATED is clear; what keeps its type is a type count.
 */
mfn_t hv_shared_alloc(struct domain *d)
{
	mfn_t m = frames_alloc(0, 0, 0);
	struct frame *f;
	u64 s = FS_OWNER(d->id) | FS_REF_ONE | FS_TYPE_REF_ONE | FS_VALID |
		FS_TYPE(FT_WRITABLE);

	if (mfn_eq(m, INVALID_MFN)) {
		return m;
	}
	f = mfn_to_frame(m);
	f->flags = FRAME_HV;
	f->progress = 0;
	__atomic_store_n(&f->state, s, __ATOMIC_RELEASE);
	return m;
}

/*
 * Others may still map it (domain 0 a dead domain's grant table): it is then
 * nobody's but ours, and goes with the last mapping.
 */
void hv_shared_free(mfn_t m)
{
	struct frame *f = mfn_to_frame(m);
	u64 s = READ_ONCE(f->state);

	while (!try_cmpxchg(&f->state, &s, (s & ~FS_OWNER_MASK) |
			      FS_OWNER(OWNER_HV))) {
	}
	frame_writable_put(f, tlb_stamp_now());
}
