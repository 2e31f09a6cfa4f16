/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Pinning gives a frame the type of a page table of one level and keeps it
 * there: from then on the hypervisor alone writes it. That is refused while a
 * writable mapping exists, for a frame of another type, and for a frame that
 * is not the domain's; a second pin, and an unpin of what is not pinned, are
 * refused too. A reference from a table above gives the type in the same way,
 * for as long as it lasts.
 *
 * From <xen/xen.h>, "MMU EXTENDED OPERATIONS".
 */
#include "common/test.h"

static const unsigned int pin_cmd[5] = {
	0, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
	MMUEXT_PIN_L4_TABLE,
};

TEST(pin_levels, 0)
{
	for (int level = 1; level <= 4; level++) {
		pte_t *table = table_alloc();
		unsigned long mfn = virt_to_mfn(table);

		test_case("level %d", level);
		CHECK_EQ(mmuext(pin_cmd[level], mfn), 0);
		CHECK_EQ(mmuext(pin_cmd[level], mfn), -XEN_EINVAL);
		CHECK_EQ(page_set_writable(table, true), -XEN_EBUSY);
		for (int other = 1; other <= 4; other++) {
			if (other != level) {
				CHECK_EQ(mmuext(pin_cmd[other], mfn),
					 -XEN_EINVAL);
			}
		}
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL);
		table_free(table);
	}
}

TEST(pin_writable, 0)
{
	void *page = page_alloc();

	for (int level = 1; level <= 4; level++) {
		test_case("level %d", level);
		CHECK_EQ(mmuext(pin_cmd[level], virt_to_mfn(page)),
			 -XEN_EINVAL);
	}
	CHECK_EQ(try_write(page).vector, -1);
	page_free(page);
}

/* One writable mapping somewhere else is enough. */
TEST(pin_writable_alias, 0)
{
	pte_t *table = table_alloc();
	pte_t rw = pte_make(virt_to_mfn(table), PTE_KERNEL);

	CHECK_EQ(map_page(kernel_root, TEST_VA, rw), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), -XEN_EINVAL);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, rw & ~PTE_RW, UVMF_INVLPG), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, rw, UVMF_INVLPG), -XEN_EBUSY);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, UVMF_INVLPG), 0);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, rw, UVMF_INVLPG), -XEN_EBUSY);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, rw, UVMF_INVLPG), 0);
	unmap_test_va(TEST_VA);
	table_free(table);
}

TEST(pin_wild, 0)
{
	const struct {
		const char *name;
		unsigned long mfn;
	} frames[] = {
		{ "beyond memory", 0xfffffffffUL },
		{ "beyond the address width", 1UL << 50 },
		{ "all ones", ~0UL },
		{ "the VGA hole", 0xb8 },
		{ "the hypervisor's", hypervisor_mfn() },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
		for (int level = 1; level <= 4; level++) {
			test_case("%s as level %d", frames[i].name, level);
			CHECK(mmuext(pin_cmd[level], frames[i].mfn) < 0);
		}
		test_case("%s unpinned", frames[i].name);
		CHECK(mmuext(MMUEXT_UNPIN_TABLE, frames[i].mfn) < 0);
		test_case("%s as root", frames[i].name);
		CHECK(mmuext(MMUEXT_NEW_BASEPTR, frames[i].mfn) < 0);
		CHECK(mmuext(MMUEXT_NEW_USER_BASEPTR, frames[i].mfn) < 0);
	}
}

/* A table with contents: all entries are checked, or the pin is refused. */
TEST(pin_contents, 0)
{
	void *page = page_alloc(), *readonly = table_alloc();
	unsigned long rw_mfn = virt_to_mfn(page);
	unsigned long ro_mfn = virt_to_mfn(readonly);
	const struct {
		const char *name;
		int level, want;
		pte_t entry;
	} cases[] = {
		{ "L1 of a page", 1, 0, pte_make(rw_mfn, PTE_USER) },
		{ "L1 of a page, read-only", 1, 0,
		  pte_make(rw_mfn, PTE_USER & ~PTE_RW) },
		{ "L1 of a wild frame", 1, REFUSED,
		  pte_make(0xffffffffUL, PTE_USER) },
		{ "L1 of the hypervisor's", 1, REFUSED,
		  pte_make(hypervisor_mfn(), PTE_USER) },
		{ "L1 of the hypervisor's, read-only", 1, REFUSED,
		  pte_make(hypervisor_mfn(), PTE_P) },
		{ "L2 of the hypervisor's", 2, REFUSED,
		  pte_make(hypervisor_mfn(), PTE_TABLE) },
		{ "L4 of the hypervisor's", 4, REFUSED,
		  pte_make(hypervisor_mfn(), PTE_TABLE) },
		{ "L1 of a page table, writable", 1, -XEN_EBUSY,
		  pte_make(virt_to_mfn(kernel_root), PTE_USER) },
		{ "L1 of a page table, read-only", 1, 0,
		  pte_make(virt_to_mfn(kernel_root), PTE_USER & ~PTE_RW) },
		{ "L2 of an empty table", 2, 0, pte_make(ro_mfn, PTE_TABLE) },
		{ "L2 of a writable page", 2, -XEN_EINVAL,
		  pte_make(rw_mfn, PTE_TABLE) },
		{ "L2 of a superpage", 2, -XEN_EINVAL,
		  pte_make(rw_mfn & ~511UL, PTE_TABLE | PTE_PSE) },
		{ "L2 of the root", 2, -XEN_EINVAL,
		  pte_make(virt_to_mfn(kernel_root), PTE_TABLE) },
		{ "L3 of an empty table", 3, 0, pte_make(ro_mfn, PTE_TABLE) },
		{ "L3 of a writable page", 3, -XEN_EINVAL,
		  pte_make(rw_mfn, PTE_TABLE) },
		{ "L4 of an empty table", 4, 0, pte_make(ro_mfn, PTE_TABLE) },
		{ "L4 of a writable page", 4, -XEN_EINVAL,
		  pte_make(rw_mfn, PTE_TABLE) },
		{ "an entry not present, full of ones", 1, 0, ~1UL },
		{ "the same at level 4", 4, 0, ~1UL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		pte_t *table = table_alloc_filled(cases[i].entry, 17);
		unsigned long mfn = virt_to_mfn(table);

		test_case("%s", cases[i].name);
		CHECK_WANT(mmuext(pin_cmd[cases[i].level], mfn),
			   cases[i].want);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn),
			 cases[i].want ? -XEN_EINVAL : 0);
		table_free(table);
		/* Nothing below keeps a type. */
		CHECK_EQ(page_set_writable(readonly, true), 0);
		CHECK_EQ(page_set_writable(readonly, false), 0);
	}
	table_free(readonly);
	page_free(page);
}

/* The wrong entry is the last one: what was taken before is given back. */
TEST(pin_undone, 0)
{
	pte_t *l1 = table_alloc();
	void *page = page_alloc();
	pte_t *l2 = page_alloc();

	for (unsigned int i = 0; i < 511; i++) {
		l2[i] = pte_make(virt_to_mfn(l1), PTE_TABLE);
	}
	l2[511] = pte_make(virt_to_mfn(page), PTE_TABLE);
	page_set_writable(l2, false);
	CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2)), -XEN_EINVAL);
	CHECK_EQ(page_set_writable(l1, true), 0);
	CHECK_EQ(page_set_writable(l1, false), 0);
	CHECK_EQ(try_write(page).vector, -1);
	table_free(l2);
	table_free(l1);
	page_free(page);
}

/* A whole tree is typed by the pin of its root and freed by the unpin. */
TEST(pin_tree, 0)
{
	pte_t *l1 = table_alloc();
	pte_t *l2 = table_alloc_filled(pte_make(virt_to_mfn(l1), PTE_TABLE), 0);
	pte_t *l3 = table_alloc_filled(pte_make(virt_to_mfn(l2), PTE_TABLE), 0);
	pte_t *l4 = table_alloc_filled(pte_make(virt_to_mfn(l3), PTE_TABLE), 3);
	pte_t *tables[] = { l1, l2, l3, l4 };

	CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4)), 0);
	for (unsigned int i = 0; i < 4; i++) {
		test_case("level %u", i + 1);
		CHECK_EQ(page_set_writable(tables[i], true), -XEN_EBUSY);
	}
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4)), 0);
	for (unsigned int i = 0; i < 4; i++) {
		test_case("level %u, after", i + 1);
		CHECK_EQ(page_set_writable(tables[i], true), 0);
		page_free(tables[i]);
	}
}

/* A table pinned in its own right stays typed when the one above goes. */
TEST(pin_inner, 0)
{
	pte_t *l1 = table_alloc();
	pte_t *l2 = table_alloc_filled(pte_make(virt_to_mfn(l1), PTE_TABLE), 0);

	CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2)), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1)), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2)), 0);
	CHECK_EQ(page_set_writable(l1, true), -XEN_EBUSY);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1)), 0);
	table_free(l1);
	table_free(l2);
}

/* The root in use keeps its type though it is not pinned. */
TEST(pin_root_in_use, 0)
{
	unsigned int slot = (KEEL_BASE >> 39) & 511;
	pte_t *root = table_alloc_filled(kernel_root[slot], slot);
	unsigned long mfn = virt_to_mfn(root);
	unsigned long old = virt_to_mfn(kernel_root);
	uint64_t cr3;

	CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, mfn), 0);
	asm volatile("mov %%cr3, %0" : "=r" (cr3));
	CHECK_EQ(xen_cr3_to_pfn(cr3), mfn);
	CHECK_EQ(page_set_writable(root, true), -XEN_EBUSY);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL);
	CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, old), 0);
	CHECK_EQ(page_set_writable(root, true), 0);
	page_free(root);
}

TEST(new_baseptr_refusals, 0)
{
	void *page = page_alloc();
	pte_t *l1 = table_alloc();

	test_case("a writable page");
	CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(page)), -XEN_EINVAL);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(page)),
		 -XEN_EINVAL);
	test_case("a pinned L1");
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1)), 0);
	CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(l1)), -XEN_EINVAL);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(l1)),
		 -XEN_EINVAL);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1)), 0);
	test_case("none, for user mode");
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(user_root())), 0);
	table_free(l1);
	page_free(page);
}
