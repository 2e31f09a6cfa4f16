/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Copies to and from guest memory (x86/user_copy.h).  A fault in one of the
 * instructions listed in .ex_table goes on at its fixup, with the registers
 * as the fault left them; rcx then says what the string instruction had left.
 * Leaf functions: nothing is on the stack but the return address.
 *
 * With SMAP on, the guest's pages are open only between stac and clac.
 */
#include "x86/asm.h"

	.text
	.globl	user_copy

/* size_t user_copy(void *dst, const void *src, size_t n) */
user_copy:
	STAC
	mov	%edx, %eax
	mov	%rdx, %rcx
	and	$7, %eax
	shr	$3, %rcx
1:	rep movsq
	mov	%eax, %ecx
	test	%eax, %eax
	jz	3f
2:	rep movsb
3:	mov	%rcx, %rax
	CLAC
	ret
4:	lea	(%rax,%rcx,8), %rcx
	jmp	3b
	EX_TABLE(1b, 4b)
	EX_TABLE(2b, 3b)
