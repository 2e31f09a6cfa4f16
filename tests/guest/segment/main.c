/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Segment bases. set_segment_base gives fs, and gs of user and of kernel mode,
 * a base each; the kernel's gs and the user's change places at each crossing.
 * SEGBASE_GS_USER_SEL loads a selector into the user's gs. A base must be
 * canonical.
 *
 * From <xen/arch-x86/xen-x86_64.h>.
 */
#include "common/snippet.h"

static uint64_t words[3] = { 0x1111, 0x2222, 0x3333 };

SNIPPET(x_fs, "mov %fs:0, %rax");
SNIPPET(x_gs, "mov %gs:0, %rax");
SNIPPET(x_gs_selector, "mov %gs, %eax");

static uint64_t read_fs(void)
{
	uint64_t v;

	asm volatile("mov %%fs:0, %0" : "=r" (v));
	return v;
}

TEST(segment_base, 0)
{
	test_case("fs");
	CHECK_EQ(hc_set_segment_base(SEGBASE_FS, (unsigned long)&words[0]), 0);
	CHECK_EQ(read_fs(), 0x1111);
	CHECK_EQ(user_run(x_fs, 0)->rax, 0x1111);
	CHECK_EQ(hc_set_segment_base(SEGBASE_FS, (unsigned long)&words[1]), 0);
	CHECK_EQ(read_fs(), 0x2222);

	test_case("gs of user mode");
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_USER,
				     (unsigned long)&words[2]), 0);
	CHECK_EQ(user_run(x_gs, 0)->rax, 0x3333);
	CHECK_EQ(this_cpu()->self, this_cpu());

	test_case("gs of the kernel");
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_KERNEL,
				     (unsigned long)this_cpu()), 0);
	CHECK_EQ(user_run(x_gs, 0)->rax, 0x3333);
}

TEST(segment_base_refusals, 0)
{
	static const unsigned long bad[] = {
		0x0000800000000000, 0xffff7fffffffffff, 0x8000000000000000,
	};

	for (unsigned int which = 0; which < 3; which++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
			test_case("%u, %lx", which, bad[i]);
			CHECK_EQ(hc_set_segment_base(which, bad[i]),
				 -XEN_EINVAL);
		}
	}
	test_case("no such register");
	CHECK_EQ(hc_set_segment_base(4, 0), -XEN_EINVAL);
	CHECK_EQ(hc_set_segment_base(99, 0), -XEN_EINVAL);
	CHECK_EQ(this_cpu()->self, this_cpu());
}

TEST(segment_selector, 0)
{
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_USER_SEL, FLAT_RING3_DS32), 0);
	CHECK_EQ(user_run(x_gs_selector, 0)->rax, FLAT_RING3_DS32);
	test_case("one that cannot be loaded leaves null");
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0x7b), 0);
	CHECK_EQ(user_run(x_gs_selector, 0)->rax & 0xfffc, 0);
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
	CHECK_EQ(user_run(x_gs_selector, 0)->rax, 0);
	CHECK_EQ(this_cpu()->self, this_cpu());
}

/* The flat segments in the hypervisor's part of every GDT. */
TEST(segment_flat, 0)
{
	static const struct {
		uint16_t selector;
		bool code;
	} flat[] = {
		{ FLAT_RING3_CS32, true }, { FLAT_RING3_CS64, true },
		{ FLAT_RING3_DS32, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(flat); i++) {
		uint32_t rights = 0, limit = 0;
		uint32_t selector = flat[i].selector;

		test_case("selector %x", selector);
		asm volatile("lar %1, %0" : "=r" (rights) : "r" (selector));
		CHECK_EQ(rights >> 15 & 1, 1);
		CHECK_EQ(rights >> 13 & 3, 3);
		CHECK_EQ(rights >> 11 & 3, flat[i].code ? 3 : 2);
		asm volatile("lsl %1, %0" : "=r" (limit) : "r" (selector));
		if (selector != FLAT_RING3_CS64) {
			CHECK_EQ(limit, 0xffffffff);
		}
		if (!flat[i].code) {
			asm volatile("mov %0, %%ds; mov %0, %%es"
				     : : "r" (selector));
			asm volatile("mov %0, %%ds; mov %0, %%es"
				     : : "r" (0));
		}
	}
}
