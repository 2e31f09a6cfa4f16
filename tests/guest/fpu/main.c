/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * fpu_taskswitch sets or clears the virtual CR0.TS. While it is set the first
 * FPU instruction, in kernel or in user mode, raises #NM, whose delivery
 * clears it again. Register contents survive all of this.
 *
 * From <xen/arch-x86/xen.h>.
 */
#include "common/snippet.h"

SNIPPET(x_fpu, "movq %rdi, %xmm3");
SNIPPET(x_fpu_get, "movq %xmm3, %rax");
SNIPPET(x_x87, "fninit\n fld1\n fnstsw %ax\n fninit");

TEST(fpu_taskswitch, 0)
{
	CHECK_EQ(hc_fpu_taskswitch(0), 0);
	test_case("clear");
	CHECK_EQ(kernel_watch(x_fpu, 0x123456789abc)->vector, -1);
	CHECK_EQ(user_watch(x_fpu_get, 0)->vector, -1);
	CHECK_EQ(snippet_result(), 0x123456789abc);

	test_case("set, from the kernel");
	CHECK_EQ(hc_fpu_taskswitch(1), 0);
	CHECK_EQ(kernel_watch(x_fpu_get, 0)->vector, VEC_NM);
	test_case("and cleared by that");
	CHECK_EQ(kernel_watch(x_fpu_get, 0)->vector, -1);
	CHECK_EQ(snippet_result(), 0x123456789abc);

	test_case("set, from user mode");
	CHECK_EQ(hc_fpu_taskswitch(1), 0);
	CHECK_EQ(user_watch(x_fpu_get, 0)->vector, VEC_NM);
	CHECK_EQ(user_watch(x_fpu_get, 0)->vector, -1);
	CHECK_EQ(snippet_result(), 0x123456789abc);

	test_case("x87");
	CHECK_EQ(hc_fpu_taskswitch(1), 0);
	CHECK_EQ(kernel_watch(x_x87, 0)->vector, VEC_NM);
	CHECK_EQ(kernel_watch(x_x87, 0)->vector, -1);

	test_case("set and cleared");
	CHECK_EQ(hc_fpu_taskswitch(1), 0);
	CHECK_EQ(hc_fpu_taskswitch(0), 0);
	CHECK_EQ(kernel_watch(x_fpu_get, 0)->vector, -1);
	CHECK_EQ(snippet_result(), 0x123456789abc);
}

/* CR0 as the guest reads it, and clts, say the same. */
TEST(fpu_cr0, 0)
{
	uint64_t cr0;

	hc_fpu_taskswitch(1);
	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	CHECK_EQ(cr0 & 8, 8);
	asm volatile("clts");
	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	CHECK_EQ(cr0 & 8, 0);
	CHECK_EQ(kernel_watch(x_fpu_get, 0)->vector, -1);
	test_case("mov to cr0");
	asm volatile("mov %0, %%cr0" : : "r" (cr0 | 8));
	CHECK_EQ(kernel_watch(x_fpu_get, 0)->vector, VEC_NM);
	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	CHECK_EQ(cr0 & 8, 0);
}

/* The registers outlive a block, in which another vCPU may have had the FPU. */
TEST(fpu_kept, 0)
{
	CHECK_EQ(kernel_watch(x_fpu, 0xabcdef0123)->vector, -1);
	for (unsigned int i = 0; i < 10; i++) {
		struct sched_poll poll = {
			.timeout = clock_ns() + NSEC_PER_MSEC,
		};

		hc_sched_op(SCHEDOP_yield, NULL);
		hc_sched_op(SCHEDOP_poll, &poll);
	}
	CHECK_EQ(kernel_watch(x_fpu_get, 0)->vector, -1);
	CHECK_EQ(snippet_result(), 0xabcdef0123);
}
