/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the assembly of the entry paths shares: the frame's constants, counting,
 * SMAP, and saving and restoring registers.  The frame is drawn in entry.S.
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

/*
 * A three-byte no-op that boot makes a clac or stac where the CPU has SMAP
 * (entry_patch_smap).
 */
	.macro SMAP_SITE opcode
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection .smap_patch, "a"
	.quad	771b, \opcode
	.popsection
	.endm
#define CLAC	SMAP_SITE 0xca
#define STAC	SMAP_SITE 0xcb

	.macro COUNT what
	incq	CI_COUNTS + 8 * \what(%rsp)
	.endm
#define COUNT_SYSCALL	0
#define COUNT_HYPERCALL	1
#define COUNT_IRET	2
#define COUNT_PAGE_FAULT 4
#define COUNT_IRQ	6

	.macro PUSH_REGS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro POP_REGS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	.endm

/* Registers of a syscall into the frame at RSP; rip is rcx, rflags r11. */
	.macro SAVE_SYSCALL_REGS
	mov	%rdi, REGS_rdi(%rsp)
	mov	%rsi, REGS_rsi(%rsp)
	mov	%rdx, REGS_rdx(%rsp)
	mov	%rcx, REGS_rcx(%rsp)
	mov	%rcx, REGS_rip(%rsp)
	mov	%r8, REGS_r8(%rsp)
	mov	%r9, REGS_r9(%rsp)
	mov	%r10, REGS_r10(%rsp)
	mov	%r11, REGS_r11(%rsp)
	mov	%r11, REGS_rflags(%rsp)
	mov	%rbx, REGS_rbx(%rsp)
	mov	%rbp, REGS_rbp(%rsp)
	mov	%r12, REGS_r12(%rsp)
	mov	%r13, REGS_r13(%rsp)
	mov	%r14, REGS_r14(%rsp)
	mov	%r15, REGS_r15(%rsp)
	.endm

/* All that is left when rax, rdx and rdi are in the frame. */
	.macro SAVE_OTHER_REGS
	mov	%rsi, REGS_rsi(%rsp)
	mov	%rcx, REGS_rcx(%rsp)
	mov	%r8, REGS_r8(%rsp)
	mov	%r9, REGS_r9(%rsp)
	mov	%r10, REGS_r10(%rsp)
	mov	%r11, REGS_r11(%rsp)
	mov	%rbx, REGS_rbx(%rsp)
	mov	%rbp, REGS_rbp(%rsp)
	mov	%r12, REGS_r12(%rsp)
	mov	%r13, REGS_r13(%rsp)
	mov	%r14, REGS_r14(%rsp)
	mov	%r15, REGS_r15(%rsp)
	.endm

#endif
