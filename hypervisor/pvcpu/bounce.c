/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Delivers traps and callbacks to a guest kernel, as the CPU would through an
 * IDT: on the guest's kernel stack lies, from the new stack pointer up
 * (xen/arch-x86/xen-x86_64.h, and what guests pop),
 *
 *	rcx r11 [ds es fs gs] [error code] rip cs rflags rsp ss
 *
 * The selectors are there for the failsafe callback only.  Bits 32..39 of the
 * cs word hold the upcall mask from before the trap.  Both halves of a guest
 * run in ring 3; the RPL of the saved cs tells them apart: 0 is the kernel.
 * rcx and r11 are there so that the way to the handler may be sysret.
 */
#include "lib/printk.h"
#include "pvcpu/pvcpu.h"
#include "x86/entry.h"
#include "x86/msr.h"
#include "x86/smp.h"
#include "x86/tlb.h"
#include "event/evtchn.h"

#define BOUNCE_MAX_EXTRA	4

/* What a handler starts without. */
#define TRAP_CLEARS	(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | \
			 EFLAGS_AC | EFLAGS_IOPL)

void guest_set_mode(struct vcpu *v, bool kernel)
{
	if (v->pv.kernel_mode == kernel) {
		return;
	}
	v->pv.kernel_mode = kernel;
	__asm__ volatile("swapgs" ::: "memory");
	cr3_load(kernel ? v->pv.cr3_kernel : v->pv.cr3_user);
}

void pvcpu_set_callback(struct vcpu *v, unsigned int type, u64 address,
			bool masks_events)
{
	v->pv.callbacks[type] = (struct trap_entry){
		.address = address,
		.masks_events = masks_events || type == CALLBACKTYPE_event ||
			type == CALLBACKTYPE_nmi,
	};
}

void pvcpu_update_fast(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->pv;
	bool may = !guest_assist_iopl(v);

	pv->fast_iret = may && !pv->nmi_masked;
	pv->fast_syscall = may && pv->callbacks[CALLBACKTYPE_syscall].address;
	pv->fast_pf = may && pv->traps[TRAP_PF].address;
	pvcpu_update_fast_stack(v);
}

void guest_bounce(struct cpu_user_regs *regs, const struct trap_entry *to,
		  const u64 *extra, unsigned int nr_extra)
{
	struct vcpu *v = current;
	u64 sp = v->pv.kernel_mode ? regs->rsp : v->pv.kernel_sp;
	size_t size = (7 + nr_extra) * sizeof(u64);
	u64 frame[7 + BOUNCE_MAX_EXTRA], *hw = frame + 2;
	u8 masked = v->info->evtchn_upcall_mask;

	if (!to->address) {
		domain_crash(v->domain, "no handler for trap %x at rip %lx",
			     regs->entry_vector, regs->rip);
		return;
	}
	frame[0] = regs->rcx;
	frame[1] = regs->r11;
	while (nr_extra--) {
		*hw++ = *extra++;
	}
	hw[0] = regs->rip;
	/* cs and rflags as the guest is to see them. */
	hw[1] = (v->pv.kernel_mode ? regs->cs & ~3 : regs->cs) |
		(u64)masked << 32;
	hw[2] = (regs->rflags & ~(u64)(EFLAGS_IF | EFLAGS_IOPL)) |
		(masked ? 0 : EFLAGS_IF) |
		(guest_assist_iopl(v) ? (u64)v->pv.iopl << 12 : 0);
	hw[3] = regs->rsp;
	hw[4] = regs->ss;

	guest_set_mode(v, true);
	sp = (sp & ~15ULL) - size;
	if (copy_to_guest_va(sp, frame, size)) {
		domain_crash(v->domain,
			     "trap %x at rip %lx: no stack at %lx",
			     regs->entry_vector, regs->rip, sp);
		return;
	}
	if (to->masks_events) {
		v->info->evtchn_upcall_mask = 1;
	}
	regs->entry_vector = ENTRY_SYSCALL;
	regs->rip = to->address;
	regs->cs = GUEST_CS64;
	regs->rflags = (regs->rflags & ~(u64)TRAP_CLEARS) | EFLAGS_IF;
	regs->rsp = sp;
	regs->ss = GUEST_SS;
}

static void callback(struct cpu_user_regs *regs, unsigned int type)
{
	guest_bounce(regs, &current->pv.callbacks[type], NULL, 0);
}

/* The guest cannot be restored, with the selectors in current->regs. */
static void failsafe(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	const u64 selectors[4] = { v->regs.ds, v->regs.es, v->regs.fs,
				   v->regs.gs };

	if (!v->pv.callbacks[CALLBACKTYPE_failsafe].address) {
		domain_crash(v->domain,
			     "bad cs %x, ss %x or rip %lx, and no failsafe callback",
			     regs->cs, regs->ss, regs->rip);
		return;
	}
	guest_bounce(regs, &v->pv.callbacks[CALLBACKTYPE_failsafe],
		     selectors, 4);
}

/* 8, 10..14, 17, 21, 29, 30: Intel SDM 3, 6.13; AMD APM 2, 8.4. */
#define VECTORS_WITH_ERROR_CODE	0x60227d00U

void guest_trap(struct cpu_user_regs *regs, unsigned int vector,
		u32 error_code)
{
	bool with_code = vector < 32 &&
		(VECTORS_WITH_ERROR_CODE & (1U << vector));
	u64 code = error_code;

	guest_bounce(regs, &current->pv.traps[vector], &code, with_code);
}

void guest_page_fault(struct cpu_user_regs *regs, vaddr_t va, u32 error_code)
{
	struct vcpu *v = current;

	v->pv.cr2 = va;
	v->info->arch.cr2 = va;
	guest_trap(regs, TRAP_PF, (error_code & ~(u32)PF_USER) |
		   (v->pv.kernel_mode ? 0 : PF_USER));
}

/* A system call by one of three instructions; else the exception `otherwise`. */
static void system_call(struct cpu_user_regs *regs, unsigned int type,
			unsigned int otherwise)
{
	irq_enable();
	if (!current->pv.callbacks[type].address) {
		regs->rip -= otherwise == TRAP_UD ? 2 : 0;
		guest_trap(regs, otherwise, 0);
		return;
	}
	callback(regs, type);
	regs->rflags &= ~(u64)EFLAGS_DF;
}

/* C's twin of syscall_from_user in entry.S, and all that it leaves aside. */
void guest_syscall(struct cpu_user_regs *regs)
{
	system_call(regs, CALLBACKTYPE_syscall, TRAP_UD);
}

void guest_syscall32(struct cpu_user_regs *regs)
{
	cpu_info()->counts[COUNT_SYSCALL]++;
	system_call(regs, CALLBACKTYPE_syscall32, TRAP_UD);
}

/* sysenter keeps neither rip nor rsp: the frame has zeros for them. */
void guest_sysenter(struct cpu_user_regs *regs)
{
	regs->rip = 0;
	regs->cs = 3;
	regs->rsp = 0;
	regs->ss = GUEST_SS;
	regs->rflags = (regs->rflags & ~(u64)(EFLAGS_VM | EFLAGS_IOPL)) |
		EFLAGS_IF;
	cpu_info()->counts[COUNT_SYSCALL]++;
	system_call(regs, CALLBACKTYPE_sysenter, TRAP_GP);
}

void guest_nmi_raise(struct vcpu *v)
{
	v->pv.nmi_pending = true;
	softirq_raise_on(SOFTIRQ_SCHEDULE, v->sched.cpu);
}

/* Called by entry.S with interrupts on; it looks again afterwards. */
void guest_exit_work(void)
{
	struct cpu_user_regs *regs = guest_regs();
	struct vcpu *v;

	if (READ_ONCE(cpu_info()->softirq_pending)) {
		softirq_run();
	}
	v = current;
	if (unlikely(v->pv.bad_selectors)) {
		v->pv.bad_selectors = false;
		failsafe(regs);
	} else if (unlikely(v->pv.nmi_pending) && !v->pv.nmi_masked &&
		   v->pv.callbacks[CALLBACKTYPE_nmi].address) {
		v->pv.nmi_pending = false;
		v->pv.nmi_masked = true;
		pvcpu_update_fast(v);
		callback(regs, CALLBACKTYPE_nmi);
	} else if (vcpu_upcall_due(v)) {
		cpu_info()->counts[COUNT_UPCALL]++;
		callback(regs, CALLBACKTYPE_event);
	}
}
