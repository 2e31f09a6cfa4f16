/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A hypervisor may have a short path for what is frequent (the return to user
 * mode, its system calls and page faults) beside the general one. A guest
 * cannot tell which one it got: registers, frames and masks are the same. With
 * the assist architectural_iopl Paravane uses the general paths, so each
 * random state is tried both ways.
 *
 * From <xen/xen.h>, VMASST_TYPE_architectural_iopl: with IOPL 0 the assist
 * changes nothing that a guest sees.
 */
#include "common/snippet.h"

SNIPPET(f_syscall, "syscall");
SNIPPET(f_read, "mov (%rdi), %rax");
SNIPPET(f_write, "mov %rax, (%rdi)");
SNIPPET(f_jump, "jmp *%rdi");
SNIPPET(f_invalid, "ud2");

#define ROUNDS		400
#define FLAGS_TRIED	0x200cd5UL	/* arithmetic, DF, ID */

struct outcome {
	struct regs regs;
	uint64_t cr2, frame_at;
	unsigned int mask;
};

static struct outcome *now;
static uint64_t seed = 1;

static uint64_t random64(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed ^ seed >> 29;
}

static bool note(struct regs *regs)
{
	if (from_user(regs) && regs->vector != ENTRY_EVENT) {
		now->frame_at = (uint64_t)(regs + 1);
		now->mask = this_cpu()->info->evtchn_upcall_mask;
		now->cr2 = this_cpu()->info->arch.cr2;
	}
	return false;
}

static void run(const struct regs *r, struct outcome *out)
{
	trap_hook_t old;

	now = out;
	this_cpu()->info->arch.cr2 = 0;
	old = trap_set_hook(note);
	out->regs = *user_run_regs(r);
	trap_set_hook(old);
}

static struct regs random_state(void)
{
	static const snippet_fn snippets[] = {
		f_syscall, f_read, f_write, f_jump, f_invalid,
	};
	struct regs r = user_regs(snippets[random64() % 5], 0);
	uint64_t *reg = &r.r15;

	for (unsigned int i = 0; i < 15; i++) {
		reg[i] = random64();
	}
	r.rdi = random64() >> (17 + random64() % 46);
	if (random64() % 8 == 0) {
		r.rdi = 0xffffc00000000000UL | r.rdi;
	}
	r.rsp = random64() >> 17;
	r.rflags = FLAG_IF | (random64() & FLAGS_TRIED);
	return r;
}

static void compare(const struct outcome *a, const struct outcome *b)
{
	const uint64_t *x = &a->regs.r15, *y = &b->regs.r15;

	for (unsigned int i = 0; i < sizeof(a->regs) / 8; i++) {
		CHECK_EQ(x[i], y[i]);
	}
	CHECK_EQ(a->mask, b->mask);
	CHECK_EQ(a->frame_at, b->frame_at);
	if (a->regs.vector == VEC_PF) {
		CHECK_EQ(a->cr2, b->cr2);
	}
}

TEST(fastpath_agrees, 0)
{
	struct outcome fast, general;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct regs r = random_state();

		test_case("state %u", i);
		run(&r, &fast);
		CHECK_EQ(hc_vm_assist(VMASST_CMD_enable,
				      VMASST_TYPE_architectural_iopl), 0);
		run(&r, &general);
		CHECK_EQ(hc_vm_assist(VMASST_CMD_disable,
				      VMASST_TYPE_architectural_iopl), 0);
		compare(&fast, &general);
	}
}
