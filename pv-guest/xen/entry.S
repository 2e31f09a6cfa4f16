/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Every entry into the guest kernel. The hypervisor has switched to the
 * kernel's stack, if the guest was in user mode, and pushed, from the lowest
 * address:
 *
 *	rcx  r11  [error code]  rip  cs  rflags  rsp  ss
 *
 * (the failsafe callback has ds, es, fs, gs after r11). cs has ring 0 in its
 * low bits when the kernel was interrupted, and the event mask as it was in
 * byte 4. The stubs make all frames alike, a struct regs.
 */
#define __ASSEMBLY__
#include <xen/xen.h>

#include "xen/trap.h"

	.text

.macro entry name, number, has_error=0
	.balign	16
	.globl	\name
	.type	\name, @function
\name:
	pop	%rcx
	pop	%r11
	.if	!\has_error
	push	$0
	.endif
	push	$\number
	jmp	entry_common
	.size	\name, . - \name
.endm

.macro exceptions from, to, has_error=0
	.set	i, \from
	.rept	\to - \from + 1
	.balign	16
	pop	%rcx
	pop	%r11
	.if	!\has_error
	push	$0
	.endif
	pushq	$i
	jmp	entry_common
	.set	i, i + 1
	.endr
.endm

/* Exception stubs, 16 bytes each, in the order of their vectors. */
	.balign	16
	.globl	entry_exceptions
entry_exceptions:
	exceptions	0, 7
	exceptions	8, 8, 1
	exceptions	9, 9
	exceptions	10, 14, 1
	exceptions	15, 16
	exceptions	17, 17, 1
	exceptions	18, 20
	exceptions	21, 21, 1
	exceptions	22, 255
	.balign	16

	entry	entry_event, ENTRY_EVENT
	entry	entry_syscall, ENTRY_SYSCALL
	entry	entry_sysenter, ENTRY_SYSENTER
	entry	entry_syscall32, ENTRY_SYSCALL32

/* The saved segment selectors are the ones that could not be loaded. */
	.balign	16
	.globl	entry_failsafe
	.type	entry_failsafe, @function
entry_failsafe:
	pop	%rcx
	pop	%r11
	add	$4 * 8, %rsp
	push	$0
	push	$ENTRY_FAILSAFE
	jmp	entry_common
	.size	entry_failsafe, . - entry_failsafe

	.balign	16
	.type	entry_common, @function
entry_common:
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
	and	$-16, %rsp
	call	trap_entry
	mov	%rbx, %rdi
	movq	$0, 16 * 8(%rdi)	/* of the error code, make flags */
	.size	entry_common, . - entry_common

/*
 * void entry_return(struct regs *regs) __attribute__((noreturn))
 * The hypercall takes rax, r11, rcx and VGCF_* flags below rip; its entry in
 * the page pushes the first three.
 */
	.globl	entry_return
	.type	entry_return, @function
entry_return:
	mov	%rdi, %rsp
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
	add	$8, %rsp		/* the vector: the error slot is next */
	jmp	hypercall_page + __HYPERVISOR_iret * 32
	.size	entry_return, . - entry_return

	.section .note.GNU-stack, "", @progbits
