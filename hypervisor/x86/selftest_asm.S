/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Going to ring 3 and coming back by whatever exception ends it.  Nothing but
 * rax, rcx and, for our stack pointer, rdx is used on the way.
 */
#include "x86/layout.h"

	.section .init.text, "ax"
/* bool selftest_run(u64 rip, u64 rsp): did ring 3 get to its int3? */
	.globl selftest_run, selftest_good, selftest_bad
selftest_run:
	mov	%rsp, %rdx
	pushq	$GUEST_SS
	push	%rsi
	pushq	$0x2
	pushq	$GUEST_CS64
	push	%rdi
	iretq
selftest_good:
	mov	$1, %eax
	mov	%rdx, %rsp
	ret
selftest_bad:
	xor	%eax, %eax
	mov	%rdx, %rsp
	ret

/* Ring 3: iretq to ring 3, then int3.  Within a page. */
	.balign 64
	.globl selftest_user
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
