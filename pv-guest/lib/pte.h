/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Page-table entries as the CPU reads them, and the linear map: pages of the
 * kernel's own memory counted from 0 (pfn), and their addresses.
 */
#ifndef KEEL_LIB_PTE_H
#define KEEL_LIB_PTE_H

#include "lib/layout.h"
#include "lib/lib.h"

typedef uint64_t pte_t;

#define PTE_P		0x001UL
#define PTE_RW		0x002UL
#define PTE_US		0x004UL
#define PTE_PWT		0x008UL
#define PTE_PCD		0x010UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_PAT		0x080UL
#define PTE_PSE		0x080UL
#define PTE_G		0x100UL
#define PTE_AVAIL	0xe00UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL

/* Kernel data, user data, and an entry that refers to a lower table. */
#define PTE_KERNEL	(PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_USER	(PTE_KERNEL | PTE_US)
#define PTE_TABLE	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static inline void *pfn_to_virt(unsigned long pfn)
{
	return (void *)(KEEL_BASE + (pfn << PAGE_SHIFT));
}

static inline unsigned long virt_to_pfn(const void *va)
{
	return ((unsigned long)va - KEEL_BASE) >> PAGE_SHIFT;
}

#endif
