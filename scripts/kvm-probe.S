/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors
 *
 * The guest of scripts/kvm-probe, a multiboot image: goes to long mode with
 * its own page tables, does what a hypervisor's start does (loads tables,
 * writes MSRs, takes an exception, returns from it), and writes 0x21 to the
 * debug port. If KVM cannot do one of these, it never gets there.
 */
	.code32
	.section .text
	.globl	_start
	.align	4
	.long	0x1badb002, 0, -0x1badb002

_start:
	movl	$stack_top, %esp
	/* 2 MiB identity map: L4 -> L3 -> L2 with one large page */
	movl	$l3 + 3, l4
	movl	$l2 + 3, l3
	movl	$0x83, l2
	movl	$l4, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx
	rdmsr
	orl	$0x101, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000001, %eax
	movl	%eax, %cr0
	lgdt	gdt_ptr
	ljmp	$8, $1f

	.code64
1:	movl	$16, %eax
	movl	%eax, %ss
	/* gate 3: an interrupt gate to `breakpoint` */
	leal	breakpoint, %eax
	movw	%ax, idt + 48
	shrl	$16, %eax
	movw	%ax, idt + 54
	movw	$8, idt + 50
	movw	$0x8e00, idt + 52
	lidt	idt_ptr
	int3
	movb	$0x21, %al
	outb	%al, $0xf4
2:	hlt
	jmp	2b

breakpoint:
	iretq

	.section .data
	.align	4096
l4:	.skip	4096
l3:	.skip	4096
l2:	.skip	4096
idt:	.skip	256
	.skip	1024
stack_top:
gdt:	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_ptr: .word	23
	.long	gdt
idt_ptr: .word	255
	.quad	idt
