/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Direct paging: a PV guest's page tables are the ones that the CPU walks, so
 * entries hold machine frames, tables are mapped read-only, and each change is
 * a hypercall that the hypervisor checks.
 *
 * Four numberings meet here:
 *	va	an address as instructions use it
 *	pfn	the guest's own count of its pages, 0 to nr_pages - 1
 *	mfn	the machine's number of the same frame
 *	maddr	mfn * 4096 + offset
 * p2m[pfn] is the mfn; m2p[mfn], which the hypervisor keeps, is the pfn.
 */
#ifndef KEEL_XEN_PAGETABLE_H
#define KEEL_XEN_PAGETABLE_H

#include "lib/pte.h"
#include "xen/start.h"

extern unsigned long *p2m;
#define m2p	((const unsigned long *)MACH2PHYS_VIRT_START)

static inline unsigned long virt_to_mfn(const void *va)
{
	return p2m[virt_to_pfn(va)];
}

static inline void *mfn_to_virt(unsigned long mfn)
{
	return pfn_to_virt(m2p[mfn]);
}

static inline uint64_t virt_to_maddr(const void *va)
{
	return (virt_to_mfn(va) << PAGE_SHIFT) +
	       ((unsigned long)va & ~PAGE_MASK);
}

static inline pte_t pte_make(unsigned long mfn, uint64_t flags)
{
	return (mfn << PAGE_SHIFT) | flags;
}

static inline unsigned long pte_mfn(pte_t pte)
{
	return (pte & PTE_ADDR) >> PAGE_SHIFT;
}

/* The table that the CPU walks while the kernel runs. */
extern pte_t *kernel_root;

void pagetable_init(void);

/*
 * The entry of `va` at `level` (1 for pages, 4 for the root) in the tables
 * under `root`, readable only; NULL where a table above is missing.
 */
pte_t *pte_find(pte_t *root, unsigned long va, int level);

/* The same; makes the missing tables, and panics where that is refused. */
pte_t *pte_reach(pte_t *root, unsigned long va, int level);

/* Writes one entry by mmu_update; a negative errno when that is refused. */
int pte_write(pte_t *entry, pte_t value);

/* Maps one page at `va`. 0 or a negative errno. */
int map_page(pte_t *root, unsigned long va, pte_t pte);

/* Makes a page of the linear map read-only, as a page table must be, or not. */
int page_set_writable(void *page, bool writable);

/* Has the page at the end of the linear map mapped soon enough to be used. */
void linear_map_reach(const void *page);

/* One mmuext operation on a frame, such as MMUEXT_PIN_L4_TABLE. */
int mmuext(unsigned int cmd, unsigned long mfn);

#endif
