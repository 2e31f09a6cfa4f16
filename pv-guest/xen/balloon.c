/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A page may go when nothing maps it: it is first taken out of the linear map.
 * The pfns of what is out are kept in pages of our own, since those pages
 * themselves cannot hold anything.
 */
#include "xen/balloon.h"
#include "lib/page.h"
#include "xen/pagetable.h"

#define BATCH		64
#define NO_FRAME	(~0UL)
#define RESERVE		32	/* pages that the allocator keeps */

struct outside {
	struct outside *next;
	unsigned long n;
	unsigned long pfn[(PAGE_SIZE - 16) / 8];
};

static struct outside *outside;

long balloon_current(void)
{
	domid_t self = DOMID_SELF;

	return hc_memory_op(XENMEM_current_reservation, &self);
}

static void remember(unsigned long pfn)
{
	if (!outside || outside->n == ARRAY_SIZE(outside->pfn)) {
		struct outside *o = page_alloc();

		o->next = outside;
		outside = o;
	}
	outside->pfn[outside->n++] = pfn;
}

static bool recall(unsigned long *pfn)
{
	struct outside *o = outside;

	if (!o) {
		return false;
	}
	*pfn = o->pfn[--o->n];
	if (!o->n) {
		outside = o->next;
		page_free(o);
	}
	return true;
}

/* An operation on a list of frames: how many of them it was done for. */
static long reservation(unsigned int cmd, xen_pfn_t *frames, unsigned long n)
{
	struct xen_memory_reservation r = {
		.nr_extents = n, .domid = DOMID_SELF,
	};

	set_xen_guest_handle(r.extent_start, frames);
	return hc_memory_op(cmd, &r);
}

static unsigned long give(unsigned long n)
{
	xen_pfn_t frames[BATCH];
	unsigned long i;

	n = n < BATCH ? n : BATCH;
	for (i = 0; i < n && page_available() > RESERVE; i++) {
		void *page = page_alloc();
		unsigned long pfn = virt_to_pfn(page);

		remember(pfn);
		frames[i] = p2m[pfn];
		if (hc_update_va_mapping((unsigned long)page, 0,
					 UVMF_INVLPG | UVMF_ALL)) {
			panic("a page of the balloon is in use");
		}
		p2m[pfn] = NO_FRAME;
	}
	if (i && reservation(XENMEM_decrease_reservation, frames, i) !=
		 (long)i) {
		panic("the hypervisor does not take a page back");
	}
	return i;
}

static unsigned long take(unsigned long n)
{
	xen_pfn_t frames[BATCH];
	unsigned long pfn[BATCH], i;
	long got;

	n = n < BATCH ? n : BATCH;
	for (i = 0; i < n && recall(&pfn[i]); i++) {
		frames[i] = pfn[i];
	}
	got = i ? reservation(XENMEM_populate_physmap, frames, i) : 0;
	got = got < 0 ? 0 : got;
	for (unsigned long k = 0; k < i; k++) {
		if (k >= (unsigned long)got) {
			remember(pfn[k]);
			continue;
		}
		p2m[pfn[k]] = frames[k];
		if (hc_update_va_mapping((unsigned long)pfn_to_virt(pfn[k]),
					 pte_make(frames[k], PTE_KERNEL),
					 UVMF_NONE)) {
			panic("a page of the balloon cannot be mapped");
		}
		page_free(pfn_to_virt(pfn[k]));
	}
	return got;
}

long balloon_resize(unsigned long pages)
{
	long now = balloon_current();
	unsigned long moved = 1;

	while (now > 0 && now != (long)pages && moved) {
		moved = now > (long)pages ? give(now - pages)
					  : take(pages - now);
		now = balloon_current();
	}
	return now;
}
