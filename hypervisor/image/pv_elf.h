/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a PV kernel's ELF file says about itself: its segments and its Xen
 * notes (xen/elfnote.h).  Pure code over untrusted bytes: every offset is
 * checked against the file's size, nothing outside it is read.
 */
#ifndef IMAGE_PV_ELF_H
#define IMAGE_PV_ELF_H

#include "lib/types.h"

#define PV_MAX_SEGMENTS	16
#define PV_UNSET	(~0ULL)

struct pv_segment {
	u64 vaddr;		/* where the guest sees it: page tables' view */
	u64 offset, filesz, memsz;
};

struct pv_image {
	u64 entry;		/* XEN_ELFNOTE_ENTRY, or the ELF's own */
	u64 hypercall_page;	/* PV_UNSET: none */
	u64 virt_base;
	u64 init_p2m;		/* PV_UNSET: p2m behind the kernel */
	bool mod_start_pfn;	/* initrd need not be mapped */
	u64 virt_start, virt_end; /* of all segments */
	unsigned int nr_segments;
	struct pv_segment segments[PV_MAX_SEGMENTS];
	char guest_os[16];
};

/*
 * Reads size bytes at file.  NULL when out describes a 64-bit PV kernel, else
 * one line that says why not.
 */
const char *pv_elf_parse(const void *file, u64 size, struct pv_image *out);

#endif
