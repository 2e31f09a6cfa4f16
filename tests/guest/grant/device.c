/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A grant mapped for a device, with or without an address in the caller's
 * tables; the two halves are given up apart or together, and the last of them
 * ends the use. And references that are wild, for every operation.
 *
 * From <xen/grant_table.h>, GNTMAP_device_map.
 */
#include "common/test.h"

#define SELF	0
#define IN_USE	(GTF_reading | GTF_writing)
#define HOST	GNTMAP_host_map
#define DEV	GNTMAP_device_map

static char *page;
static grant_ref_t ref;
static volatile struct grant_entry_v1 *e;

static void begin(void)
{
	if (!is_initial_domain()) {
		test_skip("this domain does not know its number");
	}
	page = page_alloc();
	ref = grant_access(SELF, page, false);
	e = grant_table() + ref;
	pte_reach(kernel_root, TEST_VA, 1);
}

static void end(void)
{
	CHECK(grant_revoke(ref));
	unmap_test_va(TEST_VA);
	page_free(page);
}

static struct gnttab_map_grant_ref map(unsigned int flags, grant_ref_t r)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = flags & HOST ? TEST_VA : 0, .flags = flags,
		.ref = r, .dom = SELF, .status = 99,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1), 0);
	return op;
}

static int unmap(uint64_t host, uint64_t dev, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = host, .dev_bus_addr = dev, .handle = handle,
		.status = 99,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

TEST(grant_device_map, 0)
{
	struct gnttab_map_grant_ref op;
	uint64_t bus;

	begin();
	bus = virt_to_maddr(page);
	for (unsigned int readonly = 0; readonly < 2; readonly++) {
		unsigned int flags = readonly ? GNTMAP_readonly : 0;
		unsigned int use = readonly ? GTF_reading : IN_USE;

		test_case("device only, %u", readonly);
		op = map(DEV | flags, ref);
		CHECK_EQ(op.status, GNTST_okay);
		CHECK_EQ(op.dev_bus_addr, bus);
		CHECK_EQ(e->flags & IN_USE, use);
		CHECK_EQ(try_read((void *)TEST_VA).vector, VEC_PF);
		test_case("a wrong address of the device's, %u", readonly);
		CHECK_EQ(unmap(0, bus + PAGE_SIZE, op.handle),
			 GNTST_bad_dev_addr);
		CHECK_EQ(e->flags & IN_USE, use);
		CHECK_EQ(unmap(0, bus, op.handle), GNTST_okay);
		CHECK_EQ(e->flags & IN_USE, 0);
		CHECK_EQ(unmap(0, bus, op.handle), GNTST_bad_handle);

		for (unsigned int order = 0; order < 3; order++) {
			test_case("both, given up in order %u, %u", order,
				  readonly);
			op = map(HOST | DEV | flags, ref);
			CHECK_EQ(op.status, GNTST_okay);
			CHECK_EQ(try_read((void *)TEST_VA).vector, -1);
			CHECK_EQ(unmap(order != 1 ? TEST_VA : 0,
				       order != 0 ? bus : 0, op.handle),
				 GNTST_okay);
			if (order < 2) {
				CHECK_EQ(e->flags & IN_USE, use);
				CHECK_EQ(try_read((void *)TEST_VA).vector,
					 order ? -1 : VEC_PF);
				CHECK_EQ(unmap(order == 1 ? TEST_VA : 0,
					       order == 0 ? bus : 0,
					       op.handle), GNTST_okay);
			}
			CHECK_EQ(e->flags & IN_USE, 0);
			CHECK_EQ(try_read((void *)TEST_VA).vector, VEC_PF);
			CHECK_EQ(unmap(TEST_VA, bus, op.handle),
				 GNTST_bad_handle);
		}
	}
	test_case("the device holds it: no page table");
	op = map(DEV, ref);
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), -XEN_EINVAL);
	CHECK_EQ(unmap(0, bus, op.handle), GNTST_okay);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0);
	test_case("a page table: not for a device to write");
	CHECK(map(DEV, ref).status < 0);
	op = map(DEV | GNTMAP_readonly, ref);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(unmap(0, bus, op.handle), GNTST_okay);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page)), 0);
	CHECK_EQ(page_set_writable(page, true), 0);
	end();
}

TEST(grant_wild_references, 0)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	unsigned int entries;

	begin();
	CHECK_EQ(hc_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
	entries = size.nr_frames * PAGE_SIZE / sizeof(*e);
	{
		const grant_ref_t wild[] = {
			0, ref + 1, entries - 1, entries, entries + 1,
			size.max_nr_frames * 512 - 1,
			size.max_nr_frames * 512, 1U << 20, 1U << 29,
			(1U << 29) + ref, 1U << 31, ~0U - 1, ~0U,
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(wild); i++) {
			struct gnttab_copy copy = {
				.source = { .u.ref = wild[i], .domid = SELF },
				.dest = { .u.gmfn = virt_to_mfn(page),
					  .domid = DOMID_SELF },
				.len = 64, .flags = GNTCOPY_source_gref,
			};

			test_case("reference %x", wild[i]);
			page[0] = 'p';
			CHECK(map(HOST, wild[i]).status < 0);
			CHECK(map(HOST | GNTMAP_readonly, wild[i]).status < 0);
			CHECK(map(DEV, wild[i]).status < 0);
			CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &copy, 1),
				 0);
			CHECK(copy.status < 0);
			copy.dest = copy.source;
			copy.source.u.gmfn = virt_to_mfn(page);
			copy.source.domid = DOMID_SELF;
			copy.flags = GNTCOPY_dest_gref;
			CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &copy, 1),
				 0);
			CHECK(copy.status < 0);
			CHECK_EQ(page[0], 'p');
			if (wild[i] >= entries) {
				CHECK_EQ(map(HOST, wild[i]).status,
					 GNTST_bad_gntref);
			}
		}
	}
	test_case("handles");
	for (unsigned int bit = 0; bit < 32; bit++) {
		CHECK_EQ(unmap(TEST_VA, 0, 1U << bit), GNTST_bad_handle);
		CHECK_EQ(unmap(TEST_VA, 0, ~0U << bit), GNTST_bad_handle);
	}
	CHECK_EQ(e->flags & IN_USE, 0);
	end();
}
