/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The truth kept here: every page that is part of a page table is mapped
 * read-only in the linear map, and nowhere else.
 */
#include "xen/pagetable.h"
#include "lib/page.h"

/* Pages kept mapped beyond those in use: tables for the next 2 MiB fit. */
#define LINEAR_SLACK	16
#define L1_PAGES	512

unsigned long *p2m;
pte_t *kernel_root;
static unsigned long linear_end;	/* pfn */

void pagetable_init(void)
{
	pte_t *l2e;

	p2m = (unsigned long *)start_info->mfn_list;
	kernel_root = (pte_t *)start_info->pt_base;
	do {
		linear_end += L1_PAGES;
		l2e = pte_find(kernel_root,
			       (unsigned long)pfn_to_virt(linear_end), 2);
	} while (l2e && (*l2e & PTE_P));
	if (linear_end > start_info->nr_pages) {
		linear_end = start_info->nr_pages;
	}
}

static unsigned int pte_index(unsigned long va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

pte_t *pte_find(pte_t *root, unsigned long va, int level)
{
	pte_t *entry = root + pte_index(va, 4);

	for (int l = 3; l >= level; l--) {
		if (!(*entry & PTE_P)) {
			return NULL;
		}
		entry = (pte_t *)mfn_to_virt(pte_mfn(*entry)) +
			pte_index(va, l);
	}
	return entry;
}

int pte_write(pte_t *entry, pte_t value)
{
	struct mmu_update req = {
		.ptr = virt_to_maddr(entry) | MMU_NORMAL_PT_UPDATE,
		.val = value,
	};

	return hc_mmu_update(&req, 1, NULL, DOMID_SELF);
}

static void table_install(pte_t *entry, pte_t *table)
{
	int err = page_set_writable(table, false);

	if (!err) {
		err = pte_write(entry, pte_make(virt_to_mfn(table),
						PTE_TABLE));
	}
	if (err) {
		panic("page table refused: %d", err);
	}
}

pte_t *pte_reach(pte_t *root, unsigned long va, int level)
{
	for (int l = 4; l > level; l--) {
		pte_t *entry = pte_find(root, va, l);

		if (!(*entry & PTE_P)) {
			table_install(entry, page_alloc());
		}
	}
	return pte_find(root, va, level);
}

int map_page(pte_t *root, unsigned long va, pte_t pte)
{
	return pte_write(pte_reach(root, va, 1), pte);
}

int page_set_writable(void *page, bool writable)
{
	uint64_t flags = writable ? PTE_KERNEL : PTE_KERNEL & ~PTE_RW;

	return hc_update_va_mapping((unsigned long)page,
				    pte_make(virt_to_mfn(page), flags),
				    UVMF_INVLPG | UVMF_ALL);
}

void linear_map_reach(const void *page)
{
	static bool growing;

	while (!growing && linear_end < start_info->nr_pages &&
	       virt_to_pfn(page) + LINEAR_SLACK >= linear_end) {
		unsigned long va = (unsigned long)pfn_to_virt(linear_end);
		pte_t *l1;

		growing = true;
		l1 = page_alloc();
		for (int i = 0; i < L1_PAGES; i++) {
			if (linear_end == start_info->nr_pages) {
				break;
			}
			l1[i] = pte_make(p2m[linear_end++], PTE_KERNEL);
		}
		table_install(pte_reach(kernel_root, va, 2), l1);
		growing = false;
	}
}

int mmuext(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}
