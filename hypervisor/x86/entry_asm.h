/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the assembly of the entry paths shares: the frame's constants, counting,
 * saving and restoring registers.  The frame is drawn in entry.S.
 */
#ifndef X86_ENTRY_ASM_H
#define X86_ENTRY_ASM_H

#include "asm-offsets.h"
#include "x86/asm.h"
#include "x86/layout.h"

#define ENTRY_SYSCALL	0x100
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* Flags that a trap clears for its handler: TF, IOPL, NT, RF, VM, AC. */
#define TRAP_CLEARS	(0x100 | 0x3000 | 0x4000 | 0x10000 | 0x20000 | 0x40000)
#define FLAG_IF		0x200
#define FLAG_DF		0x400
#define FLAG_FIXED	0x202
#define IRET_CLEARS	(0x3000 | 0x20000)	/* IOPL, VM */

	.macro COUNT what
	incq	CI_COUNTS + 8 * \what(%rsp)
	.endm
#define COUNT_SYSCALL	0
#define COUNT_IRET	2
#define COUNT_PAGE_FAULT 4
#define COUNT_IRQ	6

/* Completes the frame below error code and vector; and takes it away. */
	.macro PUSH_REGS
	.irp	reg, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	push	%\reg
	.endr
	.endm

	.macro POP_REGS
	.irp	reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	pop	%\reg
	.endr
	.endm

/* Some of a frame's registers, RSP at its beginning. */
	.macro SAVE_REGS regs:vararg
	.irp	reg, \regs
	mov	%\reg, REGS_\reg(%rsp)
	.endr
	.endm

	.macro LOAD_REGS regs:vararg
	.irp	reg, \regs
	mov	REGS_\reg(%rsp), %\reg
	.endr
	.endm

/* A whole frame for a system call, but rax and rsp: rip is rcx, rflags r11. */
	.macro SAVE_SYSCALL_FRAME cs, vector
	SAVE_REGS rdi, rsi, rdx, rcx, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	mov	%rcx, REGS_rip(%rsp)
	mov	%r11, REGS_rflags(%rsp)
	movq	$\cs, REGS_cs(%rsp)
	movq	$GUEST_SS, REGS_ss(%rsp)
	movl	$\vector, REGS_entry_vector(%rsp)
	.endm

/* Goes to `target` when there is work before a guest may run; uses reg. */
	.macro IF_WORK target, reg
	cmpl	$0, CI_SOFTIRQ(%rsp)
	jne	\target
	mov	CI_CURRENT(%rsp), \reg
	mov	V_INFO(\reg), \reg
	cmpb	$0, INFO_PENDING(\reg)
	je	772f
	cmpb	$0, INFO_MASK(\reg)
	je	\target
772:
	.endm

#endif
