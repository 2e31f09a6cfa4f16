/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Small objects for ourselves.  A page of objects of one size class begins
 * with a header; objects are 64-byte aligned, never at the start of a page, so
 * heap_free tells by the address whether it gets an object or a whole page.
 */
#include "lib/lock.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"

#define HEADER_SIZE	64
#define NR_CLASSES	7

struct slab {
	void *free;			/* each free object points to the next */
	u16 in_use, class;
};

_Static_assert(sizeof(struct slab) <= HEADER_SIZE, "fits the header");

static const u16 sizes[NR_CLASSES] = { 64, 128, 256, 448, 960, 1344, 1984 };

/* Pages of each class that have a free object. */
static u32 partial[NR_CLASSES];
static spinlock_t heap_lock;

static struct frame *frame_of(struct slab *s)
{
	return mfn_to_frame(virt_to_mfn(s));
}

static struct slab *slab_new(unsigned int class)
{
	struct slab *s = heap_alloc_pages(0);
	unsigned int at = HEADER_SIZE;

	if (!s) {
		return NULL;
	}
	s->class = (u16)class;
	for (; at + sizes[class] <= PAGE_SIZE; at += sizes[class]) {
		void **obj = (void **)((char *)s + at);

		*obj = s->free;
		s->free = obj;
	}
	return s;
}

void *heap_alloc(size_t size)
{
	unsigned int class = 0;
	struct slab *s;
	unsigned long flags;
	void *obj;

	while (class < NR_CLASSES && sizes[class] < size) {
		class++;
	}
	if (class == NR_CLASSES) {
		return size <= PAGE_SIZE ? heap_alloc_pages(0) : NULL;
	}
	flags = spin_lock_irqsave(&heap_lock);
	if (!partial[class]) {
		spin_unlock_irqrestore(&heap_lock, flags);
		s = slab_new(class);
		if (!s) {
			return NULL;
		}
		flags = spin_lock_irqsave(&heap_lock);
		frame_list_add(&partial[class], frame_of(s));
	}
	s = mfn_to_virt(mfn(partial[class]));
	obj = s->free;
	s->free = *(void **)obj;
	s->in_use++;
	if (!s->free) {
		frame_list_remove(&partial[class], frame_of(s));
	}
	spin_unlock_irqrestore(&heap_lock, flags);
	return memset(obj, 0, sizes[class]);
}

void heap_free(void *p)
{
	struct slab *s = (struct slab *)((unsigned long)p & ~PAGE_OFFSET_MASK);
	unsigned long flags;
	bool empty;

	if (!p || p == s) {
		heap_free_pages(p, 0);
		return;
	}
	flags = spin_lock_irqsave(&heap_lock);
	if (!s->free) {
		frame_list_add(&partial[s->class], frame_of(s));
	}
	*(void **)p = s->free;
	s->free = p;
	empty = !--s->in_use;
	if (empty) {
		frame_list_remove(&partial[s->class], frame_of(s));
	}
	spin_unlock_irqrestore(&heap_lock, flags);
	if (empty) {
		heap_free_pages(s, 0);
	}
}

void *heap_alloc_pages(unsigned int order)
{
	mfn_t m = frames_alloc(order, 0, 0);

	if (mfn_eq(m, INVALID_MFN)) {
		return NULL;
	}
	/* No references: so nobody can map them (mm/l1_ref.h). */
	for (unsigned long i = 0; i < 1UL << order; i++) {
		frame_table[m.v + i].state = FS_OWNER(OWNER_HV);
	}
	return mfn_to_virt(m);
}

void heap_free_pages(void *p, unsigned int order)
{
	if (p) {
		frames_free(virt_to_mfn(p), order);
	}
}
