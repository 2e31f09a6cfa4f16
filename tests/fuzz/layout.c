/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Start of day (image/pv_layout.c), for any kernel that the ELF reader lets
 * through, any memory up to 1 TiB and any initrd: what is laid out lies in the
 * domain's memory, part behind part, and its tables map all of it.
 */
#include "fuzz.h"
#include "image/pv_layout.h"
#include "kernel.h"

struct words {
	u64 nr_pages, initrd_bytes;
};

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	struct {
		struct words w;
		struct kernel_file k;
	} in = { { 16384, 1 << 20 }, kernel_file };

	add(&in, sizeof(in));
	in.k.n[3].type = 13;
	add(&in, sizeof(in));
	in.k.n[4].value = 0;
	in.w.initrd_bytes = 0;
	add(&in, sizeof(in));
}

/* No guest's: between the halves, or the hypervisor's. */
static bool guest_range(u64 start, u64 end)
{
	return start < end && (end <= 0x0000800000000000ULL ||
			       start >= 0xffff880000000000ULL);
}

/* Tables of which each covers 1 << shift bytes. */
static u64 tables(const struct pv_layout *l, unsigned int shift)
{
	return ((l->virt_end - 1) >> shift) - (l->virt_base >> shift) + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct pv_layout l;
	struct pv_image img;
	struct words w;

	TAKE(&in, w);
	w.nr_pages %= 1ULL << 28;
	w.initrd_bytes %= 1ULL << 40;
	if (pv_elf_parse(in.data, in.size, &img) ||
	    pv_layout_compute(&img, w.nr_pages, w.initrd_bytes, &l)) {
		return 0;
	}
	promise(guest_range(l.virt_base, l.virt_end));
	promise(l.start_info_va >= img.virt_end);
	promise(l.pt_va == l.start_info_va + PAGE_SIZE);
	promise(l.stack_va == l.pt_va + l.pt_frames * PAGE_SIZE);
	promise(l.virt_end >= l.stack_va + PAGE_SIZE + (512 << 10));
	promise(l.pt_frames == 1 + tables(&l, 21) + tables(&l, 30) +
		tables(&l, 39));
	promise(pv_layout_pfn(&l, l.virt_end) <= w.nr_pages);
	promise(l.initrd_frames * PAGE_SIZE >= w.initrd_bytes);
	if (w.initrd_bytes) {
		promise(l.initrd_pfn + l.initrd_frames <= w.nr_pages);
		promise(l.initrd_pfn >= pv_layout_pfn(&l, img.virt_end));
	}
	promise(l.p2m_frames * PAGE_SIZE >= w.nr_pages * 8);
	promise(l.p2m_pfn + l.p2m_frames + l.p2m_tables <= w.nr_pages);
	promise(guest_range(l.p2m_va, l.p2m_va + l.p2m_frames * PAGE_SIZE));
	if (img.init_p2m != PV_UNSET) {
		/* Its tables are its own below the root. */
		promise((l.p2m_va + l.p2m_frames * PAGE_SIZE - 1) >> 39 <
			l.virt_base >> 39 ||
			l.p2m_va >> 39 > (l.virt_end - 1) >> 39);
	}
	return 0;
}
