/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * CPUID as a PV guest sees it: the hypervisor's leaves at 0x40000000, with and
 * without the forced-emulation prefix; what a PV guest cannot use is not
 * announced.
 *
 * From <xen/arch-x86/cpuid.h>, <xen/arch-x86/xen.h> (XEN_CPUID).
 */
#include <xen/arch-x86/cpuid.h>

#include "common/snippet.h"

struct leaf {
	uint32_t a, b, c, d;
};

static struct leaf cpuid(uint32_t leaf, uint32_t sub)
{
	struct leaf l = { .a = leaf, .c = sub };

	asm volatile(XEN_CPUID : "+a" (l.a), "=b" (l.b), "+c" (l.c),
		     "=d" (l.d));
	return l;
}

SNIPPET(c_xen_cpuid, "mov %rbx, %r8\n mov $0x40000001, %eax\n"
	"	.byte 0x0f,0x0b,0x78,0x65,0x6e\n cpuid\n mov %r8, %rbx");
SNIPPET(c_prefix_alone, ".byte 0x0f,0x0b,0x78,0x65,0x6e\n nop");

/* The base is at a multiple of 0x100 from 0x40000000. */
static uint32_t xen_base(void)
{
	for (uint32_t base = 0x40000000; base < 0x40010000; base += 0x100) {
		struct leaf l = cpuid(base, 0);

		if (l.b == XEN_CPUID_SIGNATURE_EBX &&
		    l.c == XEN_CPUID_SIGNATURE_ECX &&
		    l.d == XEN_CPUID_SIGNATURE_EDX) {
			return base;
		}
	}
	return 0;
}

TEST(cpuid_xen_leaves, 0)
{
	uint32_t base = xen_base();
	struct leaf l;

	CHECK_EQ(base, 0x40000000);
	l = cpuid(base, 0);
	CHECK(l.a >= base + 3, "%x", l.a);
	l = cpuid(base + 1, 0);
	CHECK_EQ(l.a, 4 << 16 | 17);
	l = cpuid(base + 2, 0);
	test_case("leaf 2: one hypercall page");
	CHECK_EQ(l.a, 1);
	CHECK_EQ(l.c & XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD,
		 XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD);
	test_case("leaf 3: time");
	l = cpuid(base + 3, 0);
	CHECK_EQ(l.a & ~7, 0);
	test_case("leaf 5: widths");
	if (cpuid(base, 0).a >= base + 5) {
		l = cpuid(base + 5, 0);
		CHECK(l.b >= 20 && l.b <= 52, "%u bits", l.b);
	}
}

TEST(cpuid_features, 0)
{
	struct leaf l = cpuid(1, 0);
	static const struct {
		const char *name;
		unsigned int bit;
	} absent_c[] = { { "VMX", 5 }, { "SMX", 6 }, { "MONITOR", 3 } },
	  present_d[] = { { "FPU", 0 }, { "TSC", 4 }, { "MSR", 5 },
			  { "PAE", 6 }, { "CX8", 8 }, { "CMOV", 15 },
			  { "FXSR", 24 }, { "SSE", 25 }, { "SSE2", 26 } },
	  absent_d[] = { { "PSE", 3 }, { "PGE", 13 }, { "MTRR", 12 },
			 { "PSE36", 17 } };

	for (unsigned int i = 0; i < ARRAY_SIZE(absent_c); i++) {
		/* The control domain is told of MONITOR, for its C-states. */
		if (absent_c[i].bit == 3 && is_initial_domain()) {
			continue;
		}
		test_case("no %s", absent_c[i].name);
		CHECK_EQ(l.c >> absent_c[i].bit & 1, 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(present_d); i++) {
		test_case("%s", present_d[i].name);
		CHECK_EQ(l.d >> present_d[i].bit & 1, 1);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(absent_d); i++) {
		if (is_initial_domain()) {
			break;
		}
		test_case("no %s", absent_d[i].name);
		CHECK_EQ(l.d >> absent_d[i].bit & 1, 0);
	}
	test_case("hypervisor bit");
	CHECK_EQ(l.c >> 31, 1);
	test_case("no SVM, long mode, syscall");
	l = cpuid(0x80000001, 0);
	CHECK_EQ(l.c >> 2 & 1, 0);
	CHECK_EQ(l.d >> 29 & 1, 1);
	CHECK_EQ(l.d >> 11 & 1, 1);
}

TEST(cpuid_forced, 0)
{
	const struct sighting *seen;

	test_case("from user mode");
	seen = user_watch(c_xen_cpuid, 0);
	CHECK_EQ(seen->vector, -1);
	CHECK_EQ(snippet_result(), 4 << 16 | 17);
	test_case("the prefix before anything else is an invalid opcode");
	seen = kernel_watch(c_prefix_alone, 0);
	CHECK_EQ(seen->vector, VEC_UD);
	CHECK_EQ(seen->regs.rip, (uint64_t)c_prefix_alone);
}
