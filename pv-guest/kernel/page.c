/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A buddy allocator. A free run of 2^order pages begins at a multiple of its
 * size; given back, it is joined with its other half when that is free too.
 * Before page_start, pages are simply taken from the ranges in order.
 */
#include "kernel/page.h"
#include "kernel/lock.h"

#define MAX_RANGES	16
#define NO_ORDER	255

struct page {
	uint16_t users;
	uint8_t order;		/* of the run that begins here */
	bool free;		/* a free run begins here */
};

struct run {
	struct run *next, *prev;
};

static struct { unsigned long next, end; } range[MAX_RANGES];
static unsigned int ranges;
static struct page *pages;
static struct run free_list[MAX_ORDER + 1];
static unsigned long nr_free, nr_total;
static struct lock page_lock;

void page_init(unsigned long first_pfn, unsigned long end_pfn)
{
	if (ranges < MAX_RANGES && first_pfn < end_pfn) {
		range[ranges].next = first_pfn;
		range[ranges++].end = end_pfn;
	}
}

static void list_add(unsigned long pfn, unsigned int order)
{
	struct run *r = pfn_to_virt(pfn), *head = &free_list[order];

	r->next = head->next;
	r->prev = head;
	head->next->prev = r;
	head->next = r;
	pages[pfn].order = order;
	pages[pfn].free = true;
}

static void list_remove(unsigned long pfn)
{
	struct run *r = pfn_to_virt(pfn);

	r->prev->next = r->next;
	r->next->prev = r->prev;
	pages[pfn].free = false;
}

static void run_free(unsigned long pfn, unsigned int order)
{
	nr_free += 1UL << order;
	for (; order < MAX_ORDER; order++) {
		unsigned long other = pfn ^ (1UL << order);

		if (!pages[other].free || pages[other].order != order) {
			break;
		}
		list_remove(other);
		pfn &= ~(1UL << order);
	}
	list_add(pfn, order);
}

/* n pages from the first range that has them. */
static void *take_early(unsigned long n)
{
	for (unsigned int i = 0; i < ranges; i++) {
		if (range[i].end - range[i].next >= n) {
			range[i].next += n;
			return pfn_to_virt(range[i].next - n);
		}
	}
	panic("out of memory");
}

/* The highest page, rounded so that every other half has an entry. */
static unsigned long end_of_memory(void)
{
	unsigned long end = 0;

	for (unsigned int i = 0; i < ranges; i++) {
		end = range[i].end > end ? range[i].end : end;
	}
	return (end | ((1UL << MAX_ORDER) - 1)) + 1;
}

void page_start(void)
{
	unsigned long end = end_of_memory();
	unsigned long bytes = end * sizeof(struct page);
	struct page *array = take_early((bytes + PAGE_SIZE - 1) / PAGE_SIZE);

	memset(array, 0, bytes);
	for (unsigned long pfn = 0; pfn < end; pfn++) {
		array[pfn].users = 1;
	}
	for (unsigned int o = 0; o <= MAX_ORDER; o++) {
		free_list[o].next = free_list[o].prev = &free_list[o];
	}
	pages = array;
	for (unsigned int i = 0; i < ranges; i++) {
		for (unsigned long p = range[i].next; p < range[i].end; p++) {
			pages[p].users = 0;
			run_free(p, 0);
		}
	}
	nr_total = nr_free;
}

void *pages_alloc(unsigned int order)
{
	unsigned int o = order;
	unsigned long pfn;

	lock(&page_lock);
	while (o <= MAX_ORDER && free_list[o].next == &free_list[o]) {
		o++;
	}
	if (o > MAX_ORDER) {
		unlock(&page_lock);
		return NULL;
	}
	pfn = virt_to_pfn(free_list[o].next);
	list_remove(pfn);
	while (o > order) {
		o--;
		list_add(pfn + (1UL << o), o);
	}
	nr_free -= 1UL << order;
	pages[pfn].order = order;
	pages[pfn].users = 1;
	unlock(&page_lock);
	return pfn_to_virt(pfn);
}

void *page_zeroed(void)
{
	void *page = pages_alloc(0);

	return page ? memset(page, 0, PAGE_SIZE) : NULL;
}

void *page_alloc(void)
{
	void *page = pages ? page_zeroed()
			   : memset(take_early(1), 0, PAGE_SIZE);

	if (!page) {
		panic("out of memory");
	}
	return page;
}

void page_get(void *page)
{
	__atomic_add_fetch(&pages[virt_to_pfn(page)].users, 1,
			   __ATOMIC_RELAXED);
}

void page_put(void *page)
{
	unsigned long pfn = virt_to_pfn(page);

	if (!__atomic_sub_fetch(&pages[pfn].users, 1, __ATOMIC_ACQ_REL)) {
		lock(&page_lock);
		run_free(pfn, pages[pfn].order);
		unlock(&page_lock);
	}
}

void page_free(void *page)
{
	page_put(page);
}

bool page_is_sole(const void *page)
{
	return READ_ONCE(pages[virt_to_pfn(page)].users) == 1;
}

unsigned long page_free_count(void)
{
	return READ_ONCE(nr_free);
}

unsigned long page_total(void)
{
	return nr_total;
}
