/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * More about handlers: TF and NT are clear in them whatever was interrupted;
 * a handler may fault itself; an NMI that the kernel sends to itself arrives
 * by vector 2 and comes one at a time, with events masked whatever was asked
 * for; the failsafe callback takes the place of a segment that cannot be loaded
 * any more.
 *
 * From <xen/vcpu.h> (send_nmi), <xen/callback.h>, <xen/nmi.h>.
 */
#include "common/smp.h"
#include "common/snippet.h"

SNIPPET(n_ud2, "ud2");
SNIPPET(n_spin, "mov $200000, %eax\n1: dec %eax\n jnz 1b");

static uint64_t handler_flags;
static int depth, deepest, nmis, nmi_masked;

static bool note_flags(struct regs *regs)
{
	if (regs->vector < ENTRY_EVENT && from_user(regs)) {
		asm volatile("pushfq; pop %0" : "=r" (handler_flags));
	}
	return false;
}

TEST(handler_flags, 0)
{
	static const uint64_t flags[] = { FLAG_NT, FLAG_DF, FLAG_ID };

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct regs r = user_regs(n_ud2, 0);
		trap_hook_t old = trap_set_hook(note_flags);

		test_case("%lx", flags[i]);
		r.rflags |= flags[i];
		handler_flags = ~0UL;
		user_run_regs(&r);
		trap_set_hook(old);
		CHECK_EQ(handler_flags & (FLAG_NT | FLAG_TF), 0);
	}
}

/* Each level takes two faults of the next. */
static bool nest(struct regs *regs)
{
	struct fault f;

	if (regs->vector != VEC_UD || depth == 8) {
		return false;
	}
	depth++;
	deepest = depth > deepest ? depth : deepest;
	f = try_read((void *)TEST_VA);
	CHECK_PF(f, 0, TEST_VA);
	TRY(f, "ud2", : : : "memory");
	CHECK_EQ(f.vector, VEC_UD);
	depth--;
	return false;
}

TEST(exception_nested, 0)
{
	struct fault f;

	depth = deepest = 0;
	trap_set_hook(nest);
	TRY(f, "ud2", : : : "memory");
	trap_set_hook(NULL);
	CHECK_EQ(f.vector, VEC_UD);
	CHECK_EQ(deepest, 8);
	CHECK_EQ(depth, 0);
}

extern const char entry_exceptions[];

static bool on_nmi(struct regs *regs)
{
	if (regs->vector != VEC_NMI) {
		return false;
	}
	nmis++;
	if (nmis == 1) {
		nmi_masked = this_cpu()->info->evtchn_upcall_mask;
		/* A second one waits for the return of the first. */
		CHECK_EQ(hc_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
		hc_xen_version(XENVER_version, NULL);
		CHECK_EQ(nmis, 1);
	}
	return true;
}

TEST(nmi, 0)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_nmi,
		.address = (unsigned long)entry_exceptions + VEC_NMI * 16,
	};
	struct callback_unregister gone = { .type = CALLBACKTYPE_nmi };

	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
	nmis = 0;
	trap_set_hook(on_nmi);
	test_case("with events masked");
	events_disable();
	CHECK_EQ(hc_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
	hc_xen_version(XENVER_version, NULL);
	CHECK_EQ(nmis, 2);
	CHECK_EQ(this_cpu()->info->evtchn_upcall_mask, 1);
	for (unsigned int flags = 0; flags < 2; flags++) {
		test_case("with events on, registered with %u", flags);
		cb.flags = flags;
		CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
		events_enable();
		nmis = 0;
		CHECK_EQ(hc_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
		hc_xen_version(XENVER_version, NULL);
		CHECK_EQ(nmis, 2);
		CHECK_EQ(nmi_masked, 1);
		CHECK_EQ(this_cpu()->info->evtchn_upcall_mask, 0);
		events_disable();
	}
	test_case("no such vCPU");
	CHECK_EQ(hc_vcpu_op(VCPUOP_send_nmi, 1000, NULL), -XEN_ENOENT);
	trap_set_hook(NULL);
	CHECK_EQ(hc_callback_op(CALLBACKOP_unregister, &gone), 0);
	trap_init();
}

static volatile unsigned int nmis_seen[2], nmis_from_user;

static bool count_nmis(struct regs *regs)
{
	if (regs->vector != VEC_NMI) {
		return false;
	}
	nmis_seen[this_cpu()->id & 1]++;
	if (from_user(regs)) {
		nmis_from_user += regs->cs == USER_CS &&
				  regs->rip - (uint64_t)n_spin < 16;
	}
	return true;
}

static volatile unsigned long nmi_rounds;
static void send_nmi(void *arg)
{
	(void)arg;
	hc_vcpu_op(VCPUOP_send_nmi, 0, NULL);
	nmi_rounds++;
	clock_spin(100 * NSEC_PER_USEC);
}

/* One vCPU's NMIs reach another, that is in user mode or in its kernel. */
TEST(nmi_other_vcpu, 0)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_nmi,
		.address = (unsigned long)entry_exceptions + VEC_NMI * 16,
	};
	struct callback_unregister gone = { .type = CALLBACKTYPE_nmi };

	need_two_vcpus();
	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
	nmis_seen[0] = nmis_seen[1] = nmis_from_user = 0;
	trap_set_hook(count_nmis);
	other_begin(send_nmi, NULL);
	for (unsigned int i = 0; race_goes_on(i, 50, nmis_from_user > 5); i++) {
		user_run(n_spin, 0);
	}
	CHECK(other_end() > 0);
	trap_set_hook(NULL);
	CHECK(nmis_from_user > 0);
	CHECK(nmis_seen[0] >= nmis_from_user);
	CHECK(nmis_seen[0] <= nmi_rounds, "%u of %lu", nmis_seen[0],
	      nmi_rounds);
	CHECK_EQ(nmis_seen[1], 0);
	CHECK_EQ(hc_callback_op(CALLBACKOP_unregister, &gone), 0);
}
