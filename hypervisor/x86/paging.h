/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The hypervisor's own page tables (x86/layout.h): built at boot, then shared
 * by every address space through the L4 slots in hv_l4.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include "lib/types.h"
#include "mm/pte.h"
#include "x86/layout.h"

/* Template and idle address space: slots 256..271 filled, nothing else. */
extern pte_t *hv_l4;
extern u64 hv_cr3;		/* its machine address */

/*
 * Boot: direct map, image with its rights, and, for frames [0, max_mfn), the
 * frame table and M2P; sets max_mfn (end of the highest RAM).  The frame
 * table's RAM entries are zero and M2P's 0 afterwards: mm_init fills both.
 * Where 4 KiB of either describe no RAM at all, all such pages are one and the
 * same memory, filled with OWNER_IO and INVALID_M2P already; writing other
 * values into entries of frames that are not RAM is wrong.
 */
void paging_init(void);

/* From now on page tables come from the heap (mm_init has run). */
void paging_use_heap(void);

/* Tables and pages of a CPU's area, but guest windows and the stub page. */
void paging_map_cpu(unsigned int cpu);

/* What va in our own range maps to (4 KiB granularity); INVALID_MFN: nothing. */
mfn_t hv_va_to_mfn(unsigned long va);

/* Boot: maps device memory uncached. */
void *ioremap(u64 maddr, u64 size);

/*
 * The byte at maddr, device memory, uncached, and the rest of its page; mapped
 * for good, once however often it is asked for.  NULL when there are 512.
 */
char *device_page(u64 maddr);

/* Sets one page of this CPU's area; 0: not present. */
void percpu_set_page(unsigned long va, pte_t new);

/* ACPI tables may lie anywhere: a temporary view while booting. */
const void *boot_map(u64 maddr, u64 size);

/* Drops write access to text and rodata, frees .init. */
void paging_seal(void);

static inline unsigned long percpu_area(unsigned int cpu)
{
	return PERCPU_START + (unsigned long)cpu * PERCPU_STRIDE;
}

#endif
