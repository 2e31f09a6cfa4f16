/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From one vCPU to another on this CPU.  Called with interrupts off by the
 * scheduler, on prev's way out of the hypervisor or from the idle loop; the
 * stack is forgotten, and next goes on from its saved registers.
 */
#include "domain/domain.h"
#include "domain/sched.h"
#include "lib/string.h"
#include "pvcpu/pvcpu.h"
#include "x86/cpu_features.h"
#include "x86/entry.h"
#include "x86/fpu.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/tlb.h"

static void switch_out(struct vcpu *prev)
{
	prev->regs = *guest_regs();
	pvcpu_save_segments(prev);
	pvcpu_clear_ldt_window(prev);
	fpu_save_if_dirty(prev);
	if (prev->pv.dr[7] & 0xff) {
		__asm__ volatile("mov %0, %%dr7" : : "r" (0x400UL));
	}
}

/* After CR3 was replaced: nobody need flush this CPU for prev any more. */
static void leave_address_space(struct vcpu *prev)
{
	atomic_and(&prev->domain->dirty_cpus, ~CPUMASK(this_cpu_id()));
	WRITE_ONCE(prev->dirty_cpu, ~0U);
}

static void switch_in(struct vcpu *next)
{
	u64 guest_cr4 = next->pv.cr4 & (CR4_TSD | CR4_FSGSBASE);

	*guest_regs() = next->regs;
	atomic_or(&next->domain->dirty_cpus, CPUMASK(this_cpu_id()));
	WRITE_ONCE(next->dirty_cpu, this_cpu_id());
	pvcpu_load_gdt_window(next);
	cr3_load(next->pv.kernel_mode ? next->pv.cr3_kernel :
		 next->pv.cr3_user);
	if (read_cr4() != (hv_cr4 | guest_cr4)) {
		write_cr4(hv_cr4 | guest_cr4);
	}
	pvcpu_load_segments(next);
	if (cpu_has(XEN_X86_FEATURE_RDTSCP)) {
		wrmsr(MSR_TSC_AUX, next->pv.tsc_aux);
	}
	if (next->pv.dr[7] & 0xff) {
		guest_dr_load(next);
	}
	fpu_switch_in(next);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	bool same_domain = prev->domain == next->domain;

	if (!is_idle_vcpu(prev)) {
		switch_out(prev);
	}
	current = next;
	cpu_info()->counts[COUNT_SWITCH]++;
	if (is_idle_vcpu(next)) {
		cr3_load(hv_cr3);
	} else {
		switch_in(next);
	}
	if (!is_idle_vcpu(prev)) {
		if (same_domain) {
			WRITE_ONCE(prev->dirty_cpu, ~0U);
		} else {
			leave_address_space(prev);
		}
	}
	smp_wmb();
	WRITE_ONCE(prev->sched.running, false);
	if (is_idle_vcpu(next)) {
		enter_idle();
	}
	enter_vcpu();
}
