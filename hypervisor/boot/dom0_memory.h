/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Domain 0's memory while it is built: which machine frame stands behind each
 * pfn.  Nothing of the kernel or the initrd is copied that need not be: frames
 * of the boot modules become domain 0's own.
 */
#ifndef BOOT_DOM0_MEMORY_H
#define BOOT_DOM0_MEMORY_H

#include "boot/boot_info.h"
#include "domain/domain.h"
#include "image/pv_layout.h"

struct dom0_memory {
	struct domain *d;
	const struct pv_image *img;
	const struct pv_layout *l;
	const struct boot_module *kernel, *initrd;	/* initrd or NULL */
	u64 nr_pages;
	u64 *p2m_frames;	/* mfn of each frame of the p2m array */
	unsigned int p2m_order;
};

/* Gives every pfn a frame and fills p2m and M2P; panics without memory. */
void dom0_memory_populate(struct dom0_memory *m);

mfn_t dom0_pfn_to_mfn(const struct dom0_memory *m, u64 pfn);

/* Our view of a pfn's frame. */
void *dom0_pfn_to_virt(const struct dom0_memory *m, u64 pfn);

/* Copies the segments' parts that could not be taken over as whole frames. */
void dom0_memory_load_kernel(const struct dom0_memory *m);

/* Returns what is left of the boot modules to the free pool. */
void dom0_memory_free_modules(const struct dom0_memory *m);

/* boot/dom0_tables.c: builds and pins the first page tables; gives the L4. */
mfn_t dom0_tables_build(const struct dom0_memory *m);

#endif
