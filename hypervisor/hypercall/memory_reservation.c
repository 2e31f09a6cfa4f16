/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * XENMEM_increase_reservation, decrease_reservation, populate_physmap: lists
 * of extents of 2^order frames.  The result is the number of extents done;
 * what stopped it early is not said (xen/memory.h).
 */
#include "hypercall/hypercall.h"
#include "hypercall/memory_op.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"

#define PREEMPT_FRAMES	32	/* look for other work after so many */

struct extents {
	struct domain *d;
	u64 *list;			/* guest address */
	unsigned long n, at;
	unsigned int order;
	u32 flags;
};

static bool extent_read(const struct extents *x, u64 *out)
{
	return !copy_from_guest(out, x->list + x->at, 1);
}

static bool extent_write(const struct extents *x, mfn_t m)
{
	u64 v = m.v;

	return !copy_to_guest(x->list + x->at, &v, 1);
}

static bool increase_one(const struct extents *x)
{
	mfn_t m;

	if (domain_frames_alloc(x->d, x->order, x->flags, &m)) {
		return false;
	}
	return !x->list || extent_write(x, m);
}

static bool populate_one(const struct extents *x)
{
	u64 gpfn;
	mfn_t m;

	if (!extent_read(x, &gpfn) ||
	    domain_frames_alloc(x->d, x->order, x->flags, &m)) {
		return false;
	}
	for (u64 i = 0; i < 1ULL << x->order; i++) {
		m2p_set(mfn(m.v + i), gpfn + i);
	}
	return extent_write(x, m);
}

static bool decrease_one(const struct extents *x)
{
	u64 gmfn;

	if (!extent_read(x, &gmfn)) {
		return false;
	}
	for (u64 i = 0; i < 1ULL << x->order; i++) {
		mfn_t m = mfn(gmfn + i);
		bool gone;

		if (!frame_get(m, x->d)) {
			return false;
		}
		gone = frame_put_allocation(m);
		frame_put(m);
		if (!gone) {
			return false;
		}
	}
	return true;
}

/* True when it stopped for other work. */
static bool do_extents(struct extents *x, unsigned long cmd)
{
	bool (*one)(const struct extents *) =
		cmd == XENMEM_increase_reservation ? increase_one :
		cmd == XENMEM_populate_physmap ? populate_one : decrease_one;
	unsigned long frames = 0;

	for (; x->at < x->n; x->at++) {
		if (frames >= PREEMPT_FRAMES) {
			frames = 0;
			if (hypercall_preempt()) {
				return true;
			}
		}
		if (!one(x)) {
			return false;
		}
		frames += 1UL << x->order;
	}
	return false;
}

long memory_reservation(unsigned long cmd, unsigned long arg)
{
	unsigned long start = cmd >> MEMOP_EXTENT_SHIFT;
	struct xen_memory_reservation r;
	struct extents x;
	bool preempted;

	cmd &= MEMOP_CMD_MASK;
	if (copy_from_guest(&r, arg, 1)) {
		return (long)start;
	}
	if (r.nr_extents > ~0UL >> MEMOP_EXTENT_SHIFT ||
	    start >= r.nr_extents ||
	    r.extent_order > MEMORY_MAX_ORDER ||
	    !memory_alloc_flags(r.mem_flags, &x.flags) ||
	    (r.mem_flags & XENMEMF_populate_on_demand)) {
		return (long)start;
	}
	if (memory_domain_get(r.domid, &x.d)) {
		return (long)start;
	}
	x.list = r.extent_start.p;
	x.n = r.nr_extents;
	x.at = start;
	x.order = r.extent_order;
	preempted = do_extents(&x, cmd);
	domain_put(x.d);
	if (preempted) {
		return hypercall_restart(__HYPERVISOR_memory_op, 2,
				cmd | x.at << MEMOP_EXTENT_SHIFT, arg);
	}
	return (long)x.at;
}

long memory_claim(unsigned long arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	int err;

	if (!current->domain->privileged) {
		return -EPERM;
	}
	if (copy_from_guest(&r, arg, 1)) {
		return -EFAULT;
	}
	if (r.extent_start.p || r.extent_order || r.mem_flags) {
		return -EINVAL;
	}
	err = memory_domain_get(r.domid, &d);
	if (err) {
		return err;
	}
	err = domain_claim_pages(d, r.nr_extents);
	domain_put(d);
	return err;
}
