/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * An iret in a multicall, at every position of the list: what comes before it
 * is done and has its result, the iret goes where its frame says, with the
 * registers of that frame, and what comes behind it is not done. An event
 * that is sent by an entry before it, and a long entry that timer ticks cut
 * into pieces, change nothing of that.
 *
 * From <xen/xen.h>, multicall_entry; arch-x86/xen-x86_64.h, iret_context.
 */
#include "common/snippet.h"
#include "multicall/long.h"

#define N	8

static struct multicall_entry calls[N];

#define RAX	0x33330001UL
#define R11	0x44440002UL
#define RCX	0x55550003UL

/*
 * Makes the multicall on a stack that begins with an iret frame to the label
 * at its end. regs: rax, r11, rcx and rflags as they are then; rflags also as
 * the frame is to have them. Not left by an iret: rax is the call's result.
 */
void multicall_iret(struct multicall_entry *list, unsigned int n,
		    uint64_t regs[4]);
asm(".pushsection .text\n"
    "multicall_iret:\n"
    "	push %rbx\n"
    "	mov %rdx, %rbx\n"
    "	mov %rsp, %rax\n"
    "	push $0xe028\n"			/* ss, as FLAT_KERNEL_SS, ring 0 */
    "	push %rax\n"
    "	push 24(%rbx)\n"
    "	push $0xe030\n"			/* cs */
    "	lea 1f(%rip), %rax\n"
    "	push %rax\n"
    "	push $0\n"
    "	push $0x55550003\n"
    "	push $0x44440002\n"
    "	push $0x33330001\n"
    "	mov $13, %eax\n"
    "	syscall\n"
    "	add $72, %rsp\n"
    "1:	mov %rax, (%rbx)\n"
    "	mov %r11, 8(%rbx)\n"
    "	mov %rcx, 16(%rbx)\n"
    "	pushf\n"
    "	pop 24(%rbx)\n"
    "	pop %rbx\n"
    "	ret\n"
    ".popsection\n");

_Static_assert((FLAT_KERNEL_CS64 & ~3) == 0xe030, "as in the code");
_Static_assert((FLAT_KERNEL_SS64 & ~3) == 0xe028, "as in the code");

static void fill(unsigned int iret_at)
{
	for (unsigned int i = 0; i < N; i++) {
		calls[i] = (struct multicall_entry) {
			.op = i == iret_at ? __HYPERVISOR_iret
					   : __HYPERVISOR_xen_version,
			.args = { XENVER_version }, .result = 0x5555,
		};
	}
}

/* All before the iret are done, but for `except`; none behind it is. */
static void check_calls(unsigned int iret_at, unsigned int except)
{
	for (unsigned int i = 0; i < N; i++) {
		if (i != iret_at && i != except) {
			CHECK_EQ(calls[i].result,
				 i < iret_at ? 4 << 16 | 17 : 0x5555);
		}
	}
}

static void check_regs(const uint64_t regs[4])
{
	CHECK_EQ(regs[0], RAX);
	CHECK_EQ(regs[1], R11);
	CHECK_EQ(regs[2], RCX);
}

#define NONE	N

TEST(multicall_iret_position, 0)
{
	for (unsigned int at = 0; at < N; at++) {
		for (unsigned int n = at + 1; n <= N; n += N - 1 - at) {
			uint64_t regs[4] = { [3] = FLAG_CF };

			test_case("iret at %u of %u", at, n);
			fill(at);
			multicall_iret(calls, n, regs);
			check_regs(regs);
			CHECK(regs[3] & FLAG_CF);
			check_calls(at, NONE);
			if (n == N) {
				break;
			}
		}
	}
	test_case("no iret");
	{
		uint64_t regs[4] = { 0 };

		fill(NONE);
		multicall_iret(calls, N, regs);
		CHECK_EQ(regs[0], 0);
		check_calls(NONE, NONE);
	}
}

static unsigned int events;
static void on_event(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	events++;
}

/*
 * Sent by an entry before the iret: with upcalls on it is delivered before or
 * at the iret, once; with upcalls off, by the iret that turns them on, and not
 * by one that does not.
 */
TEST(multicall_iret_event, 0)
{
	int port = event_bind_ipi(0);
	struct evtchn_send send = { .port = port };

	event_set_handler(port, on_event, NULL);
	for (unsigned int at = 1; at < N; at++) {
		for (unsigned int how = 0; how < 4; how++) {
			bool on_before = how & 1, on_after = how & 2;
			uint64_t regs[4] = { [3] = on_after ? FLAG_IF : 0 };

			test_case("iret at %u, upcalls %s to %s", at,
				  on_before ? "on" : "off",
				  on_after ? "on" : "off");
			fill(at);
			calls[at / 2].op = __HYPERVISOR_event_channel_op;
			calls[at / 2].args[0] = EVTCHNOP_send;
			calls[at / 2].args[1] = (unsigned long)&send;
			events = 0;
			if (on_before) {
				events_enable();
			}
			multicall_iret(calls, N, regs);
			CHECK_EQ(events, on_before || on_after);
			CHECK_EQ(this_cpu()->info->evtchn_upcall_mask,
				 !on_after);
			events_disable();
			event_clear(port);
			check_regs(regs);
			CHECK_EQ(calls[at / 2].result, 0);
			check_calls(at, at / 2);
		}
	}
	event_close(port);
}

TEST(multicall_iret_preempted, 0)
{
	ticks_begin();
	for (unsigned int at = 1; at < N; at++) {
		for (unsigned int longest = 0; longest < at; longest++) {
			uint64_t regs[4] = { [3] = FLAG_IF };

			test_case("iret at %u, long call at %u", at, longest);
			fill(at);
			calls[longest] = long_call();
			multicall_iret(calls, N, regs);
			check_regs(regs);
			CHECK_EQ(calls[longest].result, 0);
			CHECK_EQ(long_done, MANY);
			check_calls(at, longest);
		}
	}
	ticks_end();
}

static struct regs came_back;
static void *back[5];

static bool from_the_user(struct regs *regs)
{
	if (!from_user(regs) || regs->vector == ENTRY_EVENT) {
		return false;
	}
	came_back = *regs;
	__builtin_longjmp(back, 1);
}

/* To user mode: it begins there with the frame's registers, and comes back. */
SNIPPET(iret_user, "mov %rax, %rdi\n mov %rcx, %rsi\n syscall\n ud2");

static void multicall_to_user(const uint64_t *frame)
{
	asm volatile("mov %[frame], %%rsp\n"
		     "mov $13, %%eax\n"
		     "syscall\n"
		     "ud2\n"
		     : : [frame] "r" (frame), "D" (calls), "S" (N)
		     : "memory");
	__builtin_unreachable();
}

TEST(multicall_iret_user, 0)
{
	static char stack[256] __attribute__((aligned(16)));
	static uint64_t frame[9];
	trap_hook_t old = trap_set_hook(from_the_user);

	user_root();
	for (unsigned int at = 0; at < N; at++) {
		test_case("iret at %u", at);
		fill(at);
		frame[0] = RAX;
		frame[1] = R11;
		frame[2] = RCX;
		frame[3] = 0;
		frame[4] = (uint64_t)iret_user;
		frame[5] = USER_CS;
		frame[6] = FLAG_IF;
		frame[7] = (uint64_t)(stack + sizeof(stack));
		frame[8] = USER_SS;
		if (!__builtin_setjmp(back)) {
			multicall_to_user(frame);
		}
		CHECK_EQ(came_back.vector, ENTRY_SYSCALL);
		CHECK_EQ(came_back.rdi, RAX);
		CHECK_EQ(came_back.rsi, RCX);
		CHECK_EQ(came_back.rsp, stack + sizeof(stack));
		check_calls(at, NONE);
	}
	trap_set_hook(old);
}
