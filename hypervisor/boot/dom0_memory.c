/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Gives domain 0 its memory.  A page of the kernel whose bytes lie in the boot
 * module at the same offset within a page is that module's frame itself; so
 * are the initrd's pages.  The rest are fresh frames, in the largest blocks
 * that can be had.
 */
#include "boot/dom0_memory.h"
#include "lib/bits.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"

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

/* Frames for domain 0 in one block of at most that order, which is changed. */
static u64 fresh_frames(const struct dom0_memory *m, unsigned int *order)
{
	mfn_t got;

	while (domain_frames_alloc(m->d, *order, ALLOC_NO_SCRUB, &got)) {
		if (!(*order)--) {
			panic("not enough memory for domain 0: lower dom0_mem");
		}
	}
	return got.v;
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

/* The array itself, each entry 0 but its own frames'. */
static void alloc_p2m(struct dom0_memory *m)
{
	u64 bytes = m->l->p2m_frames * sizeof(u64);
	unsigned int single = 0;

	while ((PAGE_SIZE << m->p2m_order) < bytes) {
		m->p2m_order++;
	}
	m->p2m_frames = heap_alloc_pages(m->p2m_order);
	if (!m->p2m_frames) {
		panic("not enough memory for domain 0's p2m");
	}
	for (u64 i = 0; i < m->l->p2m_frames; i++) {
		m->p2m_frames[i] = fresh_frames(m, &single);
		page_zero(mfn_to_virt(mfn(m->p2m_frames[i])));
	}
	for (u64 i = 0; i < m->l->p2m_frames; i++) {
		p2m_set(m, m->l->p2m_pfn + i, m->p2m_frames[i]);
	}
}

/* A frame of a boot module becomes domain 0's pfn; nobody else runs yet. */
static void take_frame(const struct dom0_memory *m, u64 pfn, u64 frame)
{
	domain_frames_added(m->d, mfn(frame), 1);
	p2m_set(m, pfn, frame);
}

static void take_modules(const struct dom0_memory *m)
{
	u64 va = ROUND_DOWN(m->img->virt_start, PAGE_SIZE);

	for (; va < m->img->virt_end; va += PAGE_SIZE) {
		mfn_t frame = kernel_module_frame(m, va);

		if (!mfn_eq(frame, INVALID_MFN)) {
			take_frame(m, pv_layout_pfn(m->l, va), frame.v);
		}
	}
	for (u64 i = 0; m->initrd && i < m->l->initrd_frames; i++) {
		take_frame(m, m->l->initrd_pfn + i,
			   (m->initrd->maddr >> PAGE_SHIFT) + i);
	}
}

/* Pfns from here on that have no frame, as many as a block may have. */
static u64 empty_run(const struct dom0_memory *m, u64 pfn)
{
	u64 n = 0;

	while (n < 1U << BLOCK_ORDER && pfn + n < m->nr_pages &&
	       !*p2m_entry(m, pfn + n)) {
		n++;
	}
	return n;
}

void dom0_memory_populate(struct dom0_memory *m)
{
	u64 run;

	alloc_p2m(m);
	take_modules(m);
	for (u64 pfn = 0; pfn < m->nr_pages; pfn += run) {
		unsigned int order;
		u64 frame;

		run = empty_run(m, pfn);
		if (!run) {
			run = 1;
			continue;
		}
		order = bit_highest(run);
		frame = fresh_frames(m, &order);
		run = 1ULL << order;
		for (u64 i = 0; i < run; i++) {
			p2m_set(m, pfn + i, frame + i);
		}
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
	u8 *last;

	for (; va < m->img->virt_end; va += PAGE_SIZE) {
		if (mfn_eq(kernel_module_frame(m, va), INVALID_MFN)) {
			load_page(m, va);
		}
	}
	if (m->initrd) {
		tail = m->initrd->size % PAGE_SIZE;
		last = dom0_pfn_to_virt(m, m->l->initrd_pfn +
					m->l->initrd_frames - 1);
		memset(last + tail, 0, tail ? PAGE_SIZE - tail : 0);
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
