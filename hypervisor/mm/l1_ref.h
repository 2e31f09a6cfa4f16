/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a present L1 entry holds on the frame that it names: a reference, and a
 * writable use when it is writable.  Device memory is not counted.
 *
 * d is the table's owner, `owner` who must own the frame: d itself, another
 * domain that a privileged one may map, or one of the two pseudo-domains.
 */
#ifndef MM_L1_REF_H
#define MM_L1_REF_H

#include "mm/page_type.h"
#include "mm/pte_rules.h"
#include "x86/tlb.h"

/* Owners DOMID_IO (device memory) and DOMID_XEN, as foreign domains. */
extern struct domain domain_io, domain_hv;

/* The cases that are not the common one: device memory, other types. */
int l1_ref_get_slow(struct domain *d, struct domain *owner, pte_t e);

static inline int l1_ref_get(struct domain *d, struct domain *owner, pte_t e)
{
	unsigned long m = pte_mfn(e).v;

	if (likely(m < max_mfn)) {
		struct frame *f = &frame_table[m];

		if (likely(e & PTE_RW ?
			   frame_use_get(f, owner->id, FT_WRITABLE) :
			   frame_ref_get(f, owner->id))) {
			return 0;
		}
	}
	return l1_ref_get_slow(d, owner, e);
}

/* Present entry e of d's table of type t takes what it names. */
static __always_inline int pt_entry_get(enum frame_type t, struct domain *d,
				     struct domain *owner, pte_t e,
				     bool preemptible)
{
	return t == FT_L1 ? l1_ref_get(d, owner, e) :
	       page_type_get(pte_mfn(e), (enum frame_type)(t - 1), d,
			     preemptible);
}

/* An entry gives back what it held: nothing if it was not present. */
static inline void l1_ref_put(struct domain *d, pte_t e)
{
	unsigned long m = pte_mfn(e).v;
	unsigned int owner;
	struct frame *f;

	if (!(e & PTE_P) || unlikely(m >= max_mfn)) {
		return;
	}
	f = &frame_table[m];
	owner = frame_owner_id(READ_ONCE(f->state));
	if (unlikely(owner != d->id)) {
		if (owner == OWNER_IO) {
			return;
		}
		/*
		 * TLB entries are on other CPUs than the owner's: the next
		 * change of type must look at all of them.
		 */
		atomic_or(&f->flags, FRAME_FOREIGN_TLB);
	}
	if (e & PTE_RW) {
		frame_writable_put(f, tlb_stamp_now());
	} else {
		frame_ref_put(f);
	}
}

/*
 * The commonest change of all: an empty entry of d's table comes to name a
 * writable frame of d's.  False: it is another case, nothing was done.
 */
static inline bool l1_entry_fill(struct domain *d, pte_t *ptep, pte_t new)
{
	unsigned long m = pte_mfn(new).v;
	pte_t old = 0;

	if ((new & (PTE_P | PTE_RW | PTE_US | PTE_CACHE_BITS | PTE_G)) !=
	    (PTE_P | PTE_RW | PTE_US) || unlikely(m >= max_mfn) ||
	    READ_ONCE(*ptep) ||
	    unlikely(!frame_use_get(&frame_table[m], d->id, FT_WRITABLE))) {
		return false;
	}
	if (likely(try_cmpxchg(ptep, &old, new))) {
		return true;
	}
	l1_ref_put(d, new);
	return false;
}

/* Device pages that no domain may map (our APICs); boot only. */
void mmio_deny(mfn_t m);
/* May d map a page that is not RAM? */
bool mmio_allowed(const struct domain *d, mfn_t m);

#endif
