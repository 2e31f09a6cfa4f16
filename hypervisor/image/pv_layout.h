/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Start of day (xen/xen.h, "Start-of-day memory layout"): what lies where in
 * the address space that a PV kernel begins in.  Pure arithmetic.
 *
 *  virt_base   pfn 0
 *  ...         (memory below the kernel)
 *  kernel      segments, bss
 *  initrd      only when the kernel wants it mapped
 *  p2m         only when it has no init_p2m address
 *  start_info  1 page
 *  tables      L4, L3s, L2s, L1s
 *  stack       1 page
 *  virt_end    4 MiB aligned, at least 512 KiB after the stack
 *
 * Not mapped there, but with pfns right behind virt_end's: the initrd for a
 * kernel that takes it by pfn; the p2m and the tables that map it at init_p2m.
 */
#ifndef IMAGE_PV_LAYOUT_H
#define IMAGE_PV_LAYOUT_H

#include "image/pv_elf.h"

struct pv_layout {
	u64 virt_base, virt_end;
	u64 initrd_va;			/* 0: by pfn */
	u64 initrd_pfn, initrd_frames;
	u64 p2m_va;
	u64 p2m_pfn, p2m_frames;	/* frames that hold the array */
	u64 p2m_tables;			/* tables' frames behind them */
	u64 start_info_va, pt_va, stack_va;
	u64 pt_frames;
};

/* NULL, or one line that says why it does not fit into nr_pages. */
const char *pv_layout_compute(const struct pv_image *img, u64 nr_pages,
			      u64 initrd_bytes, struct pv_layout *out);

static inline u64 pv_layout_pfn(const struct pv_layout *l, u64 va)
{
	return (va - l->virt_base) >> PAGE_SHIFT;
}

#endif
