/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Pages never used yet lie between `next` and `end`; pages given back form a
 * list through their own first word. The linear map grows 2 MiB at a time,
 * when `next` reaches its edge, so that a kernel starts equally fast with
 * 4 MiB and with 64 GiB.
 */
#include "lib/page.h"
#include "xen/pagetable.h"

static void *free_list;
static unsigned long next, end, in_use, given_back;

void page_init(unsigned long first_pfn, unsigned long end_pfn)
{
	next = first_pfn;
	end = end_pfn;
}

void *page_alloc(void)
{
	void *page = free_list;

	if (page) {
		free_list = *(void **)page;
		given_back--;
	} else {
		if (next == end) {
			panic("out of memory");
		}
		page = pfn_to_virt(next++);
		linear_map_reach(page);
	}
	in_use++;
	return memset(page, 0, PAGE_SIZE);
}

void page_free(void *page)
{
	*(void **)page = free_list;
	free_list = page;
	given_back++;
	in_use--;
}

unsigned long page_in_use(void)
{
	return in_use;
}

unsigned long page_available(void)
{
	return end - next + given_back;
}
