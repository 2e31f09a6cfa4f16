/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Debug registers by set_debugreg and get_debugreg: 0 to 3 take addresses of
 * the guest's own range, 6 and 7 their defined bits; a breakpoint then raises
 * #DB in the guest and tells which in DR6.
 *
 * From <xen/arch-x86/xen.h>, and Intel's SDM volume 3, ch. 18.
 */
#include "common/snippet.h"

SNIPPET(d_nop, "nop\n nop\n mov $7, %eax");
SNIPPET(d_write, "mov %rdi, (%rdi)\n nop");

TEST(debugreg_values, 0)
{
	for (int i = 0; i < 4; i++) {
		test_case("dr%d", i);
		CHECK_EQ(hc_set_debugreg(i, KEEL_BASE + i * 16), 0);
		CHECK_EQ(hc_get_debugreg(i), KEEL_BASE + i * 16);
		CHECK_EQ(hc_set_debugreg(i, 0xffff830000000000), -XEN_EPERM);
		CHECK_EQ(hc_set_debugreg(i, 0x0000800000000000), -XEN_EPERM);
		CHECK_EQ(hc_get_debugreg(i), KEEL_BASE + i * 16);
		CHECK_EQ(hc_set_debugreg(i, 0), 0);
	}
	test_case("no such register");
	CHECK_EQ(hc_set_debugreg(8, 0), -XEN_ENODEV);
	CHECK_EQ(hc_set_debugreg(-1, 0), -XEN_ENODEV);
	/* The header says -EINVAL, Xen -ENODEV. */
	CHECK(hc_get_debugreg(8) == -XEN_EINVAL ||
	      hc_get_debugreg(8) == -XEN_ENODEV);
	test_case("dr6: fixed bits stay");
	CHECK_EQ(hc_set_debugreg(6, 0), 0);
	CHECK_EQ(hc_get_debugreg(6) & 0xffff0ff0, 0xffff0ff0);
	test_case("dr7: general detect is not for guests");
	CHECK(hc_set_debugreg(7, 1 << 13) == 0 ? !(hc_get_debugreg(7) & 1 << 13)
					       : true);
	CHECK_EQ(hc_set_debugreg(7, 0), 0);
}

TEST(debugreg_execute, 0)
{
	const struct sighting *seen;

	CHECK_EQ(hc_set_debugreg(0, (unsigned long)d_nop + 1), 0);
	CHECK_EQ(hc_set_debugreg(6, 0), 0);
	CHECK_EQ(hc_set_debugreg(7, 0x3), 0);
	test_case("user");
	seen = user_watch(d_nop, 0);
	CHECK_EQ(seen->vector, VEC_DB);
	CHECK_EQ(seen->regs.rip, (uint64_t)d_nop + 1);
	CHECK_EQ(hc_get_debugreg(6) & 0xf, 1);
	test_case("kernel");
	hc_set_debugreg(6, 0);
	seen = kernel_watch(d_nop, 0);
	CHECK_EQ(seen->vector, VEC_DB);
	CHECK_EQ(seen->regs.rip, (uint64_t)d_nop + 1);
	CHECK_EQ(hc_get_debugreg(6) & 0xf, 1);
	test_case("off again");
	CHECK_EQ(hc_set_debugreg(7, 0), 0);
	CHECK_EQ(user_watch(d_nop, 0)->vector, -1);
	hc_set_debugreg(0, 0);
	hc_set_debugreg(6, 0);
}

TEST(debugreg_write, 0)
{
	static uint64_t word;
	const struct sighting *seen;

	CHECK_EQ(hc_set_debugreg(1, (unsigned long)&word), 0);
	CHECK_EQ(hc_set_debugreg(6, 0), 0);
	/* Enabled by L1, on writes, of 8 bytes. */
	CHECK_EQ(hc_set_debugreg(7, 0xc | 0x9UL << 20), 0);
	seen = user_watch(d_write, (unsigned long)&word);
	CHECK_EQ(seen->vector, VEC_DB);
	CHECK_EQ(seen->regs.rip, (uint64_t)d_write + 3);
	CHECK_EQ(hc_get_debugreg(6) & 0xf, 2);
	CHECK_EQ(hc_set_debugreg(7, 0), 0);
	hc_set_debugreg(1, 0);
	hc_set_debugreg(6, 0);
}

/* mov to and from debug registers is emulated as the hypercalls. */
TEST(debugreg_mov, 0)
{
	uint64_t v;

	asm volatile("mov %0, %%db2" : : "r" (KEEL_BASE));
	CHECK_EQ(hc_get_debugreg(2), KEEL_BASE);
	asm volatile("mov %%db2, %0" : "=r" (v));
	CHECK_EQ(v, KEEL_BASE);
	asm volatile("mov %0, %%db2" : : "r" (0UL));
	asm volatile("mov %%db7, %0" : "=r" (v));
	CHECK_EQ(v & 0xff, 0);
}
