/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a guest may put into a page-table entry, and what we make of it.  An
 * entry that is not present may hold anything.  In one that is:
 *
 *   L1        any software bits, A, D, RW, US, NX; cacheability (PWT, PCD,
 *             PAT) only for a domain that may map devices; G is dropped, since
 *             global entries are the hypervisor's
 *   L2 to L4  the same without cacheability, G and PS: no large pages
 *
 * Both halves of a guest run in ring 3, so US is forced on; bit 52 keeps what
 * the guest wrote.
 */
#ifndef MM_PTE_RULES_H
#define MM_PTE_RULES_H

#include "domain/domain.h"
#include "mm/frame.h"
#include "mm/pte.h"

#define PTE_CACHE_BITS	(PTE_PWT | PTE_PCD | PTE_PAT)
#define PTE_AD		(PTE_A | PTE_D)

/* Changes of these bits alone change no right that needs accounting. */
#define PTE_HARMLESS	(PTE_A | PTE_D | PTE_US | PTE_AVAIL | PTE_AVAIL_HIGH | \
			 PTE_NX)

/*
 * Present entry e of d's table of type t in the form in which the CPU may see
 * it; 0: d may not have it.  Upper levels get no PTE_GUEST_KERNEL: Linux's
 * p4d_bad() and its kin refuse unknown high bits.
 */
static inline pte_t pte_checked(enum frame_type t, const struct domain *d,
				pte_t e)
{
	if (t != FT_L1) {
		return e & (PTE_PS | PTE_PWT | PTE_PCD | PTE_G) ? 0 :
		       e | PTE_US;
	}
	if (e & PTE_CACHE_BITS && !d->privileged) {
		return 0;
	}
	if (!(e & PTE_US)) {
		e |= PTE_US | PTE_GUEST_KERNEL;
	}
	return e & ~PTE_G;
}

/* Is L4 slot i the guest's? */
static inline bool l4_slot_is_guest(unsigned int i)
{
	return i < HV_SLOT_FIRST || i > HV_SLOT_LAST;
}

#endif
