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
#include "domain/domain.h"
#include "mm/l1_ref.h"
#include "mm/pte_rules.h"
#include "mm/validate.h"

/*
 * Exchanges the entry; keep_ad: A and D, as they are in the old one, are added
 * to a present new one, losing none that the CPU sets meanwhile.
 */
static pte_t pte_exchange(pte_t *ptep, pte_t old, pte_t new, bool keep_ad)
{
	if (!keep_ad) {
		return xchg(ptep, new);
	}
	while (!try_cmpxchg64(ptep, &old, new | (old & PTE_AD))) {
	}
	return old;
}

/*
 * Old and new name the same frame: only the writable use comes or goes, or
 * nothing at all.  False when this is not such a change, or lost a race.
 */
static bool l1_same_frame(struct domain *d, pte_t *ptep, pte_t old, pte_t new,
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
	if (!(diff & PTE_RW)) {
		return try_cmpxchg64(ptep, &old, new);
	}
	if (new & PTE_RW || pte_mfn(new).v >= max_mfn) {
		return false;
	}
	f = mfn_to_frame(pte_mfn(new));
	if (frame_owner_id(READ_ONCE(f->state)) != d->id) {
		return false;
	}
	if (!try_cmpxchg64(ptep, &old, new)) {
		return false;
	}
	frame_writable_drop(f, tlb_stamp_now());
	return true;
}

int l1_entry_set(struct domain *d, struct domain *foreign, pte_t *ptep,
		 pte_t new, bool keep_ad)
{
	pte_t old = READ_ONCE(*ptep);
	int err;

	if (!(new & PTE_P)) {
		old = xchg(ptep, new);
	} else {
		if (unlikely(!pte_l1_allowed(d, new))) {
			return -EINVAL;
		}
		new = pte_adjust(new);
		if (l1_same_frame(d, ptep, old, new, keep_ad)) {
			return 0;
		}
		err = l1_ref_get(d, foreign, new);
		if (unlikely(err)) {
			return err;
		}
		old = pte_exchange(ptep, old, new, keep_ad);
	}
	if (old & PTE_P) {
		l1_ref_put(d, old);
	}
	return 0;
}

int l1_entry_cmpxchg(struct domain *d, pte_t *ptep, pte_t old, pte_t new)
{
	int err;

	if (new & PTE_P) {
		if (!pte_l1_allowed(d, new)) {
			return -EINVAL;
		}
		new = pte_adjust(new);
		err = l1_ref_get(d, d, new);
		if (err) {
			return err;
		}
	}
	if (!try_cmpxchg64(ptep, &old, new)) {
		if (new & PTE_P) {
			l1_ref_put(d, new);
		}
		return -EAGAIN;
	}
	if (old & PTE_P) {
		l1_ref_put(d, old);
	}
	return 0;
}

static int upper_entry_set(enum frame_type t, struct domain *d, pte_t *ptep,
			   pte_t new, bool keep_ad)
{
	pte_t old = READ_ONCE(*ptep);
	int err;

	if (new & PTE_P) {
		if (!pte_table_allowed(new)) {
			return -EINVAL;
		}
		new = pte_table_adjust(new);
		if (old & PTE_P && !((old ^ new) & ~(PTE_HARMLESS | PTE_RW))) {
			pte_t want = new | (keep_ad ? old & PTE_AD : 0);

			if (try_cmpxchg64(ptep, &old, want)) {
				return 0;
			}
		}
		err = table_ref_get(t, d, new, true);
		if (err) {
			return err;
		}
	}
	old = pte_exchange(ptep, old, new, keep_ad && new & PTE_P);
	if (old & PTE_P && table_ref_put(t, old, true) == -ERESTART) {
		page_put_later(pte_mfn(old));
	}
	return 0;
}

int pt_entry_set_typed(enum frame_type t, struct domain *d,
		       struct domain *foreign, maddr_t where, pte_t new,
		       bool keep_ad)
{
	pte_t *ptep = (pte_t *)((char *)mfn_to_virt(maddr_to_mfn(where)) +
				(where.v & (PAGE_OFFSET_MASK & ~7UL)));

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
	return upper_entry_set(t, d, ptep, new, keep_ad);
}

enum frame_type pt_use_get(mfn_t m, struct domain *d)
{
	struct frame *f;
	enum frame_type t;

	if (m.v >= max_mfn) {
		return FT_NONE;
	}
	f = mfn_to_frame(m);
	if (likely(frame_use_get(f, d->id, FT_L1))) {
		return FT_L1;
	}
	t = frame_type_of(READ_ONCE(f->state));
	if (t >= FT_L1 && t <= FT_L4 && frame_use_get(f, d->id, t)) {
		return t;
	}
	return page_type_get(m, FT_WRITABLE, d, false) ? FT_NONE : FT_WRITABLE;
}

void pt_use_put(mfn_t m)
{
	if (likely(frame_use_put(mfn_to_frame(m)))) {
		return;
	}
	if (page_type_put(m, true) == -ERESTART) {
		page_put_later(m);
	}
}

/* ---- tables whose release was interrupted ---- */

void page_put_later(mfn_t m)
{
	struct vcpu *v = current;

	/* One at a time: a second one waits for the first. */
	while (v->put_later.v && page_put_pending()) {
	}
	v->put_later = m;
}

int page_put_pending(void)
{
	struct vcpu *v = current;
	int err;

	if (!v->put_later.v) {
		return 0;
	}
	err = page_type_settle(v->put_later);
	if (!err) {
		v->put_later.v = 0;
	}
	return err;
}
