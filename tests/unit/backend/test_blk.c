/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Block requests: what is let through, what is refused and with which
 * answer, and that nothing let through can reach outside disk or page.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blk/blk_request.h"

static struct blk_limits lim;
static struct blkif_request raw;
static struct blk_request out;

static void fresh(uint8_t op)
{
	lim = (struct blk_limits){ .sectors = 1000, .discard = true };
	memset(&raw, 0, sizeof(raw));
	memset(&out, 0xaa, sizeof(out));
	raw.operation = op;
	raw.id = 0x1122334455667788;
	raw.nr_segments = 1;
	raw.sector_number = 10;
	raw.seg[0] = (struct blkif_request_segment){
		.gref = 5, .first_sect = 2, .last_sect = 5,
	};
}

static int decode(void)
{
	int rc = blk_decode(&raw, &lim, &out);

	cr_assert_eq(out.id, raw.id);
	if (raw.operation != BLKIF_OP_INDIRECT) {
		cr_assert_eq(out.operation, raw.operation);
	}
	return rc;
}

Test(blk, read_and_write)
{
	fresh(BLKIF_OP_READ);
	cr_assert_eq(decode(), 0);
	cr_assert_eq(out.kind, BLK_READ);
	cr_assert_eq(out.sector, 10);
	cr_assert_eq(out.bytes, 4 * 512);
	cr_assert_eq(out.nr_segments, 1);
	cr_assert_eq(out.segments[0].gref, 5);
	cr_assert_eq(out.segments[0].offset, 1024);
	cr_assert_eq(out.segments[0].length, 2048);
	fresh(BLKIF_OP_WRITE);
	cr_assert_eq(decode(), 0);
	cr_assert_eq(out.kind, BLK_WRITE);
	raw.seg[0].first_sect = 0;
	raw.seg[0].last_sect = 7;
	cr_assert_eq(decode(), 0);
	cr_assert_eq(out.segments[0].length, 4096, "a whole page");
}

Test(blk, segment_counts)
{
	fresh(BLKIF_OP_READ);
	raw.nr_segments = 0;
	cr_assert_eq(decode(), -EINVAL);
	raw.nr_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	cr_assert_eq(decode(), 0);
	raw.nr_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST + 1;
	cr_assert_eq(decode(), -EINVAL);
	raw.nr_segments = 255;
	cr_assert_eq(decode(), -EINVAL);
}

Test(blk, sectors_in_page)
{
	fresh(BLKIF_OP_WRITE);
	raw.seg[0].last_sect = 8;
	cr_assert_eq(decode(), -EINVAL, "beyond the page");
	raw.seg[0].first_sect = 200;
	raw.seg[0].last_sect = 255;
	cr_assert_eq(decode(), -EINVAL, "far beyond");
	raw.seg[0].first_sect = 5;
	raw.seg[0].last_sect = 4;
	cr_assert_eq(decode(), -EINVAL, "backwards");
}

Test(blk, range)
{
	fresh(BLKIF_OP_READ);
	raw.sector_number = 996;
	cr_assert_eq(decode(), 0, "the last four");
	raw.sector_number = 997;
	cr_assert_eq(decode(), -ERANGE);
	raw.sector_number = 1000;
	cr_assert_eq(decode(), -ERANGE);
	raw.sector_number = UINT64_MAX;
	cr_assert_eq(decode(), -ERANGE, "would wrap");
	raw.sector_number = UINT64_MAX / 512 + 1;
	cr_assert_eq(decode(), -ERANGE, "would wrap as bytes");
	lim.sectors = 0;
	raw.sector_number = 0;
	cr_assert_eq(decode(), -ERANGE, "an empty disk");
}

Test(blk, read_only)
{
	fresh(BLKIF_OP_WRITE);
	lim.readonly = true;
	cr_assert_eq(decode(), -EROFS);
	raw.operation = BLKIF_OP_FLUSH_DISKCACHE;
	cr_assert_eq(decode(), -EROFS, "a flush with data writes");
	raw.nr_segments = 0;
	cr_assert_eq(decode(), 0);
	raw.operation = BLKIF_OP_DISCARD;
	cr_assert_eq(decode(), -EROFS);
	raw.operation = BLKIF_OP_READ;
	raw.nr_segments = 1;
	cr_assert_eq(decode(), 0);
}

Test(blk, flush)
{
	fresh(BLKIF_OP_FLUSH_DISKCACHE);
	raw.nr_segments = 0;
	raw.sector_number = UINT64_MAX;
	cr_assert_eq(decode(), 0, "an empty flush is nowhere");
	cr_assert_eq(out.kind, BLK_FLUSH);
	cr_assert_eq(out.bytes, 0);
	raw.nr_segments = 1;
	cr_assert_eq(decode(), -ERANGE, "one with data is somewhere");
}

Test(blk, not_offered)
{
	fresh(BLKIF_OP_WRITE_BARRIER);
	cr_assert_eq(decode(), -EOPNOTSUPP);
	cr_assert_eq(blk_status(-EOPNOTSUPP), BLKIF_RSP_EOPNOTSUPP);
	raw.operation = BLKIF_OP_RESERVED_1;
	cr_assert_eq(decode(), -EOPNOTSUPP);
	raw.operation = 255;
	cr_assert_eq(decode(), -EOPNOTSUPP);
	fresh(BLKIF_OP_DISCARD);
	lim.discard = false;
	cr_assert_eq(decode(), -EOPNOTSUPP);
	cr_assert_eq(blk_status(0), BLKIF_RSP_OKAY);
	cr_assert_eq(blk_status(-EROFS), BLKIF_RSP_ERROR);
}

static void set_discard(uint64_t sector, uint64_t count)
{
	struct blkif_request_discard d;

	fresh(BLKIF_OP_DISCARD);
	memcpy(&d, &raw, sizeof(d));
	d.sector_number = sector;
	d.nr_sectors = count;
	memcpy(&raw, &d, sizeof(d));
}

Test(blk, discard)
{
	set_discard(100, 900);
	cr_assert_eq(decode(), 0);
	cr_assert_eq(out.kind, BLK_DISCARD);
	cr_assert_eq(out.sector, 100);
	cr_assert_eq(out.bytes, 900 * 512);
	cr_assert_eq(out.nr_segments, 0);
	set_discard(100, 901);
	cr_assert_eq(decode(), -ERANGE);
	set_discard(100, UINT64_MAX - 50);
	cr_assert_eq(decode(), -ERANGE);
	set_discard(1000, 0);
	cr_assert_eq(decode(), 0, "nothing, at the very end");
	set_discard(1001, 0);
	cr_assert_eq(decode(), -ERANGE);
}

static void set_indirect(uint8_t op, uint16_t n)
{
	struct blkif_request_indirect ind;

	fresh(BLKIF_OP_INDIRECT);
	memcpy(&ind, &raw, sizeof(ind));
	ind.indirect_op = op;
	ind.nr_segments = n;
	ind.sector_number = 10;
	ind.indirect_grefs[0] = 77;
	memcpy(&raw, &ind, sizeof(ind));
}

Test(blk, indirect)
{
	struct blkif_request_segment segs[BLK_MAX_SEGMENTS];
	unsigned int i;

	set_indirect(BLKIF_OP_WRITE, 3);
	cr_assert_eq(decode(), 0);
	cr_assert(out.indirect);
	cr_assert_eq(out.kind, BLK_WRITE);
	cr_assert_eq(out.operation, BLKIF_OP_WRITE, "Linux insists");
	cr_assert_eq(out.indirect_gref, 77);
	for (i = 0; i < 3; i++) {
		segs[i] = (struct blkif_request_segment){
			.gref = i, .first_sect = 0, .last_sect = 7,
		};
	}
	cr_assert_eq(blk_decode_segments(segs, &lim, &out), 0);
	cr_assert_not(out.indirect);
	cr_assert_eq(out.bytes, 3 * 4096);
	segs[2].last_sect = 8;
	cr_assert_eq(blk_decode_segments(segs, &lim, &out), -EINVAL);
	segs[2].last_sect = 7;
	out.sector = 1000 - 23;
	cr_assert_eq(blk_decode_segments(segs, &lim, &out), -ERANGE);
}

Test(blk, indirect_refused)
{
	set_indirect(BLKIF_OP_READ, 0);
	cr_assert_eq(decode(), -EINVAL);
	set_indirect(BLKIF_OP_READ, BLK_MAX_SEGMENTS);
	cr_assert_eq(decode(), 0);
	set_indirect(BLKIF_OP_READ, BLK_MAX_SEGMENTS + 1);
	cr_assert_eq(decode(), -EINVAL);
	set_indirect(BLKIF_OP_READ, UINT16_MAX);
	cr_assert_eq(decode(), -EINVAL);
	set_indirect(BLKIF_OP_INDIRECT, 1);
	cr_assert_eq(decode(), -EINVAL, "no nesting");
	set_indirect(BLKIF_OP_DISCARD, 1);
	cr_assert_eq(decode(), -EINVAL);
	set_indirect(BLKIF_OP_WRITE, 1);
	lim.readonly = true;
	cr_assert_eq(decode(), -EROFS);
}

static void check_invariants(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < out.nr_segments; i++) {
		struct blk_segment *s = &out.segments[i];

		cr_assert_gt(s->length, 0);
		cr_assert_leq(s->offset + s->length, BLK_PAGE);
		sum += s->length;
	}
	if (out.nr_segments != 0) {
		cr_assert_eq(sum, out.bytes);
	}
	cr_assert_leq(out.bytes / 512, lim.sectors);
	cr_assert_leq(out.sector, lim.sectors - out.bytes / 512);
}

/* Random bytes, nudged towards what passes: what passes is in bounds. */
Test(blk, random_requests)
{
	struct blkif_request_segment segs[BLK_MAX_SEGMENTS];
	unsigned int round, passed = 0, j;

	srand(20260102);
	for (round = 0; round < 300000; round++) {
		uint8_t *bytes = (uint8_t *)&raw;

		fresh(0);
		for (j = 0; j < sizeof(raw); j++) {
			bytes[j] = (uint8_t)rand();
		}
		raw.operation = (uint8_t)(rand() % 8);
		raw.nr_segments = (uint8_t)(rand() % 13);
		raw.sector_number = (uint64_t)(rand() % 1100);
		for (j = 0; j < 11; j++) {
			raw.seg[j].first_sect &= 7;
			raw.seg[j].last_sect =
				raw.seg[j].first_sect + rand() % 9;
		}
		lim.readonly = rand() % 4 == 0;
		if (decode() != 0) {
			continue;
		}
		if (out.indirect) {
			for (j = 0; j < out.nr_segments; j++) {
				segs[j].gref = (uint32_t)rand();
				segs[j].first_sect = rand() % 8;
				segs[j].last_sect = (uint8_t)
					(segs[j].first_sect +
					 (rand() % 50 == 0 ? 9 : 0));
			}
			if (blk_decode_segments(segs, &lim, &out) != 0) {
				continue;
			}
		}
		passed++;
		check_invariants();
	}
	cr_assert_gt(passed, 1000, "the test must reach the good cases");
}
