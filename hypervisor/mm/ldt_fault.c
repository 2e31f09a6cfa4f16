/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The LDT window of a CPU's area is filled as the CPU touches it: a guest's
 * LDT lies at a guest address, its frames become descriptor pages one by one.
 * Each mapped page holds a descriptor use of its frame, which
 * pvcpu_clear_ldt_window gives back.
 */
#include "domain/domain.h"
#include "mm/page_type.h"
#include "mm/walk.h"
#include "x86/paging.h"

#define LDT_PAGES	16

bool ldt_fault(struct vcpu *v, unsigned int offset)
{
	unsigned int page = offset / PAGE_SIZE;
	unsigned long flags;
	maddr_t where;
	pte_t e;

	if (page >= LDT_PAGES || v != current ||
	    offset >= v->pv.ldt_entries * 8 ||
	    (v->pv.ldt_mapped & (1U << page))) {
		return false;
	}
	flags = irq_save();
	e = walk_l1(v->pv.ldt_base + page * PAGE_SIZE, &where);
	irq_restore(flags);
	if (!(e & PTE_P) ||
	    page_type_get(pte_mfn(e), FT_DESC, v->domain, false)) {
		return false;
	}
	percpu_set_page(percpu_area(this_cpu_id()) + PERCPU_LDT_OFF +
			page * PAGE_SIZE, pte_make(pte_mfn(e), PTE_P | PTE_RW |
						   PTE_A | PTE_D | PTE_NX));
	v->pv.ldt_frames[page] = pte_mfn(e);
	v->pv.ldt_mapped |= 1U << page;
	return true;
}
