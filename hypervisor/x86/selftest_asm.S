/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Trying an instruction and coming back whatever happens.  selftest_try keeps
 * its stack pointer; an exception's handler forgets the exception's frame,
 * wherever it is, and returns from selftest_try with the vector.
 *
 *   saved_sp ->  rbx rbp r12 r13 r14 r15  return address of selftest_try
 */
#include "x86/layout.h"

	.section .init.text, "ax"
/* unsigned int selftest_try(void (*fn)(void)) */
	.globl selftest_try
selftest_try:
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbp
	push	%rbx
	mov	%rsp, saved_sp(%rip)
	call	*%rdi
	mov	$0x100, %eax
selftest_back:
	mov	saved_sp(%rip), %rsp
	pop	%rbx
	pop	%rbp
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	ret

	.macro	VECTOR nr
selftest_vector_\nr:
	mov	$\nr, %eax
	jmp	selftest_back
	.pushsection .init.data.selftest, "aw"
	.quad	selftest_vector_\nr
	.popsection
	.endm

	.section .init.data.selftest, "aw"
	.balign 8
	.globl selftest_vectors
selftest_vectors:
	.section .init.text, "ax"
	.altmacro
	.set	vec, 0
	.rept	32
	VECTOR	%vec
	.set	vec, vec + 1
	.endr

/* void selftest_enter_user(void); USER_CODE 0x10000, USER_STACK 0x11000 */
	.globl selftest_enter_user
selftest_enter_user:
	pushq	$GUEST_SS
	pushq	$0x12000
	pushq	$0x2
	pushq	$GUEST_CS64
	pushq	$0x10000
	iretq

	.globl selftest_user, selftest_user_end
selftest_user:
	mov	%rsp, %rax
	lea	1f(%rip), %rcx
	pushq	$GUEST_SS
	push	%rax
	pushq	$0x2
	pushq	$GUEST_CS64
	push	%rcx
	iretq
1:	int3
selftest_user_end:

	.section .init.data, "aw"
	.balign 8
saved_sp:
	.quad	0
