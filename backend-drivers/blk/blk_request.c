/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Decoding and checking block requests: see blk_request.h.
 */
#include "blk/blk_request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The three layouts put these two where the answer needs them. */
_Static_assert(offsetof(struct blkif_request, id) ==
	       offsetof(struct blkif_request_indirect, id), "same id");
_Static_assert(offsetof(struct blkif_request, id) ==
	       offsetof(struct blkif_request_discard, id), "same id");
_Static_assert(sizeof(struct blkif_request_indirect) <=
	       sizeof(struct blkif_request), "fits a slot");
_Static_assert(sizeof(struct blkif_request_discard) <=
	       sizeof(struct blkif_request), "fits a slot");

static int check_range(const struct blk_limits *lim, uint64_t sector,
		       uint64_t count)
{
	if (sector > lim->sectors || count > lim->sectors - sector) {
		return -ERANGE;
	}
	return 0;
}

int blk_decode_segments(const struct blkif_request_segment *raw,
			const struct blk_limits *lim,
			struct blk_request *out)
{
	uint64_t sectors = 0;
	unsigned int i;

	if (out->nr_segments > BLK_MAX_SEGMENTS) {
		return -EINVAL;
	}
	for (i = 0; i < out->nr_segments; i++) {
		const struct blkif_request_segment *s = &raw[i];
		unsigned int count;

		if (s->last_sect >= BLK_SECTORS_PER_PAGE ||
		    s->first_sect > s->last_sect) {
			return -EINVAL;
		}
		count = s->last_sect - s->first_sect + 1u;
		out->segments[i] = (struct blk_segment){
			.gref = s->gref,
			.offset = (uint16_t)(s->first_sect * BLK_SECTOR),
			.length = (uint16_t)(count * BLK_SECTOR),
		};
		sectors += count;
	}
	out->indirect = false;
	out->bytes = sectors * BLK_SECTOR;
	return check_range(lim, out->sector, sectors);
}

static int decode_direct(const struct blkif_request *raw,
			 const struct blk_limits *lim,
			 struct blk_request *out)
{
	if (raw->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		return -EINVAL;
	}
	if (raw->nr_segments == 0 && out->kind != BLK_FLUSH) {
		return -EINVAL;
	}
	out->nr_segments = raw->nr_segments;
	/* An empty flush need not give a sector that makes sense. */
	out->sector = raw->nr_segments ? raw->sector_number : 0;
	return blk_decode_segments(raw->seg, lim, out);
}

static int decode_indirect(const struct blkif_request *raw,
			   const struct blk_limits *lim,
			   struct blk_request *out)
{
	struct blkif_request_indirect ind;

	memcpy(&ind, raw, sizeof(ind));
	/* The answer names what was done, not how its pages were given. */
	out->operation = ind.indirect_op;
	switch (ind.indirect_op) {
	case BLKIF_OP_READ:
		out->kind = BLK_READ;
		break;
	case BLKIF_OP_WRITE:
		out->kind = BLK_WRITE;
		break;
	default:
		return -EINVAL;
	}
	if (out->kind == BLK_WRITE && lim->readonly) {
		return -EROFS;
	}
	if (ind.nr_segments == 0 || ind.nr_segments > BLK_MAX_SEGMENTS) {
		return -EINVAL;
	}
	out->indirect = true;
	out->indirect_gref = ind.indirect_grefs[0];
	out->nr_segments = ind.nr_segments;
	out->sector = ind.sector_number;
	return check_range(lim, out->sector, 1);
}

static int decode_discard(const struct blkif_request *raw,
			  const struct blk_limits *lim,
			  struct blk_request *out)
{
	struct blkif_request_discard dis;
	int rc;

	memcpy(&dis, raw, sizeof(dis));
	out->kind = BLK_DISCARD;
	if (!lim->discard) {
		return -EOPNOTSUPP;
	}
	rc = check_range(lim, dis.sector_number, dis.nr_sectors);
	if (rc != 0) {
		return rc;
	}
	out->sector = dis.sector_number;
	out->bytes = dis.nr_sectors * BLK_SECTOR;
	return 0;
}

int blk_decode(const struct blkif_request *raw, const struct blk_limits *lim,
	       struct blk_request *out)
{
	out->id = raw->id;
	out->operation = raw->operation;
	out->indirect = false;
	out->nr_segments = 0;
	out->sector = 0;
	out->bytes = 0;
	switch (raw->operation) {
	case BLKIF_OP_READ:
		out->kind = BLK_READ;
		return decode_direct(raw, lim, out);
	case BLKIF_OP_WRITE:
		out->kind = BLK_WRITE;
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		out->kind = BLK_FLUSH;
		break;
	case BLKIF_OP_DISCARD:
		return lim->readonly ? -EROFS : decode_discard(raw, lim, out);
	case BLKIF_OP_INDIRECT:
		return decode_indirect(raw, lim, out);
	default:
		return -EOPNOTSUPP;
	}
	if (lim->readonly && (out->kind == BLK_WRITE || raw->nr_segments)) {
		return -EROFS;
	}
	return decode_direct(raw, lim, out);
}

int16_t blk_status(int rc)
{
	if (rc == 0) {
		return BLKIF_RSP_OKAY;
	}
	return rc == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}
