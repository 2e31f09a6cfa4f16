/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * User mode for tests: a second root that shares the kernel's own L4 entry,
 * so that any function of this image can run there.
 */
#include "common/test.h"

static char user_stack[STACK_SIZE] __attribute__((aligned(16)));
static pte_t *root;
static struct regs result;
static void *back[5];
static trap_hook_t outer;

/* Where a user function returns to: rax is its result. */
void user_done(void);
asm(".pushsection .text\n"
    ".globl user_done\n"
    "user_done:\n"
    "	syscall\n"
    "	ud2\n"
    ".popsection\n");

pte_t *user_root(void)
{
	unsigned int slot = (KEEL_BASE >> 39) & 511;
	int err;

	if (root) {
		return root;
	}
	root = table_alloc_filled(kernel_root[slot], slot);
	err = mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(root));
	if (!err) {
		err = mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(root));
	}
	if (err) {
		test_error("no user address space: %d", err);
	}
	return root;
}

static bool user_hook(struct regs *regs)
{
	if (outer && outer(regs)) {
		return true;
	}
	if (!from_user(regs) || regs->vector == ENTRY_EVENT) {
		return false;
	}
	result = *regs;
	__builtin_longjmp(back, 1);
}

struct regs user_regs(unsigned long (*fn)(unsigned long arg),
		      unsigned long arg)
{
	uint64_t *sp = (uint64_t *)(user_stack + STACK_SIZE) - 1;

	*sp = (uint64_t)user_done;
	return (struct regs) {
		.rip = (uint64_t)fn, .cs = USER_CS, .rflags = FLAG_IF,
		.rsp = (uint64_t)sp, .ss = USER_SS, .rdi = arg,
	};
}

const struct regs *user_run_regs(const struct regs *regs)
{
	struct regs start = *regs;
	bool were_enabled = events_disable();

	user_root();
	outer = trap_set_hook(user_hook);
	if (!__builtin_setjmp(back)) {
		entry_return(&start);
	}
	trap_set_hook(outer);
	if (were_enabled) {
		events_enable();
	}
	return &result;
}

const struct regs *user_run(unsigned long (*fn)(unsigned long arg),
			    unsigned long arg)
{
	struct regs regs = user_regs(fn, arg);

	return user_run_regs(&regs);
}
