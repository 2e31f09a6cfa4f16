/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * XENMEM_exchange: gives frames back and gets others, contiguous or at lower
 * addresses, in their place (a Linux domain 0 makes DMA buffers so).  Works in
 * chunks of as many extents as make one of the larger kind; a chunk is done
 * wholly or not at all.  An input frame must have no other use than being
 * allocated.
 */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "hypercall/memory_op.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"
#include "mm/guest_copy.h"
#include "x86/tlb.h"

#define CHUNK_MAX		(1U << MEMORY_MAX_ORDER)

struct exchange {
	struct domain *d;
	struct xen_memory_exchange *x;
	unsigned int in_per_chunk, out_per_chunk, frames;
	unsigned int nr_in, nr_out;	/* in hand, of this chunk */
	u32 flags;
	struct {
		u64 in[CHUNK_MAX];	/* frames */
		u64 out[CHUNK_MAX];	/* extents */
	} *list;
};

static bool args_ok(struct exchange *e)
{
	const struct xen_memory_reservation *in = &e->x->in, *out = &e->x->out;
	unsigned int order = max(in->extent_order, out->extent_order);

	if (in->domid != out->domid ||
	    in->nr_extents > ~0UL >> in->extent_order ||
	    out->nr_extents > ~0UL >> out->extent_order ||
	    in->nr_extents << in->extent_order !=
	    out->nr_extents << out->extent_order ||
	    e->x->nr_exchanged > in->nr_extents) {
		return false;
	}
	e->in_per_chunk = 1U << (order - in->extent_order);
	e->out_per_chunk = 1U << (order - out->extent_order);
	e->frames = 1U << order;
	return e->x->nr_exchanged % e->in_per_chunk == 0 &&
	       in->nr_extents % e->in_per_chunk == 0 &&
	       memory_alloc_flags(out->mem_flags, &e->flags);
}

/*
 * The allocation's reference is the frame's again; where destruction has come
 * by meanwhile, we do what it would have done.
 */
static void frame_give_back(const struct domain *d, mfn_t m)
{
	__atomic_fetch_or(&mfn_to_frame(m)->flags, FRAME_ALLOCATED,
			  __ATOMIC_SEQ_CST);
	if (READ_ONCE(d->dying)) {
		(void)frame_put_allocation(m);
	}
}

/*
 * Takes a frame with no use but its allocation from everybody's reach.  The
 * allocation's reference becomes ours first, so that "one reference" then
 * means ours.
 */
static bool frame_steal(const struct domain *d, mfn_t m)
{
	struct frame *f;
	u64 s;

	if (!frame_get(m, d)) {
		return false;
	}
	f = mfn_to_frame(m);
	if (!(__atomic_fetch_and(&f->flags, (u8)~FRAME_ALLOCATED,
				 __ATOMIC_SEQ_CST) & FRAME_ALLOCATED)) {
		frame_put(m);
		return false;
	}
	s = READ_ONCE(f->state);
	do {
		if ((s & FS_REF_MASK) != 2 * FS_REF_ONE ||
		    (s & FS_TYPE_REF_MASK)) {
			frame_give_back(d, m);
			frame_put(m);
			return false;
		}
	} while (!try_cmpxchg(&f->state, &s, s - 2 * FS_REF_ONE));
	return true;
}

static int chunk_steal(struct exchange *e)
{
	unsigned int order = e->x->in.extent_order;
	u64 *list = e->x->in.extent_start.p;
	u64 first;

	for (unsigned int i = 0; i < e->in_per_chunk; i++) {
		if (copy_from_guest(&first, list + e->x->nr_exchanged + i, 1)) {
			return -EFAULT;
		}
		for (unsigned int j = 0; j < 1U << order; j++) {
			if (!frame_steal(e->d, mfn(first + j))) {
				return -EINVAL;
			}
			e->list->in[e->nr_in++] = first + j;
		}
	}
	return 0;
}

static int chunk_alloc(struct exchange *e)
{
	for (; e->nr_out < e->out_per_chunk; e->nr_out++) {
		mfn_t m = frames_alloc(e->x->out.extent_order, e->flags, 0);

		if (mfn_eq(m, INVALID_MFN)) {
			return -ENOMEM;
		}
		e->list->out[e->nr_out] = m.v;
	}
	return 0;
}

static void chunk_undo(struct exchange *e)
{
	while (e->nr_in--) {
		mfn_t m = mfn(e->list->in[e->nr_in]);

		(void)atomic_add_return(&mfn_to_frame(m)->state, FS_REF_ONE);
		frame_give_back(e->d, m);
	}
	while (e->nr_out--) {
		frames_free(mfn(e->list->out[e->nr_out]),
			    e->x->out.extent_order);
	}
}

/* The frames change places; that fails only for a domain that is dying. */
static int chunk_commit(struct exchange *e)
{
	struct domain *d = e->d;
	unsigned int order = e->x->out.extent_order;

	spin_lock(&d->frame_lock);
	if (d->dying) {
		spin_unlock(&d->frame_lock);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < e->out_per_chunk; i++) {
		domain_frames_added(d, mfn(e->list->out[i]), 1U << order);
	}
	for (unsigned int i = 0; i < e->frames; i++) {
		domain_frame_unlink(d, mfn_to_frame(mfn(e->list->in[i])));
	}
	d->tot_pages -= e->frames;
	spin_unlock(&d->frame_lock);
	for (unsigned int i = 0; i < e->frames; i++) {
		m2p_set(mfn(e->list->in[i]), INVALID_M2P);
		mfn_to_frame(mfn(e->list->in[i]))->tlb_stamp = tlb_stamp_now();
		frames_free(mfn(e->list->in[i]), 0);
	}
	return 0;
}

static int chunk_names(struct exchange *e)
{
	unsigned int order = e->x->out.extent_order;
	u64 *list = e->x->out.extent_start.p;
	u64 at = e->x->nr_exchanged / e->in_per_chunk * e->out_per_chunk;
	u64 gpfn;

	for (unsigned int i = 0; i < e->out_per_chunk; i++) {
		if (copy_from_guest(&gpfn, list + at + i, 1)) {
			return -EFAULT;
		}
		for (u64 j = 0; j < 1U << order; j++) {
			(void)m2p_set_owned(mfn(e->list->out[i] + j), e->d,
					    gpfn + j);
		}
		if (copy_to_guest(list + at + i, &e->list->out[i], 1)) {
			return -EFAULT;
		}
	}
	return 0;
}

static int do_chunk(struct exchange *e)
{
	int err;

	e->nr_in = e->nr_out = 0;
	err = chunk_alloc(e) ?: chunk_steal(e) ?: chunk_commit(e);
	if (err) {
		chunk_undo(e);
		return err;
	}
	err = chunk_names(e);
	e->x->nr_exchanged += e->in_per_chunk;
	return err || !hypercall_preempt() ? err : -ERESTART;
}

long op_exchange(struct domain *caller, void *arg)
{
	struct exchange e = { .x = arg };
	int err;

	if (max(e.x->in.extent_order, e.x->out.extent_order) >
	    MEMORY_MAX_ORDER) {
		return -EPERM;
	}
	if (!args_ok(&e)) {
		return -EINVAL;
	}
	err = domain_for_caller(e.x->in.domid, &e.d);
	if (err) {
		return err;
	}
	e.list = heap_alloc_pages(1);
	err = e.list ? 0 : -ENOMEM;
	while (!err && e.x->nr_exchanged < e.x->in.nr_extents) {
		err = do_chunk(&e);
	}
	heap_free_pages(e.list, 1);
	domain_put(e.d);
	return err;
}
