/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Bare x86-64: one root, entries with physical addresses. See platform.h. */
#ifndef KEEL_PLATFORM_NATIVE_MACHINE_H
#define KEEL_PLATFORM_NATIVE_MACHINE_H

#include "lib/pte.h"

#define KERNEL_CS	0x08
#define KERNEL_SS	0x10
#define USER_SS		0x1b
#define USER_CS		0x23

struct tables {
	pte_t *root;
	uint64_t cpus;			/* that have it loaded, a bit each */
};

static inline pte_t pte_of(const void *page, uint64_t flags)
{
	return virt_to_pfn(page) << PAGE_SHIFT | flags;
}

static inline void *pte_page(pte_t pte)
{
	return pfn_to_virt((pte & PTE_ADDR) >> PAGE_SHIFT);
}

static inline unsigned int cpu_id(void)
{
	unsigned int id;

	asm volatile("mov %%gs:8, %0" : "=r" (id));
	return id;
}

#endif
