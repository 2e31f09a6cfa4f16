/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Exceptions that programs seldom raise: the one-byte trap 0xf1, those of x87
 * and SSE arithmetic, and of alignment, which a guest's kernel can take too,
 * for it runs in ring 3. A handler of any vector, those of exceptions
 * included, can be called by int N with a level of 3; then there is no error
 * code. The frame of a first exception is there whether or not its vector has
 * ever been used.
 *
 * From Intel's SDM, volume 3, 6.15, and <xen/arch-x86/xen.h>.
 */
#include "common/snippet.h"

extern const char entry_exceptions[];

/* Divides 1 by 0 where that traps, and lets x87 tell of it at fwait. */
SNIPPET(r_mf, "fninit\n push $0x37b\n fldcw (%rsp)\n pop %rax\n fld1\n"
	"	fldz\n fdivrp\nr_mf_at: fwait\n fninit");
SNIPPET(r_xm, "push $0x1d80\n ldmxcsr (%rsp)\n pop %rax\n mov $1, %eax\n"
	"	cvtsi2sd %eax, %xmm0\n pxor %xmm1, %xmm1\n"
	"r_xm_at: divsd %xmm1, %xmm0");
SNIPPET(r_ac, "pushfq\n orl $0x40000, (%rsp)\n popfq\n lea -15(%rsp), %rax\n"
	"r_ac_at: mov (%rax), %eax\n pushfq\n andl $~0x40000, (%rsp)\n popfq");
SNIPPET(r_icebp, ".byte 0xf1\nr_icebp_at: nop");
extern const char r_mf_at[], r_xm_at[], r_ac_at[], r_icebp_at[];

static void check(const struct sighting *seen, const char *what, int vector,
		  const char *at, bool user, bool everywhere)
{
	test_case("%s from %s", what, user ? "user" : "kernel");
	/*
	 * Emulated machines have no SSE exceptions, align everything, and do
	 * not know 0xf1.
	 */
	if ((seen->vector == -1 || seen->vector == VEC_UD) && !everywhere) {
		return;
	}
	CHECK_EQ(seen->vector, vector);
	CHECK_EQ(seen->regs.error, 0);
	CHECK_EQ(seen->regs.rip, (uint64_t)at);
	CHECK_EQ(seen->regs.cs, user ? USER_CS : KERNEL_CS);
}

TEST(exception_rare, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		int vector;
		const char *at;
		bool everywhere;
	} cases[] = {
		{ "x87", r_mf, VEC_MF, r_mf_at, true },
		{ "SSE", r_xm, VEC_XM, r_xm_at, false },
		{ "alignment", r_ac, VEC_AC, r_ac_at, false },
		{ "icebp", r_icebp, VEC_DB, r_icebp_at, false },
	};

	hc_fpu_taskswitch(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int user = 0; user < 2; user++) {
			unsigned int mxcsr = 0x1f80;

			check(user ? user_watch(cases[i].fn, 0) :
				     kernel_watch(cases[i].fn, 0),
			      cases[i].name, cases[i].vector, cases[i].at,
			      user, cases[i].everywhere);
			asm volatile("fnclex\n fninit\n ldmxcsr %0"
				     : : "m" (mxcsr));
		}
	}
	hc_set_debugreg(6, 0);
}

/* Calls vector v by `int v`; the entry is that of vector 0x77. */
static const struct regs *call_vector(unsigned char *code, unsigned int v,
				      unsigned int level)
{
	struct trap_info t[2] = {
		{ .vector = v, .cs = FLAT_KERNEL_CS, .flags = level,
		  .address = (unsigned long)entry_exceptions + 0x77 * 16 },
	};

	code[1] = v;
	CHECK_EQ(hc_set_trap_table(t), 0);
	return user_run((snippet_fn)code, 0);
}

/*
 * Differs from Xen 4.17: as in software_interrupt_level.
 */
TEST(int_exception_vectors, 0)
{
	unsigned char *code = page_alloc();

	memcpy(code, "\xcd\x13\xc3", 3);
	if (call_vector(code, 0x13, 3)->vector == VEC_GP) {
		trap_init();
		page_free(code);
		test_skip("this machine's #GP has a wrong error code");
	}
	for (unsigned int v = 0; v < 32; v++) {
		const struct regs *got;
		uint64_t rsp = user_regs((snippet_fn)code, 0).rsp;

		/* At level 0 it is #GP, but this one's handler is away. */
		if (v == VEC_GP) {
			continue;
		}
		test_case("int $%u", v);
		got = call_vector(code, v, 3);
		CHECK_EQ(got->vector, 0x77);
		CHECK_EQ(got->error, 0);
		CHECK_EQ(got->rip, (unsigned long)code + 2);
		CHECK_EQ(got->rsp, rsp);
		test_case("int $%u, level 0", v);
		got = call_vector(code, v, 0);
		if (v == VEC_BP || v == VEC_OF) {
			/* These are traps of their own. */
			CHECK_EQ(got->vector, 0x77);
		} else {
			CHECK_EQ(got->vector, VEC_GP);
			CHECK_EQ(got->rip, (unsigned long)code);
		}
		CHECK_EQ(hc_set_trap_table(trap_table()), 0);
	}
	test_case("int $13");
	CHECK_EQ(call_vector(code, VEC_GP, 3)->vector, 0x77);
	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	trap_init();
	page_free(code);
}

/* The first of a vector's kind bounces as the second does: with no handler. */
TEST(crash_kernel_no_vector, CRASHES)
{
	struct trap_info t[2] = {
		{ .vector = VEC_UD, .cs = FLAT_KERNEL_CS, .flags = 4,
		  .address = (unsigned long)entry_exceptions + VEC_UD * 16 },
	};

	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	CHECK_EQ(hc_set_trap_table(t), 0);
	asm volatile("int3");
}

/* An event for which there is no callback. */
TEST(crash_no_event_callback, CRASHES)
{
	struct callback_register cb = { .type = CALLBACKTYPE_event };

	events_disable();
	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
	this_cpu()->info->evtchn_upcall_pending = 1;
	this_cpu()->info->evtchn_upcall_mask = 0;
	hc_sched_op(SCHEDOP_yield, NULL);
}
