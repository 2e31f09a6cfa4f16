/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Whole trees of page tables, and two vCPUs: while one pins and unpins a tree,
 * the other changes its entries, pins its parts, and tries to have its tables
 * writable; and the last use of a root may be that another vCPU runs on it.
 * A page is at no time both a table and writable.
 *
 * From <xen/xen.h>, "MMU EXTENDED OPERATIONS".
 */
#include "common/smp.h"

#define TABLES	12

static pte_t *l1[TABLES], *l2, *l3, *l4;
static void *page, *window;

/* An L4 with one L3, with one L2, with TABLES full L1s. */
static void begin(void)
{
	need_two_vcpus();
	page = page_alloc();
	l2 = page_alloc();
	for (unsigned int t = 0; t < TABLES; t++) {
		l1[t] = page_alloc();
		for (unsigned int i = 0; i < 512; i++) {
			l1[t][i] = pte_make(virt_to_mfn(page),
					    i & 1 ? PTE_USER
						  : PTE_USER & ~PTE_RW);
		}
		CHECK_EQ(page_set_writable(l1[t], false), 0);
		l2[t * 31] = pte_make(virt_to_mfn(l1[t]), PTE_TABLE);
	}
	CHECK_EQ(page_set_writable(l2, false), 0);
	l3 = table_alloc_filled(pte_make(virt_to_mfn(l2), PTE_TABLE), 5);
	l4 = table_alloc_filled(pte_make(virt_to_mfn(l3), PTE_TABLE), 7);
	window = pte_reach(kernel_root, TEST_VA, 1);
}

/* Every type and reference is gone: each table is a plain page again. */
static void end(void)
{
	for (unsigned int t = 0; t < TABLES; t++) {
		mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1[t]));
	}
	mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2));
	mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l3));
	mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4));
	unmap_test_va(TEST_VA);
	for (unsigned int t = 0; t < TABLES; t++) {
		table_free(l1[t]);
	}
	table_free(l2);
	table_free(l3);
	table_free(l4);
	check_unreferenced(page);
	page_free(page);
}

static volatile unsigned int turns;

/* All that the other does to the tree, one thing after another. */
static void disturb(void *unused)
{
	unsigned int n = turns++, t = n / 6 % TABLES;
	pte_t link = pte_make(virt_to_mfn(l1[t]), PTE_TABLE);

	(void)unused;
	switch (n % 6) {
	case 0:
		pte_write(&l1[t][n / 64 % 512], 0);
		break;
	case 1:
		pte_write(&l1[t][n / 64 % 512],
			  pte_make(virt_to_mfn(page), PTE_USER));
		break;
	case 2:
		mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1[t]));
		break;
	case 3:
		mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1[t]));
		break;
	case 4:
		pte_write(&l2[t * 31 + 1], link);
		pte_write(&l2[t * 31 + 1], 0);
		break;
	default:
		/* Refused while it is a table; given up at once if not. */
		hc_update_va_mapping(TEST_VA, pte_make(virt_to_mfn(l1[t]),
						       PTE_KERNEL),
				     UVMF_INVLPG);
		hc_update_va_mapping(TEST_VA, 0, UVMF_INVLPG | UVMF_ALL);
	}
}

TEST(race_tree_pin, 0)
{
	static const unsigned int pins[] = {
		MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
	};
	pte_t **roots[] = { &l2, &l3, &l4 };
	unsigned int good = 0, both = 0, wrong = 0;

	begin();
	turns = 0;
	other_begin(disturb, NULL);
	for (unsigned int i = 0; race_goes_on(i, 300, good); i++) {
		unsigned long mfn = virt_to_mfn(*roots[i % 3]);
		int err = mmuext(pins[i % 3], mfn);
		pte_t seen;

		/* Refused when one of its tables is just writable. */
		if (err) {
			wrong += err != -XEN_EINVAL && err != -XEN_EBUSY;
			continue;
		}
		good++;
		seen = READ_ONCE(*(pte_t *)window);
		both += (seen & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW);
		wrong += mmuext(MMUEXT_UNPIN_TABLE, mfn) != 0;
	}
	other_end();
	CHECK_EQ(wrong, 0);
	CHECK_EQ(both, 0);
	CHECK(good > 0);
	end();
}

/* Where the other vCPU's root is to be, and is. */
static volatile unsigned long wanted_root, its_root;

static void follow(void *unused)
{
	unsigned long root = wanted_root;

	(void)unused;
	if (root != its_root && !mmuext(MMUEXT_NEW_BASEPTR, root)) {
		its_root = root;
	}
}

static void send_to(unsigned long root)
{
	uint64_t limit = clock_ns() + 5 * NSEC_PER_SEC;

	wanted_root = root;
	while (its_root != root) {
		if (clock_ns() > limit) {
			test_error("the other vCPU does not change its root");
		}
		cpu_relax();
	}
}

/* A root stays one for as long as any vCPU runs on it, pinned or not. */
TEST(race_last_root, 0)
{
	unsigned int slot = (KEEL_BASE >> 39) & 511;
	unsigned long old = virt_to_mfn(kernel_root), mfn;
	pte_t *root;

	need_two_vcpus();
	root = table_alloc_filled(kernel_root[slot], slot);
	mfn = virt_to_mfn(root);
	its_root = old;
	wanted_root = old;
	other_begin(follow, NULL);
	for (unsigned int round = 0; round < 20; round++) {
		test_case("round %u", round);
		CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, mfn), 0);
		send_to(mfn);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
		CHECK_EQ(page_set_writable(root, true), -XEN_EBUSY);
		CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, mfn), -XEN_EINVAL);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL);
		CHECK_EQ(pte_write(&root[slot + 1], kernel_root[slot]), 0);
		CHECK_EQ(pte_write(&root[slot + 1], 0), 0);
		send_to(old);
		test_case("round %u, given up", round);
		CHECK_EQ(page_set_writable(root, true), 0);
		CHECK_EQ(page_set_writable(root, false), 0);
	}
	other_end();
	/* It has the hypervisor's entries in it, which are no one's to pin. */
	CHECK_EQ(page_set_writable(root, true), 0);
	page_free(root);
}
