/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What entry.S offers to C, and the C functions that it calls.
 */
#ifndef X86_ENTRY_H
#define X86_ENTRY_H

#include "lib/types.h"
#include "x86/regs.h"

/* The 256 gates; vectors 1, 2, 8, 18 want their IST stacks. */
extern const char entry_gates[256][16];

/* This CPU's syscall and sysenter entries; its stub page is mapped here. */
void entry_init_cpu(void);

/* Forget the stack and go on as the current vCPU, or as the idle one. */
void enter_vcpu(void) __noreturn;
void enter_idle(void) __noreturn;

/* Interrupts, vectors from 0x20 on (irq.c). */
void do_irq(struct cpu_user_regs *regs);

/* Faults of the hypervisor itself (traps.c). */
void hv_exception(struct cpu_user_regs *regs);
void ist_exception(struct cpu_user_regs *regs);

/* Goes on at the fixup for regs->rip; false when there is none. */
bool extable_fixup(struct cpu_user_regs *regs);

/* The guest's share, in pvcpu/. */
void guest_exception(struct cpu_user_regs *regs);
void guest_page_fault_entry(struct cpu_user_regs *regs, u64 va,
			    u32 error_code);
void guest_syscall(struct cpu_user_regs *regs);
void guest_syscall32(struct cpu_user_regs *regs);
void guest_sysenter(struct cpu_user_regs *regs);
void guest_iret_fault(struct cpu_user_regs *regs);

#endif
