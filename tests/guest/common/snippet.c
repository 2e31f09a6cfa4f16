/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Runs assembly snippets and remembers the first exception. */
#include "common/snippet.h"

static struct sighting seen;
static uint64_t resume_rip, resume_rsp, result;

static bool watch(struct regs *regs)
{
	if (regs->vector >= ENTRY_EVENT) {
		return false;
	}
	seen.vector = regs->vector;
	seen.regs = *regs;
	seen.where = regs;
	seen.cr2 = this_cpu()->info->arch.cr2;
	seen.events_masked = this_cpu()->info->evtchn_upcall_mask;
	if (from_user(regs)) {
		return false;
	}
	/* Back to the caller of the snippet, with flags fit for C. */
	regs->rip = resume_rip;
	regs->rflags &= ~(FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC);
	return true;
}

const struct sighting *kernel_watch(snippet_fn fn, unsigned long arg)
{
	return kernel_watch2(fn, arg, 0);
}

const struct sighting *kernel_watch2(snippet_fn fn, unsigned long arg,
				     unsigned long arg2)
{
	trap_hook_t old = trap_set_hook(watch);

	seen.vector = -1;
	asm volatile("lea 1f(%%rip), %%rax\n"
		     "mov %%rax, %[resume]\n"
		     "push %%rbp\n"
		     "mov %%rsp, %[sp]\n"
		     "call *%[fn]\n"
		     "1: mov %[sp], %%rsp\n"
		     "pop %%rbp\n"
		     : [resume] "=m" (resume_rip), [sp] "=m" (resume_rsp),
		       "+D" (arg), "+S" (arg2), "=&a" (result)
		     : [fn] "r" (fn)
		     : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "memory", "cc");
	trap_set_hook(old);
	return &seen;
}

const struct sighting *user_watch_regs(const struct regs *regs)
{
	trap_hook_t old = trap_set_hook(watch);

	seen.vector = -1;
	result = user_run_regs(regs)->rax;
	trap_set_hook(old);
	return &seen;
}

const struct sighting *user_watch(snippet_fn fn, unsigned long arg)
{
	struct regs regs = user_regs(fn, arg);

	return user_watch_regs(&regs);
}

unsigned long snippet_result(void)
{
	return result;
}
