/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Gives domain 0 its memory.  A page of the kernel whose bytes lie in the boot
 * module at the same offset within a page is that module's frame itself; so
 * are the initrd's pages.  The rest are fresh frames, in the largest blocks
 * that can be had.
 */
#include "boot/dom0_memory.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"

#define P2M_PER_FRAME	(PAGE_SIZE / sizeof(u64))
#define BLOCK_ORDER	9

static u64 *p2m_entry(const struct dom0_memory *m, u64 pfn)
{
	u64 *frame = mfn_to_virt(mfn(m->p2m_frames[pfn / P2M_PER_FRAME]));

	return &frame[pfn % P2M_PER_FRAME];
}

mfn_t dom0_pfn_to_mfn(const struct dom0_memory *m, u64 pfn)
{
	return mfn(*p2m_entry(m, pfn));
}

void *dom0_pfn_to_virt(const struct dom0_memory *m, u64 pfn)
{
	return mfn_to_virt(dom0_pfn_to_mfn(m, pfn));
}

static void p2m_set(const struct dom0_memory *m, u64 pfn, u64 frame)
{
	*p2m_entry(m, pfn) = frame;
	m2p_set(mfn(frame), pfn);
}

static mfn_t fresh_frames(const struct dom0_memory *m, unsigned int order)
{
	mfn_t got;

	if (domain_frames_alloc(m->d, order, ALLOC_NO_SCRUB, &got)) {
		return INVALID_MFN;
	}
	return got;
}

static mfn_t fresh_frame(const struct dom0_memory *m)
{
	mfn_t got = fresh_frames(m, 0);

	if (mfn_eq(got, INVALID_MFN)) {
		panic("not enough memory for domain 0: lower dom0_mem");
	}
	return got;
}

/*
 * The module's frame that holds exactly the page at va, if one does: all of
 * the page comes from one segment's file contents, congruent in the file.
 */
static mfn_t kernel_module_frame(const struct dom0_memory *m, u64 va)
{
	for (unsigned int i = 0; i < m->img->nr_segments; i++) {
		const struct pv_segment *s = &m->img->segments[i];
		u64 at = va - s->vaddr;

		if (va < s->vaddr || !range_within(at, PAGE_SIZE, s->filesz)) {
			continue;
		}
		at += s->offset + m->kernel->maddr;
		if (at % PAGE_SIZE == 0) {
			return mfn(at >> PAGE_SHIFT);
		}
	}
	return INVALID_MFN;
}

/* The module's frame for a pfn, or INVALID_MFN when it needs a fresh one. */
static mfn_t module_frame(const struct dom0_memory *m, u64 pfn)
{
	const struct pv_layout *l = m->l;
	u64 va = l->virt_base + (pfn << PAGE_SHIFT);

	if (va >= m->img->virt_start && va < m->img->virt_end) {
		return kernel_module_frame(m, va);
	}
	if (m->initrd && pfn - l->initrd_pfn < l->initrd_frames) {
		return mfn((m->initrd->maddr >> PAGE_SHIFT) + pfn -
			   l->initrd_pfn);
	}
	return INVALID_MFN;
}

static void alloc_p2m(struct dom0_memory *m)
{
	u64 bytes = m->l->p2m_frames * sizeof(u64);

	while ((PAGE_SIZE << m->p2m_order) < bytes) {
		m->p2m_order++;
	}
	m->p2m_frames = heap_alloc_pages(m->p2m_order);
	if (!m->p2m_frames) {
		panic("not enough memory for domain 0's p2m");
	}
	for (u64 i = 0; i < m->l->p2m_frames; i++) {
		m->p2m_frames[i] = fresh_frame(m).v;
	}
	for (u64 i = 0; i < m->l->p2m_frames; i++) {
		p2m_set(m, m->l->p2m_pfn + i, m->p2m_frames[i]);
	}
}

static bool in_range(u64 x, u64 start, u64 len)
{
	return x - start < len;
}

/* Pfns from here on that all need fresh frames; 0 when pfn itself does not. */
static u64 fresh_run(const struct dom0_memory *m, u64 pfn)
{
	const struct pv_layout *l = m->l;

	if (pfn >= l->nr_frames_used) {
		return m->nr_pages - pfn;
	}
	if (pfn < pv_layout_pfn(l, m->img->virt_start)) {
		return pv_layout_pfn(l, m->img->virt_start) - pfn;
	}
	return in_range(pfn, l->p2m_pfn, l->p2m_frames) ||
	       module_frame(m, pfn).v != INVALID_MFN.v ? 0 : 1;
}

static u64 populate_fresh(struct dom0_memory *m, u64 pfn, u64 run)
{
	unsigned int order = BLOCK_ORDER;
	mfn_t got = INVALID_MFN;

	while (order && (1ULL << order) > run) {
		order--;
	}
	for (; order; order--) {
		got = fresh_frames(m, order);
		if (!mfn_eq(got, INVALID_MFN)) {
			break;
		}
	}
	if (!order) {
		got = fresh_frame(m);
	}
	for (u64 i = 0; i < 1ULL << order; i++) {
		p2m_set(m, pfn + i, got.v + i);
	}
	return 1ULL << order;
}

static u64 populate_module(struct dom0_memory *m, u64 pfn)
{
	if (in_range(pfn, m->l->p2m_pfn, m->l->p2m_frames)) {
		return 1;
	}
	mfn_t frame = module_frame(m, pfn);

	domain_frames_assign(m->d, frame, 1);
	p2m_set(m, pfn, frame.v);
	return 1;
}

void dom0_memory_populate(struct dom0_memory *m)
{
	u64 pfn = 0, run;

	alloc_p2m(m);
	while (pfn < m->nr_pages) {
		run = fresh_run(m, pfn);
		pfn += run ? populate_fresh(m, pfn, run)
			   : populate_module(m, pfn);
	}
}

/* Fills one fresh page of the kernel's span: segments' bytes, else zero. */
static void load_page(const struct dom0_memory *m, u64 va)
{
	u8 *page = dom0_pfn_to_virt(m, pv_layout_pfn(m->l, va));
	const u8 *file = mfn_to_virt(mfn(m->kernel->maddr >> PAGE_SHIFT));

	page_zero(page);
	for (unsigned int i = 0; i < m->img->nr_segments; i++) {
		const struct pv_segment *s = &m->img->segments[i];
		u64 from = max(va, s->vaddr);
		u64 to = min(va + PAGE_SIZE, s->vaddr + s->filesz);

		if (from < to) {
			memcpy(page + (from - va),
			       file + s->offset + (from - s->vaddr),
			       to - from);
		}
	}
}

void dom0_memory_load_kernel(const struct dom0_memory *m)
{
	u64 va = ROUND_DOWN(m->img->virt_start, PAGE_SIZE);
	u64 tail;

	for (; va < m->img->virt_end; va += PAGE_SIZE) {
		if (mfn_eq(kernel_module_frame(m, va), INVALID_MFN)) {
			load_page(m, va);
		}
	}
	if (m->initrd) {
		tail = m->initrd->size % PAGE_SIZE;
		if (tail) {
			u8 *last = dom0_pfn_to_virt(m, m->l->initrd_pfn +
						    m->l->initrd_frames - 1);

			memset(last + tail, 0, PAGE_SIZE - tail);
		}
	}
}

void dom0_memory_free_modules(const struct dom0_memory *m)
{
	u64 first = m->kernel->maddr >> PAGE_SHIFT;
	u64 frames = DIV_ROUND_UP(m->kernel->size, PAGE_SIZE);

	for (u64 i = 0; i < frames; i++) {
		mfn_t f = mfn(first + i);

		if (frame_owner_id(mfn_to_frame(f)->state) != m->d->id) {
			frames_free(f, 0);
		}
	}
	heap_free_pages(m->p2m_frames, m->p2m_order);
}
