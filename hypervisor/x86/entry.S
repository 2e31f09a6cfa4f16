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
#include "x86/entry_asm.h"

/*
 * The stub page: one copy, mapped in every CPU's area at the same distance
 * from its cpu_info, so that code relative to RIP finds it.
 */
	.section .rodata.stubs, "a"
	.balign 4096
	.globl stub_page, stub_syscall32, stub_sysenter
#define STUB_CPU_INFO	stub_page + PERCPU_STACK_OFF + STACK_BLOCK_SIZE - \
			CPU_INFO_SIZE - PERCPU_STUB_OFF
stub_page:
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
	.balign 4096

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
	ja	high_hypercall
	cmpq	$NR_HYPERCALL_STACK_SWITCH, REGS_rax(%rsp)
	je	stack_switch_fast

/*
 * A hypercall, but for iret.  C sees all registers in the frame.  Afterwards
 * those that C does not keep are loaded from there again: a handler that
 * starts over (hypercall_restart) has changed arguments and rip.
 */
	.globl hypercall
hypercall:
	SAVE_SYSCALL_FRAME GUEST_CS64, ENTRY_SYSCALL
	mov	REGS_rax(%rsp), %r11
	mov	%r11, V_LAST_HYPERCALL(%rax)
	sti
	cmp	$64, %r11
	jae	hypercall_unknown
	incq	CI_CALLS(%rsp, %r11, 8)
	lea	hypercall_table(%rip), %rax
	mov	%r10, %rcx
	call	*(%rax, %r11, 8)
hypercall_done:
	cli
	IF_WORK	8f, %rcx
	mov	REGS_rip(%rsp), %rcx
	test	%rcx, %rcx		/* sysret wants a canonical address: */
	jns	9f			/* a low one may be none, see there */
	LOAD_REGS rdi, rsi, rdx, r8, r9, r10
	mov	REGS_rflags(%rsp), %r11
	mov	REGS_rsp(%rsp), %rsp
	sysretq
8:	mov	%rax, REGS_rax(%rsp)
	jmp	exit_work
9:	mov	%rax, REGS_rax(%rsp)
	jmp	exit_to_guest

high_hypercall:
	cmpq	$NR_HYPERCALL_SEGMENT_BASE, REGS_rax(%rsp)
	je	segment_base_fast
	jmp	hypercall

hypercall_unknown:
	call	hc_missing
	jmp	hypercall_done

/* 32-bit user code's syscall (AMD): rip in rcx, rflags in r11. */
entry_syscall32:
	mov	%rax, REGS_rax(%rsp)
	SAVE_SYSCALL_FRAME GUEST_CS32, 0
	mov	%rsp, %rdi
	call	guest_syscall32
	jmp	exit_to_guest

/* sysenter tells nothing of where it came from: C makes that up. */
entry_sysenter:
	mov	%rax, REGS_rax(%rsp)
	SAVE_SYSCALL_FRAME GUEST_CS64, 0
	pushfq
	popq	REGS_rflags(%rsp)	/* C corrects IF */
	pushq	$2
	popfq				/* NT, TF, AC, DF off */
	mov	%rsp, %rdi
	call	guest_sysenter
	jmp	exit_to_guest

/* Exceptions: the frame's error code and vector are in place. */
	.balign 16
	.globl entry_exception, entry_irq, entry_ist, entry_debug
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
	IF_WORK	exit_work, %rax
	cmpl	$ENTRY_SYSCALL, REGS_entry_vector(%rsp)
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
	.globl iret_to_guest
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
