/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Privileged instructions that the hypervisor emulates for the guest's kernel:
 * control registers, clts, wbinvd, MSRs. In user mode each of them is #GP, and
 * so are, everywhere, those that have a hypercall in their place.
 *
 * From the instructions' descriptions in Intel's SDM, volume 2, and
 * <xen/arch-x86/cpuid.h>.
 */
#include "common/snippet.h"

SNIPPET(p_rdcr0, "mov %cr0, %rax");
SNIPPET(p_rdcr2, "mov %cr2, %rax");
SNIPPET(p_rdcr3, "mov %cr3, %rax");
SNIPPET(p_rdcr4, "mov %cr4, %rax");
SNIPPET(p_rdcr3_r15, "mov %cr3, %r15\n mov %r15, %rax");
SNIPPET(p_wrcr0, "mov %rdi, %cr0");
SNIPPET(p_wrcr2, "mov %rdi, %cr2");
SNIPPET(p_wrcr3, "mov %rdi, %cr3");
SNIPPET(p_wrcr4, "mov %rdi, %cr4");
SNIPPET(p_clts, "clts");
SNIPPET(p_hlt, "hlt");
SNIPPET(p_rdmsr, "mov %edi, %ecx\n rdmsr\n shl $32, %rdx\n or %rdx, %rax");
SNIPPET(p_wrmsr, "mov %edi, %ecx\n mov %rsi, %rdx\n mov %esi, %eax\n"
	"	shr $32, %rdx\n wrmsr");
SNIPPET(p_wbinvd, "wbinvd");
SNIPPET(p_lgdt, "lgdt (%rdi)");
SNIPPET(p_lidt, "lidt (%rdi)");
SNIPPET(p_lldt, "lldt %di");
SNIPPET(p_ltr, "ltr %di");
SNIPPET(p_rdtsc, "rdtsc\n shl $32, %rdx\n or %rdx, %rax");
SNIPPET(p_in, "mov %edi, %edx\n in %dx, %al");

#define CR0_PE	1UL
#define CR0_TS	8UL
#define CR0_PG	(1UL << 31)
#define CR4_PAE	(1UL << 5)

TEST(privop_user, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		unsigned long arg;
	} cases[] = {
		{ "read cr0", p_rdcr0, 0 }, { "read cr2", p_rdcr2, 0 },
		{ "read cr3", p_rdcr3, 0 }, { "read cr4", p_rdcr4, 0 },
		{ "write cr0", p_wrcr0, 0 }, { "write cr2", p_wrcr2, 0 },
		{ "write cr3", p_wrcr3, 0 }, { "write cr4", p_wrcr4, 0 },
		{ "clts", p_clts, 0 }, { "hlt", p_hlt, 0 },
		{ "rdmsr", p_rdmsr, 0xc0000100 },
		{ "wrmsr", p_wrmsr, 0xc0000100 },
		{ "wbinvd", p_wbinvd, 0 },
		{ "lgdt", p_lgdt, KEEL_BASE }, { "lidt", p_lidt, KEEL_BASE },
		{ "lldt", p_lldt, 0 }, { "ltr", p_ltr, 0 },
		{ "in", p_in, 0x80 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sighting *seen;

		test_case("%s", cases[i].name);
		seen = user_watch(cases[i].fn, cases[i].arg);
		CHECK_EQ(seen->vector, VEC_GP);
		CHECK_EQ(seen->regs.error, 0);
	}
}

TEST(privop_control_registers, 0)
{
	uint64_t cr0, cr3;
	struct fault f;

	test_case("cr0");
	CHECK_EQ(kernel_watch(p_rdcr0, 0)->vector, -1);
	cr0 = snippet_result();
	CHECK_EQ(cr0 & (CR0_PE | CR0_PG), CR0_PE | CR0_PG);
	test_case("cr0, only TS may change");
	CHECK_EQ(kernel_watch(p_wrcr0, cr0 | CR0_TS)->vector, -1);
	kernel_watch(p_rdcr0, 0);
	CHECK_EQ(snippet_result() & CR0_TS, CR0_TS);
	CHECK_EQ(kernel_watch(p_wrcr0, cr0 & ~CR0_TS)->vector, -1);
	CHECK_EQ(kernel_watch(p_wrcr0, cr0 & ~CR0_PG)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(p_wrcr0, cr0 ^ 1 << 16)->vector, VEC_GP);
	kernel_watch(p_rdcr0, 0);
	CHECK_EQ(snippet_result(), cr0 & ~CR0_TS);

	test_case("cr2 is the shared one");
	f = try_read((void *)TEST_VA);
	CHECK_EQ(f.cr2, TEST_VA);
	CHECK_EQ(kernel_watch(p_rdcr2, 0)->vector, -1);
	CHECK_EQ(snippet_result(), TEST_VA);
	CHECK_EQ(kernel_watch(p_wrcr2, 0x1234)->vector, -1);
	CHECK_EQ(this_cpu()->info->arch.cr2, 0x1234);

	test_case("cr3");
	CHECK_EQ(kernel_watch(p_rdcr3, 0)->vector, -1);
	cr3 = snippet_result();
	CHECK_EQ(xen_cr3_to_pfn(cr3), virt_to_mfn(kernel_root));
	CHECK_EQ(kernel_watch(p_rdcr3_r15, 0)->vector, -1);
	CHECK_EQ(snippet_result(), cr3);
	CHECK_EQ(kernel_watch(p_wrcr3, cr3)->vector, -1);
	test_case("cr3 of no page table");
	CHECK_EQ(kernel_watch(p_wrcr3, 0xffffffffUL << 12)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(p_wrcr3, hypervisor_mfn() << 12)->vector,
		 VEC_GP);

	test_case("cr4");
	CHECK_EQ(kernel_watch(p_rdcr4, 0)->vector, -1);
	CHECK_EQ(snippet_result() & CR4_PAE, CR4_PAE);
	CHECK_EQ(kernel_watch(p_wrcr4, snippet_result())->vector, -1);
}

#define MSR_APIC_BASE	0x1b
#define MSR_EFER	0xc0000080
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS	0xc0000102

#define EFER_SCE	1UL
#define EFER_LME	(1UL << 8)
#define EFER_LMA	(1UL << 10)

TEST(privop_msr, 0)
{
	static uint64_t word = 0x4444;
	uint64_t v, own = (uint64_t)this_cpu();

	test_case("fs base");
	CHECK_EQ(kernel_watch2(p_wrmsr, MSR_FS_BASE,
			       (unsigned long)&word)->vector, -1);
	asm volatile("mov %%fs:0, %0" : "=r" (v));
	CHECK_EQ(v, 0x4444);
	CHECK_EQ(kernel_watch(p_rdmsr, MSR_FS_BASE)->vector, -1);
	CHECK_EQ(snippet_result(), (unsigned long)&word);
	CHECK_EQ(kernel_watch2(p_wrmsr, MSR_FS_BASE, 1UL << 47)->vector,
		 VEC_GP);

	test_case("gs base");
	CHECK_EQ(kernel_watch(p_rdmsr, MSR_GS_BASE)->vector, -1);
	CHECK_EQ(snippet_result(), own);
	CHECK_EQ(kernel_watch2(p_wrmsr, MSR_GS_BASE, own)->vector, -1);
	CHECK_EQ(this_cpu()->self, this_cpu());
	CHECK_EQ(kernel_watch2(p_wrmsr, MSR_GS_BASE, 1UL << 47)->vector,
		 VEC_GP);

	test_case("gs base of user mode");
	CHECK_EQ(kernel_watch2(p_wrmsr, MSR_KERNEL_GS, 0x123000)->vector, -1);
	CHECK_EQ(kernel_watch(p_rdmsr, MSR_KERNEL_GS)->vector, -1);
	CHECK_EQ(snippet_result(), 0x123000);
	CHECK_EQ(kernel_watch2(p_wrmsr, MSR_KERNEL_GS, 1UL << 47)->vector,
		 VEC_GP);

	test_case("EFER");
	CHECK_EQ(kernel_watch(p_rdmsr, MSR_EFER)->vector, -1);
	CHECK_EQ(snippet_result() & (EFER_SCE | EFER_LME | EFER_LMA),
		 EFER_SCE | EFER_LME | EFER_LMA);

	test_case("one that nobody has");
	CHECK_EQ(kernel_watch(p_rdmsr, 0x1234567)->vector, VEC_GP);
	CHECK_EQ(kernel_watch2(p_wrmsr, 0x1234567, 1)->vector, VEC_GP);
	test_case("Xen's own, of the hypercall page");
	CHECK_EQ(kernel_watch2(p_wrmsr, 0x40000000, 1)->vector == -1 ||
		 kernel_watch2(p_wrmsr, 0x40000000, 1)->vector == VEC_GP, 1);
}

TEST(privop_misc, 0)
{
	uint64_t a, b;

	test_case("rdtsc goes up");
	CHECK_EQ(kernel_watch(p_rdtsc, 0)->vector, -1);
	a = snippet_result();
	CHECK_EQ(user_watch(p_rdtsc, 0)->vector, -1);
	b = snippet_result();
	CHECK(b > a);
	test_case("wbinvd");
	CHECK_EQ(kernel_watch(p_wbinvd, 0)->vector, -1);
	test_case("what is not for guests at all");
	CHECK_EQ(kernel_watch(p_hlt, 0)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(p_lgdt, KEEL_BASE)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(p_lidt, KEEL_BASE)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(p_lldt, 0)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(p_ltr, 0)->vector, VEC_GP);
}

/* An instruction at the end of its page, and one that crosses it. */
TEST(privop_at_page_end, 0)
{
	static const unsigned char rdcr0[] = { 0x0f, 0x20, 0xc0, 0xc3 };
	unsigned char *a = page_alloc(), *b = page_alloc();

	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(a), PTE_USER)), 0);
	for (unsigned int cut = 1; cut <= 4; cut++) {
		unsigned long at = TEST_VA + PAGE_SIZE - cut;
		const struct sighting *seen;

		test_case("%u bytes before the end, with a next page", cut);
		memcpy(a + PAGE_SIZE - cut, rdcr0, cut);
		memcpy(b, rdcr0 + cut, 4 - cut);
		CHECK_EQ(map_page(kernel_root, TEST_VA + PAGE_SIZE,
				  pte_make(virt_to_mfn(b), PTE_USER)), 0);
		CHECK_EQ(kernel_watch((snippet_fn)at, 0)->vector, -1);
		CHECK_EQ(snippet_result() & CR0_PE, CR0_PE);
		test_case("%u bytes before the end, without", cut);
		CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE, 0,
					      UVMF_INVLPG), 0);
		seen = kernel_watch((snippet_fn)at, 0);
		if (cut < 4) {
			CHECK_EQ(seen->vector, VEC_PF);
			CHECK_EQ(seen->cr2, TEST_VA + PAGE_SIZE);
		} else {
			CHECK_EQ(seen->vector, -1);
		}
	}
	unmap_test_va(TEST_VA);
	page_free(a);
	page_free(b);
}
