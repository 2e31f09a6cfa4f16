/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Does the machine do what the manual says?  Each known fault of an emulated
 * CPU is tried at boot, under an IDT of our own that takes every exception
 * back to the test, and worked round where it is found.
 *
 *   iretq from ring 3 to ring 3 with CR4.SMAP: some emulators read the frame
 *     with supervisor rights and fault.  Linux does it in sync_core().  Then
 *     SMAP stays off.
 *   MWAIT with ECX=1 raises #GP: then nobody is told of MONITOR/MWAIT.
 */
#include "lib/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "x86/cpu_features.h"
#include "x86/descriptors.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/regs.h"
#include "x86/selftest.h"
#include "x86/smp.h"

#define USER_CODE	0x10000UL	/* two pages in an otherwise empty */
#define USER_STACK	0x11000UL	/* lower half */
#define PTE_USER	(PTE_P | PTE_US | PTE_A | PTE_D)

static struct gate test_idt[32] __initdata __aligned(16);

/* Empty lower half but for two pages of ring 3; undone by unmap_user. */
static __init void *map_user(pte_t **tables)
{
	char *mem = heap_alloc_pages(3);	/* L3 L2 L1 code stack */
	pte_t *t = hv_l4;

	if (!mem) {
		panic("Not enough memory for the machine's self-test.");
	}
	*tables = (pte_t *)mem;
	for (unsigned int l = 4; l > 1; l--) {
		pte_t *next = (pte_t *)(mem + (4 - l) * PAGE_SIZE);

		t[pte_index(l, USER_CODE)] =
			pte_make(virt_to_mfn(next), PTE_USER | PTE_RW);
		t = next;
	}
	t[pte_index(1, USER_CODE)] =
		pte_make(virt_to_mfn(mem + 3 * PAGE_SIZE), PTE_USER);
	t[pte_index(1, USER_STACK)] =
		pte_make(virt_to_mfn(mem + 4 * PAGE_SIZE),
			 PTE_USER | PTE_RW | PTE_NX);
	return mem + 3 * PAGE_SIZE;
}

static __init void unmap_user(pte_t *tables)
{
	hv_l4[0] = 0;
	write_cr3(read_cr3());
	heap_free_pages(tables, 3);
}

/* Runs fn with every exception ending in the result: its vector. */
static __init unsigned int try(void (*fn)(void))
{
	struct table_ptr p = { sizeof(test_idt) - 1, (u64)test_idt };
	unsigned long flags = irq_save();
	unsigned int vector;

	for (unsigned int i = 0; i < ARRAY_LEN(test_idt); i++) {
		gate_set(&test_idt[i], selftest_vectors[i], 0,
			 i == TRAP_BP ? 3 : 0);
	}
	__asm__ volatile("lidt %0" : : "m" (p));
	vector = selftest_try(fn);
	idt_load();
	irq_restore(flags);
	return vector;
}

static __init void test_iret(void)
{
	pte_t *tables;
	void *code = map_user(&tables);

	memcpy(code, selftest_user,
	       (size_t)(selftest_user_end - selftest_user));
	if (try(selftest_enter_user) != TRAP_BP) {
		cpu_features.broken_iret_smap = true;
	}
	unmap_user(tables);
	if (!cpu_features.broken_iret_smap) {
		return;
	}
	cpu_features.smap = false;
	hv_cr4 &= ~(u64)CR4_SMAP;
	write_cr4(hv_cr4);
	log_info("This machine's iretq fails in ring 3 under SMAP: SMAP is off.\n");
}

/* The line is written after MONITOR, so a correct MWAIT falls through. */
static __init void mwait_once(void)
{
	static __initdata u64 line[8] __aligned(64);

	__asm__ volatile("monitor" : : "a" (line), "c" (0), "d" (0));
	WRITE_ONCE(line[0], 1);
	__asm__ volatile("mwait" : : "a" (0), "c" (1) : "memory");
}

static __init void test_mwait(void)
{
	u32 r[4];

	if (!cpu_features.monitor || cpu_features.max_leaf < 5) {
		return;
	}
	cpuid(5, 0, r);
	if ((r[2] & 3) == 3 && try(mwait_once) == SELFTEST_NO_TRAP) {
		return;
	}
	cpu_features.monitor = false;
	cpu_features.broken_mwait = true;
	log_info("This machine's MWAIT cannot wake for masked interrupts: MWAIT is not used.\n");
}

__init void machine_selftest(void)
{
	if (cpu_features.smap) {
		test_iret();
	}
	test_mwait();
}
