/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Disks: requests of up to 11 pages through a ring of one page. Completion is
 * by polling or waiting, in any order.
 */
#ifndef KEEL_FRONT_BLKFRONT_H
#define KEEL_FRONT_BLKFRONT_H

#include <stdint.h>

#include <xen/io/blkif.h>

#include "front/device.h"
#include "xen/grant.h"

#define BLK_SECTOR	512
#define BLK_RING	32
#define BLK_PAGES	BLKIF_MAX_SEGMENTS_PER_REQUEST

struct blk_io {
	bool write;
	uint64_t sector;
	unsigned int pages;
	void *page[BLK_PAGES];
	int result;			/* 1: under way; 0; negative errno */
	grant_ref_t ref[BLK_PAGES];
};

struct blk {
	struct front_device dev;
	struct blkif_sring *shared;
	unsigned int prod, cons;	/* ours: what we sent, what we took */
	struct blk_io *io[BLK_RING];	/* by request id */
	uint64_t sectors;
	bool readonly, can_flush;
	bool broken;			/* the backend lied: no more of it */
};

/* Connects disk number `index` in the order of its names. 0 or an errno. */
int blk_open(struct blk *b, unsigned int index);
void blk_close(struct blk *b);

/* Begins a request; -XEN_EAGAIN when the ring is full. */
int blk_submit(struct blk *b, struct blk_io *io);

/*
 * Takes what has been answered, and waits for the first when told to; an event
 * will tell of the next. Their number, or a negative errno: the backend lied.
 * All that was under way has failed then; a page of one whose result is
 * -XEN_EBUSY is still in the backend's hands.
 */
int blk_reap(struct blk *b, bool wait);

/* Begins and waits. */
int blk_do(struct blk *b, struct blk_io *io);

/* Waits until all that was written is on the disk. */
int blk_flush(struct blk *b);

#endif
