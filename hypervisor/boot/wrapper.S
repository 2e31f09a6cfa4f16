/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The first page of the image: headers for every kind of boot loader, and the
 * way from 32-bit protected mode without paging, where all of them leave us,
 * to the 64-bit image at IMAGE_START.  Assembled as 32-bit code; image_* are
 * offsets in the image, taken from the 64-bit link.
 *
 * Page tables made here (in the boot-only .bss, image_early_tables):
 *
 *   page 0     L4: slot 0 and 264 -> page 1, slot 261 -> page 2
 *   page 1     L3: 4 GiB one to one, pages 4..7
 *   page 2     L3 of the image: entry 0 -> page 3
 *   page 3     L2 of the image: entry 0 -> 2 MiB at IMAGE_PHYS
 *   page 4..7  L2: 2 MiB pages
 *
 * image_entry is entered in 64-bit mode with interrupts off, EDI the loader's
 * magic number and ESI the address of its information.  The other CPUs come
 * here from start.S's real-mode page, with BOOT_AP for a magic number, and use
 * the same tables.
 */
#include "wrapper-symbols.inc"
#include "x86/layout.h"

#define LOADER_PVH	0x336ec578

#define TABLES		(IMAGE_PHYS + image_early_tables)
#define TABLE(n)	(TABLES + (n) * 0x1000)

	.section .wrapper, "awx"
	.code32
	.globl wrapper_start
wrapper_start:
	jmp	multiboot_start

	.org	BOOT_GDT - IMAGE_PHYS
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code */
	.quad	0x00af9b000000ffff	/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x18: data */
gdt_ptr:
	.short	BOOT_GDT_BYTES - 1
	.long	gdt

/* Multiboot 1: modules on pages, memory map wanted; addresses from the ELF. */
	.balign 4
	.long	0x1badb002, 0x00000003, -(0x1badb002 + 0x00000003)

/* Multiboot 2: the same, ended by tag 0. */
	.balign 8
mb2_header:
	.long	0xe85250d6, 0, mb2_end - mb2_header
	.long	-(0xe85250d6 + (mb2_end - mb2_header))
	.balign 8
	.short	1, 0			/* information: map, modules, command */
	.long	20
	.long	1, 3, 6
	.balign 8
	.short	6, 0			/* modules on pages */
	.long	8
	.balign 8
	.short	0, 0
	.long	8
mb2_end:

no_long_mode:
	.asciz	"Paravane: this CPU has no 64-bit mode with no-execute pages; halted.\r\n"

/* Prints the string at ESI on the first serial port and the screen, stops. */
refuse:
	mov	$0xb8000, %edi
	movb	$0x07, %ah
refuse_next:
	lodsb
	test	%al, %al
	jz	refuse_halt
	stosw
	mov	%al, %cl
	mov	$0x10000, %ebx
refuse_wait:
	dec	%ebx
	jz	refuse_send
	mov	$0x3fd, %edx
	inb	%dx, %al
	test	$0x20, %al
	jz	refuse_wait
refuse_send:
	mov	%cl, %al
	mov	$0x3f8, %edx
	outb	%al, %dx
	jmp	refuse_next
refuse_halt:
	cli
	hlt
	jmp	refuse_halt

	.globl pvh_start
pvh_start:
	mov	$LOADER_PVH, %eax
multiboot_start:
	cli
	cld
	mov	$0x201000, %esp		/* used by nothing but the lgdt below */
	mov	%eax, %ebp		/* magic */
	mov	%ebx, %esi		/* information */
	lgdt	gdt_ptr
	ljmp	$0x08, $1f
1:	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	cmp	$BOOT_AP, %ebp		/* the tables are there */
	je	5f

	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	2f
	mov	$0x80000001, %eax
	cpuid
	and	$0x20100000, %edx	/* long mode, NX */
	cmp	$0x20100000, %edx
	je	3f
2:	mov	$no_long_mode, %esi
	jmp	refuse

	/* 2048 large pages: 4 GiB one to one. */
3:	mov	$TABLE(4), %edi
	mov	$0x83, %eax		/* present, writable, large */
	mov	$2048, %ecx
4:	mov	%eax, (%edi)
	movl	$0, 4(%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	4b

	movl	$TABLE(4) + 3, TABLE(1)
	movl	$TABLE(5) + 3, TABLE(1) + 8
	movl	$TABLE(6) + 3, TABLE(1) + 16
	movl	$TABLE(7) + 3, TABLE(1) + 24
	movl	$IMAGE_PHYS + 0x83, TABLE(3)
	movl	$TABLE(3) + 3, TABLE(2)
	movl	$TABLE(1) + 3, TABLE(0)
	movl	$TABLE(2) + 3, TABLE(0) + 261 * 8
	movl	$TABLE(1) + 3, TABLE(0) + 264 * 8

5:	mov	$0xa0, %eax		/* PAE, PGE */
	mov	%eax, %cr4
	mov	$TABLE(0), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x900, %eax		/* EFER: LME, NX */
	wrmsr
	mov	$0x80050033, %eax	/* PG AM WP NE ET MP PE */
	mov	%eax, %cr0
	ljmp	$0x10, $6f

	.code64
6:	mov	%ebp, %edi
	mov	%esi, %esi
	movabs	$(IMAGE_START + image_entry), %rax
	jmp	*%rax

	.section .payload, "a"
	.incbin "paravane.bin"

	/* PVH: the 32-bit entry's address (xen/elfnote.h, PHYS32_ENTRY). */
	.section .note.pvh, "a", @note
	.balign 4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	pvh_start

	.globl image_size
	.set	image_size, image_end
