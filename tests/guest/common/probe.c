/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Small things that many tests do to memory and to page tables. */
#include "common/test.h"

struct fault try_read(const volatile void *va)
{
	struct fault f;
	unsigned int value;

	TRY(f, "movzbl (%1), %0", : "=r" (value) : "r" (va) : "memory");
	return f;
}

struct fault try_write(volatile void *va)
{
	struct fault f;
	unsigned char value = 0;

	/* What is there, if anything, is written back. */
	asm volatile(MAY_FAULT("movb (%1), %0")
		     : "+q" (value) : "r" (va) : "memory");
	TRY(f, "movb %0, (%1)", : : "q" (value), "r" (va) : "memory");
	return f;
}

unsigned long hypervisor_mfn(void)
{
	return pte_mfn(kernel_root[(HYPERVISOR_VIRT_START >> 39) & 511]);
}

pte_t *table_alloc(void)
{
	return table_alloc_filled(0, 0);
}

pte_t *table_alloc_filled(pte_t entry, unsigned int index)
{
	pte_t *table = page_alloc();
	int err;

	table[index] = entry;
	err = page_set_writable(table, false);
	if (err) {
		test_error("cannot make a page read-only: %d", err);
	}
	return table;
}

void table_free(pte_t *table)
{
	int err = page_set_writable(table, true);

	if (err) {
		test_error("a page table stays in use: %d", err);
	}
	page_free(table);
}

/* Frees the table that `entry` refers to, and those below it. */
static void free_below(pte_t *entry, int level)
{
	pte_t *table = mfn_to_virt(pte_mfn(*entry));

	if (level > 1) {
		for (int i = 0; i < 512; i++) {
			if (table[i] & PTE_P) {
				free_below(&table[i], level - 1);
			}
		}
	}
	if (pte_write(entry, 0)) {
		test_error("cannot clear a level %d entry", level + 1);
	}
	table_free(table);
}

void unmap_test_va(unsigned long va)
{
	unmap_slot(kernel_root, va);
}

void unmap_slot(pte_t *root, unsigned long va)
{
	pte_t *entry = pte_find(root, va, 4);

	if (*entry & PTE_P) {
		free_below(entry, 3);
	}
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

void check_unreferenced(void *page)
{
	memset(page, 0, PAGE_SIZE);
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page)), 0);
	CHECK_EQ(page_set_writable(page, true), 0);
}

int set_ldt(const void *base, unsigned int entries)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_SET_LDT,
		.arg1.linear_addr = (unsigned long)base,
		.arg2.nr_ents = entries,
	};

	return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

int set_iopl(unsigned int level)
{
	struct physdev_set_iopl op = { .iopl = level };

	return hc_physdev_op(PHYSDEVOP_set_iopl, &op);
}
