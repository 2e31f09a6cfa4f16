/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Debug registers belong to one vCPU: what one set stops no other vCPU on the
 * same CPU, and no other domain, and is not seen there. A watch on memory that
 * the hypervisor itself writes (a result, a frame), and one that a load of ss
 * has put off to the hypervisor's first instruction, stops at most the guest.
 * Registers 4 and 5 are 6 and 7 by other names, until CR4.DE takes these names
 * away; breakpoints on ports are for CR4.DE, too.
 *
 * From Intel's SDM, volume 3, 17.2 and 6.8.3, and <xen/arch-x86/xen.h>.
 */
#include "common/peer.h"
#include "common/smp.h"
#include "common/snippet.h"

SNIPPET(b_spot, "mov $7, %eax");

static volatile unsigned int stops[2];

static bool count_stops(struct regs *regs)
{
	if (regs->vector != VEC_DB) {
		return false;
	}
	stops[this_cpu()->id & 1]++;
	regs->rflags |= FLAG_RF;
	return true;
}

static void call_spot(void *arg)
{
	(void)arg;
	b_spot(0);
	hc_sched_op(SCHEDOP_yield, NULL);
}

static void clear(void)
{
	hc_set_debugreg(7, 0);
	for (unsigned int i = 0; i < 4; i++) {
		hc_set_debugreg(i, 0);
	}
	hc_set_debugreg(6, 0);
}

TEST(debugreg_other_vcpu, 0)
{
	if (!is_initial_domain()) {
		test_skip("not the control domain");
	}
	need_two_vcpus();
	vcpu_pin(0, 0, 1);
	vcpu_pin(0, 1, 1);
	stops[0] = stops[1] = 0;
	trap_set_hook(count_stops);
	CHECK_EQ(hc_set_debugreg(0, (unsigned long)b_spot), 0);
	CHECK_EQ(hc_set_debugreg(7, 3), 0);
	other_begin(call_spot, NULL);
	for (unsigned int i = 0; i < 50; i++) {
		b_spot(0);
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	CHECK(other_end() > 0);
	trap_set_hook(NULL);
	clear();
	CHECK_EQ(stops[0], 50);
	CHECK_EQ(stops[1], 0);
	vcpu_pin(0, 0, 0xff);
	vcpu_pin(0, 1, 0xff);
}

/* The other domain's values and ours; a new domain has none. */
TEST(debugreg_other_domain, 0)
{
	struct peer p;

	peer_create(&p);
	vcpu_pin(0, 0, 1);
	vcpu_pin(p.id, 0, 1);
	stops[0] = 0;
	trap_set_hook(count_stops);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(hc_set_debugreg(i, (unsigned long)b_spot), 0);
	}
	CHECK_EQ(hc_set_debugreg(7, 0xff), 0);
	for (unsigned int i = 0; i < 4; i++) {
		test_case("new, dr%u", i);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_get_debugreg, i, 0, 0, 0),
			 0);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_set_debugreg, i,
				   0x1000 + i, 0, 0), 0);
	}
	test_case("its own turned on");
	CHECK_EQ(peer_call(&p, __HYPERVISOR_set_debugreg, 7, 0xff, 0, 0), 0);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(hc_get_debugreg(i), (unsigned long)b_spot);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_get_debugreg, i, 0, 0, 0),
			 0x1000 + i);
		b_spot(0);
	}
	CHECK_EQ(stops[0], 4);
	test_case("a breakpoint in the hypervisor, by the other domain");
	CHECK_EQ(peer_call(&p, __HYPERVISOR_set_debugreg, 0,
			   0xffff830000000000, 0, 0), -XEN_EPERM);
	trap_set_hook(NULL);
	clear();
	vcpu_pin(0, 0, 0xff);
	peer_destroy(&p);
}

#define WATCH_WRITES_8	(0xc | 0x9UL << 20)	/* by dr1 */
#define WATCH_ALL_8	(0xc | 0xbUL << 20)

static uint64_t watched[8] __attribute__((aligned(64)));

SNIPPET(b_ud2, "ud2");
SNIPPET(b_ss_syscall, "mov (%rdi), %ss\n syscall\n nop");
SNIPPET(b_ss_int3, "mov (%rdi), %ss\n int3\n nop");
SNIPPET(b_ss_int80, "mov (%rdi), %ss\n int $0x80\n nop");
SNIPPET(b_ss_ud2, "mov (%rdi), %ss\n ud2\n nop");

TEST(debugreg_hypervisor_writes, 0)
{
	struct cpu *cpu = this_cpu();
	uint64_t top = (uint64_t)cpu->entry_stack + sizeof(cpu->entry_stack);

	trap_set_hook(count_stops);
	test_case("the result of a call");
	CHECK_EQ(hc_set_debugreg(1, (unsigned long)watched), 0);
	CHECK_EQ(hc_set_debugreg(7, WATCH_WRITES_8), 0);
	memset(watched + 1, 0xff, sizeof(watched) - 8);
	CHECK_EQ(hc_xen_version(XENVER_extraversion, watched), 0);
	CHECK_EQ(hc_set_debugreg(7, 0), 0);
	CHECK(strlen((char *)watched) < sizeof(xen_extraversion_t));
	/* The kernel's own entry code writes there, too. */
	test_case("a frame from user mode");
	for (unsigned int word = 1; word <= 7; word++) {
		const struct regs *got;

		CHECK_EQ(hc_set_debugreg(1, top - 8 * word), 0);
		CHECK_EQ(hc_set_debugreg(7, WATCH_WRITES_8), 0);
		got = user_run(b_ud2, 0);
		CHECK_EQ(hc_set_debugreg(7, 0), 0);
		CHECK_EQ(got->vector, VEC_UD);
		CHECK_EQ(got->rip, (uint64_t)b_ud2);
		CHECK_EQ(got->cs, USER_CS);
	}
	trap_set_hook(NULL);
	clear();
}

/* Whatever comes of it is the guest's, and nothing that was not its own. */
TEST(debugreg_put_off, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		int vector;
	} cases[] = {
		{ "syscall", b_ss_syscall, ENTRY_SYSCALL },
		{ "int3", b_ss_int3, VEC_BP },
		{ "int $0x80", b_ss_int80, VEC_GP },
		{ "ud2", b_ss_ud2, VEC_UD },
	};

	watched[0] = FLAT_RING3_SS64;
	CHECK_EQ(hc_set_debugreg(1, (unsigned long)watched), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct regs *got;

		test_case("%s", cases[i].name);
		CHECK_EQ(hc_set_debugreg(7, WATCH_ALL_8), 0);
		got = user_run(cases[i].fn, (unsigned long)watched);
		CHECK_EQ(hc_set_debugreg(7, 0), 0);
		CHECK(got->vector == VEC_DB ||
		      (int)got->vector == cases[i].vector, "%lu", got->vector);
		CHECK_EQ(got->cs, USER_CS);
		CHECK(got->rip - (uint64_t)cases[i].fn <= 5, "%lx", got->rip);
	}
	clear();
}

#define CR4_DE	8UL
SNIPPET(b_read4, "mov %db4, %rax");
SNIPPET(b_read5, "mov %db5, %rax");

TEST(debugreg_extensions, 0)
{
	uint64_t cr4;
	/* dr0 on port 0x80, one byte. */
	const unsigned long on_port = 3 | 2 << 16;

	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	cr4 &= ~CR4_DE;
	test_case("without DE");
	CHECK_EQ(hc_get_debugreg(4), hc_get_debugreg(6));
	CHECK_EQ(kernel_watch(b_read4, 0)->vector, -1);
	CHECK_EQ(snippet_result(), hc_get_debugreg(6));
	CHECK_EQ(kernel_watch(b_read5, 0)->vector, -1);
	CHECK_EQ(snippet_result(), hc_get_debugreg(7));
	CHECK_EQ(hc_set_debugreg(7, on_port), -XEN_EPERM);
	test_case("with DE");
	asm volatile("mov %0, %%cr4" : : "r" (cr4 | CR4_DE));
	CHECK(hc_get_debugreg(4) == -XEN_EINVAL ||
	      hc_get_debugreg(4) == -XEN_ENODEV);
	CHECK_EQ(hc_set_debugreg(5, 0), -XEN_ENODEV);
	CHECK(kernel_watch(b_read4, 0)->vector != -1);
	CHECK_EQ(hc_set_debugreg(0, 0x80), 0);
	CHECK_EQ(hc_set_debugreg(7, on_port), 0);
	CHECK_EQ(hc_get_debugreg(7) & on_port, on_port);
	CHECK_EQ(hc_set_debugreg(7, 0), 0);
	asm volatile("mov %0, %%cr4" : : "r" (cr4));
	clear();
}
