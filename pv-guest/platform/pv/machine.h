/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * PV: two roots, since user mode must not see the kernel, and entries with
 * machine frames. See platform.h.
 */
#ifndef KEEL_PLATFORM_PV_MACHINE_H
#define KEEL_PLATFORM_PV_MACHINE_H

#include "xen/cpu.h"
#include "xen/pagetable.h"

struct tables {
	pte_t *root;			/* kernel and user */
	pte_t *user_root;		/* user alone */
	bool live;			/* pinned: only hypercalls change them */
	uint64_t cpus;			/* that have it loaded, a bit each */
};

static inline pte_t pte_of(const void *page, uint64_t flags)
{
	return pte_make(virt_to_mfn(page), flags);
}

static inline void *pte_page(pte_t pte)
{
	return mfn_to_virt(pte_mfn(pte));
}

static inline unsigned int cpu_id(void)
{
	unsigned int id;

	asm volatile("mov %%gs:8, %0" : "=r" (id));
	return id;
}

#endif
