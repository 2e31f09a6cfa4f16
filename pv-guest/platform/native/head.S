/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From the loader to C. Both kinds of loader leave us in 32-bit protected mode
 * without paging, with interrupts off, and ebx pointing to what they know:
 * multiboot1 (eax is its magic number) or PVH (struct hvm_start_info). Another
 * CPU begins in real mode, in a copy of trampoline at TRAMPOLINE.
 *
 * boot_root maps the first 4 GiB twice, with pages of 2 MiB: at 0, where this
 * code runs until it is in long mode, and at KEEL_BASE.
 */
#define __ASSEMBLY__
#include "lib/layout.h"
#include "platform/native/start.h"

#define PHYS(symbol)	((symbol) - KEEL_BASE)
#define TABLE_FLAGS	0x3
#define LARGE_FLAGS	0x83
#define CR4_START	0x620		/* PAE, OSFXSR, OSXMMEXCPT */
#define CR0_START	0x80010023	/* PG, WP, NE, MP, PE */
#define EFER		0xc0000080
#define EFER_START	0x901		/* NXE, LME, SCE */

	.section .multiboot, "a"
	.balign	8
header:
	.long	0x1badb002, 0x00010003, -(0x1badb002 + 0x00010003)
	.long	PHYS(header), PHYS(_text), PHYS(_data_end), PHYS(_end)
	.long	PHYS(start_multiboot)

	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	4, 4, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	PHYS(start_pvh)
	.popsection

	.data
	.balign	8
boot_gdt:
	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
boot_gdt_end:
boot_gdtr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
	.globl	ap_stack
ap_stack:
	.quad	0

	.bss
	.balign	4096
	.globl	boot_root, boot_l3
boot_root:	.skip	4096
boot_l3:	.skip	4096
boot_l2:	.skip	4 * 4096
boot_stack:	.skip	STACK_SIZE
boot_stack_end:

	.text
	.code32
	.globl	start_multiboot, start_pvh
start_pvh:
	xor	%eax, %eax
start_multiboot:
	cld
	mov	$PHYS(boot_stack_end), %esp
	mov	%eax, %esi
	mov	$PHYS(_data_end), %edi	/* not every loader clears .bss */
	mov	$PHYS(_end), %ecx
	sub	%edi, %ecx
	xor	%eax, %eax
	rep stosb
	movl	$PHYS(boot_l3) + TABLE_FLAGS, PHYS(boot_root)
	movl	$PHYS(boot_l3) + TABLE_FLAGS, PHYS(boot_root) + 272 * 8
	mov	$PHYS(boot_l3), %edi
	mov	$PHYS(boot_l2) + TABLE_FLAGS, %eax
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$4096, %eax
	loop	1b
	mov	$PHYS(boot_l2), %edi
	mov	$LARGE_FLAGS, %eax
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	loop	1b
	lgdt	PHYS(boot_gdtr)
	mov	$PHYS(start_high), %edi

/* To long mode, and there to edi; esi and ebx are kept. */
long_mode:
	mov	$CR4_START, %eax
	mov	%eax, %cr4
	mov	$PHYS(boot_root), %eax
	mov	%eax, %cr3
	mov	$EFER, %ecx
	mov	$EFER_START, %eax
	xor	%edx, %edx
	wrmsr
	mov	$CR0_START, %eax
	mov	%eax, %cr0
	ljmp	$0x08, $PHYS(1f)
	.code64
1:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%edi, %eax
	movabs	$KEEL_BASE, %rdx
	add	%rdx, %rax
	jmp	*%rax

start_high:
	lea	boot_stack_end(%rip), %rsp
	xor	%ebp, %ebp
	mov	%esi, %edi
	mov	%ebx, %esi
	call	start_native		/* (magic, information) */
	ud2

start_ap:
	mov	ap_stack(%rip), %rsp
	xor	%ebp, %ebp
	call	start_ap_native
	ud2

/* The copy's own addresses: it begins at TRAMPOLINE, cs is that / 16. */
	.code16
	.globl	trampoline, trampoline_end
trampoline:
	cli
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	trampoline_gdtr - trampoline
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$0x18, $PHYS(trampoline_32)
trampoline_gdtr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
trampoline_end:

	.code32
trampoline_32:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$PHYS(start_ap), %edi
	jmp	long_mode

	.section .note.GNU-stack, "", @progbits
