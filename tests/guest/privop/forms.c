/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Privileged instructions in each form that an assembler may give them: every
 * register, prefixes that mean nothing, widths, and bytes that lie in two
 * pages, of which the second may be missing. In user mode each is #GP.
 *
 * From Intel's SDM, volume 2.
 */
#include "common/snippet.h"

/* Two pages for code, in a row at TEST_VA. */
static unsigned char *page[2];

static void begin(void)
{
	CHECK_EQ(set_iopl(1), 0);
	for (unsigned int i = 0; i < 2; i++) {
		page[i] = page_alloc();
		CHECK_EQ(map_page(kernel_root, TEST_VA + i * PAGE_SIZE,
				  pte_make(virt_to_mfn(page[i]), PTE_USER)),
			 0);
	}
}

static void end(void)
{
	CHECK_EQ(set_iopl(0), 0);
	unmap_test_va(TEST_VA);
	page_free(page[0]);
	page_free(page[1]);
}

/* mov %crN, %reg; mov %reg, %rax. */
TEST(privop_every_register, 0)
{
	static const unsigned int crs[] = { 0, 2, 3, 4 };
	uint64_t want[4];

	begin();
	asm volatile("mov %%cr0, %0" : "=r" (want[0]));
	asm volatile("mov %%cr2, %0" : "=r" (want[1]));
	asm volatile("mov %%cr3, %0" : "=r" (want[2]));
	asm volatile("mov %%cr4, %0" : "=r" (want[3]));
	for (unsigned int c = 0; c < 4; c++) {
		for (unsigned int reg = 0; reg < 16; reg++) {
			unsigned char hi = reg >> 3, lo = reg & 7;
			/* What must be kept is in r8 to r10. */
			unsigned char code[] = {
				0x49, 0x89, 0xe0,	/* mov %rsp, %r8 */
				0x49, 0x89, 0xe9,	/* mov %rbp, %r9 */
				0x49, 0x89, 0xda,	/* mov %rbx, %r10 */
				0x40 | hi, 0x0f, 0x20, 0xc0 | crs[c] << 3 | lo,
				0x48 | hi << 2, 0x89, 0xc0 | lo << 3,
				0x4c, 0x89, 0xc4,	/* mov %r8, %rsp */
				0x4c, 0x89, 0xcd,	/* mov %r9, %rbp */
				0x4c, 0x89, 0xd3,	/* mov %r10, %rbx */
				0xc3,
			};
			const struct sighting *seen;

			/* Then these are kept elsewhere. */
			if (reg == 8) {
				memcpy(code, "\x48\x89\xe7", 3);	/* rdi */
				memcpy(code + 16, "\x48\x89\xfc", 3);
			} else if (reg == 9) {
				memcpy(code + 3, "\x48\x89\xef", 3);
				memcpy(code + 19, "\x48\x89\xfd", 3);
			} else if (reg == 10) {
				memcpy(code + 6, "\x49\x89\xdb", 3);
				memcpy(code + 22, "\x4c\x89\xdb", 3);
			}
			test_case("cr%u to register %u", crs[c], reg);
			memcpy(page[0], code, sizeof(code));
			seen = kernel_watch((snippet_fn)TEST_VA, 0);
			CHECK_EQ(seen->vector, -1);
			CHECK_EQ(snippet_result(), want[c]);
		}
	}
	end();
}

/* #UD on a CPU, where emulated machines look at the privilege first. */
#define GP_OR_UD	(-2)

static void check_vector(int got, int want)
{
	if (want == GP_OR_UD) {
		CHECK(got == VEC_GP || got == VEC_UD, "%d", got);
	} else {
		CHECK_EQ(got, want);
	}
}

static const struct form {
	const char *name;
	unsigned char length, bytes[15];
	int kernel;		/* vector, -1: done */
	int user;
} forms[] = {
	{ "mov %cr0, %rax", 3, { 0x0f, 0x20, 0xc0 }, -1, VEC_GP },
	{ "the same with REX.W", 4, { 0x48, 0x0f, 0x20, 0xc0 }, -1, VEC_GP },
	{ "with 66", 4, { 0x66, 0x0f, 0x20, 0xc0 }, -1, VEC_GP },
	{ "with a segment", 4, { 0x2e, 0x0f, 0x20, 0xc0 }, -1, VEC_GP },
	{ "mod of memory", 3, { 0x0f, 0x20, 0x00 }, -1, VEC_GP },
	{ "mov %cr1, %rax", 3, { 0x0f, 0x20, 0xc8 }, GP_OR_UD, GP_OR_UD },
	{ "mov %cr5, %rax", 3, { 0x0f, 0x20, 0xe8 }, GP_OR_UD, GP_OR_UD },
	{ "clts", 2, { 0x0f, 0x06 }, -1, VEC_GP },
	{ "wbinvd", 2, { 0x0f, 0x09 }, -1, VEC_GP },
	{ "invd", 2, { 0x0f, 0x08 }, VEC_GP, VEC_GP },
	{ "hlt", 1, { 0xf4 }, VEC_GP, VEC_GP },
	{ "invlpg", 3, { 0x0f, 0x01, 0x3f }, VEC_GP, VEC_GP },
	{ "lmsw", 3, { 0x0f, 0x01, 0xf7 }, VEC_GP, VEC_GP },
	{ "swapgs", 3, { 0x0f, 0x01, 0xf8 }, VEC_GP, VEC_GP },
	{ "sysret", 3, { 0x48, 0x0f, 0x07 }, VEC_GP, VEC_GP },
	{ "mov %dr7, %rax", 3, { 0x0f, 0x21, 0xf8 }, -1, VEC_GP },
	{ "too long", 15, { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e,
			    0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x0f, 0x20 },
	  VEC_GP, VEC_GP },
	{ "in $0x80, %al", 2, { 0xe4, 0x80 }, -1, VEC_GP },
	{ "in $0x80, %ax", 3, { 0x66, 0xe5, 0x80 }, -1, VEC_GP },
	{ "in $0x80, %eax", 2, { 0xe5, 0x80 }, -1, VEC_GP },
	{ "out %al, $0x80", 2, { 0xe6, 0x80 }, -1, VEC_GP },
	{ "out %ax, $0x80", 3, { 0x66, 0xe7, 0x80 }, -1, VEC_GP },
	{ "out %eax, $0x80", 2, { 0xe7, 0x80 }, -1, VEC_GP },
	{ "cli", 1, { 0xfa }, -1, VEC_GP },
	{ "sti", 1, { 0xfb }, -1, VEC_GP },
	{ "rdpmc", 2, { 0x0f, 0x33 }, VEC_GP, VEC_GP },
};

static void put(const struct form *f, unsigned int cut)
{
	unsigned char code[16];

	memcpy(code, f->bytes, f->length);
	code[f->length] = 0xc3;
	memcpy(page[0] + PAGE_SIZE - cut, code, cut);
	memcpy(page[1], code + cut, f->length + 1 - cut);
}

TEST(privop_forms, 0)
{
	if (!is_initial_domain()) {
		test_skip("no ports for this domain");
	}
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];

		test_case("%s", f->name);
		memcpy(page[0], f->bytes, f->length);
		page[0][f->length] = 0xc3;
		/* User mode has no TEST_VA: the page by its other name. */
		check_vector(kernel_watch((snippet_fn)page[0], KEEL_BASE)
			     ->vector, f->kernel);
		check_vector(user_watch((snippet_fn)page[0], KEEL_BASE)->vector,
			     f->user);
	}
	end();
}

/* Each at each place of a page's end, with a next page and without. */
TEST(privop_two_pages, 0)
{
	if (!is_initial_domain()) {
		test_skip("no ports for this domain");
	}
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];

		for (unsigned int cut = 1; cut < f->length; cut++) {
			unsigned long at = TEST_VA + PAGE_SIZE - cut;
			const struct sighting *seen;

			test_case("%s, %u bytes before the end", f->name, cut);
			put(f, cut);
			check_vector(kernel_watch((snippet_fn)at, KEEL_BASE)
				     ->vector, f->kernel);
			CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE, 0,
						      UVMF_INVLPG), 0);
			seen = kernel_watch((snippet_fn)at, KEEL_BASE);
			CHECK_EQ(seen->vector, VEC_PF);
			CHECK_EQ(seen->cr2, TEST_VA + PAGE_SIZE);
			CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE,
				 pte_make(virt_to_mfn(page[1]), PTE_USER),
				 UVMF_INVLPG), 0);
		}
	}
	end();
}

/* The second page may be read but not executed. */
TEST(privop_next_page_no_execute, 0)
{
	const struct form *f = &forms[0];
	const struct sighting *seen;

	begin();
	CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE,
		 pte_make(virt_to_mfn(page[1]), PTE_USER | PTE_NX),
		 UVMF_INVLPG), 0);
	/* One byte: emulated machines decide without the third. */
	put(f, 1);
	seen = kernel_watch((snippet_fn)(TEST_VA + PAGE_SIZE - 1), 0);
	CHECK_EQ(seen->vector, VEC_PF);
	CHECK_EQ(seen->regs.error & PF_ID, PF_ID);
	CHECK_EQ(seen->cr2, TEST_VA + PAGE_SIZE);
	end();
}
