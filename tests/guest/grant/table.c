/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The grant table itself: its size, its frames, its version.
 *
 * From <xen/grant_table.h>.
 */
#include "common/test.h"

TEST(grant_query_size, 0)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	CHECK_EQ(hc_grant_table_op(GNTTABOP_query_size, &q, 1), 0);
	CHECK_EQ(q.status, GNTST_okay);
	CHECK(q.nr_frames >= 1);
	CHECK(q.max_nr_frames >= q.nr_frames);
	test_case("no such domain");
	q.dom = 999;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_query_size, &q, 1), 0);
	CHECK_EQ(q.status, GNTST_bad_domain);
	test_case("unreadable");
	CHECK_EQ(hc_grant_table_op(GNTTABOP_query_size, (void *)TEST_VA, 1),
		 -XEN_EFAULT);
	test_case("one at a time");
	CHECK_EQ(hc_grant_table_op(GNTTABOP_query_size, &q, 2), -XEN_EINVAL);
}

TEST(grant_setup_table, 0)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_setup_table s = { .dom = DOMID_SELF };
	static xen_pfn_t frames[512];

	hc_grant_table_op(GNTTABOP_query_size, &q, 1);
	set_xen_guest_handle(s.frame_list, frames);
	for (unsigned int n = 1; n <= 4; n++) {
		test_case("%u frames", n);
		s.nr_frames = n;
		frames[n] = 0x5555;
		CHECK_EQ(hc_grant_table_op(GNTTABOP_setup_table, &s, 1), 0);
		CHECK_EQ(s.status, GNTST_okay);
		CHECK(frames[n - 1] != 0);
		CHECK_EQ(frames[n], 0x5555);
		for (unsigned int i = 0; i + 1 < n; i++) {
			CHECK(frames[i] != frames[n - 1]);
		}
	}
	test_case("a frame can be mapped, and begins empty");
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(frames[3], PTE_KERNEL)), 0);
	CHECK_EQ(*(volatile uint64_t *)TEST_VA, 0);
	test_case("but not as a page table");
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, frames[3]) < 0);
	unmap_test_va(TEST_VA);
	test_case("too many");
	s.nr_frames = q.max_nr_frames + 1;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_setup_table, &s, 1), 0);
	CHECK(s.status < 0);
	test_case("no such domain");
	s.nr_frames = 1;
	s.dom = 999;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_setup_table, &s, 1), 0);
	CHECK_EQ(s.status, GNTST_bad_domain);
	test_case("an unwritable list");
	s.dom = DOMID_SELF;
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)TEST_VA);
	CHECK_EQ(hc_grant_table_op(GNTTABOP_setup_table, &s, 1), 0);
	CHECK(s.status < 0);
}

/*
 * Version 1 is the one in use at the start, and can be asked for.
 *
 * Differs from Xen 4.17: version 2 is refused; most kernels do without, and its
 * extra states are where grant tables went wrong.
 */
TEST(grant_version, 0)
{
	struct gnttab_get_version get = { .dom = DOMID_SELF };
	struct gnttab_set_version set = { .version = 1 };

	CHECK_EQ(hc_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
	CHECK_EQ(get.version, 1);
	CHECK_EQ(hc_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
	CHECK_EQ(set.version, 1);
	test_case("no such version");
	set.version = 3;
	CHECK(hc_grant_table_op(GNTTABOP_set_version, &set, 1) < 0);
	set.version = 0;
	CHECK(hc_grant_table_op(GNTTABOP_set_version, &set, 1) < 0);
	test_case("no such domain");
	get.dom = 999;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_get_version, &get, 1),
		 -XEN_ESRCH);
}

TEST(grant_op_refusals, 0)
{
	struct gnttab_map_grant_ref op = { .dom = 0 };

	test_case("no such operation");
	CHECK_EQ(hc_grant_table_op(99, &op, 1), -XEN_ENOSYS);
	test_case("unreadable");
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, (void *)TEST_VA, 1),
		 -XEN_EFAULT);
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref,
				   (void *)TEST_VA, 1), -XEN_EFAULT);
	CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, (void *)TEST_VA, 1),
		 -XEN_EFAULT);
	test_case("none");
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 0), 0);
	test_case("a negative number");
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &op, -1U),
		 -XEN_EINVAL);
}
