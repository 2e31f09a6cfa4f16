/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * 32-bit user code of a 64-bit guest. Its exceptions come to the 64-bit
 * kernel, with the 32-bit cs in the frame; `bound` and `into` exist there and
 * raise vectors 5 and 4. sysenter goes to its own callback. What is emulated
 * (ports of a task with IOPL 3, the forced cpuid) is decoded as 32-bit code:
 * 0x40 is `inc`, no prefix, and rip stays below 4 GiB.
 *
 * From Intel's SDM, volume 2 (INTO, BOUND) and volume 1, 3.2.1, and
 * <xen/callback.h>.
 */
#include "common/audit.h"
#include "common/snippet.h"

extern const char entry_exceptions[];

#define CODE32		0x00cffb000000ffffUL

static unsigned char *page;

static struct regs state(void)
{
	return (struct regs) {
		.rip = USER_VA, .cs = FLAT_USER_CS32, .ss = FLAT_USER_SS32,
		.rflags = FLAG_IF, .rsp = USER_VA + PAGE_SIZE - 64,
	};
}

static void begin(void)
{
	page = page_alloc();
	CHECK_EQ(map_page(user_root(), USER_VA,
			  pte_make(virt_to_mfn(page), PTE_USER)), 0);
}

static void end(void)
{
	unmap_slot(user_root(), USER_VA);
	page_free(page);
}

static const struct regs *run(const void *code, unsigned int size,
			      const struct regs *r)
{
	memset(page, 0xcc, 64);
	memcpy(page, code, size);
	return user_run_regs(r);
}

TEST(compat_exceptions, 0)
{
	static const struct {
		const char *name;
		unsigned char size, code[12];
		unsigned char vector, rip_offset;
		uint64_t error;
	} cases[] = {
		{ "into", 6, { 0xb0, 0x7f, 0x04, 0x01, 0xce, 0x90 },
		  VEC_OF, 5, 0 },
		/* bound %eax, (%ecx): eax 0x1234466b, behind both limits */
		{ "bound", 2, { 0x62, 0x01 }, VEC_BR, 0, 0 },
		{ "ud2", 2, { 0x0f, 0x0b }, VEC_UD, 0, 0 },
		{ "int3", 1, { 0xcc }, VEC_BP, 1, 0 },
		{ "aam 0", 2, { 0xd4, 0x00 }, VEC_DE, 0, 0 },
		{ "hlt", 1, { 0xf4 }, VEC_GP, 0, 0 },
		{ "cli", 1, { 0xfa }, VEC_GP, 0, 0 },
		{ "in", 2, { 0xe4, 0x80 }, VEC_GP, 0, 0 },
		{ "mov %cr0, %eax", 3, { 0x0f, 0x20, 0xc0 }, VEC_GP, 0, 0 },
		{ "mov %eax, %fs", 2, { 0x8e, 0xe0 }, VEC_GP, 0, 0x4668 },
		{ "read of 0", 5, { 0xa1, 0x00, 0x00, 0x00, 0x00 },
		  VEC_PF, 0, PF_US },
		{ "jump to 0", 5, { 0xe9, 0xfb, 0xff, 0xbf, 0xff },
		  VEC_PF, 0, PF_US },
		{ "lcall to data", 7,
		  { 0x9a, 0, 0, 0, 0, FLAT_RING3_DS32 & 0xff,
		    FLAT_RING3_DS32 >> 8 },
		  VEC_GP, 0, FLAT_RING3_DS32 & ~3 },
	};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct regs r = state();
		const struct regs *got;

		test_case("%s", cases[i].name);
		r.rax = 0x1234466b;
		r.rcx = USER_VA + 128;
		r.rbx = 0x11112222;
		got = run(cases[i].code, cases[i].size, &r);
		CHECK_EQ(got->vector, cases[i].vector);
		CHECK_EQ(got->error & ~PF_ID, cases[i].error);
		CHECK_EQ(got->rip, strncmp(cases[i].name, "jump", 4) ?
			 USER_VA + cases[i].rip_offset : 0);
		CHECK_EQ(got->cs, FLAT_USER_CS32);
		CHECK_EQ(got->ss, FLAT_USER_SS32);
		CHECK_EQ(got->rsp, r.rsp);
		CHECK_EQ(got->rbx, 0x11112222);
	}
	test_case("single step");
	{
		static const unsigned char code[] = { 0x40, 0x40, 0x40 };
		struct regs r = state();
		const struct regs *got;

		r.rflags |= FLAG_TF;
		got = run(code, sizeof(code), &r);
		CHECK_EQ(got->vector, VEC_DB);
		CHECK_EQ(got->rip, USER_VA + 1);
		CHECK_EQ(got->rax, 1);
		hc_set_debugreg(6, 0);
	}
	end();
}

TEST(compat_sysenter, 0)
{
	static const unsigned char code[] = { 0x0f, 0x34 };
	struct regs r = state();
	const struct regs *got;

	begin();
	r.rbx = 0x1234;
	got = run(code, sizeof(code), &r);
	end();
	/* AMD's CPUs have it in legacy mode only; emulated ones hesitate. */
	if (got->vector == VEC_UD || got->vector == VEC_GP) {
		test_skip("no sysenter on this CPU");
	}
	CHECK_EQ(got->vector, ENTRY_SYSENTER);
	CHECK_EQ(got->rbx, 0x1234);
	CHECK_EQ(got->cs & 3, 3);
}

/*
 * A code segment does not have to begin at 0.
 *
 * Differs from Xen 4.17: the forced cpuid works in such a segment too; Xen looks for
 * it as if the segment began at 0.
 */
TEST(compat_segment_base, 0)
{
	static const unsigned char in[] = { 0xe5, 0x80, 0xcc };
	static const unsigned char cpuid[] = {
		0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2, 0xcc,
	};
	static const uint32_t bases[] = {
		0, 0x1000, 0x123000, USER_VA, 0xfff00000, 0x80000040,
	};
	uint64_t *ldt = page_alloc();

	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
		uint64_t base = bases[i];

		ldt[i] = CODE32 | (base & 0xffffff) << 16 |
			 (base & 0xff000000) << 32;
	}
	CHECK_EQ(page_set_writable(ldt, false), 0);
	CHECK_EQ(set_ldt(ldt, 512), 0);
	begin();
	CHECK_EQ(set_iopl(3), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
		struct regs r = state();
		const struct regs *got;

		test_case("base %x", bases[i]);
		r.cs = i << 3 | 7;
		r.rip = (uint32_t)(USER_VA - bases[i]);
		got = run(in, sizeof(in), &r);
		CHECK_EQ(got->vector, VEC_BP);
		CHECK_EQ(got->rip, (uint32_t)(r.rip + sizeof(in)));
		CHECK_EQ(got->cs, r.cs);
		if (!on_paravane()) {
			continue;
		}
		got = run(cpuid, sizeof(cpuid), &r);
		CHECK_EQ(got->vector, VEC_BP);
		CHECK_EQ(got->rip, (uint32_t)(r.rip + sizeof(cpuid)));
	}
	CHECK_EQ(set_iopl(0), 0);
	end();
	CHECK_EQ(set_ldt(NULL, 0), 0);
	CHECK_EQ(page_set_writable(ldt, true), 0);
	page_free(ldt);
}

/* Addresses and counts of 32-bit code have 32 bits, whatever is above them. */
TEST(compat_string_io, 0)
{
	/* mov $FLAT_USER_DS32, %eax; mov %eax, %es; rep insb; int3 */
	static const unsigned char rep_insb[] = {
		0xb8, FLAT_USER_DS32 & 0xff, FLAT_USER_DS32 >> 8, 0, 0,
		0x8e, 0xc0, 0xf3, 0x6c, 0xcc,
	};
	const uint64_t high = 0x7700000000;
	struct regs r = state();
	const struct regs *got;
	unsigned int changed = 0;

	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	begin();
	CHECK_EQ(set_iopl(3), 0);
	memset(page, 0x5a, PAGE_SIZE);
	r.rdx = 0x80;
	r.rcx = high | 4;
	r.rdi = high | (USER_VA + 256);
	got = run(rep_insb, sizeof(rep_insb), &r);
	CHECK_EQ(got->vector, VEC_BP);
	CHECK_EQ((uint32_t)got->rcx, 0);
	CHECK_EQ((uint32_t)got->rdi, USER_VA + 260);
	for (unsigned int i = 260; i < 1024; i++) {
		changed += page[i] != 0x5a;
	}
	CHECK_EQ(changed, 0);
	test_case("none at all");
	r.rcx = high;
	got = run(rep_insb, sizeof(rep_insb), &r);
	CHECK_EQ(got->vector, VEC_BP);
	CHECK_EQ((uint32_t)got->rdi, USER_VA + 256);
	CHECK_EQ(set_iopl(0), 0);
	end();
}

TEST(compat_emulated, 0)
{
	static const struct {
		const char *name;
		unsigned char size, code[14];
		uint64_t rax;
		unsigned char reads;	/* of rax, bytes of a port's value */
	} cases[] = {
		/* Each ends with int3. */
		{ "inc; in $0x80, %al", 4, { 0x40, 0xe4, 0x80, 0xcc },
		  0x1100, 1 },
		{ "in $0x80, %ax", 4, { 0x66, 0xe5, 0x80, 0xcc }, 0, 2 },
		{ "in $0x80, %eax", 3, { 0xe5, 0x80, 0xcc }, 0, 4 },
		{ "out %al, $0x80", 3, { 0xe6, 0x80, 0xcc }, 0x10ff, 0 },
		{ "cs in $0x80, %al", 4, { 0x2e, 0xe4, 0x80, 0xcc },
		  0x1000, 1 },
		{ "in %dx, %al", 2, { 0xec, 0xcc }, 0x1000, 1 },
		{ "forced cpuid", 8, { 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f,
		  0xa2, 0xcc }, 0, 4 },
	};

	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	begin();
	CHECK_EQ(set_iopl(3), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t mask = cases[i].reads == 4 ? 0xffffffff :
				(1UL << 8 * cases[i].reads) - 1;
		struct regs r = state();
		const struct regs *got;

		test_case("%s", cases[i].name);
		r.rax = 0x10ff;
		r.rdx = 0x80;
		got = run(cases[i].code, cases[i].size, &r);
		CHECK_EQ(got->vector, VEC_BP);
		CHECK_EQ(got->rip, USER_VA + cases[i].size);
		CHECK_EQ(got->rax & ~mask, cases[i].rax);
		CHECK_EQ(got->cs, FLAT_USER_CS32);
	}
	CHECK_EQ(set_iopl(1), 0);
	test_case("and not without IOPL");
	{
		struct regs r = state();

		CHECK_EQ(run(cases[1].code, 4, &r)->vector, VEC_GP);
	}
	CHECK_EQ(set_iopl(0), 0);
	end();
}
