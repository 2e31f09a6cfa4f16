/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * mmu_update as a call: the command in the low bits of ptr, batches that stop
 * at the first refusal and report how far they got, the M2P, A/D bits kept.
 *
 * From <xen/xen.h>, mmu_update.
 */
#include "common/test.h"

TEST(mmu_update_batch, 0)
{
	pte_t *l1 = table_alloc();
	void *page = page_alloc();
	struct mmu_update req[8];
	unsigned int done;

	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1)), 0);
	for (unsigned int bad = 0; bad <= 8; bad++) {
		test_case("the wrong one is %u", bad);
		for (unsigned int i = 0; i < 8; i++) {
			req[i].ptr = virt_to_maddr(&l1[i]);
			req[i].val = pte_make(virt_to_mfn(page), PTE_USER);
			if (i == bad) {
				req[i].val = pte_make(virt_to_mfn(l1),
						      PTE_USER);
			}
		}
		done = 99;
		CHECK_EQ(hc_mmu_update(req, 8, &done, DOMID_SELF),
			 bad < 8 ? -XEN_EBUSY : 0);
		CHECK_EQ(done, bad);
		for (unsigned int i = 0; i < 8; i++) {
			CHECK_EQ(l1[i] & PTE_P, i < bad);
			pte_write(&l1[i], 0);
		}
	}
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1)), 0);
	table_free(l1);
	page_free(page);
}

TEST(mmu_update_arguments, 0)
{
	pte_t *l1 = table_alloc();
	struct mmu_update req = { .ptr = virt_to_maddr(l1), .val = 0 };
	struct mmu_update bad = req;
	unsigned int done = 99;

	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1)), 0);
	test_case("none");
	CHECK_EQ(hc_mmu_update(&req, 0, &done, DOMID_SELF), 0);
	test_case("unreadable requests");
	CHECK_EQ(hc_mmu_update((void *)TEST_VA, 1, &done, DOMID_SELF),
		 -XEN_EFAULT);
	CHECK_EQ(done, 0);
	test_case("no such domain");
	CHECK_EQ(hc_mmu_update(&req, 1, &done, 999), -XEN_ESRCH);
	CHECK_EQ(hc_mmu_update(&req, 1, &done, DOMID_SELF | 1000 << 16),
		 -XEN_ESRCH);
	test_case("a table's owner named: oneself");
	CHECK_EQ(hc_mmu_update(&req, 1, &done, DOMID_SELF), 0);
	CHECK_EQ(done, 1);
	test_case("no such command");
	for (unsigned int cmd = 4; cmd < 8; cmd++) {
		bad.ptr = virt_to_maddr(l1) | cmd;
		done = 99;
		CHECK_EQ(hc_mmu_update(&bad, 1, &done, DOMID_SELF),
			 -XEN_ENOSYS);
		CHECK_EQ(done, 0);
	}
	test_case("a frame beyond memory");
	bad.ptr = 0xfffffffffUL << 12;
	CHECK_EQ(hc_mmu_update(&bad, 1, &done, DOMID_SELF), -XEN_EINVAL);
	test_case("a frame of the hypervisor");
	bad.ptr = hypervisor_mfn() << PAGE_SHIFT;
	CHECK_EQ(hc_mmu_update(&bad, 1, &done, DOMID_SELF), -XEN_EINVAL);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1)), 0);
	table_free(l1);
}

/* On a page that is no table it is a plain store. */
TEST(mmu_update_plain_page, 0)
{
	uint64_t *page = page_alloc();

	CHECK_EQ(pte_write(&page[7], ~0UL), 0);
	CHECK_EQ(page[7], ~0UL);
	CHECK_EQ(page[6], 0);
	CHECK_EQ(page[8], 0);
	page_free(page);
}

TEST(mmu_update_m2p, 0)
{
	void *page = page_alloc();
	unsigned long mfn = virt_to_mfn(page), pfn = virt_to_pfn(page);
	struct mmu_update req = {
		.ptr = mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, .val = 0x1234,
	};

	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(m2p[mfn], 0x1234);
	req.val = pfn;
	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(m2p[mfn], pfn);
	test_case("a frame that is not one's own");
	req.ptr = hypervisor_mfn() << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	req.ptr = 0xffffffffUL << 12 | MMU_MACHPHYS_UPDATE;
	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	page_free(page);
}

TEST(mmu_update_preserve_ad, 0)
{
	void *page = page_alloc();
	pte_t clean = pte_make(virt_to_mfn(page), PTE_P | PTE_RW | PTE_US);
	struct mmu_update req = { .val = clean };
	pte_t *entry;

	CHECK_EQ(map_page(kernel_root, TEST_VA, clean), 0);
	entry = pte_find(kernel_root, TEST_VA, 1);
	*(volatile int *)TEST_VA = 1;
	CHECK_EQ(*entry & (PTE_A | PTE_D), PTE_A | PTE_D);
	test_case("preserved");
	req.ptr = virt_to_maddr(entry) | MMU_PT_UPDATE_PRESERVE_AD;
	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(*entry & (PTE_A | PTE_D), PTE_A | PTE_D);
	test_case("not preserved");
	req.ptr = virt_to_maddr(entry) | MMU_NORMAL_PT_UPDATE;
	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(*entry & (PTE_A | PTE_D), 0);
	test_case("not translated");
	req.ptr = virt_to_maddr(entry) | MMU_PT_UPDATE_NO_TRANSLATE;
	CHECK_EQ(hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(pte_mfn(*entry), virt_to_mfn(page));
	unmap_test_va(TEST_VA);
	page_free(page);
}
