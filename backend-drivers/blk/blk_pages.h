/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Where a request's data lies in our memory, page by page.
 *
 * Two kinds of page. A kept page is the guest's own, mapped by its grant
 * reference and left mapped for the next request that names the reference
 * (the persistent-grant protocol of xen/io/blkif.h); at most a fixed number
 * is kept, the least recently used goes first. A bounce page is ours, from a
 * fixed pool, and the hypervisor copies between it and the guest's page.
 */
#ifndef BACKEND_BLK_PAGES_H
#define BACKEND_BLK_PAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <xengnttab.h>

enum {
	BLK_KEPT_MAX = 1056,	/* 32 slots of 32 segments, and their pages */
	BLK_KEPT_HASH = 2048,
	BLK_BOUNCE_PAGES = 2048,
};

struct blk_page {
	uint8_t *mem;
	uint32_t gref;
	uint32_t users;		/* requests in flight that use it */
	bool kept;
	int16_t hash_next;	/* index of a kept page, or -1 */
	int16_t older, newer;	/* order of last use, kept pages only */
};

struct blk_pages {
	xengnttab_handle *gnttab;
	uint32_t domid;
	bool keep;		/* the frontend reuses its grants */
	struct blk_page kept[BLK_KEPT_MAX];
	uint32_t nr_kept;
	int16_t hash[BLK_KEPT_HASH];
	int16_t oldest, newest;
	struct blk_page *bounce;
	uint32_t *bounce_free;	/* stack of free bounce pages */
	uint32_t nr_bounce_free;
	uint8_t *bounce_mem;
};

/* 0 or -ENOMEM. Called once; blk_pages_connect() for each frontend. */
int blk_pages_init(struct blk_pages *p, xengnttab_handle *gnttab,
		   uint32_t domid);
void blk_pages_connect(struct blk_pages *p, bool keep);

/* Unmaps everything; no request may be in flight. */
void blk_pages_disconnect(struct blk_pages *p);
void blk_pages_free(struct blk_pages *p);

/*
 * A page for @gref, to be given back with blk_page_put(): a kept page, or
 * if that is not possible an empty bounce page. NULL: there is none now.
 */
struct blk_page *blk_page_get(struct blk_pages *p, uint32_t gref);
void blk_page_put(struct blk_pages *p, struct blk_page *page);

#endif
