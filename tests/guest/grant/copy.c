/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * GNTTABOP_copy: bytes between two frames, each named by grant or, one's own,
 * by frame number; within one page on either side; read-only grants are for
 * the source only.
 *
 * From <xen/grant_table.h>.
 */
#include "common/test.h"

#define SELF	0

static char *from, *to;
static grant_ref_t from_ref, to_ref;

static void begin(void)
{
	if (!is_initial_domain()) {
		test_skip("this domain does not know its number");
	}
	from = page_alloc();
	to = page_alloc();
	for (unsigned int i = 0; i < PAGE_SIZE; i++) {
		from[i] = i * 7 + 1;
	}
	from_ref = grant_access(SELF, from, true);
	to_ref = grant_access(SELF, to, false);
}

static void end(void)
{
	CHECK(grant_revoke(from_ref));
	CHECK(grant_revoke(to_ref));
	page_free(from);
	page_free(to);
}

static int copy(struct gnttab_copy op)
{
	op.status = 99;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

static struct gnttab_copy by_ref(unsigned int from_offset,
				 unsigned int to_offset, unsigned int len)
{
	return (struct gnttab_copy) {
		.source = { .u.ref = from_ref, .domid = SELF,
			    .offset = from_offset },
		.dest = { .u.ref = to_ref, .domid = SELF,
			  .offset = to_offset },
		.len = len, .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
	};
}

TEST(grant_copy, 0)
{
	static const struct {
		unsigned int from, to, len;
		int want;
	} cases[] = {
		{ 0, 0, 4096, GNTST_okay },
		{ 0, 0, 0, GNTST_okay },
		{ 1, 2, 3, GNTST_okay },
		{ 4095, 0, 1, GNTST_okay },
		{ 0, 4095, 1, GNTST_okay },
		{ 4096, 0, 0, GNTST_okay },
		{ 0, 0, 4097, GNTST_bad_copy_arg },
		{ 1, 0, 4096, GNTST_bad_copy_arg },
		{ 0, 1, 4096, GNTST_bad_copy_arg },
		{ 4096, 0, 1, GNTST_bad_copy_arg },
		{ 0, 4096, 1, GNTST_bad_copy_arg },
		{ 65535, 0, 1, GNTST_bad_copy_arg },
		{ 0, 65535, 65535, GNTST_bad_copy_arg },
	};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int f = cases[i].from, t = cases[i].to;
		unsigned int n = cases[i].len, wrong = 0;

		test_case("%u to %u, %u bytes", f, t, n);
		memset(to, 0x5a, PAGE_SIZE);
		CHECK_EQ(copy(by_ref(f, t, n)), cases[i].want);
		for (unsigned int b = 0; b < PAGE_SIZE; b++) {
			bool in = cases[i].want == GNTST_okay && b >= t &&
				  b < t + n;

			wrong += to[b] != (in ? from[f + b - t] : 0x5a);
		}
		CHECK_EQ(wrong, 0);
	}
	end();
}

/* Every edge of an offset, on both sides, with every edge of a length. */
TEST(grant_copy_edges, 0)
{
	static const unsigned int offsets[] = {
		0, 1, 7, 8, 2047, 2048, 4088, 4095, 4096, 4097, 8192, 65535,
	};
	static const unsigned int lengths[] = {
		0, 1, 2, 7, 8, 9, 2047, 2048, 2049, 4088, 4095, 4096, 4097,
		8192, 65535,
	};
	const unsigned int n = ARRAY_SIZE(offsets);
	unsigned int wrong = 0, done = 0;

	begin();
	memset(to, 0x5a, PAGE_SIZE);
	for (unsigned int i = 0; i < n * n * ARRAY_SIZE(lengths); i++) {
		unsigned int f = offsets[i % n], t = offsets[i / n % n];
		unsigned int len = lengths[i / n / n];
		bool ok = f + len <= PAGE_SIZE && t + len <= PAGE_SIZE;

		test_case("%u to %u, %u bytes", f, t, len);
		CHECK_EQ(copy(by_ref(f, t, len)),
			 ok ? GNTST_okay : GNTST_bad_copy_arg);
		if (ok) {
			wrong += memcmp(to + t, from + f, len) != 0;
			wrong += t && (unsigned char)to[t - 1] != 0x5a;
			wrong += t + len < PAGE_SIZE &&
				 (unsigned char)to[t + len] != 0x5a;
			memset(to + t, 0x5a, len);
			done++;
		}
	}
	CHECK(done > 100, "%u", done);
	CHECK_EQ(wrong, 0);
	for (unsigned int i = 0; i < PAGE_SIZE; i++) {
		wrong += (unsigned char)to[i] != 0x5a;
	}
	CHECK_EQ(wrong, 0);
	end();
}

/* Source and destination in one page, apart and overlapping. */
TEST(grant_copy_same_page, 0)
{
	struct gnttab_copy op;

	begin();
	memcpy(to, from, PAGE_SIZE);
	for (unsigned int distance = 1; distance <= 65; distance += 32) {
		test_case("%u bytes apart", distance);
		op = by_ref(100, 100 + distance, 64);
		op.source.u.ref = to_ref;
		CHECK_EQ(copy(op), GNTST_okay);
		CHECK_EQ(memcmp(to, from, 100), 0);
		CHECK_EQ(memcmp(to + 164 + distance, from + 164 + distance,
				PAGE_SIZE - 164 - distance), 0);
		memcpy(to, from, PAGE_SIZE);
	}
	CHECK_EQ((grant_table() + to_ref)->flags & (GTF_reading | GTF_writing),
		 0);
	end();
}

TEST(grant_copy_by_frame, 0)
{
	struct gnttab_copy op;

	begin();
	op = by_ref(8, 16, 100);
	op.flags = GNTCOPY_source_gref;
	op.dest.u.gmfn = virt_to_mfn(to);
	op.dest.domid = DOMID_SELF;
	CHECK_EQ(copy(op), GNTST_okay);
	CHECK_EQ(memcmp(to + 16, from + 8, 100), 0);

	test_case("from one's own frame to a grant");
	memset(to, 0, PAGE_SIZE);
	op = by_ref(8, 16, 100);
	op.flags = GNTCOPY_dest_gref;
	op.source.u.gmfn = virt_to_mfn(from);
	op.source.domid = DOMID_SELF;
	CHECK_EQ(copy(op), GNTST_okay);
	CHECK_EQ(memcmp(to + 16, from + 8, 100), 0);
	test_case("the hypervisor's frame");
	op.source.u.gmfn = hypervisor_mfn();
	CHECK(copy(op) < 0);
	test_case("a wild frame");
	op.source.u.gmfn = 0xffffffffUL;
	CHECK(copy(op) < 0);
	test_case("to a page table");
	op = by_ref(0, 0, 8);
	op.flags = GNTCOPY_source_gref;
	op.dest.u.gmfn = virt_to_mfn(kernel_root);
	op.dest.domid = DOMID_SELF;
	CHECK(copy(op) < 0);
	end();
}

TEST(grant_copy_refusals, 0)
{
	struct gnttab_copy op;

	begin();
	test_case("to a read-only grant");
	op = by_ref(0, 0, 16);
	op.dest.u.ref = from_ref;
	CHECK(copy(op) < 0);
	test_case("no such reference");
	op = by_ref(0, 0, 16);
	op.source.u.ref = ~0U;
	CHECK_EQ(copy(op), GNTST_bad_gntref);
	op.source.u.ref = to_ref + 1;
	CHECK(copy(op) < 0);
	test_case("no such domain");
	op = by_ref(0, 0, 16);
	op.source.domid = 999;
	CHECK_EQ(copy(op), GNTST_bad_domain);
	test_case("granted to another");
	(grant_table() + to_ref)->domid = 77;
	CHECK(copy(by_ref(0, 0, 16)) < 0);
	(grant_table() + to_ref)->domid = SELF;
	test_case("neither is a grant, of another domain");
	op = by_ref(0, 0, 16);
	op.flags = 0;
	op.source.domid = 999;
	CHECK(copy(op) < 0);
	CHECK_EQ((grant_table() + to_ref)->flags & (GTF_reading | GTF_writing),
		 0);
	end();
}
