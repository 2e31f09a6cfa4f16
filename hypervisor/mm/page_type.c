/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Types of frames: the machine drawn at the head of mm/frame.h.  Each arrow is
 * one compare-and-swap here.  While a frame is neither VALID nor PARTIAL and
 * its type count is 1, the one CPU that brought it there is changing it
 * (validating, or taking its references back); others that want the same type
 * wait, or come back later when other work waits for them.
 *
 * A PARTIAL frame holds one reference and one type count of its own.  Entries
 * [0, progress) hold what they name, and the first to come either goes on
 * validating or takes them back.
 */
#include "mm/page_type.h"
#include "lib/printk.h"
#include "mm/upcalls.h"
#include "x86/smp.h"
#include "x86/tlb.h"

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

static __noinline int type_get(struct frame *f, enum frame_type t,
			       struct domain *d, bool preemptible)
{
	u64 s = READ_ONCE(f->state), new;
	enum frame_type old;
	int err;

	for (;;) {
		old = frame_type_of(s);
		if (frame_owner_id(s) != d->id || !(s & FS_REF_MASK)) {
			return -EINVAL;
		}
		if (s & (FS_REF_LIMIT | FS_TYPE_REF_LIMIT)) {
			return -EBUSY;
		}
		new = s + FS_REF_ONE + FS_TYPE_REF_ONE;
		if (!(s & FS_TYPE_REF_MASK)) {
			new = (new & ~(FS_TYPE_MASK | FS_VALID)) | FS_TYPE(t);
			if (t == FT_WRITABLE && (old == t || old == FT_NONE)) {
				new |= FS_VALID;
			}
		} else if (old != t) {
			return -EINVAL;
		} else if (s & FS_PARTIAL) {
			/* The partial state's own counts become ours. */
			new = s & ~FS_PARTIAL;
		} else if (!(s & FS_VALID)) {
			/*
			 * Another CPU is at work, perhaps for long, and may
			 * want our flush.
			 */
			if (preemptible && hypercall_preempt()) {
				return -ERESTART;
			}
			cpu_relax();
			smp_call_interrupt();
			s = READ_ONCE(f->state);
			continue;
		}
		if (try_cmpxchg(&f->state, &s, new)) {
			break;
		}
	}
	if (new & FS_VALID) {
		return 0;
	}
	if (!(s & FS_PARTIAL)) {
		if (old != t && old != FT_NONE) {
			flush_before_new_type(f, d);
		}
		f->progress = 0;
	}
	err = t == FT_WRITABLE ? 0 : table_validate(f, t, d, preemptible);
	if (err && err != -ERESTART && !f->progress) {
		/* The type binds nobody any more. */
		frame_writable_put(f, tlb_stamp_now());
		return err;
	}
	atomic_or(&f->state, err ? FS_PARTIAL : FS_VALID);
	if (err && err != -ERESTART) {
		/* Not all is given back of what good entries hold. */
		page_put_later(frame_to_mfn(f));
	}
	return err;
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
static int claim_release(struct frame *f, u64 s, bool preemptible)
{
	struct domain *d = domain_of_frame_owner(frame_owner_id(s));
	int err = table_release(f, frame_type_of(s), d, preemptible);

	if (err) {
		atomic_or(&f->state, FS_PARTIAL);
		return err;
	}
	frame_writable_put(f, tlb_stamp_now());
	return 0;
}

static __noinline int type_put(struct frame *f, bool preemptible)
{
	u64 s = READ_ONCE(f->state), new;
	bool last, claim;

	do {
		BUG_ON(!(s & FS_TYPE_REF_MASK));
		last = (s & FS_TYPE_REF_MASK) == FS_TYPE_REF_ONE;
		claim = last && frame_type_is_table(frame_type_of(s));
		new = claim ? s : s - FS_TYPE_REF_ONE - FS_REF_ONE;
		if (last) {
			frame_stamp(f, tlb_stamp_now());
			/* What nobody uses is checked anew. */
			if (frame_type_of(s) > FT_WRITABLE) {
				new &= ~FS_VALID;
			}
		}
	} while (!try_cmpxchg(&f->state, &s, new));
	if (claim) {
		f->progress = PTES_PER_TABLE;
		return claim_release(f, s, preemptible);
	}
	if (!(new & FS_COUNTS)) {
		frame_release(f);
	}
	return 0;
}

int page_type_put(mfn_t m, bool preemptible)
{
	struct frame *f = mfn_to_frame(m);

	return likely(frame_use_put(f)) ? 0 : type_put(f, preemptible);
}

int page_type_settle(mfn_t m)
{
	struct frame *f = mfn_to_frame(m);
	u64 s = __atomic_fetch_and(&f->state, ~FS_PARTIAL, __ATOMIC_SEQ_CST);

	return s & FS_PARTIAL ? claim_release(f, s, true) : 0;
}

int page_pin(mfn_t m, enum frame_type t, struct domain *d)
{
	int err = page_type_get(m, t, d, true);

	if (err) {
		return err;
	}
	if (__atomic_fetch_or(&mfn_to_frame(m)->state, FS_PINNED,
			      __ATOMIC_SEQ_CST) & FS_PINNED) {
		pt_use_put(m);
		return -EINVAL;
	}
	/* Destruction may be past this frame: it looks at each one once. */
	if (READ_ONCE(d->dying)) {
		return page_unpin(m, d) ?: -EINVAL;
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
	} while (!try_cmpxchg(&f->state, &s, s & ~FS_PINNED));
	return page_type_put(m, true);
}
