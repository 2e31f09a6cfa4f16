/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * update_va_mapping: changes the L1 entry of an address in the current tables
 * and flushes as its flags say. There must be an L1 table there, of the
 * caller's, and the value is checked as mmu_update would.
 *
 * From <xen/xen.h>, update_va_mapping.
 */
#include "common/test.h"

TEST(update_va_mapping, 0)
{
	char *a = page_alloc(), *b = page_alloc();
	volatile char *va = (char *)TEST_VA;
	static const unsigned long flush[] = {
		UVMF_INVLPG | UVMF_LOCAL, UVMF_TLB_FLUSH | UVMF_LOCAL,
		UVMF_INVLPG | UVMF_ALL, UVMF_TLB_FLUSH | UVMF_ALL,
	};

	a[0] = 'a';
	b[0] = 'b';
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(a), PTE_USER)), 0);
	CHECK_EQ(va[0], 'a');
	for (unsigned int i = 0; i < ARRAY_SIZE(flush); i++) {
		test_case("flush %lx", flush[i]);
		CHECK_EQ(hc_update_va_mapping(TEST_VA,
			 pte_make(virt_to_mfn(b), PTE_USER), flush[i]), 0);
		CHECK_EQ(va[0], 'b');
		CHECK_EQ(hc_update_va_mapping(TEST_VA,
			 pte_make(virt_to_mfn(a), PTE_USER), flush[i]), 0);
		CHECK_EQ(va[0], 'a');
		CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, flush[i]), 0);
		CHECK_PF(try_read(va), 0, TEST_VA);
		CHECK_EQ(hc_update_va_mapping(TEST_VA,
			 pte_make(virt_to_mfn(a), PTE_USER), flush[i]), 0);
	}
	test_case("no flush, then one by itself");
	CHECK_EQ(hc_update_va_mapping(TEST_VA,
		 pte_make(virt_to_mfn(b), PTE_USER), UVMF_NONE), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	CHECK_EQ(va[0], 'b');
	unmap_test_va(TEST_VA);
	page_free(a);
	page_free(b);
}

/* A bitmap of vCPUs may come with the flags. */
TEST(update_va_mapping_vcpus, 0)
{
	static uint64_t mask __attribute__((aligned(64)));
	char *a = page_alloc();
	pte_t pte = pte_make(virt_to_mfn(a), PTE_USER);

	mask = 1;
	CHECK_EQ(map_page(kernel_root, TEST_VA, pte), 0);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, (unsigned long)&mask |
				      UVMF_INVLPG | UVMF_MULTI), 0);
	CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, pte, (unsigned long)&mask |
				      UVMF_TLB_FLUSH | UVMF_MULTI), 0);
	test_case("an unreadable bitmap");
	CHECK_EQ(hc_update_va_mapping(TEST_VA, pte, TEST_VA2 | UVMF_INVLPG),
		 -XEN_EFAULT);
	unmap_test_va(TEST_VA);
	page_free(a);
}

TEST(update_va_mapping_refusals, 0)
{
	char *page = page_alloc();
	pte_t pte = pte_make(virt_to_mfn(page), PTE_USER);
	const struct {
		const char *name;
		unsigned long va;
		pte_t pte;
		int want;
	} cases[] = {
		{ "no tables", TEST_VA2, pte, -XEN_EINVAL },
		{ "no tables, nothing to write", TEST_VA2, 0, -XEN_EINVAL },
		{ "the hypervisor's range", 0xffff830000000000, pte,
		  -XEN_EINVAL },
		{ "the M2P", MACH2PHYS_VIRT_START, pte, -XEN_EINVAL },
		{ "non-canonical", 0x0000800000000000, pte, -XEN_EINVAL },
		{ "a wild frame", TEST_VA, pte_make(0xffffffffUL, PTE_USER),
		  REFUSED },
		{ "the hypervisor's frame", TEST_VA,
		  pte_make(hypervisor_mfn(), PTE_USER), REFUSED },
		{ "a page table, writable", TEST_VA,
		  pte_make(virt_to_mfn(kernel_root), PTE_USER), -XEN_EBUSY },
		{ "a software bit", TEST_VA, pte | 1UL << 55, 0 },
		{ "an unaligned address", TEST_VA + 123, pte, 0 },
	};

	CHECK_EQ(map_page(kernel_root, TEST_VA, pte), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_WANT(hc_update_va_mapping(cases[i].va, cases[i].pte,
						UVMF_INVLPG), cases[i].want);
	}
	CHECK_EQ(try_write((void *)TEST_VA).vector, -1);
	unmap_test_va(TEST_VA);
	page_free(page);
}
