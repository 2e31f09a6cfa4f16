/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Walks the current vCPU's page tables as the CPU would, through our direct
 * map.  Another vCPU may be changing them: what comes out was true at some
 * moment, and callers take a use of the table before they rely on it.
 *
 * A table that is taken out meanwhile stays one: it becomes something else only
 * after a flush on this CPU, which has interrupts off and makes that wait.
 */
#ifndef MM_WALK_H
#define MM_WALK_H

#include "domain/domain.h"
#include "mm/pte.h"

static inline pte_t *table_at(u64 entry_or_cr3)
{
	return (pte_t *)(direct_map_base + (entry_or_cr3 & PTE_MFN_MASK));
}

/*
 * The L1 entry that maps va in the kernel's tables of the current vCPU, also
 * while its user mode runs, read only (0 if there is none); and the machine
 * address of the entry itself, which is set whenever there is an L1 table
 * (*where is otherwise left as it was).  Interrupts are off afterwards: the
 * caller turns them on.
 *
 * A root's tables are valid ones, and what their present entries name are
 * tables too, in RAM; the hypervisor's own are as good, but for large pages.
 */
static inline pte_t walk_l1(vaddr_t va, maddr_t *where)
{
	u64 root = current->pv.cr3_kernel;
	pte_t e;

	irq_disable();
	if (unlikely(!root || !vaddr_canonical(va))) {
		return 0;
	}
	e = READ_ONCE(table_at(root)[pte_index(4, va)]);
	if (unlikely(!(e & PTE_P))) {
		return 0;
	}
	e = READ_ONCE(table_at(e)[pte_index(3, va)]);
	if (unlikely((e & (PTE_P | PTE_PS)) != PTE_P)) {
		return 0;
	}
	e = READ_ONCE(table_at(e)[pte_index(2, va)]);
	if (unlikely((e & (PTE_P | PTE_PS)) != PTE_P)) {
		return 0;
	}
	where->v = (e & PTE_MFN_MASK) + pte_index(1, va) * sizeof(pte_t);
	return READ_ONCE(table_at(e)[pte_index(1, va)]);
}

#endif
