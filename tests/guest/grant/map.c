/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Mapping a grant: at an address in the caller's tables, or into an entry of
 * them named by its machine address. While it lasts, the entry's flags say
 * reading or writing, and the granter cannot take it back; the handle ends it.
 * A wrong reference, domain, right, address or handle has its own status.
 *
 * Here a domain maps its own grants, which needs nobody else.
 * From <xen/grant_table.h>.
 */
#include "common/test.h"

#define SELF	0	/* domain 0's own number */

static char *page;
static grant_ref_t ref;

static void begin(bool readonly)
{
	if (!is_initial_domain()) {
		test_skip("this domain does not know its number");
	}
	page = page_alloc();
	memcpy(page, "a granted page", 15);
	ref = grant_access(SELF, page, readonly);
	/* The tables under TEST_VA, without an entry. */
	pte_reach(kernel_root, TEST_VA, 1);
}

static void end(void)
{
	CHECK(grant_revoke(ref));
	unmap_test_va(TEST_VA);
	CHECK_EQ(try_write(page).vector, -1);
	page_free(page);
}

static struct gnttab_map_grant_ref map(uint64_t addr, unsigned int flags,
				       grant_ref_t r, domid_t dom)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = addr, .flags = flags, .ref = r, .dom = dom,
		.status = 99,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1), 0);
	return op;
}

static int unmap(uint64_t addr, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .handle = handle, .status = 99,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

#define HOST	GNTMAP_host_map

TEST(grant_map, 0)
{
	struct gnttab_map_grant_ref op;
	volatile struct grant_entry_v1 *e;

	begin(false);
	e = grant_table() + ref;
	test_case("writable");
	op = map(TEST_VA, HOST, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(memcmp((void *)TEST_VA, page, 16), 0);
	((char *)TEST_VA)[100] = 'x';
	CHECK_EQ(page[100], 'x');
	CHECK_EQ(e->flags & (GTF_reading | GTF_writing),
		 GTF_reading | GTF_writing);
	CHECK(!grant_revoke(ref));
	CHECK_EQ(unmap(TEST_VA, op.handle), GNTST_okay);
	CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
	CHECK_EQ(e->flags & (GTF_reading | GTF_writing), 0);

	test_case("read-only");
	op = map(TEST_VA, HOST | GNTMAP_readonly, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(e->flags & (GTF_reading | GTF_writing), GTF_reading);
	CHECK_PF(try_write((void *)TEST_VA), PF_P | PF_W, TEST_VA);
	CHECK_EQ(unmap(TEST_VA, op.handle), GNTST_okay);
	CHECK_EQ(e->flags & (GTF_reading | GTF_writing), 0);
	end();
}

/* By the machine address of the entry. */
TEST(grant_map_pte, 0)
{
	struct gnttab_map_grant_ref op;
	pte_t *entry;

	begin(false);
	entry = pte_find(kernel_root, TEST_VA, 1) + 3;
	op = map(virt_to_maddr(entry), HOST | GNTMAP_contains_pte, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(pte_mfn(*entry), virt_to_mfn(page));
	CHECK_EQ(memcmp((void *)(TEST_VA + 3 * PAGE_SIZE), page, 16), 0);
	test_case("the software bits asked for");
	CHECK_EQ(unmap(virt_to_maddr(entry), op.handle), GNTST_okay);
	CHECK_EQ(*entry & PTE_P, 0);
	op = map(virt_to_maddr(entry), HOST | GNTMAP_contains_pte |
		 1 << _GNTMAP_guest_avail0, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(*entry & PTE_AVAIL, 0x200);
	CHECK_EQ(unmap(virt_to_maddr(entry), op.handle), GNTST_okay);
	test_case("user access only when asked for");
	op = map(virt_to_maddr(entry), HOST | GNTMAP_contains_pte |
		 GNTMAP_application_map, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(*entry & PTE_US, PTE_US);
	CHECK_EQ(unmap(virt_to_maddr(entry), op.handle), GNTST_okay);
	test_case("an entry that is none");
	CHECK(map(virt_to_maddr(page), HOST | GNTMAP_contains_pte, ref,
		  SELF).status < 0);
	CHECK(map(virt_to_maddr(kernel_root), HOST | GNTMAP_contains_pte, ref,
		  SELF).status < 0);
	CHECK(map(0xffffffffUL << 12, HOST | GNTMAP_contains_pte, ref,
		  SELF).status < 0);
	test_case("not aligned");
	CHECK(map(virt_to_maddr(entry) + 4, HOST | GNTMAP_contains_pte, ref,
		  SELF).status < 0);
	CHECK_EQ((grant_table() + ref)->flags & (GTF_reading | GTF_writing),
		 0);
	end();
}

TEST(grant_map_refusals, 0)
{
	volatile struct grant_entry_v1 *e;

	begin(true);
	e = grant_table() + ref;
	{
		const struct {
			const char *name;
			uint64_t addr;
			unsigned int flags;
			grant_ref_t ref;
			domid_t dom;
			int want;
		} cases[] = {
			{ "no kind of mapping", TEST_VA, 0, ref, SELF,
			  GNTST_bad_gntref },
			{ "writable, granted read-only", TEST_VA, HOST, ref,
			  SELF, GNTST_general_error },
			{ "a free reference", TEST_VA, HOST, ref + 1, SELF,
			  GNTST_general_error },
			{ "a reference out of range", TEST_VA, HOST, ~0U,
			  SELF, GNTST_bad_gntref },
			{ "no such domain", TEST_VA, HOST, ref, 999,
			  GNTST_bad_domain },
			{ "an address without tables", TEST_VA2,
			  HOST | GNTMAP_readonly, ref, SELF,
			  GNTST_general_error },
			{ "an address in the hypervisor", 0xffff830000000000,
			  HOST | GNTMAP_readonly, ref, SELF,
			  GNTST_general_error },
			{ "a non-canonical address", 0x0000800000000000,
			  HOST | GNTMAP_readonly, ref, SELF,
			  GNTST_general_error },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			test_case("%s", cases[i].name);
			CHECK_EQ(map(cases[i].addr, cases[i].flags,
				     cases[i].ref, cases[i].dom).status,
				 cases[i].want);
			CHECK_EQ(e->flags & (GTF_reading | GTF_writing), 0);
		}
	}
	test_case("granted to another");
	e->domid = 77;
	CHECK_EQ(map(TEST_VA, HOST | GNTMAP_readonly, ref, SELF).status,
		 GNTST_general_error);
	e->domid = SELF;
	test_case("a frame that is not the granter's");
	e->frame = hypervisor_mfn();
	CHECK(map(TEST_VA, HOST | GNTMAP_readonly, ref, SELF).status < 0);
	e->frame = 0xffffffff;
	CHECK(map(TEST_VA, HOST | GNTMAP_readonly, ref, SELF).status < 0);
	test_case("a page table, read-write");
	e->flags = GTF_permit_access;
	e->frame = virt_to_mfn(kernel_root);
	CHECK(map(TEST_VA, HOST, ref, SELF).status < 0);
	CHECK_EQ(e->flags, GTF_permit_access);
	e->frame = virt_to_mfn(page);
	end();
}

TEST(grant_unmap_refusals, 0)
{
	struct gnttab_map_grant_ref op;

	begin(false);
	op = map(TEST_VA, HOST, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	test_case("no such handle");
	CHECK_EQ(unmap(TEST_VA, op.handle + 1000), GNTST_bad_handle);
	CHECK_EQ(unmap(TEST_VA, ~0U), GNTST_bad_handle);
	test_case("a wrong address");
	CHECK(unmap(TEST_VA + PAGE_SIZE, op.handle) < 0);
	CHECK(unmap(TEST_VA2, op.handle) < 0);
	CHECK_EQ(try_write((void *)TEST_VA).vector, -1);
	test_case("the right one, twice");
	CHECK_EQ(unmap(TEST_VA, op.handle), GNTST_okay);
	CHECK_EQ(unmap(TEST_VA, op.handle), GNTST_bad_handle);
	end();
}

/* Many mappings of one grant: the last unmap ends the use. */
TEST(grant_map_many, 0)
{
	enum { N = 200 };
	static struct gnttab_map_grant_ref ops[N];
	static struct gnttab_unmap_grant_ref un[N];
	unsigned int bad = 0;

	begin(false);
	for (unsigned int i = 0; i < N; i++) {
		ops[i] = (struct gnttab_map_grant_ref) {
			.host_addr = TEST_VA + i * PAGE_SIZE, .ref = ref,
			.dom = SELF,
			.flags = HOST | (i & 1 ? GNTMAP_readonly : 0),
		};
	}
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, ops, N), 0);
	for (unsigned int i = 0; i < N; i++) {
		bad += ops[i].status != GNTST_okay;
		un[i] = (struct gnttab_unmap_grant_ref) {
			.host_addr = ops[i].host_addr,
			.handle = ops[i].handle,
		};
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, un, N - 1), 0);
	CHECK(!grant_revoke(ref));
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, un + N - 1, 1),
		 0);
	for (unsigned int i = 0; i < N; i++) {
		bad += un[i].status != GNTST_okay;
	}
	CHECK_EQ(bad, 0);
	end();
}

/* A batch goes on behind an entry that fails. */
TEST(grant_map_batch, 0)
{
	struct gnttab_map_grant_ref ops[3];

	begin(false);
	for (unsigned int i = 0; i < 3; i++) {
		ops[i] = (struct gnttab_map_grant_ref) {
			.host_addr = TEST_VA + i * PAGE_SIZE,
			.ref = i == 1 ? ~0U : ref, .dom = SELF, .flags = HOST,
		};
	}
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, ops, 3), 0);
	CHECK_EQ(ops[0].status, GNTST_okay);
	CHECK_EQ(ops[1].status, GNTST_bad_gntref);
	CHECK_EQ(ops[2].status, GNTST_okay);
	CHECK_EQ(unmap(ops[0].host_addr, ops[0].handle), GNTST_okay);
	CHECK_EQ(unmap(ops[2].host_addr, ops[2].handle), GNTST_okay);
	end();
}

/* A page mapped by grant counts as mapped: it cannot become a page table. */
TEST(grant_map_holds_type, 0)
{
	struct gnttab_map_grant_ref op;

	begin(false);
	op = map(TEST_VA, HOST, ref, SELF);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), -XEN_EINVAL);
	CHECK_EQ(unmap(TEST_VA, op.handle), GNTST_okay);
	CHECK_EQ(page_set_writable(page, true), 0);
	memset(page, 0, PAGE_SIZE);
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0);
	test_case("a page table cannot be granted for writing");
	CHECK(map(TEST_VA, HOST, ref, SELF).status < 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page)), 0);
	CHECK_EQ(page_set_writable(page, true), 0);
	end();
}
