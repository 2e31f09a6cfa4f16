/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Lists of grant operations: each element has a status of its own, and one
 * that fails does not stop the others; where the list itself ends in a page
 * that is not there, the call fails behind the last element that was. And
 * handles whose entry was changed by other means: nothing is counted twice.
 *
 * From <xen/grant_table.h>.
 */
#include "common/test.h"

#define SELF	0
#define N	6
#define MAPS	TEST_VA

static char *page, *list_page;
static grant_ref_t ref;

static void begin(void)
{
	if (!is_initial_domain()) {
		test_skip("this domain does not know its number");
	}
	page = page_alloc();
	list_page = page_alloc();
	ref = grant_access(SELF, page, false);
	pte_reach(kernel_root, MAPS, 1);
	CHECK_EQ(map_page(kernel_root, TEST_VA2,
			  pte_make(virt_to_mfn(list_page), PTE_KERNEL)), 0);
}

/* All references are gone, if the page can become a page table. */
static void end(void)
{
	CHECK(grant_revoke(ref));
	unmap_test_va(TEST_VA2);
	unmap_test_va(MAPS);
	check_unreferenced(page);
	page_free(page);
	page_free(list_page);
}

/* Where a list must begin to have n of its elements at the page's end. */
static void *list_of(unsigned int n, size_t size)
{
	return (void *)(TEST_VA2 + PAGE_SIZE - n * size);
}

static struct gnttab_map_grant_ref map_op(unsigned int i)
{
	return (struct gnttab_map_grant_ref) {
		.host_addr = MAPS + i * PAGE_SIZE, .ref = ref, .dom = SELF,
		.flags = GNTMAP_host_map | (i & 1 ? GNTMAP_readonly : 0),
		.status = 99,
	};
}

/* Every handle is worked with once: what is mapped is unmapped. */
static void map_all(struct gnttab_map_grant_ref *ops)
{
	for (unsigned int i = 0; i < N; i++) {
		ops[i] = map_op(i);
	}
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, ops, N), 0);
	for (unsigned int i = 0; i < N; i++) {
		CHECK_EQ(ops[i].status, GNTST_okay);
	}
}

static int unmap_one(uint64_t addr, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .handle = handle, .status = 99,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

TEST(grant_batch_status, 0)
{
	struct gnttab_map_grant_ref maps[N];
	struct gnttab_unmap_grant_ref un[N];
	struct gnttab_copy copies[N];

	begin();
	for (unsigned int bad = 0; bad < N; bad++) {
		test_case("map, the wrong one is %u", bad);
		for (unsigned int i = 0; i < N; i++) {
			maps[i] = map_op(i);
		}
		maps[bad].ref = ~0U;
		CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, maps, N),
			 0);
		for (unsigned int i = 0; i < N; i++) {
			CHECK_EQ(maps[i].status, i == bad ? GNTST_bad_gntref
							  : GNTST_okay);
			un[i] = (struct gnttab_unmap_grant_ref) {
				.host_addr = maps[i].host_addr,
				.handle = i == bad ? ~0U : maps[i].handle,
				.status = 99,
			};
		}
		test_case("unmap, the wrong one is %u", bad);
		CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, un, N),
			 0);
		for (unsigned int i = 0; i < N; i++) {
			CHECK_EQ(un[i].status, i == bad ? GNTST_bad_handle
							: GNTST_okay);
		}
		test_case("copy, the wrong one is %u", bad);
		memset(page, 0, PAGE_SIZE);
		for (unsigned int i = 0; i < N; i++) {
			copies[i] = (struct gnttab_copy) {
				.source = { .u.gmfn = virt_to_mfn(list_page),
					    .domid = DOMID_SELF },
				.dest = { .u.ref = i == bad ? ~0U : ref,
					  .domid = SELF, .offset = 8 * i },
				.len = 8, .flags = GNTCOPY_dest_gref,
				.status = 99,
			};
		}
		memset(list_page, 'c', 8);
		CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, copies, N), 0);
		for (unsigned int i = 0; i < N; i++) {
			CHECK_EQ(copies[i].status, i == bad ? GNTST_bad_gntref
							    : GNTST_okay);
			CHECK_EQ(page[8 * i], i == bad ? 0 : 'c');
		}
	}
	end();
}

TEST(grant_batch_unreadable, 0)
{
	struct gnttab_map_grant_ref maps[N], *map_list;
	struct gnttab_unmap_grant_ref *un;
	struct gnttab_copy *copies;

	begin();
	for (unsigned int good = 0; good < N; good++) {
		test_case("map, %u are there", good);
		map_list = list_of(good, sizeof(*map_list));
		for (unsigned int i = 0; i < good; i++) {
			map_list[i] = map_op(i);
		}
		CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, map_list,
					   N), -XEN_EFAULT);
		for (unsigned int i = 0; i < good; i++) {
			CHECK_EQ(map_list[i].status, GNTST_okay);
			CHECK_EQ(unmap_one(map_list[i].host_addr,
					   map_list[i].handle), GNTST_okay);
		}
		CHECK_EQ(pte_find(kernel_root, MAPS, 1)[good], 0);

		test_case("unmap, %u are there", good);
		map_all(maps);
		un = list_of(good, sizeof(*un));
		for (unsigned int i = 0; i < good; i++) {
			un[i] = (struct gnttab_unmap_grant_ref) {
				.host_addr = maps[i].host_addr,
				.handle = maps[i].handle, .status = 99,
			};
		}
		CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, un, N),
			 -XEN_EFAULT);
		for (unsigned int i = 0; i < N; i++) {
			int again = unmap_one(maps[i].host_addr,
					      maps[i].handle);

			CHECK_EQ(again, i < good ? GNTST_bad_handle
						 : GNTST_okay);
		}

		test_case("copy, %u are there", good);
		memset(page, 0, PAGE_SIZE);
		copies = list_of(good, sizeof(*copies));
		for (unsigned int i = 0; i < good; i++) {
			copies[i] = (struct gnttab_copy) {
				.source = { .u.gmfn = virt_to_mfn(list_page),
					    .domid = DOMID_SELF },
				.dest = { .u.ref = ref, .domid = SELF,
					  .offset = i },
				.len = 1, .flags = GNTCOPY_dest_gref,
			};
		}
		list_page[0] = 'd';
		CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, copies, N),
			 -XEN_EFAULT);
		for (unsigned int i = 0; i < N; i++) {
			CHECK_EQ(page[i], i < good ? 'd' : 0);
		}
	}
	end();
}

/*
 * The entry of a mapping is cleared, or filled with something else, by an
 * ordinary update: the handle does not find its mapping, and stays; when the
 * entry is again as it was, it does. The page is held as long as either is.
 */
TEST(grant_unmap_changed_entry, 0)
{
	volatile struct grant_entry_v1 *e;
	struct gnttab_map_grant_ref op;
	pte_t *entry, as_mapped;

	begin();
	e = grant_table() + ref;
	entry = pte_find(kernel_root, MAPS, 1);
	for (unsigned int readonly = 0; readonly < 2; readonly++) {
		op = map_op(readonly);
		op.host_addr = MAPS;
		CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1), 0);
		CHECK_EQ(op.status, GNTST_okay);
		as_mapped = *entry;
		test_case("cleared, %u", readonly);
		CHECK_EQ(pte_write(entry, 0), 0);
		CHECK(unmap_one(MAPS, op.handle) < 0);
		CHECK(e->flags & GTF_reading);
		test_case("another page, %u", readonly);
		CHECK_EQ(pte_write(entry, pte_make(virt_to_mfn(list_page),
						   PTE_KERNEL)), 0);
		CHECK(unmap_one(MAPS, op.handle) < 0);
		CHECK_EQ(pte_mfn(*entry), virt_to_mfn(list_page));
		test_case("with other rights, %u", readonly);
		CHECK_EQ(pte_write(entry, as_mapped ^ PTE_RW), 0);
		CHECK(unmap_one(MAPS, op.handle) < 0);
		CHECK_EQ(pte_mfn(*entry), virt_to_mfn(page));
		test_case("as it was, %u", readonly);
		CHECK_EQ(pte_write(entry, as_mapped), 0);
		CHECK(e->flags & GTF_reading);
		CHECK_EQ(unmap_one(MAPS, op.handle), GNTST_okay);
		CHECK_EQ(*entry, 0);
		CHECK_EQ(e->flags & (GTF_reading | GTF_writing), 0);
		CHECK_EQ(unmap_one(MAPS, op.handle), GNTST_bad_handle);
	}
	end();
}
