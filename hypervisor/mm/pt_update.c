/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Changes of single page-table entries, without locks: what the new entry
 * names is taken first, the entry is exchanged atomically, and whatever entry
 * came out gives back what it held.  Each value that was ever in the entry so
 * has its references exactly as long as it is there, whoever races.  The
 * caller's use of the table keeps it a table meanwhile.
 */
#include "mm/page_type.h"
#include "mm/l1_ref.h"

/*
 * Exchanges the entry; keep_ad: A and D, as they are in the old one, are added
 * to a present new one, losing none that the CPU sets meanwhile.
 */
static pte_t pte_exchange(pte_t *ptep, pte_t old, pte_t new, bool keep_ad)
{
	if (!keep_ad) {
		return xchg(ptep, new);
	}
	while (!try_cmpxchg(ptep, &old, new | (old & PTE_AD))) {
	}
	return old;
}

/*
 * Old and new name the same frame: only an L1 entry's writable use goes, or
 * nothing at all.  False when this is not such a change, or lost a race.
 */
static __always_inline bool same_frame(enum frame_type t, struct domain *d,
				       pte_t *ptep, pte_t old, pte_t new,
				       bool keep_ad)
{
	pte_t diff = old ^ new;
	struct frame *f;

	if (!(old & PTE_P) || (diff & ~(PTE_HARMLESS | PTE_RW))) {
		return false;
	}
	if (keep_ad) {
		new |= old & PTE_AD;
	}
	if (t != FT_L1 || !(diff & PTE_RW)) {
		return try_cmpxchg(ptep, &old, new);
	}
	if (new & PTE_RW || pte_mfn(new).v >= max_mfn) {
		return false;
	}
	f = mfn_to_frame(pte_mfn(new));
	if (frame_owner_id(READ_ONCE(f->state)) != d->id ||
	    !try_cmpxchg(ptep, &old, new)) {
		return false;
	}
	frame_writable_drop(f, tlb_stamp_now());
	return true;
}

static __always_inline void entry_put(enum frame_type t, struct domain *d,
				      pte_t old)
{
	if (t == FT_L1) {
		l1_ref_put(d, old);
	} else if (old & PTE_P) {
		pt_use_put(pte_mfn(old));
	}
}

static __always_inline int entry_set(enum frame_type t, struct domain *d,
				     struct domain *foreign, pte_t *ptep,
				     pte_t new, bool keep_ad)
{
	pte_t old = READ_ONCE(*ptep);
	int err;

	if (!(new & PTE_P)) {
		entry_put(t, d, xchg(ptep, new));
		return 0;
	}
	new = pte_checked(t, d, new);
	if (unlikely(!new)) {
		return -EINVAL;
	}
	if (same_frame(t, d, ptep, old, new, keep_ad)) {
		return 0;
	}
	err = pt_entry_get(t, d, foreign, new, true);
	if (unlikely(err)) {
		return err;
	}
	entry_put(t, d, pte_exchange(ptep, old, new, keep_ad));
	return 0;
}

int l1_entry_set(struct domain *d, struct domain *foreign, pte_t *ptep,
		 pte_t new, bool keep_ad)
{
	return entry_set(FT_L1, d, foreign, ptep, new, keep_ad);
}

int l1_entry_cmpxchg(struct domain *d, pte_t *ptep, pte_t old, pte_t new)
{
	int err;

	if (new & PTE_P) {
		new = pte_checked(FT_L1, d, new);
		err = new ? l1_ref_get(d, d, new) : -EINVAL;
		if (err) {
			return err;
		}
	}
	if (!try_cmpxchg(ptep, &old, new)) {
		l1_ref_put(d, new);
		return -EAGAIN;
	}
	l1_ref_put(d, old);
	return 0;
}

int pt_entry_set_typed(enum frame_type t, struct domain *d,
		       struct domain *foreign, maddr_t where, pte_t new,
		       bool keep_ad)
{
	pte_t *ptep = (pte_t *)(direct_map_base + (where.v & ~7UL));

	if (t == FT_L1) {
		return l1_entry_set(d, foreign, ptep, new, keep_ad);
	}
	if (t == FT_WRITABLE) {
		WRITE_ONCE(*ptep, new);
		return 0;
	}
	if (t == FT_L4 &&
	    !l4_slot_is_guest((where.v & PAGE_OFFSET_MASK) / sizeof(pte_t))) {
		return -EINVAL;
	}
	return entry_set(t, d, d, ptep, new, keep_ad);
}

enum frame_type pt_use_get(mfn_t m, struct domain *d)
{
	enum frame_type t;

	if (m.v >= max_mfn) {
		return FT_NONE;
	}
	t = frame_type_of(READ_ONCE(mfn_to_frame(m)->state));
	if (frame_type_is_table(t) &&
	    frame_use_get(mfn_to_frame(m), d->id, t)) {
		return t;
	}
	return page_type_get(m, FT_WRITABLE, d, false) ? FT_NONE : FT_WRITABLE;
}

void pt_use_put_last(mfn_t m)
{
	if (page_type_put(m, true) == -ERESTART) {
		page_put_later(m);
	}
}

/* ---- tables whose release was interrupted ---- */

void page_put_later(mfn_t m)
{
	struct vcpu *v = current;

	/* No room: it waits for the others. */
	while (v->nr_put_later == ARRAY_LEN(v->put_later) &&
	       page_put_pending()) {
	}
	v->put_later[v->nr_put_later++] = m;
}

int page_put_pending(void)
{
	struct vcpu *v = current;
	int err = 0;

	while (v->nr_put_later && !err) {
		err = page_type_settle(v->put_later[v->nr_put_later - 1]);
		v->nr_put_later -= !err;
	}
	return err;
}
