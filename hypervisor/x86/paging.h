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

/* Maps device memory uncached; panics at boot when space runs out. */
void *ioremap(u64 maddr, u64 size);

/* Sets one 4 KiB mapping in our range (tables exist: per-CPU areas). */
void hv_map_page(unsigned long va, mfn_t m, u64 flags);
void hv_unmap_page(unsigned long va);

/* ACPI tables may lie anywhere: a temporary view while booting. */
const void *boot_map(u64 maddr, u64 size);

/* Drops write access to text and rodata, frees .init. */
void paging_seal(void);

static inline unsigned long percpu_area(unsigned int cpu)
{
	return PERCPU_START + (unsigned long)cpu * PERCPU_STRIDE;
}

#endif
