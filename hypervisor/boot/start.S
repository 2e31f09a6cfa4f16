/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * First 64-bit instructions of the boot CPU and of the others, and the
 * real-mode page from which the others come.
 *
 * image_entry and ap_entry run on the early page tables that wrapper.S made.
 * Neither returns, so neither needs a frame; the stacks are
 *
 *   boot CPU  early_stack, a whole stack block, so that cpu_info() works
 *   others    their own stack block, below struct cpu_info
 */
#include "asm-offsets.h"
#include "x86/layout.h"

	.code64
	.section .text.entry, "ax"

/* void image_entry(u32 magic, u32 info): edi, esi from wrapper.S; any CPU */
	.globl image_entry
image_entry:
	cmp	$BOOT_AP, %edi
	je	ap_entry
	lea	early_stack_end(%rip), %rsp
	sub	$CPU_INFO_SIZE, %rsp	/* zero */
	and	$~15, %rsp
	xor	%ebp, %ebp
	push	$0
	popf
	call	boot_main
	ud2

/*
 * Other CPUs, from the page below and wrapper.S.  Each finds its number by its APIC id in
 * apic_ids, and so its area and its stack; several come at one time.  The id
 * is that of CPUID leaf 0xb, or leaf 1 where that has none.
 */
ap_entry:
	mov	hv_cr3(%rip), %rax
	mov	%rax, %cr3
	xor	%eax, %eax
	cpuid
	cmp	$0xb, %eax
	jb	1f
	mov	$0xb, %eax
	xor	%ecx, %ecx
	cpuid
	test	%ebx, %ebx
	jnz	2f
1:	mov	$1, %eax
	cpuid
	mov	%ebx, %edx
	shr	$24, %edx
2:	lea	apic_ids(%rip), %rsi
	xor	%ecx, %ecx
3:	inc	%ecx			/* CPU 0 is running */
	cmp	ap_last(%rip), %ecx
	ja	4f
	cmp	%edx, (%rsi, %rcx, 4)
	jne	3b
	imul	$PERCPU_STRIDE, %rcx, %rcx
	movabs	$(PERCPU_START + PERCPU_STACK_OFF + STACK_BLOCK_SIZE), %rax
	lea	-CPU_INFO_SIZE(%rax, %rcx), %rsp
	and	$~15, %rsp
	xor	%ebp, %ebp
	push	$0
	popf
	call	ap_main
	ud2
4:	cli				/* not wanted */
	hlt
	jmp	4b

/*
 * Copied to a free page below 1 MiB, whose number is the SIPI vector; so CS
 * is that page.  All it does is to enter wrapper.S in 32-bit mode.
 */
	.section .init.data, "aw"
	.code16
	.globl ap_trampoline, ap_trampoline_end
ap_trampoline:
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	ap_gdt_ptr - ap_trampoline
	mov	$0x11, %eax		/* PE, ET */
	mov	%eax, %cr0
	mov	$0x18, %eax		/* data */
	mov	%eax, %ds
	mov	$BOOT_AP, %eax
	ljmpl	$0x08, $IMAGE_PHYS
ap_gdt_ptr:
	.short	BOOT_GDT_BYTES - 1
	.long	BOOT_GDT
ap_trampoline_end:

	.section .bss.init, "aw", @nobits
	.globl image_early_tables, early_stack, early_stack_end
	.balign 4096
image_early_tables:
	.skip	8 * 4096
	.balign STACK_BLOCK_SIZE
early_stack:
	.skip	STACK_BLOCK_SIZE
early_stack_end:
