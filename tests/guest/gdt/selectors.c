/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What code may do with selectors. lar, lsl, verr and verw tell of the guest's
 * own descriptors, and of the flat ones, what the CPU would, and of no other;
 * a segment that is not present is #NP, or #SS for a stack. Far calls, far
 * returns and the CPU's own iretq go between code segments of ring 3, 32-bit
 * ones too, without the hypervisor; to anything else they are #GP or #NP with
 * the selector.
 *
 * From Intel's SDM, volume 2 (LAR, LSL, VERR, CALL, RET, IRET) and volume 3,
 * ch. 5, and <xen/arch-x86/xen-x86_64.h>.
 */
#include "common/snippet.h"

#define DATA_RW		0x00cff3000000ffffUL	/* flat, ring 3 */
#define DATA_RO		0x00cff1000000ffffUL
#define DATA_SMALL	0x0040f30000001234UL	/* limit in bytes */
#define CODE_32		0x00cffb000000ffffUL
#define CODE_64		0x00affb000000ffffUL
#define CODE_EXECUTE	0x00cff9000000ffffUL	/* not readable */
#define CODE_CONFORMING	0x00cfff000000ffffUL
#define NOT_PRESENT	(1UL << 47)

#define SEL(i)		((i) << 3 | 3)
#define LDT_SEL(i)	((i) << 3 | 7)

enum {
	NONE, RW = 5, RO, SMALL, C32, C64, EXECUTE, CONFORMING, DATA_AWAY,
	CODE_AWAY, EMPTY,
};

static uint64_t *table;

/* The same page is the GDT, and the LDT. */
static void begin(void)
{
	unsigned long mfn;

	table = page_alloc();
	table[RW] = DATA_RW;
	table[RO] = DATA_RO;
	table[SMALL] = DATA_SMALL;
	table[C32] = CODE_32;
	table[C64] = CODE_64;
	table[EXECUTE] = CODE_EXECUTE;
	table[CONFORMING] = CODE_CONFORMING;
	table[DATA_AWAY] = DATA_RW & ~NOT_PRESENT;
	table[CODE_AWAY] = CODE_64 & ~NOT_PRESENT;
	mfn = virt_to_mfn(table);
	CHECK_EQ(page_set_writable(table, false), 0);
	CHECK_EQ(hc_set_gdt(&mfn, 512), 0);
	CHECK_EQ(set_ldt(table, 512), 0);
}

static void end(void)
{
	CHECK_EQ(set_ldt(NULL, 0), 0);
	CHECK_EQ(hc_set_gdt(NULL, 0), 0);
	CHECK_EQ(page_set_writable(table, true), 0);
	page_free(table);
}

SNIPPET(s_lar, "lar %edi, %eax\n jz 1f\n mov $-1, %rax\n1:");
SNIPPET(s_lsl, "lsl %edi, %eax\n jz 1f\n mov $-1, %rax\n1:");
SNIPPET(s_verr, "xor %eax, %eax\n verr %di\n setz %al");
SNIPPET(s_verw, "xor %eax, %eax\n verw %di\n setz %al");

#define NO	(~0UL)

static const struct {
	const char *name;
	unsigned int index;
	unsigned long rights, limit;
	bool readable, writable;
} descriptors[] = {
	{ "data", RW, 0xc0f300, 0xffffffff, true, true },
	{ "read-only data", RO, 0xc0f100, 0xffffffff, true, false },
	{ "small data", SMALL, 0x40f300, 0x1234, true, true },
	{ "32-bit code", C32, 0xc0fb00, 0xffffffff, true, false },
	{ "64-bit code", C64, 0xa0fb00, 0xffffffff, true, false },
	{ "execute-only code", EXECUTE, 0xc0f900, 0xffffffff, false, false },
	{ "conforming code", CONFORMING, 0xc0ff00, 0xffffffff, true, false },
	{ "absent data", DATA_AWAY, 0xc07300, 0xffffffff, true, true },
	{ "empty", EMPTY, NO, NO, false, false },
	{ "null", NONE, NO, NO, false, false },
};

static unsigned long run(snippet_fn fn, unsigned int selector, bool user)
{
	CHECK_EQ(user ? user_watch(fn, selector)->vector :
			kernel_watch(fn, selector)->vector, -1);
	return snippet_result();
}

TEST(selector_questions, 0)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(descriptors); i++) {
		for (unsigned int how = 0; how < 4; how++) {
			unsigned int n = descriptors[i].index;
			unsigned int sel = how & 1 ? LDT_SEL(n) : SEL(n);
			bool user = how & 2;
			unsigned long rights;

			test_case("%s, %s, %s", descriptors[i].name,
				  how & 1 ? "LDT" : "GDT",
				  user ? "user" : "kernel");
			rights = run(s_lar, sel, user);
			CHECK_EQ(rights == NO ? NO : rights & 0xf0ff00,
				 descriptors[i].rights);
			CHECK_EQ(run(s_lsl, sel, user), descriptors[i].limit);
			CHECK_EQ(run(s_verr, sel, user),
				 descriptors[i].readable);
			CHECK_EQ(run(s_verw, sel, user),
				 descriptors[i].writable);
		}
	}
	end();
}

/* A page of the LDT that is not there, asked for as the first thing. */
TEST(selector_questions_no_page, 0)
{
	static const snippet_fn questions[] = { s_lar, s_lsl, s_verr, s_verw };

	CHECK_EQ(set_ldt((void *)TEST_VA, 512), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct sighting *seen;

		test_case("question %u", i);
		seen = kernel_watch(questions[i], LDT_SEL(9));
		CHECK_EQ(seen->vector, VEC_PF);
		CHECK_EQ(seen->cr2, TEST_VA + 9 * 8);
		CHECK_EQ(seen->regs.rip, (uint64_t)questions[i] +
			 (i > 1 ? 2 : 0));
	}
	CHECK_EQ(set_ldt(NULL, 0), 0);
}

/* Of the hypervisor's own descriptors only the flat ones can be seen. */
TEST(selector_reserved, 0)
{
	unsigned int seen = 0, wrong = 0;

	for (unsigned int sel = FIRST_RESERVED_GDT_BYTE; sel < 0x10000;
	     sel += 8) {
		unsigned long rights = run(s_lar, sel | 3, false);

		test_case("selector %x", sel);
		if (rights == NO) {
			struct fault f;

			/* Then it cannot be loaded either. */
			TRY(f, "mov %0, %%es", : : "r" (sel | 3) : "memory");
			wrong += f.vector != VEC_GP || f.error != sel;
			continue;
		}
		seen++;
		/* Ring 3's, code or data, present. */
		wrong += (rights & 0xf000) != 0xf000;
	}
	CHECK(seen >= 3, "%u", seen);
	CHECK_EQ(wrong, 0);
}

SNIPPET(l_ds, "mov %edi, %ds");
SNIPPET(l_es, "mov %edi, %es");
SNIPPET(l_fs, "mov %edi, %fs");
SNIPPET(l_gs, "mov %edi, %gs");
SNIPPET(l_ss, "mov %edi, %ss");
SNIPPET(l_restore, "mov %ss, %eax\n xor %edi, %edi\n mov %edi, %ds\n"
	"	mov %edi, %es");

TEST(selector_load, 0)
{
	static const struct {
		const char *name;
		unsigned int index;
		int data, stack;
	} cases[] = {
		{ "data", RW, -1, -1 },
		{ "read-only data", RO, -1, VEC_GP },
		{ "code", C32, -1, VEC_GP },
		{ "execute-only code", EXECUTE, VEC_GP, VEC_GP },
		{ "absent data", DATA_AWAY, VEC_NP, VEC_SS },
		{ "empty", EMPTY, VEC_GP, VEC_GP },
	};
	static const struct {
		const char *name;
		snippet_fn fn;
	} registers[] = {
		{ "ds", l_ds }, { "es", l_es }, { "fs", l_fs }, { "ss", l_ss },
	};

	begin();
	for (unsigned int how = 0; how < 4; how++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(cases) * 4; i++) {
			unsigned int n = i / 4, r = i % 4, sel;
			int want = r == 3 ? cases[n].stack : cases[n].data;
			const struct sighting *seen;

			sel = how & 1 ? LDT_SEL(cases[n].index) :
					SEL(cases[n].index);
			test_case("%s with %s, %x, %s", registers[r].name,
				  cases[n].name, sel,
				  how & 2 ? "user" : "kernel");
			seen = how & 2 ? user_watch(registers[r].fn, sel) :
					 kernel_watch(registers[r].fn, sel);
			CHECK_EQ(seen->vector, want);
			if (want != -1) {
				CHECK_EQ(seen->regs.error, sel & ~3);
				CHECK_EQ(seen->regs.rip,
					 (uint64_t)registers[r].fn);
			}
		}
	}
	asm volatile("mov %0, %%ss" : : "r" (FLAT_KERNEL_SS));
	l_restore(0);
	CHECK_EQ(hc_set_segment_base(SEGBASE_FS, 0), 0);
	asm volatile("mov %0, %%fs" : : "r" (0));
	end();
}

/* Within 64-bit mode, from kernel and user: lretq and iretq, done by the CPU. */
SNIPPET(f_lretq, "mov $0x55, %eax\n push %rdi\n lea 1f(%rip), %rcx\n"
	"	push %rcx\nf_lretq_at: lretq\n1:	mov %cs, %eax");
SNIPPET(f_iretq, "mov %rsp, %rdx\n mov %ss, %eax\n push %rax\n push %rdx\n"
	"	pushfq\n push %rdi\n lea 1f(%rip), %rcx\n push %rcx\n"
	"f_iretq_at: iretq\n1:	mov %cs, %eax");
extern const char f_lretq_at[], f_iretq_at[];

TEST(far_return_64, 0)
{
	static const struct {
		const char *name;
		unsigned int selector;
		int vector;
	} cases[] = {
		{ "flat code", FLAT_RING3_CS64, -1 },
		{ "own code", SEL(C64), -1 },
		{ "own code of the LDT", LDT_SEL(C64), -1 },
		{ "absent code", SEL(CODE_AWAY), VEC_NP },
		{ "data", SEL(RW), VEC_GP },
		{ "the hypervisor's code", 0xe008, VEC_GP },
		{ "the same, ring 3", 0xe00b, VEC_GP },
		{ "ring 0", FLAT_RING3_CS64 & ~3, VEC_GP },
		{ "behind the GDT", 0xfffb, VEC_GP },
		{ "an empty descriptor", SEL(EMPTY), VEC_GP },
		{ "null", 0, VEC_GP },
		{ "null, ring 3", 3, VEC_GP },
	};
	static const struct {
		snippet_fn fn;
		const char *at;
	} ways[] = { { f_lretq, f_lretq_at }, { f_iretq, f_iretq_at } };

	begin();
	for (unsigned int how = 0; how < 4; how++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			snippet_fn fn = ways[how & 1].fn;
			const struct sighting *seen;

			test_case("%s to %s, %s", how & 1 ? "iretq" : "lretq",
				  cases[i].name, how & 2 ? "user" : "kernel");
			seen = how & 2 ? user_watch(fn, cases[i].selector) :
					 kernel_watch(fn, cases[i].selector);
			CHECK_EQ(seen->vector, cases[i].vector);
			if (cases[i].vector == -1) {
				CHECK_EQ(snippet_result(), cases[i].selector);
			} else {
				CHECK_EQ(seen->regs.error,
					 cases[i].selector & ~3);
				CHECK_EQ(seen->regs.rip,
					 (uint64_t)ways[how & 1].at);
			}
		}
	}
	end();
}

/*
 * A far call from 64-bit code and the return from 32-bit code, below 4 GiB:
 * the pointer lies at FAR_POINTER, the code at USER_VA.
 */
extern const char far_64[], far_32[], far_end[], far_at[];
asm(".pushsection .rodata\n"
    "far_64:	xor	%eax, %eax\n"
    "far_at:	lcall	*0x400800\n"
    "		syscall\n"
    "		.code32\n"
    "far_32:	mov	%cs, %eax\n"
    "		lret\n"
    "		.code64\n"
    "far_end:\n"
    ".popsection\n");

#define FAR_POINTER	0x800

TEST(far_call, 0)
{
	static const struct {
		const char *name;
		unsigned int selector;
		int vector;
	} cases[] = {
		{ "32-bit code", FLAT_RING3_CS32, -1 },
		{ "own 32-bit code", SEL(C32), -1 },
		{ "that of the LDT", LDT_SEL(C32), -1 },
		{ "conforming code", SEL(CONFORMING), -1 },
		{ "execute-only code", SEL(EXECUTE), -1 },
		{ "absent code", SEL(CODE_AWAY), VEC_NP },
		{ "data", SEL(RW), VEC_GP },
		{ "the hypervisor's code", 0xe008, VEC_GP },
		{ "behind the GDT", 0xfffb, VEC_GP },
		{ "null", 0, VEC_GP },
	};
	unsigned char *page = page_alloc();
	struct regs r = {
		.rip = USER_VA, .cs = USER_CS, .ss = USER_SS,
		.rflags = FLAG_IF, .rsp = USER_VA + PAGE_SIZE - 16,
	};

	begin();
	memcpy(page, far_64, far_end - far_64);
	*(uint32_t *)(page + FAR_POINTER) = USER_VA + (far_32 - far_64);
	CHECK_EQ(map_page(user_root(), USER_VA,
			  pte_make(virt_to_mfn(page), PTE_USER)), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct regs *got;

		test_case("%s", cases[i].name);
		*(uint16_t *)(page + FAR_POINTER + 4) = cases[i].selector;
		got = user_run_regs(&r);
		if (cases[i].vector == -1) {
			CHECK_EQ(got->vector, ENTRY_SYSCALL);
			CHECK_EQ(got->rax, cases[i].selector);
			CHECK_EQ(got->rsp, r.rsp);
		} else {
			CHECK_EQ(got->vector, cases[i].vector);
			CHECK_EQ(got->error, cases[i].selector & ~3);
			CHECK_EQ(got->rip, USER_VA + (far_at - far_64));
		}
	}
	unmap_slot(user_root(), USER_VA);
	page_free(page);
	end();
}
