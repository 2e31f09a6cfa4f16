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

#include "common/peer.h"
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

/* rdi: leaf, sub-leaf above it; rsi: which register. For a domain of its own. */
SNIPPET(c_leaf, "mov %rbx, %r8\n mov %rsi, %r9\n mov %rdi, %rcx\n"
	"	shr $32, %rcx\n mov %edi, %eax\n"
	"	.byte 0x0f,0x0b,0x78,0x65,0x6e\n cpuid\n"
	"	test %r9, %r9\n jz 1f\n dec %r9\n jz 2f\n dec %r9\n jz 3f\n"
	"	mov %rdx, %rax\n jmp 1f\n2: mov %rbx, %rax\n jmp 1f\n"
	"3:	mov %rcx, %rax\n1: mov %r8, %rbx");

enum { EAX, EBX, ECX, EDX };

/* What a guest that is not the control domain may be told. */
TEST(cpuid_unprivileged, 0)
{
	static const struct {
		const char *name;
		unsigned int leaf, reg, bit;
		bool there;
	} cases[] = {
		{ "VMX", 1, ECX, 5, false }, { "SMX", 1, ECX, 6, false },
		{ "MONITOR", 1, ECX, 3, false }, { "x2APIC", 1, ECX, 21, false },
		{ "PCID", 1, ECX, 17, false }, { "PSE", 1, EDX, 3, false },
		{ "PGE", 1, EDX, 13, false }, { "MTRR", 1, EDX, 12, false },
		{ "PSE36", 1, EDX, 17, false }, { "ACPI", 1, EDX, 22, false },
		{ "hypervisor", 1, ECX, 31, true }, { "FPU", 1, EDX, 0, true },
		{ "SSE2", 1, EDX, 26, true }, { "SMEP", 7, EBX, 7, false },
		{ "SMAP", 7, EBX, 20, false }, { "INVPCID", 7, EBX, 10, false },
		{ "PKU", 7, ECX, 3, false }, { "LA57", 7, ECX, 16, false },
		{ "SVM", 0x80000001, ECX, 2, false },
		{ "long mode", 0x80000001, EDX, 29, true },
		{ "syscall", 0x80000001, EDX, 11, true },
		{ "RDTSCP's twin", 0x80000001, ECX, 31, false },
	};
	unsigned long value, most;
	struct peer p;

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(peer_run(&p, c_leaf, 128, cases[i].leaf & 0xf0000000,
				  EAX, &most), -1);
		CHECK_EQ(peer_run(&p, c_leaf, 128, cases[i].leaf,
				  cases[i].reg, &value), -1);
		if (cases[i].leaf > most) {
			value = 0;
		}
		CHECK_EQ(value >> cases[i].bit & 1, cases[i].there);
	}
	test_case("the hypervisor's signature");
	CHECK_EQ(peer_run(&p, c_leaf, 128, 0x40000000, EBX, &value), -1);
	CHECK_EQ(value, XEN_CPUID_SIGNATURE_EBX);
	peer_destroy(&p);
}

/* Every leaf that there is said to be answers, and the same in user mode. */
TEST(cpuid_every_leaf, 0)
{
	static const uint32_t bases[] = { 0, 0x40000000, 0x80000000 };

	for (unsigned int b = 0; b < ARRAY_SIZE(bases); b++) {
		uint32_t last = cpuid(bases[b], 0).a;

		test_case("%x", bases[b]);
		CHECK(last >= bases[b] && last < bases[b] + 0x100, "%x", last);
		for (uint32_t leaf = bases[b]; leaf <= last; leaf++) {
			for (uint64_t sub = 0; sub < 3; sub++) {
				unsigned long of_kernel;

				test_case("leaf %x, %lu", leaf, sub);
				CHECK_EQ(kernel_watch2(c_leaf, leaf | sub << 32,
						       EAX)->vector, -1);
				of_kernel = snippet_result();
				CHECK_EQ(of_kernel >> 32, 0);
				if (leaf == 1 || leaf == 0xb || leaf == 0xd) {
					continue;	/* the CPU's own, in parts */
				}
				CHECK_EQ(user_watch(c_leaf, leaf | sub << 32)
					 ->vector, -1);
				CHECK_EQ(snippet_result(), of_kernel);
			}
		}
	}
	test_case("behind the hypervisor's leaves");
	{
		struct leaf l = cpuid(cpuid(0x40000000, 0).a + 1, 0);

		CHECK_EQ(l.a | l.b | l.c | l.d, 0);
	}
}

/* The prefix and cpuid in two pages, of which the second may be missing. */
TEST(cpuid_two_pages, 0)
{
	static const unsigned char bytes[] = {
		0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2, 0xc3,
	};
	unsigned char *page[2] = { page_alloc(), page_alloc() };
	pte_t second = pte_make(virt_to_mfn(page[1]), PTE_USER);

	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(map_page(kernel_root, TEST_VA + i * PAGE_SIZE,
				  pte_make(virt_to_mfn(page[i]), PTE_USER)),
			 0);
	}
	for (unsigned int cut = 2; cut < 7; cut++) {
		unsigned long at = TEST_VA + PAGE_SIZE - cut;
		const struct sighting *seen;

		test_case("%u bytes in front of the end", cut);
		memcpy(page[0] + PAGE_SIZE - cut, bytes, cut);
		memcpy(page[1], bytes + cut, sizeof(bytes) - cut);
		seen = kernel_watch((snippet_fn)at, 0);
		CHECK_EQ(seen->vector, -1);
		CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE, 0,
					      UVMF_INVLPG), 0);
		seen = kernel_watch((snippet_fn)at, 0);
		CHECK(seen->vector == VEC_UD || seen->vector == VEC_PF, "%d",
		      seen->vector);
		CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE, second,
					      UVMF_INVLPG), 0);
	}
	unmap_test_va(TEST_VA);
	page_free(page[0]);
	page_free(page[1]);
}
