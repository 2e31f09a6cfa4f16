/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The straight-line paths: system calls and page faults of guest user mode on
 * their way to the guest kernel, the iret hypercall, and two calls of each
 * task switch.  entry.S jumps here with RSP at cpu_info (the picture is
 * there), RAX current, interrupts off; the system calls' rcx and r11 are rip
 * and rflags.  They stay off, so no work can come up that was not seen before,
 * and nothing is looked for on the way out.  Everything out of the ordinary
 * goes the general way, from the start.
 *
 * Instructions in and out (QEMU, -icount): system call and iret 103, user page
 * fault and iret 120.  A test in tests/guest/fastpath compares both ways.
 */
#include "x86/entry_asm.h"

/*
 * Onto the guest kernel's stack at rdx, and to its handler, from user mode;
 * RAX: current, rdi: its vcpu_info, r11: rflags.
 */
	.macro TO_GUEST_KERNEL masks, address, clears
	swapgs
	movb	$1, V_KERNEL_MODE(%rax)
	movzbl	\masks(%rax), %ecx
	mov	%cl, INFO_MASK(%rdi)
	mov	\address(%rax), %rcx
	and	$~(\clears), %r11d
	LOAD_REGS rdi, rax
	mov	%rdx, REGS_rsp(%rsp)
	LOAD_REGS rdx, rsp
	sysretq
	.endm

	.text
	.balign 64
/*
 * A system call from guest user mode bounces to the guest kernel, which finds
 * rcx, r11, rip, cs, rflags, rsp, ss on its kernel stack.  C's twin of it is
 * guest_syscall(), which also does whatever is out of the ordinary here.
 * RAX: current.
 */
	.globl syscall_from_user
syscall_from_user:
	COUNT	COUNT_SYSCALL
	SAVE_REGS rdx, rdi
	mov	V_FAST_SP(%rax), %rdx
	mov	V_INFO(%rax), %rdi
	test	%rdx, %rdx
	jz	syscall_slow
	cmpb	$0, INFO_MASK(%rdi)
	jne	syscall_slow
	mov	V_CR3_KERNEL(%rax), %rdi
	mov	%rdi, %cr3
	mov	REGS_rsp(%rsp), %rdi
	STAC
1:	mov	%rcx, 0(%rdx)
	mov	%r11, 8(%rdx)
	mov	%rcx, 16(%rdx)
	movq	$GUEST_CS64, 24(%rdx)
	mov	%r11, 32(%rdx)
	mov	%rdi, 40(%rdx)
2:	movq	$GUEST_SS, 48(%rdx)
	EX_RANGE(1b, 2b, syscall_slow)
	CLAC
	mov	V_INFO(%rax), %rdi
	TO_GUEST_KERNEL V_SYSCALL_MASKS, V_SYSCALL_ADDRESS, TRAP_CLEARS | FLAG_DF

syscall_slow:
	CLAC
	LOAD_REGS rdx, rdi
	SAVE_SYSCALL_FRAME GUEST_CS64, ENTRY_SYSCALL
	mov	%rsp, %rdi
	call	guest_syscall
	jmp	exit_to_guest

/*
 * The iret hypercall: struct iret_context on the guest's stack.  C's twin is
 * hc_iret(); it takes over, from the start, where anything is unusual, for
 * all reads of guest memory come before the first change but the mask's, which
 * C would make too.  The guest's rax, rcx, r11 are about to be replaced, so
 * they are free.  RAX: current.
 */
	.globl iret_fast
iret_fast:
	mov	%rcx, CI_SCRATCH(%rsp)
	mov	%rdx, REGS_rdx(%rsp)
	mov	%rax, %rdx
	mov	REGS_rsp(%rsp), %rcx
	movabs	$HV_VIRT_END, %rax
	cmp	%rax, %rcx
	jb	iret_slow
	cmpb	$0, V_FAST_IRET(%rdx)
	je	iret_slow
	STAC
1:	cmpq	$0, IRET_flags(%rcx)
	jne	iret_slow
	movzwl	IRET_cs(%rcx), %eax
	mov	IRET_rflags(%rcx), %r11
	test	$FLAG_IF, %r11d
	jz	iret_slow
	and	$~IRET_CLEARS, %r11d
	mov	%r11, REGS_rflags(%rsp)
	mov	IRET_rip(%rcx), %r11
	mov	%r11, REGS_rip(%rsp)
	movzwl	IRET_ss(%rcx), %r11d
	or	$3, %r11d
	mov	%r11, REGS_ss(%rsp)
	mov	V_INFO(%rdx), %r11
	movb	$0, INFO_MASK(%r11)
	cmpb	$0, INFO_PENDING(%r11)
	jne	iret_slow
	mov	%eax, %r11d
	or	$3, %r11d
	mov	%r11, REGS_cs(%rsp)
	cmp	%r11d, %eax		/* to user mode?  See jne */
	mov	IRET_r11(%rcx), %r11
	mov	%r11, REGS_r11(%rsp)
	mov	IRET_rax(%rcx), %rax
	mov	%rax, REGS_rax(%rsp)
	mov	IRET_rsp(%rcx), %r11
2:	mov	IRET_rcx(%rcx), %rcx
	EX_RANGE(1b, 2b, iret_slow)
	CLAC
	jne	3f
	mov	V_CR3_USER(%rdx), %rax
	test	%rax, %rax
	jz	iret_slow
	movb	$0, V_KERNEL_MODE(%rdx)
	swapgs
	mov	%rax, %cr3
3:	mov	%r11, REGS_rsp(%rsp)
	COUNT	COUNT_IRET
	LOAD_REGS rax, rdx, r11
	add	$REGS_rip, %rsp
	jmp	iret_to_guest

iret_slow:
	CLAC
	mov	CI_CURRENT(%rsp), %rax
	mov	CI_SCRATCH(%rsp), %rcx
	mov	REGS_rdx(%rsp), %rdx
	mov	$FLAG_FIXED, %r11d
	movq	$NR_HYPERCALL_IRET, REGS_rax(%rsp)
	jmp	hypercall

/*
 * Two calls that each task switch of a guest makes, in their usual forms:
 * nothing but rax changes, and no work can have come up meanwhile.  RAX:
 * current; edi, rsi: arguments.  C's twins: hc_set_segment_base(),
 * hc_stack_switch().
 */
	.globl segment_base_fast
segment_base_fast:
	test	%rcx, %rcx
	jns	hypercall
	cmp	$3, %edi
	jae	user_gs_fast
	mov	%rsi, %rax		/* canonical? */
	sar	$47, %rax
	inc	%rax
	cmp	$1, %rax
	ja	1f
	mov	%rcx, CI_SCRATCH(%rsp)
	mov	%rdx, REGS_rdx(%rsp)
	mov	%edi, %edx
	lea	segment_base_msrs(%rip), %rcx
	mov	(%rcx, %rdx, 4), %ecx
	mov	%rsi, %rdx
	shr	$32, %rdx
	mov	%esi, %eax
	wrmsr
	mov	REGS_rdx(%rsp), %rdx
	mov	CI_SCRATCH(%rsp), %rcx
fast_call_done:
	mov	REGS_rax(%rsp), %eax
	incq	CI_CALLS(%rsp, %rax, 8)
	xor	%eax, %eax
	mov	REGS_rsp(%rsp), %rsp
	sysretq
user_gs_fast:
	jne	1f
	movzwl	%si, %eax
	test	$~3, %ax
	jz	3f
	or	$3, %eax
3:	swapgs
50:	mov	%eax, %gs
	swapgs
	jmp	fast_call_done
user_gs_bad:
	swapgs
	EX_TABLE(50b, user_gs_bad)
1:	mov	CI_CURRENT(%rsp), %rax
	jmp	hypercall

	.globl stack_switch_fast
stack_switch_fast:
	test	%rcx, %rcx
	jns	hypercall
	test	$~3, %di
	jz	hypercall
	cmpw	$0x0101, V_FAST_SYSCALL(%rax)	/* fast_syscall, fast_pf */
	jne	hypercall
	mov	%rcx, CI_SCRATCH(%rsp)
	movabs	$HV_VIRT_END + 64, %rcx
	cmp	%rcx, %rsi
	jb	2f
	mov	%rsi, V_KERNEL_SP(%rax)
	mov	%edi, %ecx
	or	$3, %ecx
	movzwl	%cx, %ecx
	mov	%rcx, V_KERNEL_SS(%rax)
	mov	%rsi, %rcx
	and	$~15, %rcx
	sub	$64, %rcx
	mov	%rcx, V_FAST_PF_SP(%rax)
	add	$8, %rcx
	mov	%rcx, V_FAST_SP(%rax)
	mov	CI_SCRATCH(%rsp), %rcx
	jmp	fast_call_done
2:	mov	CI_SCRATCH(%rsp), %rcx
	jmp	hypercall

	.section .rodata
	.balign 4
segment_base_msrs:
	.long	MSR_FS_BASE, MSR_KERNEL_GS_BASE, MSR_GS_BASE
	.text

/*
 * A page fault in guest user mode, of a user address, bounces to the guest
 * kernel as a system call does, with the error code in the frame.  All else is
 * C's: guest_page_fault_entry(), which can do the same.
 */
	.balign 16
	.globl entry_page_fault
entry_page_fault:
	testb	$3, REGS_cs - REGS_error_code(%rsp)
	jz	entry_exception
	sub	$REGS_error_code, %rsp
	SAVE_REGS rax, rdx
	mov	CI_CURRENT(%rsp), %rax
	cmpb	$0, V_KERNEL_MODE(%rax)
	jne	page_fault_slow
	mov	V_FAST_PF_SP(%rax), %rdx
	test	%rdx, %rdx
	jz	page_fault_slow_rdx
	mov	%rdi, REGS_rdi(%rsp)
	mov	V_INFO(%rax), %rdi
	cmpb	$0, INFO_MASK(%rdi)
	jne	page_fault_slow_rdi
	mov	%cr2, %rdi
	test	%rdi, %rdi
	js	page_fault_slow_rdi
	mov	%rdi, V_CR2(%rax)
	mov	V_CR3_KERNEL(%rax), %rdi
	mov	%rdi, %cr3
	STAC
1:	mov	%rcx, 0(%rdx)
	mov	%r11, 8(%rdx)
	mov	REGS_error_code(%rsp), %edi
	mov	%rdi, 16(%rdx)
	mov	REGS_rip(%rsp), %rdi
	mov	%rdi, 24(%rdx)
	movzwl	REGS_cs(%rsp), %edi
	mov	%rdi, 32(%rdx)
	mov	REGS_rflags(%rsp), %rdi
	mov	%rdi, 40(%rdx)
	mov	REGS_rsp(%rsp), %rdi
	mov	%rdi, 48(%rdx)
	movzwl	REGS_ss(%rsp), %edi
2:	mov	%rdi, 56(%rdx)
	EX_RANGE(1b, 2b, page_fault_slow_cr2)
	CLAC
	mov	V_INFO(%rax), %rdi
	mov	V_CR2(%rax), %rcx
	mov	%rcx, INFO_CR2(%rdi)
	COUNT	COUNT_PAGE_FAULT
	mov	REGS_rflags(%rsp), %r11
	TO_GUEST_KERNEL V_PF_MASKS, V_PF_ADDRESS, TRAP_CLEARS

/* The fault on the guest's stack has replaced CR2. */
page_fault_slow_cr2:
	mov	V_CR2(%rax), %rdx
	mov	%rdx, %cr2
page_fault_slow_rdi:
	mov	REGS_rdi(%rsp), %rdi
page_fault_slow_rdx:
	mov	REGS_rdx(%rsp), %rdx
page_fault_slow:
	SAVE_REGS rdi, rsi, rcx, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	COUNT	COUNT_PAGE_FAULT
	cld
	CLAC
	mov	%rsp, %rdi
	mov	%cr2, %rsi
	mov	REGS_error_code(%rsp), %edx
	sti
	call	guest_page_fault_entry
	jmp	exit_to_guest
