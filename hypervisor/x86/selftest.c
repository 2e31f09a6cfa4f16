/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Does the machine do what the manual says?  Known faults of emulated CPUs are
 * tried at boot.  With CR4.SMAP, iretq from ring 3 to ring 3 reads its frame
 * with supervisor rights and faults.  Linux does it in sync_core(); where the
 * machine fails it SMAP stays off.  MWAIT with ECX=1, to wake for interrupts
 * that are masked, raises #GP; we never use it, and no guest is told of it.
 */
#include "lib/printk.h"
#include "x86/asm.h"
#include "x86/cpu_features.h"
#include "x86/descriptors.h"
#include "x86/msr.h"
#include "x86/paging.h"

/* selftest_asm.S */
bool selftest_run(u64 rip, u64 rsp);
extern const char selftest_good[], selftest_bad[], selftest_user[];

/* The lower half: the page of selftest_user, then a stack. */
static pte_t tables[3][PTES_PER_TABLE] __initbss __aligned(PAGE_SIZE);
static u8 stack[PAGE_SIZE] __initbss __aligned(PAGE_SIZE);
static struct gate test_idt[32] __initbss;

static __init pte_t user_pte(const void *page)
{
	return pte_make(hv_va_to_mfn((unsigned long)page),
			PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D);
}

/* The line is written after monitor: a good mwait does not wait. */
static __init void test_mwait(void)
{
	u64 line, at = (u64)&line, extensions = 0;
	u32 r[4];

	cpuid(5, 0, r);
	if (!cpu_has(XEN_X86_FEATURE_MONITOR) || (r[2] & 3) != 3) {
		return;
	}
	__asm__ volatile goto("monitor; movq $0, (%0); xor %%eax, %%eax; inc %%ecx\n"
		     "1: mwait\n" ASM(EX_TABLE(1b, %l[fault]))
		     : "+a" (at), "+c" (extensions) : "d" (0)
		     : "memory" : fault);
	return;
fault:
	log_info("This machine's MWAIT cannot wake for masked interrupts: it is not used.\n");
}

__init void machine_selftest(void)
{
	struct table_ptr idt = { sizeof(test_idt) - 1, (u64)test_idt };
	bool good;

	test_mwait();
	if (!(hv_cr4 & CR4_SMAP)) {
		return;
	}
	hv_l4[0] = user_pte(tables[0]);
	tables[0][0] = user_pte(tables[1]);
	tables[1][0] = user_pte(tables[2]);
	tables[2][0] = user_pte(selftest_user) & ~PTE_RW;
	tables[2][1] = user_pte(stack) | PTE_NX;
	for (unsigned int i = 0; i < ARRAY_LEN(test_idt); i++) {
		gate_set(&test_idt[i], (u64)(i == TRAP_BP ? selftest_good :
					     selftest_bad), 0, 3);
	}
	__asm__ volatile("lidt %0" : : "m" (idt));
	good = selftest_run((u64)selftest_user & PAGE_OFFSET_MASK,
			    2 * PAGE_SIZE);
	idt_load();
	hv_l4[0] = 0;
	write_cr3(read_cr3());
	if (!good) {
		hv_cr4 &= ~(u64)CR4_SMAP;
		write_cr4(hv_cr4);
		log_info("This machine's iretq fails in ring 3 under SMAP: SMAP is off.\n");
	}
}
