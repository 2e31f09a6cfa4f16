/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * XENMEM_increase_reservation, decrease_reservation, populate_physmap: lists
 * of extents of 2^order frames.  The result is the number of extents done;
 * what stopped it early is not said (xen/memory.h).
 */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "hypercall/memory_op.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"

#define PREEMPT_FRAMES	32	/* look for other work after so many */

struct extents {
	struct domain *d;
	unsigned long cmd;
	u64 *list;			/* guest address */
	unsigned long n, at;
	unsigned int order;
	u32 flags;
};

/* Populate: the list gives names for the M2P; increase: it need not be. */
static bool grow_one(const struct extents *x)
{
	bool named = x->cmd == XENMEM_populate_physmap;
	u64 gpfn;
	mfn_t m;

	if ((named && copy_from_guest(&gpfn, x->list + x->at, 1)) ||
	    domain_frames_alloc(x->d, x->order, x->flags, &m)) {
		return false;
	}
	for (u64 i = 0; named && i < 1ULL << x->order; i++) {
		(void)m2p_set_owned(mfn(m.v + i), x->d, gpfn + i);
	}
	return !x->list || !copy_to_guest(x->list + x->at, &m.v, 1);
}

static bool shrink_one(const struct extents *x)
{
	bool gone = true;
	u64 gmfn;

	if (copy_from_guest(&gmfn, x->list + x->at, 1)) {
		return false;
	}
	for (u64 i = 0; gone && i < 1ULL << x->order; i++) {
		mfn_t m = mfn(gmfn + i);

		if (!frame_get(m, x->d)) {
			return false;
		}
		gone = frame_put_allocation(m);
		frame_put(m);
	}
	return gone;
}

/* True when it stopped for other work. */
static bool do_extents(struct extents *x)
{
	unsigned long frames = 0;

	for (; x->at < x->n; x->at++) {
		if (frames >= PREEMPT_FRAMES) {
			frames = 0;
			if (hypercall_preempt()) {
				return true;
			}
		}
		if (!(x->cmd == XENMEM_decrease_reservation ? shrink_one(x) :
							      grow_one(x))) {
			return false;
		}
		frames += 1UL << x->order;
	}
	return false;
}

long memory_reservation(unsigned long cmd, unsigned long arg)
{
	struct xen_memory_reservation r;
	struct extents x = {
		.cmd = cmd & MEMOP_CMD_MASK,
		.at = cmd >> MEMOP_EXTENT_SHIFT,
	};
	bool preempted;

	if (copy_from_guest(&r, arg, 1) ||
	    r.nr_extents > ~0UL >> MEMOP_EXTENT_SHIFT ||
	    x.at >= r.nr_extents || r.extent_order > MEMORY_MAX_ORDER ||
	    !memory_alloc_flags(r.mem_flags, &x.flags) ||
	    (r.mem_flags & XENMEMF_populate_on_demand) ||
	    domain_for_caller(r.domid, &x.d)) {
		return (long)x.at;
	}
	x.list = r.extent_start.p;
	x.n = r.nr_extents;
	x.order = r.extent_order;
	preempted = do_extents(&x);
	domain_put(x.d);
	if (preempted) {
		return hypercall_restart(__HYPERVISOR_memory_op, 2,
				x.cmd | x.at << MEMOP_EXTENT_SHIFT, arg);
	}
	return (long)x.at;
}
