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
#define CR4_SMAP_BYTE	0x20		/* bit 21, in byte 2 of CR4 */

	.macro	ex_table fault, fixup
	.pushsection .ex_table, "a"
	.balign	4
	.long	\fault - .
	.long	\fixup - .
	.popsection
	.endm

	.macro	guest_open
	testb	$CR4_SMAP_BYTE, hv_cr4+2(%rip)
	jz	990f
	stac
990:
	.endm

	.macro	guest_close
	testb	$CR4_SMAP_BYTE, hv_cr4+2(%rip)
	jz	991f
	clac
991:
	.endm

	.text
	.globl	user_copy, user_clear
	.hidden	user_copy, user_clear, hv_cr4

/* size_t user_copy(void *dst, const void *src, size_t n) */
	.type	user_copy, @function
user_copy:
	guest_open
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
	guest_close
	ret
4:	lea	(%rax,%rcx,8), %rcx
	jmp	3b
	ex_table 1b, 4b
	ex_table 2b, 3b
	.size	user_copy, . - user_copy

/* size_t user_clear(void *dst, size_t n) */
	.type	user_clear, @function
user_clear:
	guest_open
	mov	%esi, %edx
	mov	%rsi, %rcx
	and	$7, %edx
	shr	$3, %rcx
	xor	%eax, %eax
5:	rep stosq
	mov	%edx, %ecx
6:	rep stosb
7:	mov	%rcx, %rax
	guest_close
	ret
8:	lea	(%rdx,%rcx,8), %rcx
	jmp	7b
	ex_table 5b, 8b
	ex_table 6b, 7b
	.size	user_clear, . - user_clear

	.section .note.GNU-stack, "", @progbits
