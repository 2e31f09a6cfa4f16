/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Every entry into the kernel, and the way back. The CPU, or the first lines
 * of entry_syscall, push from the highest address
 *
 *	ss  rsp  rflags  cs  rip  [error code]
 *
 * and the stubs go on to a struct regs, the same as on every platform.
 */
#define __ASSEMBLY__
#include "lib/regs.h"
#include "platform/native/start.h"

#define USER_SS		0x1b
#define USER_CS		0x23
#define REGS_VECTOR	(15 * 8)
#define REGS_CS		(18 * 8)
#define REGS_RIP	(17 * 8)

.macro save_registers
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

.macro restore_registers
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

	.text
/* A stub for each vector, 16 bytes apart. */
	.balign	16
	.globl	entry_vectors
entry_vectors:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || \
		  vector == 17 || vector == 21)
	push	$0
	.endif
	pushq	$vector
	jmp	entry_common
	.set	vector, vector + 1
	.endr

	.balign	16
entry_common:
	testb	$3, 3 * 8(%rsp)
	jz	1f
	swapgs
1:	save_registers
	cld
	mov	%rsp, %rdi
	call	trap_entry		/* void trap_entry(struct regs *) */
	mov	%rsp, %rdi

/* void entry_return(struct regs *regs) __attribute__((noreturn)) */
	.globl	entry_return
	.type	entry_return, @function
entry_return:
	mov	%rdi, %rsp
	testb	$3, REGS_CS(%rsp)
	jz	1f
	swapgs
1:	restore_registers
	add	$16, %rsp
	iretq
	.size	entry_return, . - entry_return

/* rcx and r11 have rip and rflags; the stack is still the user's. */
	.balign	16
	.globl	entry_syscall
	.type	entry_syscall, @function
entry_syscall:
	swapgs
	mov	%rsp, %gs:CPU_USER_RSP
	mov	%gs:CPU_STACK, %rsp
	pushq	$USER_SS
	pushq	%gs:CPU_USER_RSP
	push	%r11
	pushq	$USER_CS
	push	%rcx
	pushq	$0
	pushq	$ENTRY_SYSCALL
	save_registers
	mov	%rsp, %rdi
	mov	%rsp, %rbx
	call	kernel_syscall
	mov	%rbx, %rdi
	call	kernel_leave
	cmpq	$ENTRY_SYSCALL, REGS_VECTOR(%rsp)
	mov	%rsp, %rdi
	jne	entry_return		/* all registers are to be loaded */
	mov	REGS_RIP(%rsp), %rax
	shr	$39, %rax
	jnz	entry_return		/* SYSRET must not see such a rip */
	restore_registers
	mov	2 * 8(%rsp), %rcx
	mov	4 * 8(%rsp), %r11
	mov	5 * 8(%rsp), %rsp
	swapgs
	sysretq
	.size	entry_syscall, . - entry_syscall

	.section .note.GNU-stack, "", @progbits
