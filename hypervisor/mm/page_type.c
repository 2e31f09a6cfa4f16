/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Types of frames: the machine drawn at the head of mm/frame.h.  Each arrow is
 * one compare-and-swap here.  While a frame is neither VALID nor PARTIAL and
 * its type count is 1, the one CPU that brought it there is changing it
 * (validating, or taking its references back); others that want the same type
 * wait, which is short: one step is bounded by a look at the clock.
 *
 * A PARTIAL frame holds one reference and one type count of its own.  Entries
 * [0, progress) hold what they name, and the first to come either goes on
 * validating or takes them back.
 */
#include "mm/page_type.h"
#include "domain/domain.h"
#include "lib/printk.h"
#include "mm/frame_ref.h"
#include "mm/validate.h"
#include "x86/smp.h"
#include "x86/tlb.h"

static bool is_table(enum frame_type t)
{
	return t >= FT_L1 && t <= FT_L4;
}

/*
 * A frame takes a new type: no TLB (or paging-structure cache) may go on using
 * it as the old one.  The frame is claimed, nobody else uses it meanwhile.
 */
static void flush_before_new_type(struct frame *f, const struct domain *d)
{
	cpumask_t cpus = READ_ONCE(f->flags) & FRAME_FOREIGN_TLB ?
			 cpus_online : READ_ONCE(d->dirty_cpus);

	tlb_flush_stale(cpus, READ_ONCE(f->tlb_stamp));
}

/* Ends the claim: adds and takes bits away, other bits may change by others. */
static void state_change(struct frame *f, u64 clear, u64 set, u64 sub)
{
	u64 s = READ_ONCE(f->state);

	while (!try_cmpxchg64(&f->state, &s, ((s & ~clear) | set) - sub)) {
	}
}

static void ref_zero_check(struct frame *f, u64 s)
{
	if (!(s & FS_REF_MASK)) {
		frame_release(f);
	}
}

/* Drops a claim's type count and reference; the type binds nobody any more. */
static void claim_drop(struct frame *f)
{
	u64 s;

	WRITE_ONCE(f->tlb_stamp, tlb_stamp_now());
	s = atomic_sub_return(&f->state, FS_TYPE_REF_ONE + FS_REF_ONE);
	ref_zero_check(f, s);
}

/* The claimed frame's contents, from f->progress on. */
static int claim_validate(struct frame *f, enum frame_type t,
			  struct domain *d, bool preemptible)
{
	int err;

	if (t == FT_WRITABLE) {
		state_change(f, 0, FS_VALID, 0);
		return 0;
	}
	err = table_validate(f, t, d, preemptible);
	if (!err) {
		state_change(f, 0, FS_VALID, 0);
	} else if (err == -ERESTART) {
		state_change(f, 0, FS_PARTIAL, 0);
	} else {
		claim_drop(f);
	}
	return err;
}

/*
 * One attempt to go from state s.  1: s was not current any more, or another
 * CPU is at work: try again with a fresh look.
 */
static int type_get_step(struct frame *f, u64 s, enum frame_type t,
			 struct domain *d, bool preemptible)
{
	enum frame_type old = frame_type_of(s);
	u64 new;

	if (frame_owner_id(s) != d->id || !(s & FS_REF_MASK)) {
		return -EINVAL;
	}
	if (s & (FS_REF_LIMIT | FS_TYPE_REF_LIMIT)) {
		return -EBUSY;
	}
	if (s & FS_TYPE_REF_MASK) {
		if (old != t) {
			return -EINVAL;
		}
		if (s & FS_VALID) {
			new = s + FS_REF_ONE + FS_TYPE_REF_ONE;
			return try_cmpxchg64(&f->state, &s, new) ? 0 : 1;
		}
		if (!(s & FS_PARTIAL)) {
			cpu_relax();
			return 1;
		}
		/* The partial state's own counts become ours. */
		if (!try_cmpxchg64(&f->state, &s, s & ~FS_PARTIAL)) {
			return 1;
		}
		return claim_validate(f, t, d, preemptible);
	}
	new = (s & ~(FS_TYPE_MASK | FS_VALID)) | FS_TYPE(t);
	new += FS_REF_ONE + FS_TYPE_REF_ONE;
	if (t == FT_WRITABLE && (old == FT_NONE || old == FT_WRITABLE)) {
		new |= FS_VALID;
		return try_cmpxchg64(&f->state, &s, new) ? 0 : 1;
	}
	if (!try_cmpxchg64(&f->state, &s, new)) {
		return 1;
	}
	if (old != t && old != FT_NONE) {
		flush_before_new_type(f, d);
	}
	f->progress = 0;
	return claim_validate(f, t, d, preemptible);
}

static __noinline int type_get(struct frame *f, enum frame_type t,
			       struct domain *d, bool preemptible)
{
	int rc;

	do {
		rc = type_get_step(f, READ_ONCE(f->state), t, d, preemptible);
	} while (rc > 0);
	return rc;
}

int page_type_get(mfn_t m, enum frame_type t, struct domain *d,
		  bool preemptible)
{
	struct frame *f = mfn_to_frame(m);

	if (unlikely(m.v >= max_mfn)) {
		return -EINVAL;
	}
	if (likely(frame_use_get(f, d->id, t))) {
		return 0;
	}
	return type_get(f, t, d, preemptible);
}

/* The claimed frame's entries give back what they hold, then the claim ends. */
static int claim_release(struct frame *f, enum frame_type t, struct domain *d,
			 bool preemptible)
{
	int err = table_release(f, t, d, preemptible);

	if (err) {
		state_change(f, 0, FS_PARTIAL, 0);
		return err;
	}
	claim_drop(f);
	return 0;
}

static __noinline int type_put(struct frame *f, bool preemptible)
{
	u64 s = READ_ONCE(f->state);
	bool last;

	for (;;) {
		enum frame_type t = frame_type_of(s);

		BUG_ON(!(s & FS_TYPE_REF_MASK));
		last = (s & FS_TYPE_REF_MASK) == FS_TYPE_REF_ONE;
		if (last && is_table(t)) {
			if (!try_cmpxchg64(&f->state, &s, s & ~FS_VALID)) {
				continue;
			}
			f->progress = PTES_PER_TABLE;
			return claim_release(f, t, domain_of_frame_owner(
					     frame_owner_id(s)), preemptible);
		}
		if (last) {
			WRITE_ONCE(f->tlb_stamp, tlb_stamp_now());
		}
		/* A descriptor page that nobody uses is checked anew. */
		u64 new = s - FS_TYPE_REF_ONE - FS_REF_ONE;

		if (last && t == FT_DESC) {
			new &= ~FS_VALID;
		}
		if (try_cmpxchg64(&f->state, &s, new)) {
			ref_zero_check(f, new);
			return 0;
		}
	}
}

int page_type_put(mfn_t m, bool preemptible)
{
	struct frame *f = mfn_to_frame(m);

	return likely(frame_use_put(f)) ? 0 : type_put(f, preemptible);
}

int page_type_settle(mfn_t m)
{
	struct frame *f = mfn_to_frame(m);
	u64 s = READ_ONCE(f->state);

	do {
		if (!(s & FS_PARTIAL)) {
			return 0;
		}
	} while (!try_cmpxchg64(&f->state, &s, s & ~FS_PARTIAL));
	return claim_release(f, frame_type_of(s),
			     domain_of_frame_owner(frame_owner_id(s)), true);
}

int page_pin(mfn_t m, enum frame_type t, struct domain *d)
{
	struct frame *f;
	int err = page_type_get(m, t, d, true);
	u64 s;

	if (err) {
		return err;
	}
	f = mfn_to_frame(m);
	s = READ_ONCE(f->state);
	do {
		if (s & FS_PINNED) {
			(void)page_type_put(m, false);
			return -EINVAL;
		}
	} while (!try_cmpxchg64(&f->state, &s, s | FS_PINNED));
	/* Destruction may be past this frame: it looks at each one once. */
	if (READ_ONCE(d->dying)) {
		err = page_unpin(m, d);
		return err ? err : -EINVAL;
	}
	return 0;
}

int page_unpin(mfn_t m, struct domain *d)
{
	struct frame *f;
	u64 s;

	if (m.v >= max_mfn) {
		return -EINVAL;
	}
	f = mfn_to_frame(m);
	s = READ_ONCE(f->state);
	do {
		if (frame_owner_id(s) != d->id || !(s & FS_PINNED)) {
			return -EINVAL;
		}
	} while (!try_cmpxchg64(&f->state, &s, s & ~FS_PINNED));
	return page_type_put(m, true);
}
