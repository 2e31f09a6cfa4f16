/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * mmuext_op beside pinning: TLB and cache flushes, clear and copy of a frame,
 * batches, and what is refused.
 *
 * From <xen/xen.h>, "MMU EXTENDED OPERATIONS".
 */
#include "common/test.h"

static int op1(unsigned int cmd, unsigned long arg1, const void *mask)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = arg1 };

	set_xen_guest_handle(op.arg2.vcpumask, mask);
	return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Each kind of flush makes a change visible that was made without one. */
TEST(mmuext_flush, 0)
{
	static uint64_t mask = 1;
	char *a = page_alloc(), *b = page_alloc();
	volatile char *va = (char *)TEST_VA;
	const struct {
		const char *name;
		unsigned int cmd;
		const void *mask;
	} flushes[] = {
		{ "TLB_FLUSH_LOCAL", MMUEXT_TLB_FLUSH_LOCAL, NULL },
		{ "INVLPG_LOCAL", MMUEXT_INVLPG_LOCAL, NULL },
		{ "TLB_FLUSH_MULTI", MMUEXT_TLB_FLUSH_MULTI, &mask },
		{ "INVLPG_MULTI", MMUEXT_INVLPG_MULTI, &mask },
		{ "TLB_FLUSH_ALL", MMUEXT_TLB_FLUSH_ALL, NULL },
		{ "INVLPG_ALL", MMUEXT_INVLPG_ALL, NULL },
	};

	a[0] = 'a';
	b[0] = 'b';
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(a), PTE_USER)), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(flushes); i++) {
		char *want = i & 1 ? a : b;

		test_case("%s", flushes[i].name);
		(void)*va;
		CHECK_EQ(hc_update_va_mapping(TEST_VA,
			 pte_make(virt_to_mfn(want), PTE_USER), UVMF_NONE), 0);
		CHECK_EQ(op1(flushes[i].cmd, TEST_VA, flushes[i].mask), 0);
		CHECK_EQ(*va, *want);
	}
	unmap_test_va(TEST_VA);
	page_free(a);
	page_free(b);
}

TEST(mmuext_flush_arguments, 0)
{
	static uint64_t none;

	test_case("an empty bitmap");
	CHECK_EQ(op1(MMUEXT_TLB_FLUSH_MULTI, 0, &none), 0);
	CHECK_EQ(op1(MMUEXT_INVLPG_MULTI, TEST_VA, &none), 0);
	test_case("a bitmap that cannot be read");
	CHECK_EQ(op1(MMUEXT_TLB_FLUSH_MULTI, 0, (void *)TEST_VA),
		 -XEN_EINVAL);
	CHECK_EQ(op1(MMUEXT_INVLPG_MULTI, 0, (void *)TEST_VA), -XEN_EINVAL);
	test_case("any address may be flushed");
	CHECK_EQ(op1(MMUEXT_INVLPG_LOCAL, 0x0000800000000000, NULL), 0);
	CHECK_EQ(op1(MMUEXT_INVLPG_LOCAL, 0xffff830000000000, NULL), 0);
	CHECK_EQ(op1(MMUEXT_INVLPG_ALL, 0xffff830000000000, NULL), 0);
	test_case("caches");
	CHECK_EQ(op1(MMUEXT_FLUSH_CACHE, 0, NULL), 0);
	CHECK_EQ(op1(MMUEXT_FLUSH_CACHE_GLOBAL, 0, NULL), 0);
}

TEST(mmuext_clear_copy, 0)
{
	char *a = page_alloc(), *b = page_alloc();
	pte_t *table = table_alloc();
	struct mmuext_op copy = { .cmd = MMUEXT_COPY_PAGE };
	unsigned int wrong = 0;

	memset(a, 0x5a, PAGE_SIZE);
	copy.arg1.mfn = virt_to_mfn(b);
	copy.arg2.src_mfn = virt_to_mfn(a);
	CHECK_EQ(hc_mmuext_op(&copy, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(memcmp(a, b, PAGE_SIZE), 0);
	CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(b)), 0);
	for (unsigned int i = 0; i < PAGE_SIZE; i++) {
		wrong += b[i] != 0;
	}
	CHECK_EQ(wrong, 0);

	test_case("a page table in use");
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	CHECK(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(table)) < 0);
	copy.arg1.mfn = virt_to_mfn(table);
	CHECK(hc_mmuext_op(&copy, 1, NULL, DOMID_SELF) < 0);
	test_case("a page table may be read");
	copy.arg1.mfn = virt_to_mfn(b);
	copy.arg2.src_mfn = virt_to_mfn(table);
	CHECK_EQ(hc_mmuext_op(&copy, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	test_case("the hypervisor's");
	CHECK(mmuext(MMUEXT_CLEAR_PAGE, hypervisor_mfn()) < 0);
	copy.arg2.src_mfn = hypervisor_mfn();
	CHECK(hc_mmuext_op(&copy, 1, NULL, DOMID_SELF) < 0);
	test_case("beyond memory");
	CHECK(mmuext(MMUEXT_CLEAR_PAGE, 0xffffffffUL) < 0);
	copy.arg2.src_mfn = 0xffffffffUL;
	CHECK(hc_mmuext_op(&copy, 1, NULL, DOMID_SELF) < 0);
	table_free(table);
	page_free(a);
	page_free(b);
}

TEST(mmuext_batch, 0)
{
	for (unsigned int bad = 0; bad <= 6; bad++) {
		struct mmuext_op ops[6];
		unsigned int done = 99;

		test_case("the wrong one is %u", bad);
		memset(ops, 0, sizeof(ops));
		for (unsigned int i = 0; i < 6; i++) {
			ops[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
			if (i == bad) {
				ops[i].cmd = MMUEXT_NEW_BASEPTR;
				ops[i].arg1.mfn = 0xffffffffUL;
			}
		}
		CHECK_EQ(hc_mmuext_op(ops, 6, &done, DOMID_SELF),
			 bad < 6 ? -XEN_EINVAL : 0);
		CHECK_EQ(done, bad);
	}
}

TEST(mmuext_arguments, 0)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	unsigned int done = 99;

	test_case("none");
	CHECK_EQ(hc_mmuext_op(&op, 0, &done, DOMID_SELF), 0);
	test_case("unreadable");
	CHECK_EQ(hc_mmuext_op((void *)TEST_VA, 1, &done, DOMID_SELF),
		 -XEN_EFAULT);
	test_case("no such domain");
	CHECK_EQ(hc_mmuext_op(&op, 1, &done, 999), -XEN_ESRCH);
	test_case("no such operation");
	op.cmd = 14;
	CHECK_EQ(hc_mmuext_op(&op, 1, &done, DOMID_SELF), -XEN_ENOSYS);
	op.cmd = 99;
	CHECK_EQ(hc_mmuext_op(&op, 1, &done, DOMID_SELF), -XEN_ENOSYS);
	test_case("superpages");
	op.cmd = MMUEXT_MARK_SUPER;
	op.arg1.mfn = p2m[0] & ~511UL;
	CHECK_EQ(hc_mmuext_op(&op, 1, &done, DOMID_SELF), -XEN_EOPNOTSUPP);
	op.cmd = MMUEXT_UNMARK_SUPER;
	CHECK_EQ(hc_mmuext_op(&op, 1, &done, DOMID_SELF), -XEN_EOPNOTSUPP);
}
