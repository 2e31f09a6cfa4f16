/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Computes the start-of-day layout; see the picture in pv_layout.h.
 */
#include "image/pv_layout.h"
#include <xen/xen.h>

#define INITIAL_ALIGN	(4ULL << 20)
#define INITIAL_PADDING	(512ULL << 10)

static const char too_small[] =
	"kernel and initrd do not fit into domain 0's memory (raise dom0_mem)";

/* Are these bytes in the guest's part of the address space? */
static bool guest_has(u64 start, u64 bytes)
{
	u64 end = start + bytes;

	return start % PAGE_SIZE == 0 && end > start &&
	       (end <= 1ULL << 47 || start >= HYPERVISOR_VIRT_END);
}

/* Below the root the p2m's tables are its own. */
static bool p2m_apart_ok(const struct pv_layout *l, u64 va)
{
	u64 last = va + l->p2m_frames * PAGE_SIZE - 1;

	return guest_has(va, l->p2m_frames * PAGE_SIZE) &&
	       (last >> 39 < l->virt_base >> 39 ||
		va >> 39 > (l->virt_end - 1) >> 39);
}

/* L1 to L3 tables of a span, which is not empty; the one L4 comes on top. */
static u64 tables_below_l4(u64 start, u64 end)
{
	u64 n = 0;

	for (unsigned int shift = 21; shift <= 39; shift += 9) {
		n += ((end - 1) >> shift) - (start >> shift) + 1;
	}
	return n;
}

/* The tables map themselves, so their number grows the span: iterate. */
static void place_tables(struct pv_layout *l)
{
	u64 need = 1;

	do {
		l->pt_frames = need;
		l->stack_va = l->pt_va + need * PAGE_SIZE;
		l->virt_end = ROUND_UP(l->stack_va + PAGE_SIZE +
				       INITIAL_PADDING, INITIAL_ALIGN);
		need = 1 + tables_below_l4(l->virt_base, l->virt_end);
	} while (need != l->pt_frames);
}

const char *pv_layout_compute(const struct pv_image *img, u64 nr_pages,
			      u64 initrd_bytes, struct pv_layout *l)
{
	u64 at = ROUND_UP(img->virt_end, PAGE_SIZE);
	u64 p2m_bytes = nr_pages * sizeof(u64), pfn;
	bool p2m_apart = img->init_p2m != PV_UNSET;

	*l = (struct pv_layout){ .virt_base = img->virt_base };
	l->initrd_frames = DIV_ROUND_UP(initrd_bytes, PAGE_SIZE);
	l->p2m_frames = DIV_ROUND_UP(p2m_bytes, PAGE_SIZE);
	if (l->initrd_frames + l->p2m_frames > nr_pages) {
		return too_small;
	}
	if (initrd_bytes && !img->mod_start_pfn) {
		l->initrd_va = at;
		l->initrd_pfn = pv_layout_pfn(l, at);
		at += l->initrd_frames * PAGE_SIZE;
	}
	if (!p2m_apart) {
		l->p2m_va = at;
		l->p2m_pfn = pv_layout_pfn(l, at);
		at += l->p2m_frames * PAGE_SIZE;
	}
	l->start_info_va = at;
	l->pt_va = at + PAGE_SIZE;
	/* More than the tables, the stack and the padding take. */
	if (!guest_has(l->virt_base, at - l->virt_base +
		       (at - l->virt_base) / 256 + (16 << 20))) {
		return "kernel's addresses are not a guest's";
	}
	place_tables(l);

	pfn = pv_layout_pfn(l, l->virt_end);
	if (initrd_bytes && img->mod_start_pfn) {
		l->initrd_pfn = pfn;
		pfn += l->initrd_frames;
	}
	if (p2m_apart) {
		if (!p2m_apart_ok(l, img->init_p2m)) {
			return "kernel's p2m address is not free";
		}
		l->p2m_va = img->init_p2m;
		l->p2m_pfn = pfn;
		l->p2m_tables = tables_below_l4(l->p2m_va,
						l->p2m_va + p2m_bytes);
		pfn += l->p2m_frames + l->p2m_tables;
	}
	return pfn <= nr_pages ? NULL : too_small;
}
