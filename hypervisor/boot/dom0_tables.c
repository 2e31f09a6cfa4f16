/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Domain 0's first page tables: the start-of-day span and, for a kernel with
 * an init_p2m address, the p2m array.  They are written as plain memory and
 * then pinned, which validates them by the same rules as any guest's tables.
 */
#include "boot/dom0_memory.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/page_type.h"

#define L1_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | \
			 PTE_GUEST_KERNEL)
#define TABLE_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

struct builder {
	const struct dom0_memory *m;
	pte_t *l4;
	u64 next_pfn, end_pfn;		/* unused table frames */
	u64 first_pt, last_pt;		/* tables in the span: read-only */
};

static pte_t *new_table(struct builder *b, u64 *pfn)
{
	if (b->next_pfn == b->end_pfn) {
		BUG("start-of-day layout counted too few tables");
	}
	*pfn = b->next_pfn++;

	pte_t *table = dom0_pfn_to_virt(b->m, *pfn);

	page_zero(table);
	return table;
}

/* The table below *e, made when there is none yet. */
static pte_t *table_below(struct builder *b, pte_t *e)
{
	u64 pfn;

	if (!(*e & PTE_P)) {
		pte_t *table = new_table(b, &pfn);

		*e = pte_make(dom0_pfn_to_mfn(b->m, pfn), TABLE_FLAGS);
		return table;
	}
	return mfn_to_virt(pte_mfn(*e));
}

static void map_page(struct builder *b, u64 va, u64 pfn)
{
	pte_t *table = b->l4;
	u64 flags = L1_FLAGS;

	for (unsigned int level = 4; level > 1; level--) {
		table = table_below(b, &table[pte_index(level, va)]);
	}
	if (pfn >= b->first_pt && pfn < b->last_pt) {
		flags &= ~PTE_RW;
	}
	table[pte_index(1, va)] = pte_make(dom0_pfn_to_mfn(b->m, pfn), flags);
}

mfn_t dom0_tables_build(const struct dom0_memory *m)
{
	const struct pv_layout *l = m->l;
	struct builder b = { .m = m };
	u64 l4_pfn, va;
	int err;

	b.first_pt = b.next_pfn = pv_layout_pfn(l, l->pt_va);
	b.last_pt = b.end_pfn = b.next_pfn + l->pt_frames;
	b.l4 = new_table(&b, &l4_pfn);
	for (va = l->virt_base; va < l->virt_end; va += PAGE_SIZE) {
		map_page(&b, va, pv_layout_pfn(l, va));
	}
	if (l->p2m_tables) {
		b.next_pfn = l->p2m_pfn + l->p2m_frames;
		b.end_pfn = b.next_pfn + l->p2m_tables;
		for (u64 i = 0; i < l->p2m_frames; i++) {
			map_page(&b, l->p2m_va + i * PAGE_SIZE,
				 l->p2m_pfn + i);
		}
	}

	mfn_t l4 = dom0_pfn_to_mfn(m, l4_pfn);

	do {
		err = page_pin(l4, FT_L4, m->d);
	} while (err == -ERESTART);
	if (err) {
		BUG("domain 0's first page tables are not valid");
	}
	return l4;
}
