/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * void entry_user_syscall(void)
 * The system call's own entry; others come through xen/entry.S. The
 * hypervisor has pushed, on the thread's kernel stack, from the lowest address
 *
 *	rcx  r11  rip  cs  rflags  rsp  ss
 *
 * The way back is the iret hypercall; its flags lie below rip. None, although
 * VGCF_in_syscall would allow rcx and r11 to be lost, as with SYSRET: stock
 * kernels return like this, so it is what hypervisors are quick at.
 */
#define __ASSEMBLY__

#include "lib/regs.h"

#define REGS_FLAGS	(16 * 8)

	.text
	.balign	16
	.globl	entry_user_syscall
	.type	entry_user_syscall, @function
entry_user_syscall:
	add	$16, %rsp
	pushq	$0
	pushq	$ENTRY_SYSCALL
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
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbx
	call	kernel_syscall
	mov	%rbx, %rdi
	call	kernel_leave
	movq	$0, REGS_FLAGS(%rsp)
	mov	%rsp, %rdi
	jmp	entry_return
	.size	entry_user_syscall, . - entry_user_syscall

	.section .note.GNU-stack, "", @progbits
