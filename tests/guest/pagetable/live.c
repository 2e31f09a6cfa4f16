/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Edits of tables in use, at every level: an entry that was not present is
 * good from the next access on, without a flush, on the vCPU that wrote it, on
 * another, and in user mode under a root of its own; one that is replaced or
 * removed, behind a flush.
 *
 * From <xen/xen.h>, mmu_update; the architecture's rule about entries that are
 * not present.
 */
#include "common/smp.h"
#include "common/snippet.h"

SNIPPET(read_byte, "movzbl (%rdi), %eax");

static char *page_a, *page_b;
static pte_t *entry_at[5];

/* The tables of `root` for TEST_VA, down to page a. */
static void begin(pte_t *root)
{
	page_a = page_alloc();
	page_b = page_alloc();
	page_a[0] = 'a';
	page_b[0] = 'b';
	CHECK_EQ(map_page(root, TEST_VA,
			  pte_make(virt_to_mfn(page_a), PTE_USER)), 0);
	for (int level = 1; level <= 4; level++) {
		entry_at[level] = pte_find(root, TEST_VA, level);
	}
}

static void end(pte_t *root)
{
	unmap_slot(root, TEST_VA);
	page_free(page_a);
	page_free(page_b);
}

TEST(live_edit, 0)
{
	begin(kernel_root);
	for (unsigned int round = 0; round < 5; round++) {
		for (int level = 1; level <= 4; level++) {
			pte_t old = *entry_at[level];

			test_case("level %d, round %u", level, round);
			CHECK_EQ(pte_write(entry_at[level], 0), 0);
			mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
			CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
			CHECK_EQ(pte_write(entry_at[level], old), 0);
			CHECK_EQ(try_read((void *)TEST_VA).vector, -1);
		}
	}
	end(kernel_root);
}

/* User mode under its own root, whose entries the kernel changes. */
TEST(live_edit_user, 0)
{
	begin(user_root());
	for (int level = 1; level <= 4; level++) {
		pte_t old = *entry_at[level];

		test_case("level %d", level);
		CHECK_EQ(user_watch(read_byte, TEST_VA)->vector, -1);
		CHECK_EQ(snippet_result(), 'a');
		CHECK_EQ(pte_write(entry_at[level], 0), 0);
		mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
		CHECK_EQ(user_watch(read_byte, TEST_VA)->vector, VEC_PF);
		CHECK_EQ(pte_write(entry_at[level], old), 0);
		CHECK_EQ(user_watch(read_byte, TEST_VA)->vector, -1);
		CHECK_EQ(snippet_result(), 'a');
		test_case("level %d: not in the kernel's root", level);
		CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
	}
	end(user_root());
}

/* What the other vCPU is to do, and has done. */
static volatile struct {
	unsigned int order, done;
	int level;
	pte_t value;
} edit;

static void editor(void *unused)
{
	(void)unused;
	if (edit.order != edit.done) {
		pte_write(entry_at[edit.level], edit.value);
		barrier();
		edit.done = edit.order;
	}
}

static void edit_there(int level, pte_t value)
{
	uint64_t limit = clock_ns() + 5 * NSEC_PER_SEC;

	edit.level = level;
	edit.value = value;
	barrier();
	edit.order++;
	while (edit.done != edit.order) {
		if (clock_ns() > limit) {
			test_error("the other vCPU does not answer");
		}
		cpu_relax();
	}
}

TEST(live_edit_by_other, 0)
{
	need_two_vcpus();
	begin(kernel_root);
	edit.order = edit.done = 0;
	other_begin(editor, NULL);
	for (unsigned int round = 0; round < 10; round++) {
		for (int level = 1; level <= 4; level++) {
			pte_t old = *entry_at[level];

			test_case("level %d, round %u", level, round);
			edit_there(level, 0);
			mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
			CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
			edit_there(level, old);
			CHECK_EQ(try_read((void *)TEST_VA).vector, -1);
		}
	}
	other_end();
	end(kernel_root);
}

/* One tree instead of another: the new one, from the flush on. */
TEST(live_replace, 0)
{
	pte_t *other[5];

	begin(kernel_root);
	CHECK_EQ(map_page(kernel_root, TEST_VA2,
			  pte_make(virt_to_mfn(page_b), PTE_USER)), 0);
	for (int level = 1; level <= 4; level++) {
		other[level] = pte_find(kernel_root, TEST_VA2, level);
	}
	for (int level = 1; level <= 4; level++) {
		pte_t old = *entry_at[level];

		test_case("level %d", level);
		CHECK_EQ(*(volatile char *)TEST_VA, 'a');
		CHECK_EQ(pte_write(entry_at[level], *other[level]), 0);
		mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
		CHECK_EQ(*(volatile char *)TEST_VA, 'b');
		CHECK_EQ(pte_write(entry_at[level], old), 0);
		mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
		CHECK_EQ(*(volatile char *)TEST_VA, 'a');
	}
	unmap_test_va(TEST_VA2);
	end(kernel_root);
}
