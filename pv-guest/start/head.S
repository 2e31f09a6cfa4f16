/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The ELF notes that make this file a PV kernel, the page that the hypervisor
 * fills with hypercall entries, and the first instructions.
 *
 * At _start: rsi = start_info (virtual), rsp = the builder's stack, 64-bit
 * flat code segment, events masked, the whole image mapped at KEEL_BASE.
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>
#include <xen/features.h>

#include "xen/start.h"

/* note TYPE, directive, value */
.macro note type, directive, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\directive \value
2:	.balign	4
	.popsection
.endm

	note	XEN_ELFNOTE_GUEST_OS, .asciz, "keel"
	note	XEN_ELFNOTE_GUEST_VERSION, .asciz, "0.1"
	note	XEN_ELFNOTE_LOADER, .asciz, "generic"
	note	XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0"
	note	XEN_ELFNOTE_VIRT_BASE, .quad, KEEL_BASE
	note	XEN_ELFNOTE_PADDR_OFFSET, .quad, 0
	note	XEN_ELFNOTE_ENTRY, .quad, _start
	note	XEN_ELFNOTE_HYPERCALL_PAGE, .quad, hypercall_page
	note	XEN_ELFNOTE_FEATURES, .asciz, \
		"!writable_page_tables|pae_pgdir_above_4gb"
	note	XEN_ELFNOTE_SUPPORTED_FEATURES, .long, (1 << XENFEAT_dom0)
	note	XEN_ELFNOTE_PAE_MODE, .asciz, "yes"
	note	XEN_ELFNOTE_L1_MFN_VALID, .quad, 1, 1
	note	XEN_ELFNOTE_SUSPEND_CANCEL, .long, 1

	.text
	.balign	4096
	.globl	hypercall_page
	.type	hypercall_page, @object
hypercall_page:
	.skip	4096, 0xcc
	.size	hypercall_page, 4096

	.globl	_start
	.type	_start, @function
_start:
	mov	%rsi, 0 * 8 + start_regs(%rip)
	mov	%rsp, 1 * 8 + start_regs(%rip)
	mov	%rax, 10 * 8 + start_regs(%rip)
	mov	%rbx, 11 * 8 + start_regs(%rip)
	mov	%rcx, 12 * 8 + start_regs(%rip)
	mov	%rdx, 13 * 8 + start_regs(%rip)
	mov	%rdi, 14 * 8 + start_regs(%rip)
	mov	%rbp, 15 * 8 + start_regs(%rip)
	lea	boot_stack + STACK_SIZE(%rip), %rsp
	pushfq
	pop	2 * 8 + start_regs(%rip)
	lea	_start(%rip), %rax
	mov	%rax, 3 * 8 + start_regs(%rip)
	mov	%cs, 4 * 8 + start_regs(%rip)
	mov	%ss, 5 * 8 + start_regs(%rip)
	mov	%ds, 6 * 8 + start_regs(%rip)
	mov	%es, 7 * 8 + start_regs(%rip)
	mov	%fs, 8 * 8 + start_regs(%rip)
	mov	%gs, 9 * 8 + start_regs(%rip)
	cld
	xor	%ebp, %ebp
	mov	%rsi, %rdi
	call	start_xen
	ud2
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
