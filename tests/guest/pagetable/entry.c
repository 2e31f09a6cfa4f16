/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Single entries: mmu_update checks the frame and the flags of what is
 * written, level by level. Of the flags, present, writable, user, accessed,
 * dirty, no-execute and those for software (9 to 11, 52 to 62) are free at
 * every level; the caching flags and global belong to L1, global being added
 * to user pages as the hypervisor likes; page size is refused. Entries that
 * are not present may hold anything.
 *
 * From <xen/xen.h>, mmu_update.
 */
#include "common/snippet.h"

/* A tree of four tables below TEST_VA, and a page at its end. */
static pte_t *entry_at[5];
static void *page;

static void tree_make(void)
{
	page = page_alloc();
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_USER)), 0);
	for (int level = 1; level <= 4; level++) {
		entry_at[level] = pte_find(kernel_root, TEST_VA, level);
	}
}

static void tree_free(void)
{
	unmap_test_va(TEST_VA);
	page_free(page);
}

TEST(entry_flags, 0)
{
	static const struct {
		const char *name;
		pte_t flag;
		unsigned int levels;	/* bit n: allowed at level n */
	} flags[] = {
		{ "PWT", PTE_PWT, 0x2 },
		{ "PCD", PTE_PCD, 0x2 },
		{ "PAT or PSE", PTE_PSE, 0x2 },
		{ "G", PTE_G, 0x2 },
		{ "AVAIL0", 0x200, 0x1e },
		{ "AVAIL1", 0x400, 0x1e },
		{ "AVAIL2", 0x800, 0x1e },
		{ "bit 52", 1UL << 52, 0x1e },
		{ "bit 58", 1UL << 58, 0x1e },
		{ "bit 59", 1UL << 59, 0x1e },
		{ "bit 62", 1UL << 62, 0x1e },
		{ "NX", PTE_NX, 0x1e },
	};

	tree_make();
	for (int level = 1; level <= 4; level++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
			pte_t old = *entry_at[level];
			bool ok = flags[i].levels >> level & 1;

			test_case("%s at level %d", flags[i].name, level);
			CHECK_EQ(pte_write(entry_at[level],
					   old | flags[i].flag),
				 ok ? 0 : -XEN_EINVAL);
			CHECK_EQ(pte_write(entry_at[level], old), 0);
		}
	}
	tree_free();
}

SNIPPET(entry_store, "mov %rsi, (%rdi)");

/*
 * Each bit of an entry, alone and with its neighbour, in every way to write
 * one: by mmu_update, by a plain store and by update_va_mapping (level 1), and
 * in a table that is pinned. All agree.
 */
TEST(entry_flags_every_way, 0)
{
	static const unsigned int pins[5] = {
		0, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
		MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
	};

	tree_make();
	for (int level = 1; level <= 4; level++) {
		for (unsigned int i = 0; i < 2 * 64; i++) {
			unsigned int bit = i / 2;
			pte_t flags = 1UL << bit | (i & 1 ? 1UL << (bit + 1) %
						    64 : 0);
			pte_t old = *entry_at[level];
			/* Not the frame's number, whatever it is. */
			pte_t new = (old | flags) & ~(PTE_ADDR & flags);
			pte_t *table;
			bool ok;

			new |= old & PTE_ADDR;
			test_case("%lx at level %d", flags, level);
			ok = !pte_write(entry_at[level], new);
			CHECK_EQ(pte_write(entry_at[level], old), 0);

			table = table_alloc_filled(new, 17);
			CHECK_EQ(!mmuext(pins[level], virt_to_mfn(table)), ok);
			CHECK_EQ(!mmuext(MMUEXT_UNPIN_TABLE,
					 virt_to_mfn(table)), ok);
			table_free(table);
			if (level > 1) {
				continue;
			}
			CHECK_EQ(!hc_update_va_mapping(TEST_VA, new,
						       UVMF_INVLPG), ok);
			CHECK_EQ(pte_write(entry_at[1], 0), 0);
			CHECK_EQ(kernel_watch2(entry_store,
				(unsigned long)entry_at[1], new)->vector,
				ok ? -1 : VEC_PF);
			CHECK_EQ(pte_write(entry_at[1], old), 0);
		}
	}
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	tree_free();
}

/* Clearing RW, US, A, D is always allowed, and P takes the table away. */
TEST(entry_flags_cleared, 0)
{
	static const pte_t flags[] = { PTE_RW, PTE_US, PTE_A, PTE_D, PTE_P };

	tree_make();
	for (int level = 1; level <= 4; level++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
			pte_t old = *entry_at[level];

			test_case("%lx at level %d", flags[i], level);
			CHECK_EQ(pte_write(entry_at[level], old & ~flags[i]),
				 0);
			CHECK_EQ(pte_write(entry_at[level], old), 0);
		}
	}
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	CHECK_EQ(try_write((void *)TEST_VA).vector, -1);
	tree_free();
}

/* An entry says what was written, but for A, D and G. */
TEST(entry_reads_back, 0)
{
	pte_t value;

	tree_make();
	value = pte_make(virt_to_mfn(page), PTE_P | PTE_RW | PTE_A | PTE_US);
	CHECK_EQ(pte_write(entry_at[1], value), 0);
	CHECK_EQ(*entry_at[1] & ~(PTE_D | PTE_G), value);
	CHECK_EQ(pte_write(entry_at[1], 0xdeadbeef00 << 1), 0);
	CHECK_EQ(*entry_at[1], 0xdeadbeef00 << 1);
	CHECK_EQ(pte_write(entry_at[1], 0), 0);
	CHECK_EQ(*entry_at[1], 0);
	tree_free();
}

TEST(entry_frames, 0)
{
	void *other, *readonly;
	pte_t *typed;

	tree_make();
	other = page_alloc();
	readonly = table_alloc();
	typed = table_alloc();
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(typed)), 0);
	{
		const struct {
			const char *name;
			int level, want;
			pte_t entry;
		} cases[] = {
			{ "a page", 1, 0,
			  pte_make(virt_to_mfn(other), PTE_USER) },
			{ "a page that is read-only elsewhere", 1, 0,
			  pte_make(virt_to_mfn(readonly), PTE_USER) },
			{ "a page table, writable", 1, -XEN_EBUSY,
			  pte_make(virt_to_mfn(typed), PTE_USER) },
			{ "a page table, read-only", 1, 0,
			  pte_make(virt_to_mfn(typed), PTE_USER & ~PTE_RW) },
			{ "the root, read-only", 1, 0,
			  pte_make(virt_to_mfn(kernel_root), PTE_P) },
			{ "beyond memory", 1, REFUSED,
			  pte_make(0xffffffffUL, PTE_USER) },
			{ "the hypervisor's", 1, REFUSED,
			  pte_make(hypervisor_mfn(), PTE_USER) },
			{ "the hypervisor's, read-only", 1, REFUSED,
			  pte_make(hypervisor_mfn(), PTE_P) },
			{ "the hypervisor's as L2", 3, REFUSED,
			  pte_make(hypervisor_mfn(), PTE_TABLE) },
			{ "the hypervisor's as L3", 4, REFUSED,
			  pte_make(hypervisor_mfn(), PTE_TABLE) },
			{ "an L1, as L1", 2, 0,
			  pte_make(virt_to_mfn(typed), PTE_TABLE) },
			{ "a writable page as L1", 2, -XEN_EINVAL,
			  pte_make(virt_to_mfn(other), PTE_TABLE) },
			{ "the root as L1", 2, -XEN_EINVAL,
			  pte_make(virt_to_mfn(kernel_root), PTE_TABLE) },
			{ "beyond memory as L1", 2, -XEN_EINVAL,
			  pte_make(0xffffffffUL, PTE_TABLE) },
			{ "an L1 as L2", 3, -XEN_EINVAL,
			  pte_make(virt_to_mfn(typed), PTE_TABLE) },
			{ "a writable page as L2", 3, -XEN_EINVAL,
			  pte_make(virt_to_mfn(other), PTE_TABLE) },
			{ "an L1 as L3", 4, -XEN_EINVAL,
			  pte_make(virt_to_mfn(typed), PTE_TABLE) },
			{ "a writable page as L3", 4, -XEN_EINVAL,
			  pte_make(virt_to_mfn(other), PTE_TABLE) },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			pte_t *entry = entry_at[cases[i].level];
			pte_t old = *entry;

			test_case("%s", cases[i].name);
			CHECK_WANT(pte_write(entry, cases[i].entry),
				   cases[i].want);
			if (cases[i].want) {
				CHECK_EQ(*entry, old);
			}
			CHECK_EQ(pte_write(entry, old), 0);
		}
	}
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(typed)), 0);
	table_free(typed);
	CHECK_EQ(page_set_writable(readonly, true), 0);
	page_free(readonly);
	page_free(other);
	tree_free();
}

/* The root's entries for the hypervisor's range are not the guest's. */
TEST(entry_hypervisor_slots, 0)
{
	unsigned int first = (HYPERVISOR_VIRT_START >> 39) & 511;
	pte_t *l3 = table_alloc();

	for (unsigned int i = first; i < first + 16; i++) {
		pte_t old = kernel_root[i];

		test_case("slot %u", i);
		CHECK_EQ(pte_write(&kernel_root[i],
				   pte_make(virt_to_mfn(l3), PTE_TABLE)),
			 -XEN_EINVAL);
		CHECK_EQ(pte_write(&kernel_root[i], 0), -XEN_EINVAL);
		CHECK_EQ(kernel_root[i], old);
	}
	table_free(l3);
}

/* A table counts its references: each entry holds it, none is lost. */
TEST(entry_shared_table, 0)
{
	pte_t *l2, link;

	tree_make();
	l2 = entry_at[2];
	link = *l2;
	for (unsigned int i = 1; i < 100; i++) {
		CHECK_EQ(pte_write(l2 + i, link), 0);
	}
	*(volatile int *)page = 0x1234;
	test_case("seen through the last of them");
	CHECK_EQ(*(volatile int *)(TEST_VA + 99 * 512 * PAGE_SIZE), 0x1234);
	for (unsigned int i = 0; i < 100; i++) {
		CHECK_EQ(page_set_writable(mfn_to_virt(pte_mfn(link)), true),
			 -XEN_EBUSY);
		CHECK_EQ(pte_write(l2 + i, 0), 0);
	}
	CHECK_EQ(page_set_writable(mfn_to_virt(pte_mfn(link)), true), 0);
	page_free(mfn_to_virt(pte_mfn(link)));
	tree_free();
}

/* A change of any level is seen by the next access after a flush. */
TEST(entry_takes_effect, 0)
{
	tree_make();
	for (int level = 1; level <= 4; level++) {
		pte_t old = *entry_at[level];

		test_case("level %d", level);
		CHECK_EQ(try_read((void *)TEST_VA).vector, -1);
		CHECK_EQ(pte_write(entry_at[level], old & ~PTE_P), 0);
		mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
		CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
		CHECK_PF(try_write((void *)TEST_VA), PF_W, TEST_VA);
		CHECK_EQ(pte_write(entry_at[level], old & ~PTE_RW), 0);
		CHECK_EQ(try_read((void *)TEST_VA).vector, -1);
		CHECK_PF(try_write((void *)TEST_VA), PF_P | PF_W, TEST_VA);
		CHECK_EQ(pte_write(entry_at[level], old), 0);
		mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
		CHECK_EQ(try_write((void *)TEST_VA).vector, -1);
	}
	tree_free();
}

/* Superpages are not for PV guests. */
TEST(entry_superpage, 0)
{
	tree_make();
	CHECK_EQ(pte_write(entry_at[2] + 1,
			   pte_make(0, PTE_USER | PTE_PSE)), -XEN_EINVAL);
	CHECK_EQ(pte_write(entry_at[3] + 1,
			   pte_make(0, PTE_USER | PTE_PSE)), -XEN_EINVAL);
	tree_free();
}
