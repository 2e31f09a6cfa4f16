/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Exceptions in the hypervisor itself: expected ones have a fixup; a stale TLB
 * entry or an LDT page not yet mapped is no fault at all; everything else is
 * our bug.  And what comes on its own stack: NMI, machine check, double fault.
 */
#include "debug/report.h"
#include "device/power.h"
#include "lib/printk.h"
#include "mm/page_type.h"
#include "x86/cpu_features.h"
#include "x86/current.h"
#include "x86/entry.h"
#include "x86/smp.h"
#include "x86/layout.h"
#include "x86/msr.h"
#include "x86/paging.h"

static void __noreturn die(struct cpu_user_regs *regs)
{
	log_error("Exception %u in the hypervisor, error code %x, address %lx\n",
		  regs->entry_vector, regs->error_code, read_cr2());
	report_hv_regs(regs);
	BUG("unexpected exception");
}

/*
 * A page fault on a guest's address that its page tables allow: the guest has
 * granted more rights and not flushed, as it may.  The fault itself dropped
 * the stale entry.
 */
static bool fault_is_spurious(vaddr_t va, u32 error_code)
{
	u64 need = PTE_P | (error_code & PF_WRITE ? PTE_RW : 0);
	u64 entry, table = read_cr3();
	u64 rights = ~0ULL;

	if (!(error_code & PF_PRESENT) || (error_code & PF_RSVD)) {
		return false;
	}
	for (unsigned int level = 4; level > 0; level--) {
		entry = ((pte_t *)mfn_to_virt(pte_mfn(table)))
			[pte_index(level, va)];
		rights &= entry;
		if (!(entry & PTE_P)) {
			return false;
		}
		if (level < 4 && (entry & PTE_PS)) {
			break;
		}
		table = entry;
	}
	return (rights & need) == need;
}

static bool hv_page_fault(struct cpu_user_regs *regs, vaddr_t va)
{
	unsigned long ldt = percpu_area(this_cpu_id()) + PERCPU_LDT_OFF;

	if (va - ldt < 0x10000) {
		return ldt_fault(current, (unsigned int)(va - ldt));
	}
	if (va >= HV_VIRT_START && va < HV_VIRT_END) {
		return false;
	}
	if ((hv_cr4 & CR4_SMAP) && !(regs->rflags & EFLAGS_AC)) {
		return false;
	}
	return fault_is_spurious(va, regs->error_code);
}

void hv_exception(struct cpu_user_regs *regs)
{
	vaddr_t va = read_cr2();

	if (regs->entry_vector == TRAP_DB) {
		/* A guest's breakpoint on memory that we copied, or a stale
		 * one at the entry of syscall; or TF at that of sysenter, which
		 * has to see it and clears it: none of it is for us. */
		__asm__ volatile("mov %0, %%dr6" : : "r" (0xffff0ff0UL));
		return;
	}
	if (regs->entry_vector == TRAP_PF && hv_page_fault(regs, va)) {
		return;
	}
	if (!extable_fixup(regs)) {
		die(regs);
	}
}

void ist_exception(struct cpu_user_regs *regs)
{
	if (regs->entry_vector == TRAP_NMI) {
		if (smp_stopping()) {
			machine_halt();
		}
		log_warn("NMI on CPU %u at %pS\n", this_cpu_id(),
			 (void *)regs->rip);
		return;
	}
	die(regs);
}
