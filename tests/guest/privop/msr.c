/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * MSRs one by one. Those by which the hypervisor is entered, or could be made
 * to err, are not for guests: neither read nor written, by the control domain's
 * kernel as little as by another's. A base takes any canonical address. What a
 * kernel looks at it may read, and write back unchanged where kernels do so. A
 * kernel that has no handler for #GP yet reads 0 from what is not there. TSC_AUX,
 * from which user mode's rdtscp learns its CPU, is 32 bits of each vCPU's own.
 *
 * From Intel's SDM, volume 4, and <xen/arch-x86/xen.h> (struct trap_info).
 */
#include "common/peer.h"
#include "common/smp.h"
#include "common/snippet.h"

SNIPPET(m_read, "mov %edi, %ecx\n rdmsr\n shl $32, %rdx\n or %rdx, %rax");
SNIPPET(m_write, "mov %edi, %ecx\n mov %rsi, %rdx\n mov %esi, %eax\n"
	"	shr $32, %rdx\n wrmsr");

static void msr_set(unsigned int msr, unsigned long value)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((unsigned int)value),
		     "d" (value >> 32));
}

#define CR4_TSD		4UL

static const struct {
	const char *name;
	unsigned int msr;
} forbidden[] = {
	{ "SYSENTER_CS", 0x174 }, { "SYSENTER_ESP", 0x175 },
	{ "SYSENTER_EIP", 0x176 }, { "STAR", 0xc0000081 },
	{ "LSTAR", 0xc0000082 }, { "CSTAR", 0xc0000083 },
	{ "SFMASK", 0xc0000084 }, { "VM_HSAVE_PA", 0xc0010117 },
	{ "SMBASE", 0x9e }, { "nobody's", 0x1234567 },
	{ "nobody's, high", 0xc0ffee00 },
};

TEST(msr_forbidden, 0)
{
	struct peer p;
	unsigned long value;

	for (unsigned int i = 0; i < ARRAY_SIZE(forbidden); i++) {
		test_case("%s", forbidden[i].name);
		CHECK_EQ(kernel_watch(m_read, forbidden[i].msr)->vector,
			 VEC_GP);
		CHECK_EQ(kernel_watch2(m_write, forbidden[i].msr, 0)->vector,
			 VEC_GP);
		CHECK_EQ(user_watch(m_read, forbidden[i].msr)->vector, VEC_GP);
	}
	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(forbidden); i++) {
		test_case("%s in another domain", forbidden[i].name);
		CHECK_EQ(peer_run(&p, m_read, 64, forbidden[i].msr, 0, &value),
			 VEC_GP);
		CHECK_EQ(peer_run(&p, m_write, 64, forbidden[i].msr, 0, &value),
			 VEC_GP);
	}
	peer_destroy(&p);
}

#define MSR_APIC_BASE	0x1b
#define MSR_EFER	0xc0000080
#define MSR_PAT		0x277

/* Constants: read, and written with what is there or something else. */
TEST(msr_constant, 0)
{
	static const struct {
		const char *name;
		unsigned int msr;
		uint64_t flip;
	} cases[] = {
		{ "EFER: no SCE", MSR_EFER, 1 },
		{ "EFER: no LME", MSR_EFER, 1 << 8 },
		{ "EFER: a bit that nobody has", MSR_EFER, 1UL << 40 },
		{ "APIC_BASE: off", MSR_APIC_BASE, 1 << 11 },
		{ "APIC_BASE: elsewhere", MSR_APIC_BASE, 1 << 20 },
		{ "PAT", MSR_PAT, 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value;

		test_case("%s", cases[i].name);
		if (kernel_watch(m_read, cases[i].msr)->vector == VEC_GP) {
			continue;
		}
		value = snippet_result();
		CHECK(value != 0);
		/* Some are ignored; none is done. */
		kernel_watch2(m_write, cases[i].msr, value ^ cases[i].flip);
		CHECK_EQ(kernel_watch(m_read, cases[i].msr)->vector, -1);
		CHECK_EQ(snippet_result(), value);
	}
}

TEST(msr_bases, 0)
{
	static const unsigned int msrs[] = {
		0xc0000100, 0xc0000101, 0xc0000102,
	};
	static const struct {
		uint64_t value;
		int vector;
	} cases[] = {
		{ 0x00007fffffffffff, -1 }, { 0xffff800000000000, -1 },
		{ 0xffffffffffffffff, -1 }, { 0x0000800000000000, VEC_GP },
		{ 0xffff7fffffffffff, VEC_GP }, { 1UL << 63, VEC_GP },
		{ 0, -1 },
	};
	uint64_t gs = (uint64_t)this_cpu();

	for (unsigned int m = 0; m < 3; m++) {
		uint64_t now = m == 1 ? gs : 0;

		if (m != 1) {
			kernel_watch2(m_write, msrs[m], 0);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			/* The harness lives by its gs. */
			if (m == 1 && cases[i].vector == -1) {
				continue;
			}
			test_case("%x, %lx", msrs[m], cases[i].value);
			CHECK_EQ(kernel_watch2(m_write, msrs[m],
					       cases[i].value)->vector,
				 cases[i].vector);
			now = cases[i].vector == -1 ? cases[i].value : now;
			CHECK_EQ(kernel_watch(m_read, msrs[m])->vector, -1);
			CHECK_EQ(snippet_result(), now);
		}
	}
}

#define MSR_TSC_AUX	0xc0000103

SNIPPET(m_aux, "rdtscp\n mov %ecx, %eax");

static volatile unsigned int other_wrong;

static void set_other_aux(void *arg)
{
	static unsigned long n;
	unsigned long value = (unsigned int)(0xffffffff - n++);

	(void)arg;
	msr_set(MSR_TSC_AUX, value);
	hc_sched_op(SCHEDOP_yield, NULL);
	other_wrong += m_aux(0) != value || m_read(MSR_TSC_AUX) != value;
}

TEST(msr_tsc_aux, 0)
{
	static const struct {
		uint64_t value;
		int vector;
	} cases[] = {
		{ 1, -1 }, { 0x5001, -1 }, { 0xffffffff, -1 },
		{ 1UL << 32, VEC_GP }, { ~0UL, VEC_GP }, { 0, -1 },
	};
	uint64_t now = 0, cr4;
	struct peer p;
	unsigned long value;

	if (user_watch(m_aux, 0)->vector != -1) {
		test_skip("this CPU has no rdtscp");
	}
	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%lx", cases[i].value);
		CHECK_EQ(kernel_watch2(m_write, MSR_TSC_AUX,
				       cases[i].value)->vector,
			 cases[i].vector);
		now = cases[i].vector == -1 ? cases[i].value : now;
		CHECK_EQ(m_read(MSR_TSC_AUX), now);
		CHECK_EQ(user_watch(m_aux, 0)->vector, -1);
		CHECK_EQ(snippet_result(), now);
		asm volatile("mov %0, %%cr4" : : "r" (cr4 | CR4_TSD));
		CHECK_EQ(m_aux(0), now);
		asm volatile("mov %0, %%cr4" : : "r" (cr4));
	}
	test_case("another vCPU's");
	need_two_vcpus();
	vcpu_pin(0, 0, 1);
	vcpu_pin(0, 1, 1);
	other_wrong = 0;
	other_begin(set_other_aux, NULL);
	for (unsigned long i = 0; i < 100; i++) {
		msr_set(MSR_TSC_AUX, i);
		hc_sched_op(SCHEDOP_yield, NULL);
		CHECK_EQ(m_aux(0), i);
	}
	other_end();
	CHECK_EQ(other_wrong, 0);
	test_case("another domain's");
	msr_set(MSR_TSC_AUX, 0x77);
	peer_create(&p);
	CHECK_EQ(peer_run(&p, m_aux, 64, 0, 0, &value), -1);
	CHECK_EQ(value, 0);
	CHECK_EQ(peer_run(&p, m_write, 64, MSR_TSC_AUX, 0x99, &value), -1);
	CHECK_EQ(m_aux(0), 0x77);
	CHECK_EQ(peer_run(&p, m_aux, 64, 0, 0, &value), -1);
	CHECK_EQ(value, 0x99);
	peer_destroy(&p);
	msr_set(MSR_TSC_AUX, 0);
	vcpu_pin(0, 0, 0xff);
	vcpu_pin(0, 1, 0xff);
}

TEST(msr_no_gp_handler, 0)
{
	CHECK_EQ(kernel_watch(m_read, 0x1234567)->vector, VEC_GP);
	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	CHECK_EQ(m_read(0x1234567), 0);
	CHECK_EQ(m_read(0xc0000082), 0);
	trap_init();
}
