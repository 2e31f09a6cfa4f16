/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Signals: bits that wait for a thread to return to user mode. There a handler
 * is called on the user's stack, in a frame like Linux's, which sigreturn
 * takes back.
 */
#include "kernel/process.h"

#define BIT(signal)	(1UL << ((signal) - 1))
#define NOT_BLOCKED	(BIT(SIGKILL) | BIT(SIGSTOP))
#define IGNORED		(BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | \
			 BIT(SIGWINCH) | BIT(SIGSTOP))
#define USER_FLAGS	0x40dd5UL	/* CF PF AF ZF SF TF DF OF AC */
#define RED_ZONE	128
#define MXCSR_MASK	0xffbfU
#define CALL_SIZE	2		/* of the instruction SYSCALL */

static bool is_ignored(const struct process *p, int signal)
{
	uint64_t handler = p->action[signal - 1].handler;

	return handler == SIG_IGN ||
	       (handler == SIG_DFL && (BIT(signal) & IGNORED));
}

bool signal_waits(void)
{
	struct thread *t = thread_current();
	struct process *p = t->process;

	return p && (READ_ONCE(t->must_end) ||
		     ((READ_ONCE(t->pending) | READ_ONCE(p->pending)) &
		      ~t->blocked));
}

void signal_send_locked(struct process *p, int signal)
{
	struct thread *t = p->threads;

	if (is_ignored(p, signal)) {
		return;
	}
	__atomic_or_fetch(&p->pending, BIT(signal), __ATOMIC_SEQ_CST);
	while (t && (t->blocked & BIT(signal))) {
		t = t->sibling;
	}
	if (t && t != thread_current()) {
		thread_interrupt(t);
	}
}

void signal_send(struct process *p, int signal)
{
	lock(&tree_lock);
	signal_send_locked(p, signal);
	unlock(&tree_lock);
}

void signal_send_thread(struct thread *t, int signal)
{
	if (!is_ignored(t->process, signal)) {
		__atomic_or_fetch(&t->pending, BIT(signal), __ATOMIC_SEQ_CST);
		if (t != thread_current()) {
			thread_interrupt(t);
		}
	}
}

void signal_fault(int signal, unsigned long address)
{
	struct thread *t = thread_current();
	uint64_t handler = t->process->action[signal - 1].handler;

	if (handler == SIG_DFL || handler == SIG_IGN ||
	    (t->blocked & BIT(signal))) {
		process_exit(signal);
	}
	t->fault_address = address;
	t->pending |= BIT(signal);
}

static int take_signal(struct thread *t)
{
	struct process *p = t->process;
	uint64_t own = t->pending & ~t->blocked;
	uint64_t common = READ_ONCE(p->pending) & ~t->blocked;
	uint64_t bits = own ? own : common, bit = bits & -bits;

	if (bits) {
		__atomic_and_fetch(own ? &t->pending : &p->pending, ~bit,
				   __ATOMIC_SEQ_CST);
	}
	return bits ? __builtin_ctzl(bit) + 1 : 0;
}

/* A call that a signal ended is done again, or says so. */
static void end_call(struct regs *regs, bool again)
{
	if (regs->vector != ENTRY_SYSCALL || regs->rax != -(uint64_t)ERESTART) {
		return;
	}
	if (again) {
		regs->rax = regs->error;	/* the call's number */
		regs->rip -= CALL_SIZE;
	} else {
		regs->rax = -EINTR;
	}
}

static void save_regs(struct linux_sigframe *f, const struct regs *r)
{
	f->r8 = r->r8;
	f->r9 = r->r9;
	f->r10 = r->r10;
	f->r11 = r->r11;
	f->r12 = r->r12;
	f->r13 = r->r13;
	f->r14 = r->r14;
	f->r15 = r->r15;
	f->rdi = r->rdi;
	f->rsi = r->rsi;
	f->rbp = r->rbp;
	f->rbx = r->rbx;
	f->rdx = r->rdx;
	f->rax = r->rax;
	f->rcx = r->rcx;
	f->rsp = r->rsp;
	f->rip = r->rip;
	f->rflags = r->rflags;
	f->cs = r->cs;
	f->ss = r->ss;
}

static void restore_regs(struct regs *r, const struct linux_sigframe *f)
{
	r->r8 = f->r8;
	r->r9 = f->r9;
	r->r10 = f->r10;
	r->r11 = f->r11;
	r->r12 = f->r12;
	r->r13 = f->r13;
	r->r14 = f->r14;
	r->r15 = f->r15;
	r->rdi = f->rdi;
	r->rsi = f->rsi;
	r->rbp = f->rbp;
	r->rbx = f->rbx;
	r->rdx = f->rdx;
	r->rax = f->rax;
	r->rcx = f->rcx;
	r->rsp = f->rsp;
	r->rip = f->rip < USER_END ? f->rip : 0;
	r->rflags = (f->rflags & USER_FLAGS) | FLAG_IF | 2;
}

static bool call_handler(struct regs *regs, int signal,
			 const struct linux_sigaction *action)
{
	struct thread *t = thread_current();
	uint64_t fpu = (regs->rsp - RED_ZONE - sizeof(t->fpu)) & ~63UL;
	uint64_t at = ((fpu - sizeof(struct linux_sigframe)) & ~15UL) - 8;
	struct linux_sigframe frame = {
		.restorer = action->restorer, .fpstate = fpu,
		.trapno = regs->vector, .err = regs->error,
		.cr2 = t->fault_address,
		.mask = t->restore_blocked ? t->saved_blocked : t->blocked,
		.info.signo = signal, .info.address = t->fault_address,
	};

	t->restore_blocked = false;
	save_regs(&frame, regs);
	asm volatile("fxsaveq %0" : "=m" (t->fpu));
	if (!copy_out(fpu, t->fpu, sizeof(t->fpu)) ||
	    !copy_out(at, &frame, sizeof(frame))) {
		return false;
	}
	t->blocked |= action->mask & ~NOT_BLOCKED;
	if (!(action->flags & SA_NODEFER)) {
		t->blocked |= BIT(signal);
	}
	regs->rdi = signal;
	regs->rsi = at + offsetof(struct linux_sigframe, info);
	regs->rdx = at + offsetof(struct linux_sigframe, uc_flags);
	regs->rax = 0;
	regs->rsp = at;
	regs->rip = action->handler < USER_END ? action->handler : 0;
	regs->rflags &= ~(FLAG_DF | FLAG_TF);
	return true;
}

void signal_deliver(struct regs *regs)
{
	struct thread *t = thread_current();
	struct process *p = t->process;
	int signal;

	while ((signal = take_signal(t))) {
		struct linux_sigaction action = p->action[signal - 1];

		if (is_ignored(p, signal)) {
			continue;
		}
		if (action.handler == SIG_DFL) {
			process_exit(signal);
		}
		end_call(regs, action.flags & SA_RESTART);
		if (action.flags & SA_RESETHAND) {
			p->action[signal - 1].handler = SIG_DFL;
		}
		if (!call_handler(regs, signal, &action)) {
			process_exit(SIGSEGV);
		}
	}
	end_call(regs, true);
	if (t->restore_blocked) {
		t->restore_blocked = false;
		t->blocked = t->saved_blocked;
	}
}

long signal_return(struct regs *regs)
{
	struct thread *t = thread_current();
	struct linux_sigframe frame;
	uint32_t mxcsr;

	if (!copy_in(&frame, regs->rsp - 8, sizeof(frame)) ||
	    !copy_in(t->fpu, frame.fpstate, sizeof(t->fpu))) {
		process_exit(SIGSEGV);
	}
	memcpy(&mxcsr, t->fpu + 24, sizeof(mxcsr));
	mxcsr &= MXCSR_MASK;
	memcpy(t->fpu + 24, &mxcsr, sizeof(mxcsr));
	asm volatile("fxrstorq %0" :: "m" (t->fpu));
	t->blocked = frame.mask & ~NOT_BLOCKED;
	restore_regs(regs, &frame);
	regs->vector = 0;		/* rcx and r11 are the user's own */
	return regs->rax;
}
