/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Every way into the hypervisor and every way out.
 *
 * There is one stack for each CPU.  On its top lies struct cpu_info, which
 * begins with the guest's registers; so what hardware pushes on the way in
 * from ring 3 falls into place, and RSP is cpu_info once all is saved:
 *
 *	top of stack block
 *	  counts, softirq, cpu, scratch ...
 *	  current
 *	  gs fs ds es		filled on a switch only
 *	  ss rsp rflags cs rip	<- pushed by hardware, TSS.rsp0 above
 *	  vector | error code
 *	  rdi ... r15		<- RSP = cpu_info = &guest_regs
 *
 * A trap inside the hypervisor makes the same frame further down.  FS and GS
 * belong to the guest and are not touched; interrupts are off from entry until
 * C code turns them on, and off again on the way out from the last look for
 * work until the guest runs.
 *
 * Way in                  goes to                     way out
 *   syscall, guest user     syscall_from_user           sysret to its kernel
 *   syscall, guest kernel   hypercall                   sysret, or full exit
 *   iret hypercall          iret_fast, or hc_iret       iretq
 *   page fault, guest user  entry_page_fault            sysret to its kernel
 *   exceptions              guest_exception, hv_exc...  full exit
 *   interrupts              do_irq                      full exit
 *   NMI, #MC, #DF           on their own stacks         straight back
 *   #DB                     own stack; if the guest's, moved to the main one
 */
#include "asm-offsets.h"
#include "x86/asm.h"
#include "x86/layout.h"

#define ENTRY_SYSCALL	0x100
#define ENTRY_SYSENTER	0x101
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* Flags that a trap clears for its handler: TF, IOPL, NT, RF, VM, AC. */
#define TRAP_CLEARS	(0x100 | 0x3000 | 0x4000 | 0x10000 | 0x20000 | 0x40000)
#define FLAG_IF		0x200
#define FLAG_DF		0x400
#define FLAG_FIXED	0x202
#define IRET_CLEARS	(0x3000 | 0x20000)	/* IOPL, VM */

/*
 * A three-byte no-op that boot makes a clac or stac where the CPU has SMAP
 * (entry_patch_smap).
 */
	.section .rodata.smap_patch, "a"
	.balign 8
	.globl smap_patch_start
smap_patch_start:

	.macro SMAP_SITE opcode
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection .rodata.smap_patch, "a"
	.quad	771b, \opcode
	.popsection
	.endm
#define CLAC	SMAP_SITE 0xca
#define STAC	SMAP_SITE 0xcb

	.macro COUNT what
	incq	CI_COUNTS + 8 * \what(%rsp)
	.endm
#define COUNT_SYSCALL	0
#define COUNT_HYPERCALL	1
#define COUNT_IRET	2
#define COUNT_PAGE_FAULT 4
#define COUNT_IRQ	6

	.macro PUSH_REGS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro POP_REGS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	.endm

/* Registers of a syscall into the frame at RSP; rip is rcx, rflags r11. */
	.macro SAVE_SYSCALL_REGS
	mov	%rdi, REGS_rdi(%rsp)
	mov	%rsi, REGS_rsi(%rsp)
	mov	%rdx, REGS_rdx(%rsp)
	mov	%rcx, REGS_rcx(%rsp)
	mov	%rcx, REGS_rip(%rsp)
	mov	%r8, REGS_r8(%rsp)
	mov	%r9, REGS_r9(%rsp)
	mov	%r10, REGS_r10(%rsp)
	mov	%r11, REGS_r11(%rsp)
	mov	%r11, REGS_rflags(%rsp)
	mov	%rbx, REGS_rbx(%rsp)
	mov	%rbp, REGS_rbp(%rsp)
	mov	%r12, REGS_r12(%rsp)
	mov	%r13, REGS_r13(%rsp)
	mov	%r14, REGS_r14(%rsp)
	mov	%r15, REGS_r15(%rsp)
	.endm

/* All that is left when rax, rdx and rdi are in the frame. */
	.macro SAVE_OTHER_REGS
	mov	%rsi, REGS_rsi(%rsp)
	mov	%rcx, REGS_rcx(%rsp)
	mov	%r8, REGS_r8(%rsp)
	mov	%r9, REGS_r9(%rsp)
	mov	%r10, REGS_r10(%rsp)
	mov	%r11, REGS_r11(%rsp)
	mov	%rbx, REGS_rbx(%rsp)
	mov	%rbp, REGS_rbp(%rsp)
	mov	%r12, REGS_r12(%rsp)
	mov	%r13, REGS_r13(%rsp)
	mov	%r14, REGS_r14(%rsp)
	mov	%r15, REGS_r15(%rsp)
	.endm

/*
 * The stub page: one copy, mapped in every CPU's area at the same distance
 * from its cpu_info, so that code relative to RIP finds it.
 */
	.section .rodata.stubs, "a"
	.balign 16
	.globl stub_template, stub_syscall32, stub_sysenter, stub_template_end
#define STUB_CPU_INFO	stub_template + PERCPU_STACK_OFF + STACK_BLOCK_SIZE - \
			CPU_INFO_SIZE - PERCPU_STUB_OFF
stub_template:
	mov	%rsp, STUB_CPU_INFO + REGS_rsp(%rip)
	lea	STUB_CPU_INFO(%rip), %rsp
	jmp	*1f(%rip)
	.balign 16
stub_syscall32:
	mov	%rsp, STUB_CPU_INFO + REGS_rsp(%rip)
	lea	STUB_CPU_INFO(%rip), %rsp
	jmp	*2f(%rip)
	.balign 16
stub_sysenter:
	lea	STUB_CPU_INFO(%rip), %rsp
	jmp	*3f(%rip)
	.balign 8
1:	.quad	entry_syscall
2:	.quad	entry_syscall32
3:	.quad	entry_sysenter
stub_template_end:

	.text
	.balign 64
/* From the stub: RSP is cpu_info, regs.rsp is saved, interrupts are off. */
entry_syscall:
	mov	%rax, REGS_rax(%rsp)
	mov	CI_CURRENT(%rsp), %rax
	cmpb	$0, V_KERNEL_MODE(%rax)
	je	syscall_from_user
	cmpq	$NR_HYPERCALL_IRET, REGS_rax(%rsp)
	je	iret_fast
	cmpq	$NR_HYPERCALL_SEGMENT_BASE, REGS_rax(%rsp)
	je	segment_base_fast
	cmpq	$NR_HYPERCALL_STACK_SWITCH, REGS_rax(%rsp)
	je	stack_switch_fast

/*
 * A hypercall, but for iret.  C sees all registers in the frame.  Afterwards
 * those that C does not keep are loaded from there again: a handler that
 * starts over (hypercall_restart) has changed arguments and rip.
 */
hypercall:
	SAVE_SYSCALL_REGS
	movq	$GUEST_CS64, REGS_cs(%rsp)
	movq	$GUEST_SS, REGS_ss(%rsp)
	movl	$ENTRY_SYSCALL, REGS_entry_vector(%rsp)
	COUNT	COUNT_HYPERCALL
	mov	REGS_rax(%rsp), %r11
	mov	%r11, V_LAST_HYPERCALL(%rax)
	sti
	cmp	$64, %r11
	jae	hypercall_unknown
	lea	hypercall_table(%rip), %rax
	mov	%r10, %rcx
	call	*(%rax, %r11, 8)
hypercall_done:
	mov	%rax, REGS_rax(%rsp)
	cli
	mov	CI_SOFTIRQ(%rsp), %rcx
	cmpl	$0, (%rcx)
	jne	exit_work
	mov	CI_CURRENT(%rsp), %rcx
	mov	V_INFO(%rcx), %rcx
	cmpb	$0, INFO_MASK(%rcx)
	jne	1f
	cmpb	$0, INFO_PENDING(%rcx)
	jne	exit_work
1:	mov	REGS_rip(%rsp), %rcx
	test	%rcx, %rcx		/* sysret wants a canonical address: */
	jns	exit_to_guest		/* a low one may be none, see there */
	mov	REGS_rdi(%rsp), %rdi
	mov	REGS_rsi(%rsp), %rsi
	mov	REGS_rdx(%rsp), %rdx
	mov	REGS_r8(%rsp), %r8
	mov	REGS_r9(%rsp), %r9
	mov	REGS_r10(%rsp), %r10
	mov	REGS_rflags(%rsp), %r11
	mov	REGS_rsp(%rsp), %rsp
	sysretq

hypercall_unknown:
	mov	%r11, %rdi
	call	hypercall_bad_number
	jmp	hypercall_done

/*
 * A system call from guest user mode bounces to the guest kernel, which finds
 * rcx, r11, rip, cs, rflags, rsp, ss on its kernel stack.  C's twin of it is
 * guest_syscall(), which also does whatever is out of the ordinary here.
 * RAX: current.
 */
syscall_from_user:
	COUNT	COUNT_SYSCALL
	mov	%rdx, REGS_rdx(%rsp)
	mov	%rdi, REGS_rdi(%rsp)
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
10:	mov	%rcx, 0(%rdx)
11:	mov	%r11, 8(%rdx)
12:	mov	%rcx, 16(%rdx)
13:	movq	$GUEST_CS64, 24(%rdx)
14:	mov	%r11, 32(%rdx)
15:	mov	%rdi, 40(%rdx)
16:	movq	$GUEST_SS, 48(%rdx)
	EX_TABLE(10b, syscall_slow)
	EX_TABLE(11b, syscall_slow)
	EX_TABLE(12b, syscall_slow)
	EX_TABLE(13b, syscall_slow)
	EX_TABLE(14b, syscall_slow)
	EX_TABLE(15b, syscall_slow)
	EX_TABLE(16b, syscall_slow)
	CLAC
	swapgs
	movb	$1, V_KERNEL_MODE(%rax)
	mov	V_INFO(%rax), %rdi
	movzbl	V_SYSCALL_MASKS(%rax), %ecx
	mov	%cl, INFO_MASK(%rdi)
	mov	V_SYSCALL_ADDRESS(%rax), %rcx
	and	$~(TRAP_CLEARS | FLAG_DF), %r11d
	mov	REGS_rdi(%rsp), %rdi
	mov	REGS_rax(%rsp), %rax
	mov	%rdx, REGS_rsp(%rsp)
	mov	REGS_rdx(%rsp), %rdx
	mov	REGS_rsp(%rsp), %rsp
	sysretq

syscall_slow:
	CLAC
	mov	REGS_rdx(%rsp), %rdx
	mov	REGS_rdi(%rsp), %rdi
	SAVE_SYSCALL_REGS
	movq	$GUEST_CS64, REGS_cs(%rsp)
	movq	$GUEST_SS, REGS_ss(%rsp)
	movl	$ENTRY_SYSCALL, REGS_entry_vector(%rsp)
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
20:	cmpq	$0, IRET_flags(%rcx)
	jne	iret_slow
21:	movzwl	IRET_cs(%rcx), %eax
22:	mov	IRET_rflags(%rcx), %r11
	test	$FLAG_IF, %r11d
	jz	iret_slow
	and	$~IRET_CLEARS, %r11d
	mov	%r11, REGS_rflags(%rsp)
23:	mov	IRET_rip(%rcx), %r11
	mov	%r11, REGS_rip(%rsp)
24:	movzwl	IRET_ss(%rcx), %r11d
	or	$3, %r11d
	mov	%r11, REGS_ss(%rsp)
	mov	V_INFO(%rdx), %r11
	movb	$0, INFO_MASK(%r11)
	cmpb	$0, INFO_PENDING(%r11)
	jne	iret_slow
	mov	%eax, %r11d
	or	$3, %r11d
	mov	%r11, REGS_cs(%rsp)
	cmp	%r11d, %eax
	jne	iret_fast_kernel
	cmpq	$0, V_CR3_USER(%rdx)
	je	iret_slow
25:	mov	IRET_rsp(%rcx), %r11
26:	mov	IRET_rax(%rcx), %rax
	mov	%rax, REGS_rax(%rsp)
27:	mov	IRET_rcx(%rcx), %rax
28:	mov	IRET_r11(%rcx), %rcx
	CLAC
	mov	%r11, REGS_rsp(%rsp)
	mov	%rcx, %r11
	mov	%rax, %rcx
	movb	$0, V_KERNEL_MODE(%rdx)
	swapgs
	mov	V_CR3_USER(%rdx), %rax
	mov	%rax, %cr3
	COUNT	COUNT_IRET
	mov	REGS_rax(%rsp), %rax
	mov	REGS_rdx(%rsp), %rdx
	add	$REGS_rip, %rsp
	jmp	iret_to_guest

iret_fast_kernel:
30:	mov	IRET_rsp(%rcx), %r11
31:	mov	IRET_rax(%rcx), %rax
	mov	%rax, REGS_rax(%rsp)
32:	mov	IRET_rcx(%rcx), %rax
33:	mov	IRET_r11(%rcx), %rcx
	CLAC
	mov	%r11, REGS_rsp(%rsp)
	mov	%rcx, %r11
	mov	%rax, %rcx
	COUNT	COUNT_IRET
	mov	REGS_rax(%rsp), %rax
	mov	REGS_rdx(%rsp), %rdx
	add	$REGS_rip, %rsp
	jmp	iret_to_guest
	EX_TABLE(20b, iret_slow)
	EX_TABLE(21b, iret_slow)
	EX_TABLE(22b, iret_slow)
	EX_TABLE(23b, iret_slow)
	EX_TABLE(24b, iret_slow)
	EX_TABLE(25b, iret_slow)
	EX_TABLE(26b, iret_slow)
	EX_TABLE(27b, iret_slow)
	EX_TABLE(28b, iret_slow)
	EX_TABLE(30b, iret_slow)
	EX_TABLE(31b, iret_slow)
	EX_TABLE(32b, iret_slow)
	EX_TABLE(33b, iret_slow)

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
	xor	%eax, %eax
	COUNT	COUNT_HYPERCALL
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
entry_page_fault:
	testb	$3, REGS_cs - REGS_error_code(%rsp)
	jz	entry_exception
	sub	$REGS_error_code, %rsp
	mov	%rax, REGS_rax(%rsp)
	mov	%rdx, REGS_rdx(%rsp)
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
40:	mov	%rcx, 0(%rdx)
41:	mov	%r11, 8(%rdx)
	mov	REGS_error_code(%rsp), %edi
42:	mov	%rdi, 16(%rdx)
	mov	REGS_rip(%rsp), %rdi
43:	mov	%rdi, 24(%rdx)
	movzwl	REGS_cs(%rsp), %edi
44:	mov	%rdi, 32(%rdx)
	mov	REGS_rflags(%rsp), %rdi
45:	mov	%rdi, 40(%rdx)
	mov	REGS_rsp(%rsp), %rdi
46:	mov	%rdi, 48(%rdx)
	movzwl	REGS_ss(%rsp), %edi
47:	mov	%rdi, 56(%rdx)
	EX_TABLE(40b, page_fault_slow_cr2)
	EX_TABLE(41b, page_fault_slow_cr2)
	EX_TABLE(42b, page_fault_slow_cr2)
	EX_TABLE(43b, page_fault_slow_cr2)
	EX_TABLE(44b, page_fault_slow_cr2)
	EX_TABLE(45b, page_fault_slow_cr2)
	EX_TABLE(46b, page_fault_slow_cr2)
	EX_TABLE(47b, page_fault_slow_cr2)
	CLAC
	swapgs
	movb	$1, V_KERNEL_MODE(%rax)
	mov	V_INFO(%rax), %rdi
	mov	V_CR2(%rax), %rcx
	mov	%rcx, INFO_CR2(%rdi)
	movzbl	V_PF_MASKS(%rax), %ecx
	mov	%cl, INFO_MASK(%rdi)
	COUNT	COUNT_PAGE_FAULT
	mov	REGS_rflags(%rsp), %r11
	and	$~TRAP_CLEARS, %r11d
	mov	V_PF_ADDRESS(%rax), %rcx
	mov	REGS_rdi(%rsp), %rdi
	mov	REGS_rax(%rsp), %rax
	mov	%rdx, REGS_rsp(%rsp)
	mov	REGS_rdx(%rsp), %rdx
	mov	REGS_rsp(%rsp), %rsp
	sysretq

/* The fault on the guest's stack has replaced CR2. */
page_fault_slow_cr2:
	mov	V_CR2(%rax), %rdx
	mov	%rdx, %cr2
page_fault_slow_rdi:
	mov	REGS_rdi(%rsp), %rdi
page_fault_slow_rdx:
	mov	REGS_rdx(%rsp), %rdx
page_fault_slow:
	mov	%rdi, REGS_rdi(%rsp)
	SAVE_OTHER_REGS
	COUNT	COUNT_PAGE_FAULT
	cld
	CLAC
	mov	%rsp, %rdi
	mov	%cr2, %rsi
	mov	REGS_error_code(%rsp), %edx
	sti
	call	guest_page_fault_entry
	jmp	exit_to_guest

/* 32-bit user code's syscall (AMD): rip in rcx, rflags in r11. */
entry_syscall32:
	mov	%rax, REGS_rax(%rsp)
	SAVE_SYSCALL_REGS
	CLAC
	movq	$GUEST_CS32, REGS_cs(%rsp)
	movq	$GUEST_SS, REGS_ss(%rsp)
	movl	$0, REGS_entry_vector(%rsp)
	mov	%rsp, %rdi
	call	guest_syscall32
	jmp	exit_to_guest

/* sysenter tells nothing of where it came from: C makes that up. */
entry_sysenter:
	mov	%rax, REGS_rax(%rsp)
	pushfq
	popq	REGS_rflags(%rsp)	/* C corrects IF, NT and the rest */
	mov	REGS_rflags(%rsp), %rax
	mov	%r11, CI_SCRATCH(%rsp)
	mov	%rax, %r11
	SAVE_SYSCALL_REGS
	mov	CI_SCRATCH(%rsp), %rax
	mov	%rax, REGS_r11(%rsp)
	pushq	$2
	popfq				/* NT, TF, AC, DF off */
	movl	$0, REGS_entry_vector(%rsp)
	mov	%rsp, %rdi
	call	guest_sysenter
	jmp	exit_to_guest

/* Exceptions: the frame's error code and vector are in place. */
	.balign 16
entry_exception:
	PUSH_REGS
	cld
	CLAC
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	exception_in_hv
	call	guest_exception
	jmp	exit_to_guest
exception_in_hv:
	call	hv_exception
return_to_hv:
	POP_REGS
	add	$8, %rsp
	iretq

entry_irq:
	PUSH_REGS
	cld
	CLAC
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	1f
	COUNT	COUNT_IRQ
	call	do_irq
	jmp	exit_to_guest
1:	call	do_irq
	jmp	return_to_hv

/* NMI, #MC, #DF: own stacks, back to wherever it was. */
entry_ist:
	PUSH_REGS
	cld
	CLAC
	mov	%rsp, %rdi
	call	ist_exception
	jmp	return_to_hv

/*
 * #DB has its own stack because a stale one may hit at the first instruction
 * of the syscall stub.  A guest's is moved to where guest frames belong.
 */
entry_debug:
	PUSH_REGS
	cld
	CLAC
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	exception_in_hv
	mov	%rsp, %rsi
	mov	%rsp, %rdi
	or	$(STACK_BLOCK_SIZE - 1), %rdi
	sub	$(CPU_INFO_SIZE - 1), %rdi
	mov	%rdi, %rax
	mov	$(REGS_HW_END / 8), %ecx
	rep movsq
	mov	%rax, %rsp
	mov	%rax, %rdi
	call	guest_exception
	jmp	exit_to_guest

/* Work on the way out, with interrupts on; then look again. */
	.balign 16
exit_work:
	sti
	call	guest_exit_work
/*
 * The full way out: RSP is cpu_info.  sysret when the frame came from syscall
 * or goes to a handler: rcx and r11 are free then, cs and ss flat.  But only
 * to a canonical address: with another, Intel's sysret faults in ring 0 on the
 * guest's stack.  rflags are fit for a guest (IF, no IOPL, no VM), as the CPU
 * saved them or as whoever changed them took care.
 */
	.globl exit_to_guest
exit_to_guest:
	cli
	mov	CI_SOFTIRQ(%rsp), %rax
	cmpl	$0, (%rax)
	jne	exit_work
	mov	CI_CURRENT(%rsp), %rax
	mov	V_INFO(%rax), %rax
	cmpb	$0, INFO_MASK(%rax)
	jne	1f
	cmpb	$0, INFO_PENDING(%rax)
	jne	exit_work
1:	cmpl	$ENTRY_SYSCALL, REGS_entry_vector(%rsp)
	jne	2f
	mov	REGS_rip(%rsp), %rax
	shl	$16, %rax
	sar	$16, %rax
	cmp	%rax, REGS_rip(%rsp)
	jne	2f
	POP_REGS
	mov	REGS_rip - REGS_error_code(%rsp), %rcx
	mov	REGS_rflags - REGS_error_code(%rsp), %r11
	mov	REGS_rsp - REGS_error_code(%rsp), %rsp
	sysretq
2:	POP_REGS
	add	$8, %rsp
iret_to_guest:
	iretq
	EX_TABLE(iret_to_guest, iret_fault)

/*
 * The guest asked for a CS, SS or rip that the CPU refuses.  The registers are
 * the guest's, RSP is at the frame: save them again and tell the guest.
 */
iret_fault:
	push	$0
	PUSH_REGS
	mov	%rsp, %rdi
	call	guest_iret_fault
	jmp	exit_to_guest

/* void enter_vcpu(void): forgets this stack; on as `current`. */
	.globl enter_vcpu
enter_vcpu:
	or	$(STACK_BLOCK_SIZE - 1), %rsp
	sub	$(CPU_INFO_SIZE - 1), %rsp
	jmp	exit_to_guest

/* void enter_idle(void): forgets this stack; idle_loop() on an empty one. */
	.globl enter_idle
enter_idle:
	or	$(STACK_BLOCK_SIZE - 1), %rsp
	sub	$(CPU_INFO_SIZE + 7), %rsp
	xor	%ebp, %ebp
	call	idle_loop
	ud2

/* The 256 gates: error code and vector, then the common entry. */
	.macro GATE nr
	.balign 16
gate_\nr:
	.if (\nr == 8) || ((\nr >= 10) && (\nr <= 14)) || (\nr == 17) || \
	    (\nr == 21) || (\nr == 29) || (\nr == 30)
	.else
	push	$0
	.endif
	movl	$\nr, 4(%rsp)
	.if \nr == 1
	jmp	entry_debug
	.elseif \nr == 14
	jmp	entry_page_fault
	.elseif (\nr == 2) || (\nr == 8) || (\nr == 18)
	jmp	entry_ist
	.elseif (\nr < 32) || (\nr == 0x80) || (\nr == 0x82)
	jmp	entry_exception
	.else
	jmp	entry_irq
	.endif
	.pushsection .rodata.entry_vectors, "a"
	.quad	gate_\nr
	.popsection
	.endm

	.section .rodata.entry_vectors, "a"
	.balign 8
	.globl entry_vectors
entry_vectors:
	.text
	.altmacro
	.set	vec, 0
	.rept	256
	GATE	%vec
	.set	vec, vec + 1
	.endr

	.section .rodata.smap_patch, "a"
	.globl smap_patch_end
smap_patch_end:
