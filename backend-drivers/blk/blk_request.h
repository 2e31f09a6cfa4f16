/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Block requests as a frontend writes them (xen/io/blkif.h), decoded and
 * checked: pure functions on private copies.
 *
 * What comes out is safe to use without another look: the range lies within
 * the disk, each segment lies within its page, and the segments' lengths add
 * up to the range. Only the grant references remain the guest's word; the
 * hypervisor checks those when they are mapped or copied.
 */
#ifndef BACKEND_BLK_REQUEST_H
#define BACKEND_BLK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/blkif.h>

enum {
	BLK_SECTOR = 512,	/* bytes; the unit of every count in the ABI */
	BLK_PAGE = 4096,
	BLK_SECTORS_PER_PAGE = BLK_PAGE / BLK_SECTOR,
	BLK_MAX_SEGMENTS = 256,	/* feature-max-indirect-segments: 1 MiB */
	BLK_SEGMENTS_PER_PAGE = BLK_PAGE / sizeof(struct blkif_request_segment),
};

_Static_assert(BLK_MAX_SEGMENTS <= BLK_SEGMENTS_PER_PAGE,
	       "one indirect page is enough");

enum blk_kind { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };

/* The disk as far as requests are concerned. */
struct blk_limits {
	uint64_t sectors;
	bool readonly;
	bool discard;
};

struct blk_segment {
	uint32_t gref;
	uint16_t offset;	/* bytes into the page */
	uint16_t length;	/* bytes; offset + length <= BLK_PAGE */
};

struct blk_request {
	uint64_t id;		/* the guest's; goes back untouched */
	uint8_t operation;	/* for the answer; of an indirect one the inner */
	enum blk_kind kind;
	uint64_t sector;	/* where it starts */
	uint64_t bytes;		/* how long it is */
	bool indirect;		/* segments are still in the page .. */
	uint32_t indirect_gref;	/* .. granted by this */
	uint16_t nr_segments;
	struct blk_segment segments[BLK_MAX_SEGMENTS];
};

/*
 * Decodes @raw, a private copy. With out->indirect set, the caller fetches
 * out->nr_segments segments from the page and calls blk_decode_segments().
 *
 * id and operation are set in every case, for the answer.
 * -EOPNOTSUPP: an operation that was not offered. -EINVAL: nonsense.
 * -EROFS: would change a read-only disk. -ERANGE: outside the disk.
 */
int blk_decode(const struct blkif_request *raw, const struct blk_limits *lim,
	       struct blk_request *out);

/* Decodes @out->nr_segments segments from @raw, a private copy. */
int blk_decode_segments(const struct blkif_request_segment *raw,
			const struct blk_limits *lim,
			struct blk_request *out);

/* What the frontend is told for a result of the functions above. */
int16_t blk_status(int rc);

#endif
