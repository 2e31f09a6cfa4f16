/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Segment descriptors.  A guest's GDT is up to 14 frames of its own, typed as
 * descriptor pages, so that it can change them only through us; they are
 * mapped into the GDT window of the CPU on which the vCPU runs, in front of
 * our own descriptors.  LDT pages come into the LDT window on demand
 * (mm/ldt_fault.c).
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/descriptors.h"
#include "x86/layout.h"
#include "x86/paging.h"
#include "x86/tlb.h"

#define DESC_PER_PAGE	512
#define WINDOW_FLAGS	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

/* Bits of a descriptor's upper half: Intel SDM 3, figure 3-8. */
#define DESC_TYPE	(0xfULL << 40)
#define DESC_S		(1ULL << 44)
#define DESC_DPL	(3ULL << 45)
#define DESC_P		(1ULL << 47)

static DEFINE_PER_CPU(unsigned int, gdt_window_pages);

/*
 * Not present: anything.  Code and data: made DPL 3.  System descriptors: none
 * but type 0, which no load accepts; call gates would need our emulation.
 */
bool guest_descriptor_ok(u64 *desc)
{
	bool code_or_data = *desc & DESC_S;

	if (!(*desc & DESC_P)) {
		return true;
	}
	*desc |= code_or_data ? DESC_DPL : 0;
	return code_or_data || !(*desc & DESC_TYPE);
}

static vaddr_t window_page(unsigned int page)
{
	return percpu_area(this_cpu_id()) + PERCPU_GDT_OFF + page * PAGE_SIZE;
}

void pvcpu_load_gdt_window(struct vcpu *v)
{
	unsigned int pages = DIV_ROUND_UP(v->pv.gdt_entries, DESC_PER_PAGE);
	unsigned int old = this_cpu(gdt_window_pages);

	for (unsigned int i = 0; i < max(pages, old); i++) {
		percpu_set_page(window_page(i), i < pages ?
				pte_make(v->pv.gdt_frames[i], WINDOW_FLAGS) : 0);
	}
	this_cpu(gdt_window_pages) = pages;
}

static void gdt_release(const mfn_t *frames, unsigned int n)
{
	while (n-- > 0) {
		page_type_put(frames[n], false);
	}
}

int pvcpu_set_gdt(struct vcpu *v, const mfn_t *frames, unsigned int entries)
{
	unsigned int pages = DIV_ROUND_UP(entries, DESC_PER_PAGE);
	unsigned int old_pages = DIV_ROUND_UP(v->pv.gdt_entries,
					      DESC_PER_PAGE);
	mfn_t old[GDT_GUEST_PAGES];

	for (unsigned int i = 0; i < pages; i++) {
		if (page_type_get(frames[i], FT_DESC, v->domain, false)) {
			gdt_release(frames, i);
			return -EINVAL;
		}
	}
	memcpy(old, v->pv.gdt_frames, sizeof(old));
	memcpy(v->pv.gdt_frames, frames, pages * sizeof(*frames));
	v->pv.gdt_entries = entries;
	if (v == current) {
		pvcpu_load_gdt_window(v);
	}
	gdt_release(old, old_pages);
	return 0;
}

HC(set_gdt)
{
	unsigned int entries = (unsigned int)a2;
	struct vcpu *v = current;
	mfn_t frames[GDT_GUEST_PAGES];
	int rc;

	if (entries > FIRST_RESERVED_GDT_ENTRY) {
		return -EINVAL;
	}
	if (copy_from_guest(frames, a1, DIV_ROUND_UP(entries,
						     DESC_PER_PAGE))) {
		return -EFAULT;
	}
	spin_lock(&v->domain->lock);
	rc = pvcpu_set_gdt(v, frames, entries);
	spin_unlock(&v->domain->lock);
	return rc;
}

/* In the page of our own descriptors, selectors HV_LDT: base and limit. */
void pvcpu_load_ldt(struct vcpu *v)
{
	u16 sel = v->pv.ldt_entries ? HV_LDT : 0;

	if (sel) {
		descriptor_set_system((u64 *)(window_page(0) + (sel & ~7)),
				      percpu_area(this_cpu_id()) + PERCPU_LDT_OFF,
				      v->pv.ldt_entries * 8 - 1, 2);
	}
	__asm__ volatile("lldt %0" : : "r" (sel) : "memory");
}

/*
 * Empties the LDT window of the CPU on which v runs.  Segment registers keep
 * what they have; the next load of an LDT selector faults and fills again.
 */
void pvcpu_clear_ldt_window(struct vcpu *v)
{
	unsigned long va;
	unsigned int page;

	while (v->pv.ldt_mapped) {
		page = bit_lowest(v->pv.ldt_mapped);
		va = percpu_area(this_cpu_id()) + PERCPU_LDT_OFF +
			page * PAGE_SIZE;
		v->pv.ldt_mapped &= v->pv.ldt_mapped - 1;
		percpu_set_page(va, 0);
		page_type_put(v->pv.ldt_frames[page], false);
	}
}

/* The frame may be a descriptor page or an ordinary writable one. */
HC(update_descriptor)
{
	struct domain *d = current->domain;
	mfn_t m = mfn(a1 >> PAGE_SHIFT);
	u64 desc = a2;

	if ((a1 & 7) || !guest_descriptor_ok(&desc)) {
		return -EINVAL;
	}
	if (page_type_get(m, FT_DESC, d, false) &&
	    page_type_get(m, FT_WRITABLE, d, false)) {
		return -EINVAL;
	}
	WRITE_ONCE(*(u64 *)((char *)mfn_to_virt(m) + (a1 & PAGE_OFFSET_MASK)),
		   desc);
	page_type_put(m, false);
	return 0;
}
