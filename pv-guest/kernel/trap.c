/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Exceptions: page faults are mended, others become signals or the end. */
#include "kernel/process.h"

static bool extable_resume(struct regs *regs)
{
	for (const struct extable_entry *e = _extable; e < _extable_end; e++) {
		if (e->rip == regs->rip) {
			regs->rip = e->resume;
			return true;
		}
	}
	return false;
}

static int signal_of(unsigned long vector)
{
	switch (vector) {
	case VEC_DE:
	case VEC_MF:
	case VEC_XM:
		return SIGFPE;
	case VEC_DB:
	case VEC_BP:
		return SIGTRAP;
	case VEC_UD:
		return SIGILL;
	case VEC_AC:
		return SIGBUS;
	default:
		return SIGSEGV;
	}
}

static void die(const struct regs *r, unsigned long address)
{
	printk("vector %lu error %lx address %p\n", r->vector, r->error,
	       (void *)address);
	printk("rip %p rsp %p rflags %lx\n", (void *)r->rip, (void *)r->rsp,
	       r->rflags);
	printk("rax %p rbx %p rcx %p rdx %p\n", (void *)r->rax,
	       (void *)r->rbx, (void *)r->rcx, (void *)r->rdx);
	printk("rsi %p rdi %p rbp %p r8 %p\n", (void *)r->rsi,
	       (void *)r->rdi, (void *)r->rbp, (void *)r->r8);
	panic("exception in the kernel");
}

void kernel_exception(struct regs *regs, unsigned long address)
{
	struct process *p = process_current();
	int err = -EFAULT;

	if (regs->vector == VEC_PF && p && p->space) {
		err = space_fault(p->space, address, regs->error);
	}
	if (!err) {
		return;
	}
	if (!from_user(regs)) {
		if (!extable_resume(regs)) {
			die(regs, address);
		}
	} else if (err == -ENOMEM) {
		process_exit(SIGKILL);
	} else {
		signal_fault(signal_of(regs->vector), address);
	}
}

void kernel_leave(struct regs *regs)
{
	while (thread_yield_wanted() || signal_waits()) {
		if (thread_current()->must_end) {
			process_exit_thread(0);
		}
		if (thread_yield_wanted()) {
			thread_yield();
		}
		if (signal_waits()) {
			signal_deliver(regs);
		}
	}
}
