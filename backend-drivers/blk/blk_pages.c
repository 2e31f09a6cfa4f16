/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Kept and bounce pages: see blk_pages.h. Kept pages are found by hash of
 * their grant reference and stand in a list from the oldest use to the
 * newest. A reference that cannot be mapped is not an error here: the copy
 * from or to its bounce page will tell.
 */
#include "blk/blk_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "blk/blk_request.h"

int blk_pages_init(struct blk_pages *p, xengnttab_handle *gnttab,
		   uint32_t domid)
{
	size_t bytes = (size_t)BLK_BOUNCE_PAGES * BLK_PAGE;
	uint32_t i;

	memset(p, 0, sizeof(*p));
	p->gnttab = gnttab;
	p->domid = domid;
	p->oldest = -1;
	p->newest = -1;
	memset(p->hash, 0xff, sizeof(p->hash));
	p->bounce = calloc(BLK_BOUNCE_PAGES, sizeof(p->bounce[0]));
	p->bounce_free = calloc(BLK_BOUNCE_PAGES, sizeof(p->bounce_free[0]));
	p->bounce_mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);
	if (p->bounce_mem == MAP_FAILED) {
		p->bounce_mem = NULL;
	}
	if (!p->bounce || !p->bounce_free || !p->bounce_mem) {
		blk_pages_free(p);
		return -ENOMEM;
	}
	/* Low pages are on top, so that few are ever touched. */
	for (i = 0; i < BLK_BOUNCE_PAGES; i++) {
		p->bounce[i].mem = p->bounce_mem + (size_t)i * BLK_PAGE;
		p->bounce_free[i] = BLK_BOUNCE_PAGES - 1 - i;
	}
	p->nr_bounce_free = BLK_BOUNCE_PAGES;
	return 0;
}

void blk_pages_free(struct blk_pages *p)
{
	free(p->bounce);
	free(p->bounce_free);
	if (p->bounce_mem) {
		munmap(p->bounce_mem, (size_t)BLK_BOUNCE_PAGES * BLK_PAGE);
	}
	p->bounce = NULL;
	p->bounce_free = NULL;
	p->bounce_mem = NULL;
}

void blk_pages_connect(struct blk_pages *p, bool keep)
{
	p->keep = keep;
}

static int16_t *bucket(struct blk_pages *p, uint32_t gref)
{
	/* Fibonacci hashing: the high bits of the product are well mixed. */
	uint32_t h = (gref * 2654435769u) >> 21;

	_Static_assert(BLK_KEPT_HASH == 1 << (32 - 21), "bits of the hash");
	return &p->hash[h];
}

static void list_remove(struct blk_pages *p, struct blk_page *e)
{
	if (e->older >= 0) {
		p->kept[e->older].newer = e->newer;
	} else {
		p->oldest = e->newer;
	}
	if (e->newer >= 0) {
		p->kept[e->newer].older = e->older;
	} else {
		p->newest = e->older;
	}
}

static void list_add_newest(struct blk_pages *p, struct blk_page *e)
{
	int16_t i = (int16_t)(e - p->kept);

	e->newer = -1;
	e->older = p->newest;
	if (p->newest >= 0) {
		p->kept[p->newest].newer = i;
	} else {
		p->oldest = i;
	}
	p->newest = i;
}

static struct blk_page *find(struct blk_pages *p, uint32_t gref)
{
	int16_t i = *bucket(p, gref);

	while (i >= 0 && p->kept[i].gref != gref) {
		i = p->kept[i].hash_next;
	}
	return i >= 0 ? &p->kept[i] : NULL;
}

static void hash_remove(struct blk_pages *p, struct blk_page *e)
{
	int16_t *link = bucket(p, e->gref);

	while (&p->kept[*link] != e) {
		link = &p->kept[*link].hash_next;
	}
	*link = e->hash_next;
}

/* An entry to fill: a fresh one, or the oldest that nobody uses. */
static struct blk_page *entry_for_new(struct blk_pages *p)
{
	int16_t i;

	if (p->nr_kept < BLK_KEPT_MAX) {
		return &p->kept[p->nr_kept++];
	}
	for (i = p->oldest; i >= 0; i = p->kept[i].newer) {
		struct blk_page *e = &p->kept[i];

		if (e->users == 0) {
			list_remove(p, e);
			hash_remove(p, e);
			xengnttab_unmap(p->gnttab, e->mem, 1);
			return e;
		}
	}
	return NULL;
}

static struct blk_page *map_new(struct blk_pages *p, uint32_t gref)
{
	struct blk_page *e;
	int16_t *first;
	void *mem;

	mem = xengnttab_map_grant_ref(p->gnttab, p->domid, gref,
				      PROT_READ | PROT_WRITE);
	if (!mem) {
		return NULL;
	}
	e = entry_for_new(p);
	if (!e) {
		xengnttab_unmap(p->gnttab, mem, 1);
		return NULL;
	}
	first = bucket(p, gref);
	*e = (struct blk_page){
		.mem = mem, .gref = gref, .kept = true, .hash_next = *first,
	};
	*first = (int16_t)(e - p->kept);
	list_add_newest(p, e);
	return e;
}

struct blk_page *blk_page_get(struct blk_pages *p, uint32_t gref)
{
	struct blk_page *page = NULL;

	if (p->keep) {
		page = find(p, gref);
		if (page) {
			list_remove(p, page);
			list_add_newest(p, page);
		} else {
			page = map_new(p, gref);
		}
	}
	if (!page) {
		if (p->nr_bounce_free == 0) {
			return NULL;
		}
		page = &p->bounce[p->bounce_free[--p->nr_bounce_free]];
		page->gref = gref;
	}
	page->users++;
	return page;
}

void blk_page_put(struct blk_pages *p, struct blk_page *page)
{
	page->users--;
	if (!page->kept) {
		p->bounce_free[p->nr_bounce_free++] =
			(uint32_t)(page - p->bounce);
	}
}

void blk_pages_disconnect(struct blk_pages *p)
{
	uint32_t i;

	/* Every entry below nr_kept is mapped: filling follows taking. */
	for (i = 0; i < p->nr_kept; i++) {
		xengnttab_unmap(p->gnttab, p->kept[i].mem, 1);
	}
	p->nr_kept = 0;
	p->oldest = -1;
	p->newest = -1;
	memset(p->hash, 0xff, sizeof(p->hash));
	/* Give the pool's memory back; the next frontend finds zeroes. */
	madvise(p->bounce_mem, (size_t)BLK_BOUNCE_PAGES * BLK_PAGE,
		MADV_DONTNEED);
}
