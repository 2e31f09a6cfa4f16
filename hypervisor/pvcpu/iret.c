/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The iret hypercall: how a guest kernel returns, to its user mode or within
 * itself (struct iret_context, xen/arch-x86/xen-x86_64.h).  The RPL of the cs
 * in the frame says where to: 3 is user mode, all else the kernel; both really
 * run with RPL 3.  Does not return but after a crash.  x86/entry_fast.S has a
 * twin for what is usual (iret_fast).
 */
#include "hypercall/hypercall.h"
#include "pvcpu/pvcpu.h"
#include "x86/entry.h"
#include "x86/regs.h"

HC(iret)
{
	struct cpu_user_regs *regs = guest_regs();
	struct vcpu *v = current;
	struct iret_context c;

	cpu_info()->counts[COUNT_IRET]++;
	if (copy_from_guest_va(&c, regs->rsp, sizeof(c))) {
		domain_crash(v->domain, "iret: no frame at rsp %lx",
			     regs->rsp);
		return 0;
	}
	if ((c.cs & 3) == 3) {
		if (!v->pv.cr3_user) {
			domain_crash(v->domain,
				     "iret to user mode without user tables");
			return 0;
		}
		guest_set_mode(v, false);
	}
	if (guest_assist_iopl(v)) {
		v->pv.iopl = (c.rflags & EFLAGS_IOPL) >> 12;
	}
	regs->rip = c.rip;
	regs->cs = (u16)c.cs | 3;
	regs->rflags = (c.rflags & ~(u64)(EFLAGS_IOPL | EFLAGS_VM)) |
		EFLAGS_IF;
	regs->rsp = c.rsp;
	regs->ss = (u16)c.ss | 3;
	if (c.flags & VGCF_in_syscall) {
		regs->cs = GUEST_CS64;
		regs->ss = GUEST_SS;
		regs->rcx = c.rip;
		regs->r11 = c.rflags;
	} else {
		regs->entry_vector = 0;		/* iretq, not sysret */
		regs->rcx = c.rcx;
		regs->r11 = c.r11;
	}
	v->info->evtchn_upcall_mask = !(c.rflags & EFLAGS_IF);
	v->pv.nmi_masked = false;
	if (unlikely(v->pv.nmi_pending)) {
		guest_nmi_raise(v);	/* it came during the last one */
	}
	pvcpu_update_fast(v);
	regs->rax = c.rax;
	/* The hypercall's own way out restores less than iret may change. */
	enter_vcpu();
}
