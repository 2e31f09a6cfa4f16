/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Page-table entries: their bits, and where an address's entries are.  What a
 * guest may put into one is decided in pte_rules.c.
 */
#ifndef MM_PTE_H
#define MM_PTE_H

#include "lib/types.h"

typedef u64 pte_t;

#define PTE_P		0x001ULL
#define PTE_RW		0x002ULL
#define PTE_US		0x004ULL
#define PTE_PWT		0x008ULL
#define PTE_PCD		0x010ULL
#define PTE_A		0x020ULL
#define PTE_D		0x040ULL
#define PTE_PS		0x080ULL	/* in L2, L3: a large page */
#define PTE_PAT		0x080ULL	/* in L1 */
#define PTE_G		0x100ULL
#define PTE_AVAIL	0xe00ULL	/* bits 9..11, software's */
#define PTE_AVAIL_HIGH	0x7ff0000000000000ULL
#define PTE_NX		0x8000000000000000ULL
#define PTE_MFN_MASK	0x000ffffffffff000ULL

/*
 * Bit 52 marks an entry that the guest wrote without PTE_US: both halves of a
 * PV guest run in ring 3, so PTE_US is always set in the real entry (Linux
 * and the ABI know this; the guest reads the real entry).
 */
#define PTE_GUEST_KERNEL (1ULL << 52)

#define PTES_PER_TABLE	512

static inline unsigned int pte_index(unsigned int level, vaddr_t va)
{
	return (va >> (PAGE_SHIFT + 9 * (level - 1))) & (PTES_PER_TABLE - 1);
}

static inline mfn_t pte_mfn(pte_t e)
{
	return mfn((e & PTE_MFN_MASK) >> PAGE_SHIFT);
}

static inline pte_t pte_make(mfn_t m, u64 flags)
{
	return (m.v << PAGE_SHIFT) | flags;
}

/* Is none of the 8 entries from t present? */
#define PTE_BLOCK	8
static inline bool ptes_absent(const pte_t *t)
{
	return !((t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7]) &
		 PTE_P);
}

static inline bool vaddr_canonical(vaddr_t va)
{
	return (u64)((s64)va >> 47) + 1 <= 1;
}

#endif
