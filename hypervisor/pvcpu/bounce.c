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
#include "mm/guest_copy.h"
#include "pvcpu/pvcpu.h"
#include "x86/entry.h"
#include "x86/msr.h"
#include "x86/smp.h"
#include "x86/tlb.h"
#include "event/evtchn.h"

/* What a handler starts without. */
#define TRAP_CLEARS	(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | \
			 EFLAGS_AC | EFLAGS_IOPL)

void guest_enter_kernel_mode(struct vcpu *v)
{
	if (v->pv.kernel_mode) {
		return;
	}
	v->pv.kernel_mode = true;
	__asm__ volatile("swapgs" ::: "memory");
	cr3_load(v->pv.cr3_kernel);
}

void guest_enter_user_mode(struct vcpu *v)
{
	if (!v->pv.kernel_mode) {
		return;
	}
	v->pv.kernel_mode = false;
	__asm__ volatile("swapgs" ::: "memory");
	cr3_load(v->pv.cr3_user);
}

static inline bool assist_iopl(const struct vcpu *v)
{
	return v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl);
}

void pvcpu_update_fast(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->pv;
	bool may = !assist_iopl(v);

	pv->fast_iret = may && !pv->nmi_masked;
	pv->fast_syscall = may && pv->syscall_address;
	pv->fast_pf = may && pv->traps[TRAP_PF].address;
	pvcpu_update_fast_stack(v);
}

/* cs and rflags as the guest is to see them. */
static u64 frame_cs(const struct vcpu *v, const struct cpu_user_regs *regs)
{
	u16 cs = v->pv.kernel_mode ? regs->cs & ~3 : regs->cs;

	return cs | (u64)v->info->evtchn_upcall_mask << 32;
}

static u64 frame_flags(const struct vcpu *v, const struct cpu_user_regs *regs)
{
	u64 flags = regs->rflags & ~(u64)(EFLAGS_IF | EFLAGS_IOPL);

	if (!v->info->evtchn_upcall_mask) {
		flags |= EFLAGS_IF;
	}
	if (assist_iopl(v)) {
		flags |= (u64)v->pv.iopl << 12;
	}
	return flags;
}

/* Frame of n words, made by the caller but for the first two and last five. */
static void bounce(struct cpu_user_regs *regs, u64 address, bool mask_events,
		   u64 *frame, unsigned int n)
{
	struct vcpu *v = current;
	u64 sp = v->pv.kernel_mode ? regs->rsp : v->pv.kernel_sp;
	size_t size = n * sizeof(u64);

	if (!address) {
		domain_crash(v->domain, "no handler for trap %x at rip %lx",
			     regs->entry_vector, regs->rip);
		return;
	}
	frame[0] = regs->rcx;
	frame[1] = regs->r11;
	frame[n - 5] = regs->rip;
	frame[n - 4] = frame_cs(v, regs);
	frame[n - 3] = frame_flags(v, regs);
	frame[n - 2] = regs->rsp;
	frame[n - 1] = regs->ss;

	guest_enter_kernel_mode(v);
	sp = (sp & ~15ULL) - size;
	if (!guest_range_ok(sp, size) || copy_to_guest_va(sp, frame, size)) {
		domain_crash(v->domain,
			     "trap %x at rip %lx: no stack at %lx",
			     regs->entry_vector, regs->rip, sp);
		return;
	}
	if (mask_events) {
		v->info->evtchn_upcall_mask = 1;
	}
	regs->entry_vector = ENTRY_SYSCALL;
	regs->rip = address;
	regs->cs = GUEST_CS64;
	regs->rflags = (regs->rflags & ~(u64)TRAP_CLEARS) | EFLAGS_IF;
	regs->rsp = sp;
	regs->ss = GUEST_SS;
}

void guest_callback(struct cpu_user_regs *regs, u64 address, bool mask_events,
		    bool with_error_code, u32 error_code)
{
	u64 frame[8];

	if (with_error_code) {
		frame[2] = error_code;
		bounce(regs, address, mask_events, frame, 8);
	} else {
		bounce(regs, address, mask_events, frame, 7);
	}
}

void guest_failsafe(struct cpu_user_regs *regs, const u16 selectors[4])
{
	struct vcpu *v = current;
	u64 frame[11];

	if (!v->pv.failsafe_address) {
		domain_crash(v->domain,
			     "bad cs %x, ss %x or rip %lx, and no failsafe callback",
			     regs->cs, regs->ss, regs->rip);
		return;
	}
	for (unsigned int i = 0; i < 4; i++) {
		frame[2 + i] = selectors[i];
	}
	bounce(regs, v->pv.failsafe_address, v->pv.failsafe_masks_events,
	       frame, 11);
}

/* 8, 10..14, 17, 21, 29, 30: Intel SDM 3, 6.13; AMD APM 2, 8.4. */
#define VECTORS_WITH_ERROR_CODE	0x60227d00U

void guest_trap(struct cpu_user_regs *regs, unsigned int vector,
		u32 error_code)
{
	const struct trap_entry *t = &current->pv.traps[vector];

	guest_callback(regs, t->address, t->masks_events,
		       vector < 32 &&
		       (VECTORS_WITH_ERROR_CODE & (1U << vector)), error_code);
}

void guest_page_fault(struct cpu_user_regs *regs, vaddr_t va, u32 error_code)
{
	struct vcpu *v = current;

	error_code &= ~(u32)PF_USER;
	if (!v->pv.kernel_mode) {
		error_code |= PF_USER;
	}
	v->pv.cr2 = va;
	v->info->arch.cr2 = va;
	guest_trap(regs, TRAP_PF, error_code);
}

/* C's twin of syscall_from_user in entry.S, and all that it leaves aside. */
void guest_syscall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	irq_enable();
	if (!v->pv.syscall_address) {
		regs->rip -= 2;
		guest_trap(regs, TRAP_UD, 0);
		return;
	}
	guest_callback(regs, v->pv.syscall_address,
		       v->pv.syscall_masks_events, false, 0);
	regs->rflags &= ~(u64)EFLAGS_DF;
}

void guest_syscall32(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	irq_enable();
	cpu_info()->counts[COUNT_SYSCALL]++;
	if (!v->pv.syscall32_address) {
		regs->rip -= 2;
		guest_trap(regs, TRAP_UD, 0);
		return;
	}
	guest_callback(regs, v->pv.syscall32_address,
		       v->pv.syscall32_masks_events, false, 0);
	regs->rflags &= ~(u64)EFLAGS_DF;
}

/* sysenter keeps neither rip nor rsp: the frame has zeros for them. */
void guest_sysenter(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	regs->rip = 0;
	regs->cs = 3;
	regs->rsp = 0;
	regs->ss = GUEST_SS;
	regs->rflags = (regs->rflags & ~(u64)(EFLAGS_NT | EFLAGS_VM |
			EFLAGS_IOPL)) | EFLAGS_IF;
	irq_enable();
	cpu_info()->counts[COUNT_SYSCALL]++;
	if (!v->pv.sysenter_address) {
		guest_trap(regs, TRAP_GP, 0);
		return;
	}
	guest_callback(regs, v->pv.sysenter_address,
		       v->pv.sysenter_masks_events, false, 0);
}

/* iretq to the guest faulted: its cs, ss or rip is not to be had. */
void guest_iret_fault(struct cpu_user_regs *regs)
{
	u16 sel[4];

	irq_enable();
	__asm__("mov %%ds, %0" : "=r" (sel[0]));
	__asm__("mov %%es, %0" : "=r" (sel[1]));
	__asm__("mov %%fs, %0" : "=r" (sel[2]));
	__asm__("mov %%gs, %0" : "=r" (sel[3]));
	guest_failsafe(regs, sel);
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

	softirq_run();
	v = current;
	if (unlikely(v->pv.bad_selectors)) {
		u16 sel[4] = { v->regs.ds, v->regs.es, v->regs.fs,
			       v->regs.gs };

		v->pv.bad_selectors = false;
		guest_failsafe(regs, sel);
		return;
	}
	if (unlikely(v->pv.nmi_pending) && !v->pv.nmi_masked &&
	    v->pv.nmi_address) {
		v->pv.nmi_pending = false;
		v->pv.nmi_masked = true;
		pvcpu_update_fast(v);
		guest_callback(regs, v->pv.nmi_address, false, false, 0);
		return;
	}
	if (vcpu_upcall_due(v)) {
		cpu_info()->counts[COUNT_UPCALL]++;
		guest_callback(regs, v->pv.event_address, true, false, 0);
	}
}
