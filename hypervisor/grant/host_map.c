/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Granted frames in the mapping domain's own page tables.  The L1 entry holds
 * the references, as any entry does: however it goes away, they go with it,
 * once.
 */
#include "grant/grant_table.h"
#include "mm/l1_ref.h"
#include "mm/page_type.h"
#include "mm/walk.h"

/* The current domain's L1 entry, with a use of its table: NULL if none. */
static pte_t *entry_get(u64 addr, bool contains_pte, mfn_t *table)
{
	maddr_t where = { 0 };

	if (contains_pte) {
		if (addr & 7) {
			return NULL;
		}
		where.v = addr;
	} else {
		(void)walk_l1(addr, &where);
		irq_enable();
		if (!where.v) {
			return NULL;
		}
	}
	*table = maddr_to_mfn(where);
	if (table->v >= max_mfn ||
	    !frame_use_get(mfn_to_frame(*table), current->domain->id, FT_L1)) {
		return NULL;
	}
	return (pte_t *)(direct_map_base + where.v);
}

s16 grant_host_map(u64 host_addr, u32 flags, struct domain *owner, u64 e)
{
	mfn_t table;
	pte_t *ptep = entry_get(host_addr, flags & GNTMAP_contains_pte,
				&table);
	int err;

	if (!ptep) {
		return GNTST_general_error;
	}
	err = l1_entry_set(current->domain, owner, ptep, e, false);
	pt_use_put(table);
	return err ? GNTST_bad_page : GNTST_okay;
}

s16 grant_host_take(u64 host_addr, u32 flags, mfn_t frame, u64 *old)
{
	mfn_t table;
	pte_t *ptep = entry_get(host_addr, flags & GNTMAP_contains_pte,
				&table);
	s16 status = GNTST_general_error;
	pte_t e;

	if (!ptep) {
		return GNTST_general_error;
	}
	e = READ_ONCE(*ptep);
	while ((e & PTE_P) && mfn_eq(pte_mfn(e), frame) &&
	       !(e & PTE_RW) == !!(flags & GNTMAP_readonly)) {
		if (try_cmpxchg(ptep, &e, 0)) {
			*old = e;
			status = GNTST_okay;
			break;
		}
	}
	pt_use_put(table);
	return status;
}
