/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Extended state. Where CPUID says XSAVE, XGETBV reads XCR0, which has at
 * least x87; the kernel, once it has set CR4.OSXSAVE, may set it by XSETBV to
 * what CPUID leaf 13 allows, and to nothing else. The upper halves of the YMM
 * registers survive when another vCPU has had the FPU.
 *
 * From Intel's SDM volume 1, ch. 13, and volume 2, XSETBV.
 */
#include "common/snippet.h"

SNIPPET(x_xgetbv, "mov %edi, %ecx\n xgetbv\n shl $32, %rdx\n or %rdx, %rax");
SNIPPET(x_xsetbv, "mov %edi, %ecx\n mov %rsi, %rdx\n mov %esi, %eax\n"
	"	shr $32, %rdx\n xsetbv");
SNIPPET(x_ymm_set, "vbroadcastsd (%rdi), %ymm5\n vbroadcastsd (%rdi), %ymm12");
SNIPPET(x_ymm_get, "vmovups %ymm5, (%rdi)\n vmovups %ymm12, 32(%rdi)");

#define XCR0_X87	1UL
#define XCR0_SSE	2UL
#define XCR0_AVX	4UL

/* By the hypervisor's word: the CPU may have more than is for us. */
static void cpuid(uint32_t leaf, uint32_t sub, uint32_t *r)
{
	asm volatile(XEN_CPUID : "=a" (r[0]), "=b" (r[1]), "=c" (r[2]),
		     "=d" (r[3]) : "0" (leaf), "2" (sub));
}

/* The guest's own CR4. */
static void set_osxsave(bool on)
{
	uint64_t cr4;

	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	cr4 = on ? cr4 | 1 << 18 : cr4 & ~(1UL << 18);
	asm volatile("mov %0, %%cr4" : : "r" (cr4));
}

static void need_xsave(void)
{
	uint32_t r[4];

	cpuid(1, 0, r);
	if (!(r[2] >> 26 & 1)) {
		/* Then the instruction is not there either. */
		CHECK_EQ(kernel_watch(x_xgetbv, 0)->vector, VEC_UD);
		test_skip("no XSAVE on this CPU");
	}
	set_osxsave(true);
}

/*
 * Differs from Xen 4.17: xsetbv without CR4.OSXSAVE is #GP, not #UD; no kernel
 * executes it then.
 */
TEST(xsave_xcr0, 0)
{
	uint32_t r[4];
	uint64_t start, all;

	need_xsave();
	cpuid(13, 0, r);
	all = (uint64_t)r[3] << 32 | r[0];
	CHECK_EQ(kernel_watch(x_xgetbv, 0)->vector, -1);
	start = snippet_result();
	CHECK_EQ(start & XCR0_X87, XCR0_X87);
	CHECK_EQ(start & ~all, 0);
	test_case("from user mode");
	CHECK_EQ(user_watch(x_xgetbv, 0)->vector, -1);
	CHECK_EQ(snippet_result(), start);
	CHECK_EQ(user_watch(x_xsetbv, 0)->vector, VEC_GP);
	test_case("without CR4.OSXSAVE");
	set_osxsave(false);
	CHECK(kernel_watch2(x_xsetbv, 0, all)->vector != -1);
	set_osxsave(true);
	test_case("all that there is");
	CHECK_EQ(kernel_watch2(x_xsetbv, 0, all)->vector, -1);
	kernel_watch(x_xgetbv, 0);
	CHECK_EQ(snippet_result(), all);
	test_case("x87 and SSE");
	CHECK_EQ(kernel_watch2(x_xsetbv, 0, XCR0_X87 | XCR0_SSE)->vector, -1);
	test_case("not without x87");
	CHECK_EQ(kernel_watch2(x_xsetbv, 0, XCR0_SSE)->vector, VEC_GP);
	test_case("no AVX without SSE");
	CHECK_EQ(kernel_watch2(x_xsetbv, 0, XCR0_X87 | XCR0_AVX)->vector,
		 VEC_GP);
	test_case("what CPUID does not have");
	CHECK_EQ(kernel_watch2(x_xsetbv, 0, all | 1UL << 62)->vector, VEC_GP);
	test_case("no such register");
	CHECK_EQ(kernel_watch2(x_xsetbv, 1, XCR0_X87)->vector, VEC_GP);
	kernel_watch2(x_xsetbv, 0, all);
}

TEST(xsave_ymm, 0)
{
	static uint64_t value = 0x123456789abcdef0, out[8];
	uint32_t r[4];

	need_xsave();
	cpuid(13, 0, r);
	if (!(r[0] & XCR0_AVX)) {
		test_skip("no AVX on this CPU");
	}
	kernel_watch2(x_xsetbv, 0, r[0]);
	CHECK_EQ(kernel_watch(x_ymm_set, (unsigned long)&value)->vector, -1);
	for (unsigned int i = 0; i < 10; i++) {
		struct sched_poll nap = {
			.timeout = clock_ns() + NSEC_PER_MSEC,
		};

		hc_sched_op(SCHEDOP_poll, &nap);
	}
	CHECK_EQ(user_watch(x_ymm_get, (unsigned long)out)->vector, -1);
	for (unsigned int i = 0; i < 8; i++) {
		test_case("word %u", i);
		CHECK_EQ(out[i], value);
	}
	test_case("off: the instructions are not there");
	kernel_watch2(x_xsetbv, 0, XCR0_X87 | XCR0_SSE);
	CHECK_EQ(kernel_watch(x_ymm_set, (unsigned long)&value)->vector,
		 VEC_UD);
	kernel_watch2(x_xsetbv, 0, r[0]);
}
