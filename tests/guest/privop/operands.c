/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Operands of emulated instructions. mov to a control or debug register takes
 * any general register, mov from one gives all 64 bits; a byte or word of `in`
 * leaves the rest of rax, a doubleword clears it; rdmsr, rdtsc and cpuid clear
 * the upper halves of what they write. ins and outs of each width go up or
 * down, as often as rcx says, across pages; what they cannot reach is a page
 * fault there, with rcx and the pointer as far as they came. With CR4.TSD,
 * rdtsc is for the kernel alone. What no guest may do is refused with any
 * prefix. Asking where tables are is no privilege, though the CPU may have UMIP:
 * stock kernels do it in ring 3 (Linux's get_desc), and so do their programs.
 *
 * From Intel's SDM, volume 2 and volume 3, 2.5.
 */
#include "common/snippet.h"

#define BYTES(...)	(const unsigned char[]){ __VA_ARGS__ }

static unsigned char *code;

static void put(unsigned int *n, const unsigned char *bytes, unsigned int size)
{
	memcpy(code + *n, bytes, size);
	*n += size;
}

/*
 * mov %rdi, %reg; mov %reg, %N; mov %N, %rax, with N a control (0x22, 0x20) or
 * debug register (0x23, 0x21). rsp, rbp and rbx are kept in three registers
 * that are not `reg`.
 */
static const struct sighting *through(unsigned int reg, unsigned char store,
				      unsigned int n, uint64_t value)
{
	unsigned char hi = reg >> 3, lo = reg & 7;
	unsigned char keep = reg >= 8 && reg <= 10 ? 3 : 0;
	unsigned int at = 0;

	for (unsigned char i = 0; i < 3; i++) {
		static const unsigned char kept[] = { 4, 5, 3 };

		put(&at, BYTES(0x49, 0x89,
			       0xc0 | kept[i] << 3 | (keep + i)), 3);
	}
	put(&at, BYTES(0x48 | hi, 0x89, 0xf8 | lo), 3);
	put(&at, BYTES(0x40 | hi, 0x0f, store, 0xc0 | n << 3 | lo), 4);
	put(&at, BYTES(0x0f, store - 2, 0xc0 | n << 3), 3);
	for (unsigned char i = 0; i < 3; i++) {
		static const unsigned char kept[] = { 4, 5, 3 };

		put(&at, BYTES(0x4c, 0x89,
			       0xc0 | (keep + i) << 3 | kept[i]), 3);
	}
	put(&at, BYTES(0xc3), 1);
	return kernel_watch((snippet_fn)code, value);
}

TEST(privop_write_every_register, 0)
{
	uint64_t cr0, cr3, cr4;

	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	asm volatile("mov %%cr3, %0" : "=r" (cr3));
	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	code = page_alloc();
	for (unsigned int reg = 0; reg < 16; reg++) {
		const struct {
			unsigned char store;
			unsigned int n;
			uint64_t value;
		} cases[] = {
			{ 0x22, 0, cr0 ^ (reg & 1 ? 8 : 0) },
			{ 0x22, 2, 0x123456789abc0000 + reg },
			{ 0x22, 3, cr3 },
			{ 0x22, 4, cr4 ^ (reg & 1 ? 8 : 0) },
			{ 0x23, 0, KEEL_BASE + reg }, { 0x23, 1, reg },
			{ 0x23, 2, 0 }, { 0x23, 3, KEEL_BASE + 64 * reg },
			{ 0x23, 6, 0xffff0ff0 }, { 0x23, 7, 0x400 },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			test_case("register %u to %s%u", reg,
				  cases[i].store == 0x22 ? "cr" : "dr",
				  cases[i].n);
			/* rsp is rdi's place; it holds no stack then. */
			CHECK_EQ(through(reg, cases[i].store, cases[i].n,
					 cases[i].value)->vector, -1);
			CHECK_EQ(snippet_result(), cases[i].value);
		}
	}
	for (unsigned int i = 0; i < 4; i++) {
		hc_set_debugreg(i, 0);
	}
	asm volatile("mov %0, %%cr0" : : "r" (cr0));
	asm volatile("mov %0, %%cr4" : : "r" (cr4));
	page_free(code);
}

static void need_ports(void)
{
	if (!is_initial_domain()) {
		test_skip("no ports for this domain");
	}
	CHECK_EQ(set_iopl(1), 0);
}

#define FILLED	"mov $0x1122334455667788, %rax\n mov %edi, %edx\n"
SNIPPET(w_in8, FILLED "in %dx, %al");
SNIPPET(w_in16, FILLED "in %dx, %ax");
SNIPPET(w_in32, FILLED "in %dx, %eax");
SNIPPET(w_in8_rex, FILLED ".byte 0x48\n in %dx, %al");
SNIPPET(w_in32_rex, FILLED ".byte 0x48\n in %dx, %eax");
SNIPPET(w_in16_rex, FILLED ".byte 0x66, 0x48\n .byte 0xed");
SNIPPET(w_imm8, FILLED "in $0x80, %al");
SNIPPET(w_imm16, FILLED "in $0x80, %ax");
SNIPPET(w_imm32, FILLED "in $0x80, %eax");
SNIPPET(w_out8, FILLED "out %al, %dx");
SNIPPET(w_out16, FILLED "out %ax, %dx");
SNIPPET(w_out32, FILLED "out %eax, %dx");
SNIPPET(w_rdmsr, FILLED "mov %rax, %rdx\n mov $0xc0000080, %ecx\n rdmsr\n"
	"	or %rdx, %rax");
SNIPPET(w_rdtsc, FILLED "mov %rax, %rdx\n rdtsc\n or %rdx, %rax");
SNIPPET(w_cpuid, "mov %rbx, %r8\n mov $-1, %rbx\n mov $-1, %rdx\n"
	"	mov $0xffffffff40000000, %rax\n mov $0xffffffff00000000, %rcx\n"
	"	.byte 0x0f,0x0b,0x78,0x65,0x6e\n cpuid\n or %rbx, %rax\n"
	"	or %rcx, %rax\n or %rdx, %rax\n mov %r8, %rbx");

TEST(privop_widths, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		uint64_t same;		/* bits of rax that stay */
		uint64_t clear;		/* bits that become 0 */
	} cases[] = {
		{ "in %dx, %al", w_in8, ~0xffUL, 0 },
		{ "in %dx, %ax", w_in16, ~0xffffUL, 0 },
		{ "in %dx, %eax", w_in32, 0, ~0UL << 32 },
		{ "rex.w in %dx, %al", w_in8_rex, ~0xffUL, 0 },
		{ "rex.w in %dx, %eax", w_in32_rex, 0, ~0UL << 32 },
		{ "in %al, imm", w_imm8, ~0xffUL, 0 },
		{ "in %ax, imm", w_imm16, ~0xffffUL, 0 },
		{ "in %eax, imm", w_imm32, 0, ~0UL << 32 },
		{ "out %al", w_out8, ~0UL, 0 },
		{ "out %ax", w_out16, ~0UL, 0 },
		{ "out %eax", w_out32, ~0UL, 0 },
		{ "rdmsr", w_rdmsr, 0, ~0UL << 32 },
		{ "rdtsc", w_rdtsc, 0, ~0UL << 32 },
		{ "forced cpuid", w_cpuid, 0, ~0UL << 32 },
	};

	need_ports();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(kernel_watch(cases[i].fn, 0x80)->vector, -1);
		CHECK_EQ(snippet_result() & cases[i].same,
			 0x1122334455667788 & cases[i].same);
		CHECK_EQ(snippet_result() & cases[i].clear, 0);
	}
	CHECK_EQ(set_iopl(0), 0);
}

/* rsi: the state: rdi, rsi, rcx, rflags' DF; it comes back there. */
#define STRING(name, text)						\
	SNIPPET(name, "mov %rdi, %r12\n mov (%r12), %rdi\n"		\
		"mov 8(%r12), %rsi\n mov 16(%r12), %rcx\n"		\
		"mov $0x71, %edx\n testb $1, 24(%r12)\n jz 1f\n std\n1: "	\
		text "\n cld\n mov %rdi, (%r12)\n mov %rsi, 8(%r12)\n"	\
		"mov %rcx, 16(%r12)")
STRING(t_insb, "rep insb");
STRING(t_insw, "rep insw");
STRING(t_insl, "rep insl");
STRING(t_insb_one, "insb");
STRING(t_insb_rex, ".byte 0xf3, 0x48, 0x6c");
STRING(t_outsb, "mov $0x80, %edx\n rep outsb");
STRING(t_outsw, "mov $0x80, %edx\n rep outsw");
STRING(t_outsl, "mov $0x80, %edx\n rep outsl");
STRING(t_outsl_ds, "mov $0x80, %edx\n .byte 0x3e\n rep outsl");

TEST(privop_strings, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		unsigned int width;
		bool in, once;
	} cases[] = {
		{ "rep insb", t_insb, 1, true, false },
		{ "rep insw", t_insw, 2, true, false },
		{ "rep insl", t_insl, 4, true, false },
		{ "insb", t_insb_one, 1, true, true },
		{ "rep rex.w insb", t_insb_rex, 1, true, false },
		{ "rep outsb", t_outsb, 1, false, false },
		{ "rep outsw", t_outsw, 2, false, false },
		{ "rep outsl", t_outsl, 4, false, false },
		{ "ds rep outsl", t_outsl_ds, 4, false, false },
	};
	static const unsigned int counts[] = { 0, 1, 2, 63, 64, 65, 300 };
	unsigned char *page[2];

	need_ports();
	for (unsigned int i = 0; i < 2; i++) {
		page[i] = page_alloc();
		CHECK_EQ(map_page(kernel_root, TEST_VA + i * PAGE_SIZE,
				  pte_make(virt_to_mfn(page[i]), PTE_USER)),
			 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(counts) * 2;
	     i++) {
		unsigned int n = i / 2 % ARRAY_SIZE(cases), down = i & 1;
		unsigned int count = counts[i / 2 / ARRAY_SIZE(cases)];
		unsigned int done = cases[n].once ? 1 : count;
		unsigned long start = TEST_VA + PAGE_SIZE - 33;
		long moved = (long)(done * cases[n].width) * (down ? -1 : 1);
		uint64_t state[4] = { start, start, count, down };

		test_case("%s, %u times, %s", cases[n].name, count,
			  down ? "down" : "up");
		CHECK_EQ(kernel_watch(cases[n].fn, (unsigned long)state)
			 ->vector, -1);
		CHECK_EQ(state[0], start + (cases[n].in ? moved : 0));
		CHECK_EQ(state[1], start + (cases[n].in ? 0 : moved));
		CHECK_EQ(state[2], cases[n].once ? count : 0);
	}
	test_case("the second page is not there");
	CHECK_EQ(hc_update_va_mapping(TEST_VA + PAGE_SIZE, 0, UVMF_INVLPG), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long start = TEST_VA + PAGE_SIZE - 3 * cases[i].width;
		uint64_t state[4] = { start, start, 5, 0 };
		const struct sighting *seen;

		if (cases[i].once) {
			continue;
		}
		test_case("%s into no page", cases[i].name);
		seen = kernel_watch(cases[i].fn, (unsigned long)state);
		CHECK_EQ(seen->vector, VEC_PF);
		CHECK_EQ(seen->cr2, TEST_VA + PAGE_SIZE);
		CHECK_EQ(seen->regs.error & PF_W, cases[i].in ? PF_W : 0);
		CHECK_EQ(seen->regs.rcx, 2);
		CHECK_EQ(cases[i].in ? seen->regs.rdi : seen->regs.rsi,
			 TEST_VA + PAGE_SIZE);
	}
	test_case("into a read-only page");
	CHECK_EQ(hc_update_va_mapping(TEST_VA, pte_make(virt_to_mfn(page[0]),
				      PTE_USER & ~PTE_RW), UVMF_INVLPG), 0);
	{
		uint64_t state[4] = { TEST_VA + 8, 0, 5, 0 };
		const struct sighting *seen =
			kernel_watch(t_insb, (unsigned long)state);

		CHECK_EQ(seen->vector, VEC_PF);
		CHECK_EQ(seen->regs.error & PF_W, PF_W);
		CHECK_EQ(seen->cr2, TEST_VA + 8);
		CHECK_EQ(seen->regs.rcx, 5);
	}
	CHECK_EQ(set_iopl(0), 0);
	unmap_test_va(TEST_VA);
	page_free(page[0]);
	page_free(page[1]);
}

SNIPPET(d_rdtsc, "rdtsc");
SNIPPET(d_rdtscp, "rdtscp");
#define CR4_TSD	4UL

TEST(privop_tsd, 0)
{
	uint64_t cr4;
	int with_p = user_watch(d_rdtscp, 0)->vector;

	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	CHECK_EQ(user_watch(d_rdtsc, 0)->vector, -1);
	asm volatile("mov %0, %%cr4" : : "r" (cr4 | CR4_TSD));
	CHECK_EQ(user_watch(d_rdtsc, 0)->vector, VEC_GP);
	CHECK_EQ(kernel_watch(d_rdtsc, 0)->vector, -1);
	if (with_p == -1) {
		CHECK_EQ(user_watch(d_rdtscp, 0)->vector, VEC_GP);
		CHECK_EQ(kernel_watch(d_rdtscp, 0)->vector, -1);
	}
	asm volatile("mov %0, %%cr4" : : "r" (cr4));
	CHECK_EQ(user_watch(d_rdtsc, 0)->vector, -1);
}

SNIPPET(u_sgdt, "sub $16, %rsp\n sgdt (%rsp)\n add $16, %rsp");
SNIPPET(u_sidt, "sub $16, %rsp\n sidt (%rsp)\n add $16, %rsp");
SNIPPET(u_sldt, "sldt %eax");
SNIPPET(u_str, "str %eax");
SNIPPET(u_smsw, "smsw %rax\n and $1, %eax");

TEST(privop_umip, 0)
{
	static const snippet_fn fns[] = {
		u_sgdt, u_sidt, u_sldt, u_str, u_smsw,
	};
	unsigned int a = 7, b, c = 0, d;

	asm volatile("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	if (!(c & 4)) {
		test_skip("this CPU has no UMIP");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(fns); i++) {
		test_case("number %u", i);
		CHECK_EQ(kernel_watch(fns[i], 0)->vector, -1);
		CHECK_EQ(user_watch(fns[i], 0)->vector, -1);
	}
	CHECK_EQ(snippet_result(), 1);
}

/* #GP or, where the CPU or the emulated machine does not know it, #UD. */
TEST(privop_refused, 0)
{
	static const struct {
		const char *name;
		unsigned char length, bytes[8];
	} cases[] = {
		{ "mov %cr8, %rax", 4, { 0x44, 0x0f, 0x20, 0xc0 } },
		{ "mov %rax, %cr8", 4, { 0x44, 0x0f, 0x22, 0xc0 } },
		{ "lock mov %cr0, %rax", 4, { 0xf0, 0x0f, 0x20, 0xc0 } },
		{ "mov %rax, %cr1", 3, { 0x0f, 0x22, 0xc8 } },
		{ "mov %rax, %cr15", 4, { 0x44, 0x0f, 0x22, 0xf8 } },
		{ "mov %dr8, %rax", 4, { 0x44, 0x0f, 0x21, 0xc0 } },
		{ "lock cli", 2, { 0xf0, 0xfa } },
		{ "lock rdmsr", 3, { 0xf0, 0x0f, 0x32 } },
		{ "lock in", 3, { 0xf0, 0xe4, 0x80 } },
		{ "lock clts", 3, { 0xf0, 0x0f, 0x06 } },
		{ "vmcall", 3, { 0x0f, 0x01, 0xc1 } },
		{ "vmlaunch", 3, { 0x0f, 0x01, 0xc2 } },
		{ "vmxoff", 3, { 0x0f, 0x01, 0xc4 } },
		{ "vmrun", 3, { 0x0f, 0x01, 0xd8 } },
		{ "vmmcall", 3, { 0x0f, 0x01, 0xd9 } },
		{ "vmload", 3, { 0x0f, 0x01, 0xda } },
		{ "vmsave", 3, { 0x0f, 0x01, 0xdb } },
		{ "stgi", 3, { 0x0f, 0x01, 0xdc } },
		{ "clgi", 3, { 0x0f, 0x01, 0xdd } },
		{ "skinit", 3, { 0x0f, 0x01, 0xde } },
		{ "invlpga", 3, { 0x0f, 0x01, 0xdf } },
		{ "rsm", 2, { 0x0f, 0xaa } },
		{ "getsec", 2, { 0x0f, 0x37 } },
		{ "sysexit", 2, { 0x0f, 0x35 } },
		{ "sysretl", 2, { 0x0f, 0x07 } },
		{ "invpcid", 5, { 0x66, 0x0f, 0x38, 0x82, 0x07 } },
		{ "invept", 5, { 0x66, 0x0f, 0x38, 0x80, 0x07 } },
		{ "lgdt", 3, { 0x0f, 0x01, 0x17 } },
		{ "lidt", 3, { 0x0f, 0x01, 0x1f } },
		{ "lldt", 3, { 0x0f, 0x00, 0xd7 } },
		{ "ltr", 3, { 0x0f, 0x00, 0xdf } },
		{ "lmsw", 3, { 0x0f, 0x01, 0xf7 } },
		{ "swapgs", 3, { 0x0f, 0x01, 0xf8 } },
		{ "hlt", 1, { 0xf4 } },
		{ "invd", 2, { 0x0f, 0x08 } },
		{ "rdpmc", 2, { 0x0f, 0x33 } },
	};
	static const unsigned char prefixes[] = {
		0, 0x66, 0xf2, 0xf3, 0x2e, 0x65, 0x67, 0xf0,
	};

	code = page_alloc();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases) * 8; i++) {
		unsigned int n = i / 8, at = 0, user;

		if (prefixes[i % 8]) {
			put(&at, &prefixes[i % 8], 1);
		}
		put(&at, cases[n].bytes, cases[n].length);
		put(&at, BYTES(0xc3), 1);
		for (user = 0; user < 2; user++) {
			int vector;

			test_case("%s with %x from %s", cases[n].name,
				  prefixes[i % 8], user ? "user" : "kernel");
			vector = user ? user_watch((snippet_fn)code,
						   KEEL_BASE)->vector :
				 kernel_watch((snippet_fn)code,
					      KEEL_BASE)->vector;
			CHECK(vector == VEC_GP || vector == VEC_UD, "%d",
			      vector);
		}
	}
	page_free(code);
}
