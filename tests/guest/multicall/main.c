/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * multicall runs a list of calls in order; each entry gets its own result, and
 * a failing one does not stop the rest. The call itself fails only when the
 * list cannot be read or written. A multicall inside is refused.
 *
 * From <xen/xen.h>, multicall_entry.
 */
#include "common/test.h"

#define N	40

TEST(multicall_results, 0)
{
	static struct multicall_entry calls[N];

	for (unsigned int bad = 0; bad <= N; bad += 8) {
		test_case("the wrong one is %u", bad);
		for (unsigned int i = 0; i < N; i++) {
			calls[i] = (struct multicall_entry) {
				.op = i == bad ? 99 : __HYPERVISOR_xen_version,
				.args = { i & 1 ? XENVER_pagesize
						: XENVER_version },
				.result = 0x5555,
			};
		}
		CHECK_EQ(hc_multicall(calls, N), 0);
		for (unsigned int i = 0; i < N; i++) {
			CHECK_EQ((long)calls[i].result,
				 i == bad ? -XEN_ENOSYS :
				 i & 1 ? (long)PAGE_SIZE : (4 << 16 | 17));
		}
	}
	test_case("none");
	CHECK_EQ(hc_multicall(calls, 0), 0);
}

/* The calls see each other's effects. */
TEST(multicall_order, 0)
{
	pte_t *l1 = table_alloc();
	void *page = page_alloc();
	struct mmuext_op pin = {
		.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(l1),
	};
	struct mmuext_op unpin = {
		.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = virt_to_mfn(l1),
	};
	struct mmu_update set = {
		.ptr = virt_to_maddr(&l1[3]),
		.val = pte_make(virt_to_mfn(page), PTE_USER),
	};
	struct mmu_update clear = { .ptr = virt_to_maddr(&l1[3]) };
	struct multicall_entry calls[] = {
		{ .op = __HYPERVISOR_mmuext_op,
		  .args = { (unsigned long)&pin, 1, 0, DOMID_SELF } },
		{ .op = __HYPERVISOR_mmu_update,
		  .args = { (unsigned long)&set, 1, 0, DOMID_SELF } },
		{ .op = __HYPERVISOR_mmu_update,
		  .args = { (unsigned long)&clear, 1, 0, DOMID_SELF } },
		{ .op = __HYPERVISOR_mmuext_op,
		  .args = { (unsigned long)&unpin, 1, 0, DOMID_SELF } },
	};

	CHECK_EQ(hc_multicall(calls, ARRAY_SIZE(calls)), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		test_case("call %u", i);
		CHECK_EQ(calls[i].result, 0);
	}
	table_free(l1);
	page_free(page);
}

TEST(multicall_refusals, 0)
{
	struct multicall_entry inner = {
		.op = __HYPERVISOR_xen_version, .args = { XENVER_version },
	};
	struct multicall_entry nested = {
		.op = __HYPERVISOR_multicall,
		.args = { (unsigned long)&inner, 1 },
	};
	struct multicall_entry *readonly = page_alloc();
	char *page = page_alloc();

	*readonly = inner;
	page_set_writable(readonly, false);
	test_case("nested");
	CHECK_EQ(hc_multicall(&nested, 1), 0);
	CHECK(nested.result != 0);
	CHECK_EQ(inner.result, 0);
	test_case("unreadable");
	CHECK_EQ(hc_multicall((void *)TEST_VA, 1), -XEN_EFAULT);
	CHECK_EQ(hc_multicall((void *)0xffff830000000000, 1), -XEN_EFAULT);
	test_case("unwritable: the call is made, its result is lost");
	CHECK_EQ(hc_multicall(readonly, 1), -XEN_EFAULT);
	test_case("the second entry is not there");
	{
		struct multicall_entry *calls;

		CHECK_EQ(map_page(kernel_root, TEST_VA,
				  pte_make(virt_to_mfn(page), PTE_USER)), 0);
		calls = (void *)(TEST_VA + PAGE_SIZE - sizeof(*calls));
		calls[0] = inner;
		calls[0].result = 0x5555;
		CHECK_EQ(hc_multicall(calls, 1), 0);
		CHECK_EQ(calls[0].result, 4 << 16 | 17);
		calls[0].result = 0x5555;
		CHECK_EQ(hc_multicall(calls, 2), -XEN_EFAULT);
		unmap_test_va(TEST_VA);
	}
	table_free((pte_t *)readonly);
	page_free(page);
}
