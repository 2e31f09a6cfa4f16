/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The iret hypercall. From rax, r11, rcx, flags, rip, cs, rflags, rsp, ss on
 * the kernel's stack:
 *  - ring 3 in cs returns to user mode, any other ring to the kernel;
 *  - rflags.IF becomes the opposite of the event mask, and events that are
 *    pending are delivered before the first instruction;
 *  - with VGCF_in_syscall, rcx and r11 are those of SYSRET (rip and rflags);
 *    without, they come from the frame;
 *  - IOPL and VM in rflags are not taken, IF of the CPU stays set;
 *  - every other register is as it was.
 * A frame that cannot be read, and a return to user mode without a user page
 * table, is the end of the domain.
 *
 * From <xen/arch-x86/xen-x86_64.h>.
 */
#include "common/snippet.h"

/* Leaves what it finds in registers where the frame of its syscall shows it. */
SNIPPET(probe_regs, "pushfq\n pop %rsi\n mov %r11, %rdx\n mov %rcx, %rdi\n"
	"	syscall");
SNIPPET(probe_ud, "ud2");

static struct regs all_registers(void)
{
	struct regs r = user_regs(probe_regs, 0);

	r.rax = 0x201;
	r.rbx = 0x202;
	r.rbp = 0x203;
	r.r8 = 0x204;
	r.r9 = 0x205;
	r.r10 = 0x206;
	r.r12 = 0x207;
	r.r13 = 0x208;
	r.r14 = 0x209;
	r.r15 = 0x20a;
	r.rcx = 0x20b;
	r.r11 = 0x20c;
	return r;
}

static void check_kept(const struct regs *got)
{
	CHECK_EQ(got->vector, ENTRY_SYSCALL);
	CHECK_EQ(got->rax, 0x201);
	CHECK_EQ(got->rbx, 0x202);
	CHECK_EQ(got->rbp, 0x203);
	CHECK_EQ(got->r8, 0x204);
	CHECK_EQ(got->r9, 0x205);
	CHECK_EQ(got->r10, 0x206);
	CHECK_EQ(got->r12, 0x207);
	CHECK_EQ(got->r13, 0x208);
	CHECK_EQ(got->r14, 0x209);
	CHECK_EQ(got->r15, 0x20a);
}

TEST(iret_user, 0)
{
	struct regs r = all_registers();
	const struct regs *got = user_run_regs(&r);

	check_kept(got);
	CHECK_EQ(got->rdi, 0x20b);
	CHECK_EQ(got->rdx, 0x20c);
}

TEST(iret_in_syscall, 0)
{
	struct regs r = all_registers();
	const struct regs *got;

	r.error = VGCF_in_syscall;
	/* cs and ss are those of SYSRET, whatever the frame says. */
	r.cs = FLAT_USER_CS64;
	r.ss = 0;
	got = user_run_regs(&r);
	check_kept(got);
	CHECK_EQ(got->rdi, (uint64_t)probe_regs);
	CHECK_EQ(got->rdx & FLAG_IF, FLAG_IF);
	CHECK_EQ(got->cs, USER_CS);
	CHECK_EQ(got->ss, USER_SS);
}

TEST(iret_flags, 0)
{
	static const struct {
		const char *name;
		uint64_t put, want;
	} cases[] = {
		{ "none", FLAG_IF, FLAG_IF },
		{ "CF", FLAG_IF | FLAG_CF, FLAG_IF | FLAG_CF },
		{ "DF", FLAG_IF | FLAG_DF, FLAG_IF | FLAG_DF },
		{ "AC", FLAG_IF | FLAG_AC, FLAG_IF | FLAG_AC },
		{ "NT", FLAG_IF | FLAG_NT, FLAG_IF | FLAG_NT },
		{ "ID", FLAG_IF | FLAG_ID, FLAG_IF | FLAG_ID },
		{ "IOPL", FLAG_IF | FLAG_IOPL, FLAG_IF },
		{ "VM", FLAG_IF | 1 << 17, FLAG_IF },
		{ "IF off", 0, FLAG_IF },
	};
	const uint64_t mask = FLAG_IF | FLAG_CF | FLAG_DF | FLAG_AC | FLAG_NT |
			      FLAG_ID | FLAG_IOPL | 1 << 17;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct regs r = all_registers();
		const struct regs *got;

		test_case("%s", cases[i].name);
		r.rflags = cases[i].put;
		got = user_run_regs(&r);
		check_kept(got);
		/* rsi: the flags as the user's own pushf sees them. */
		CHECK_EQ(got->rsi & mask, cases[i].want);
		/* The frame of the next entry has the virtual IF. */
		CHECK_EQ(got->rflags & FLAG_IF, cases[i].put & FLAG_IF);
		CHECK_EQ(got->upcall_mask, !(cases[i].put & FLAG_IF));
	}
}

/* A return to the kernel: for each ring that means it, with IF on and off. */
static void kernel_iret(unsigned int ring, uint64_t flags, uint64_t *mask)
{
	struct regs r = { .cs = FLAT_KERNEL_CS64 };
	uint64_t sp;

	r.cs = (r.cs & ~3) | ring;
	r.ss = (FLAT_KERNEL_SS64 & ~3) | ring;
	r.rflags = flags;
	asm volatile("mov %%rsp, %[sp]" : [sp] "=r" (sp));
	r.rsp = sp - 256;
	r.rbx = sp;
	asm volatile("mov %%rbp, %[rbp]\n"
		     "lea 1f(%%rip), %%rax\n"
		     "mov %%rax, %[rip]\n"
		     "jmp entry_return\n"
		     "1: mov %%rbx, %%rsp\n"
		     : [rip] "=m" (r.rip), [rbp] "=m" (r.rbp)
		     : "D" (&r), "m" (r)
		     : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10",
		       "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	*mask = this_cpu()->info->evtchn_upcall_mask;
}

TEST(iret_kernel, 0)
{
	for (unsigned int ring = 0; ring < 3; ring++) {
		const struct sighting *seen;
		uint64_t mask;

		test_case("ring %u", ring);
		kernel_iret(ring, FLAG_IF, &mask);
		CHECK_EQ(mask, 0);
		/* It is the kernel: its faults say so. */
		seen = kernel_watch(probe_ud, 0);
		CHECK_EQ(seen->regs.cs, KERNEL_CS);
		kernel_iret(ring, 0, &mask);
		CHECK_EQ(mask, 1);
	}
}

static unsigned int events;
static struct regs event_regs;
static bool event_hook(struct regs *regs)
{
	if (regs->vector == ENTRY_EVENT) {
		event_regs = *regs;
		events++;
	}
	return false;
}

static unsigned int handled;
static void count(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	handled++;
}

/* An event that came while masked is delivered by the iret that unmasks. */
TEST(iret_delivers, 0)
{
	int port = event_bind_ipi(0);
	struct regs r = all_registers();
	trap_hook_t old = trap_set_hook(event_hook);

	CHECK(port > 0);
	events = handled = 0;
	event_set_handler(port, count, NULL);
	events_disable();
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(handled, 0);
	CHECK_EQ(this_cpu()->info->evtchn_upcall_pending, 1);

	test_case("masked still");
	r.rflags = 0;
	user_run_regs(&r);
	CHECK_EQ(events, 0);

	test_case("unmasked");
	r.rflags = FLAG_IF;
	user_run_regs(&r);
	CHECK_EQ(events, 1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(event_regs.rip, (uint64_t)probe_regs);
	CHECK_EQ(event_regs.cs, USER_CS);
	CHECK_EQ(event_regs.rcx, 0x20b);
	CHECK_EQ(event_regs.r11, 0x20c);
	CHECK_EQ(event_regs.rax, 0x201);

	test_case("unmasked, by way of a system call");
	event_send(port);
	r.error = VGCF_in_syscall;
	user_run_regs(&r);
	CHECK_EQ(events, 2);
	CHECK_EQ(event_regs.rip, (uint64_t)probe_regs);

	test_case("to the kernel");
	event_send(port);
	{
		uint64_t mask;

		kernel_iret(0, FLAG_IF, &mask);
		CHECK_EQ(events, 3);
		CHECK_EQ(event_regs.cs, KERNEL_CS);
		CHECK_EQ(event_regs.upcall_mask, 0);
		CHECK_EQ(mask, 0);
	}
	events_disable();
	trap_set_hook(old);
	event_close(port);
}

/* Faults of the return itself are the guest's, with the user's frame. */
TEST(iret_bad_user, 0)
{
	static const struct {
		const char *name;
		uint64_t rip;
		int vector;
	} cases[] = {
		{ "non-canonical rip", 0x0000800000000000, VEC_GP },
		{ "non-canonical rip, high", 0xffff7fffffffffff, VEC_GP },
		{ "unmapped rip", 0x123456789000, VEC_PF },
		{ "rip in the hypervisor", 0xffff82d040200000, VEC_PF },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int flags = 0; flags < 2; flags++) {
			struct regs r = all_registers();
			const struct sighting *seen;

			test_case("%s, flags %u", cases[i].name, flags);
			r.error = flags ? VGCF_in_syscall : 0;
			r.rip = cases[i].rip;
			seen = user_watch_regs(&r);
			CHECK_EQ(seen->vector, cases[i].vector);
			CHECK_EQ(seen->regs.rip, cases[i].rip);
			CHECK_EQ(seen->regs.cs, USER_CS);
			CHECK_EQ(seen->regs.rsp, r.rsp);
			CHECK_EQ(seen->regs.rbx, 0x202);
		}
	}
}

TEST(iret_unreadable_frame, CRASHES)
{
	asm volatile("mov %0, %%rsp\n"
		     "jmp hypercall_page + %c1 * 32\n"
		     : : "r" (TEST_VA), "i" (__HYPERVISOR_iret));
}

TEST(iret_no_user_root, CRASHES)
{
	struct regs r = all_registers();

	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
	user_run_regs(&r);
}
