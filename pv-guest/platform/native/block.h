/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Disks by virtio, with the calls of front/blkfront.h: requests of up to 11
 * pages, completed in any order, by polling.
 */
#ifndef KEEL_PLATFORM_NATIVE_BLOCK_H
#define KEEL_PLATFORM_NATIVE_BLOCK_H

#include "platform/native/virtio.h"

#define BLK_SECTOR	512
#define BLK_RING	16
#define BLK_PAGES	11

struct blk_io {
	bool write;
	uint64_t sector;
	unsigned int pages;
	void *page[BLK_PAGES];
	int result;			/* 1: under way; 0; negative errno */
};

/* The head and the end of a request, as the device sees them. */
struct blk_frame {
	uint32_t type, priority;
	uint64_t sector;
	uint8_t status;
};

struct blk {
	uint16_t port;
	struct virtio_queue queue;
	struct blk_io *io[BLK_RING];
	struct blk_frame frame[BLK_RING];
	uint64_t sectors;
	bool readonly, can_flush;
};

int blk_open(struct blk *b, unsigned int index);
void blk_close(struct blk *b);
int blk_submit(struct blk *b, struct blk_io *io);
int blk_reap(struct blk *b, bool wait);
int blk_do(struct blk *b, struct blk_io *io);
int blk_flush(struct blk *b);
void blk_listen(struct blk *b);

#endif
