/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Small objects for ourselves.  A page of objects of one size class begins
 * with a header; objects are 64-byte aligned, never at the start of a page, so
 * heap_free tells by the address whether it gets an object or a whole page.
 */
#include "lib/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"

#define HEADER_SIZE	64
#define NR_CLASSES	7

struct slab {
	struct slab *next, *prev;	/* those with free objects */
	void *free;			/* each free object points to the next */
	u16 in_use, total;
	u16 class;
};

_Static_assert(sizeof(struct slab) <= HEADER_SIZE, "fits the header");

static const u16 sizes[NR_CLASSES] = { 64, 128, 256, 448, 960, 1344, 1984 };

static spinlock_t heap_lock;
static struct slab *partial[NR_CLASSES];

static void slab_link(struct slab *s)
{
	s->prev = NULL;
	s->next = partial[s->class];
	if (s->next) {
		s->next->prev = s;
	}
	partial[s->class] = s;
}

static void slab_unlink(struct slab *s)
{
	if (s->prev) {
		s->prev->next = s->next;
	} else {
		partial[s->class] = s->next;
	}
	if (s->next) {
		s->next->prev = s->prev;
	}
}

static struct slab *slab_new(unsigned int class)
{
	struct slab *s = heap_alloc_pages(0);

	if (!s) {
		return NULL;
	}
	s->class = (u16)class;
	s->total = (u16)((PAGE_SIZE - HEADER_SIZE) / sizes[class]);
	for (unsigned int i = 0; i < s->total; i++) {
		void **obj = (void **)((char *)s + HEADER_SIZE +
				       i * sizes[class]);

		*obj = s->free;
		s->free = obj;
	}
	return s;
}

static void *slab_take(struct slab *s)
{
	void *obj = s->free;

	s->free = *(void **)obj;
	if (++s->in_use == s->total) {
		slab_unlink(s);
	}
	return obj;
}

void *heap_alloc(size_t size)
{
	unsigned int class = 0;
	struct slab *s;
	void *obj;

	while (class < NR_CLASSES && sizes[class] < size) {
		class++;
	}
	if (class == NR_CLASSES) {
		return size <= PAGE_SIZE ? heap_alloc_pages(0) : NULL;
	}
	unsigned long flags = spin_lock_irqsave(&heap_lock);

	s = partial[class];
	if (!s) {
		spin_unlock_irqrestore(&heap_lock, flags);
		s = slab_new(class);
		if (!s) {
			return NULL;
		}
		flags = spin_lock_irqsave(&heap_lock);
		slab_link(s);
	}
	obj = slab_take(s);
	spin_unlock_irqrestore(&heap_lock, flags);
	return memset(obj, 0, sizes[class]);
}

void heap_free(void *p)
{
	struct slab *s = (struct slab *)((unsigned long)p & ~PAGE_OFFSET_MASK);
	bool empty;

	if (!p) {
		return;
	}
	if ((void *)s == p) {
		heap_free_pages(p, 0);
		return;
	}
	unsigned long flags = spin_lock_irqsave(&heap_lock);

	*(void **)p = s->free;
	s->free = p;
	if (s->in_use-- == s->total) {
		slab_link(s);
	}
	empty = !s->in_use;
	if (empty) {
		slab_unlink(s);
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
