/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * void thread_switch(void **save, void *load)
 * Leaves one kernel stack for another, with the registers that C wants kept.
 */
	.text
	.globl	thread_switch
	.type	thread_switch, @function
thread_switch:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	thread_switch, . - thread_switch

/* Where a new thread's stack sends it. */
	.globl	thread_begin
	.type	thread_begin, @function
thread_begin:
	xor	%ebp, %ebp
	call	thread_enter
	ud2
	.size	thread_begin, . - thread_begin

	.section .note.GNU-stack, "", @progbits
