/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The instruction decoder against the CPU itself: each store that we emulate
 * is run on random operands both natively and by lib/insn_store.c; memory,
 * registers and defined flags must agree.  Then lengths, refusals, truncation,
 * and random bytes under the sanitizers.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/insn.h"

#define ROUNDS	2000
#define ARITH	0x8d5UL
#define LOGIC	(ARITH & ~0x10UL)	/* AF is undefined */
#define CARRY	0x001UL			/* bit tests define CF only */

struct machine {
	u64 rax, rdx, rcx, rsi, rdi, rflags;
};

static u8 *code;

static void map_code(void)
{
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(code, MAP_FAILED);
}

/* Runs one instruction on these registers. */
static void run_native(const u8 *bytes, size_t n, struct machine *m)
{
	memcpy(code, bytes, n);
	code[n] = 0xc3;
	__asm__ volatile(
		"sub $128, %%rsp\n"
		"push %%rbx\n"
		"mov %[m], %%rbx\n"
		"push 40(%%rbx)\n"
		"mov 0(%%rbx), %%rax\n"
		"mov 8(%%rbx), %%rdx\n"
		"mov 16(%%rbx), %%rcx\n"
		"mov 24(%%rbx), %%rsi\n"
		"mov 32(%%rbx), %%rdi\n"
		"popfq\n"
		"call *%[code]\n"
		"pushfq\n"
		"cld\n"
		"pop 40(%%rbx)\n"
		"mov %%rax, 0(%%rbx)\n"
		"mov %%rdx, 8(%%rbx)\n"
		"mov %%rcx, 16(%%rbx)\n"
		"mov %%rsi, 24(%%rbx)\n"
		"mov %%rdi, 32(%%rbx)\n"
		"pop %%rbx\n"
		"add $128, %%rsp\n"
		: : [m] "r" (m), [code] "r" (code)
		: "rax", "rdx", "rcx", "rsi", "rdi", "memory", "cc", "r8");
}

/* All with the memory operand at (rdi), the register operand rdx. */
static const struct {
	const char *name;
	u8 bytes[12];
	u8 length;
	u64 flags;
} stores[] = {
	{ "mov %rdx", { 0x48, 0x89, 0x17 }, 3, ARITH },
	{ "mov %rdx, 8()", { 0x48, 0x89, 0x57, 0x08 }, 4, ARITH },
	{ "xchg %rdx, -16()", { 0x48, 0x87, 0x57, 0xf0 }, 4, ARITH },
	{ "mov %edx", { 0x89, 0x17 }, 2, ARITH },
	{ "mov %dx", { 0x66, 0x89, 0x17 }, 3, ARITH },
	{ "mov %dl", { 0x88, 0x17 }, 2, ARITH },
	{ "movnti", { 0x48, 0x0f, 0xc3, 0x17 }, 4, ARITH },
	{ "mov $", { 0x48, 0xc7, 0x07, 1, 2, 3, 0xf4 }, 7, ARITH },
	{ "movw $", { 0x66, 0xc7, 0x07, 1, 0x82 }, 5, ARITH },
	{ "movb $", { 0xc6, 0x07, 0x91 }, 3, ARITH },
	{ "xchg", { 0x48, 0x87, 0x17 }, 3, ARITH },
	{ "xchgl", { 0x87, 0x17 }, 2, ARITH },
	{ "xchgb", { 0x86, 0x17 }, 2, ARITH },
	{ "cmpxchg", { 0xf0, 0x48, 0x0f, 0xb1, 0x17 }, 5, ARITH },
	{ "cmpxchgl", { 0x0f, 0xb1, 0x17 }, 3, ARITH },
	{ "cmpxchgb", { 0x0f, 0xb0, 0x17 }, 3, ARITH },
	{ "add", { 0x48, 0x01, 0x17 }, 3, ARITH },
	{ "addb", { 0x00, 0x17 }, 2, ARITH },
	{ "or", { 0x48, 0x09, 0x17 }, 3, LOGIC },
	{ "and", { 0x48, 0x21, 0x17 }, 3, LOGIC },
	{ "sub", { 0x48, 0x29, 0x17 }, 3, ARITH },
	{ "subl", { 0x29, 0x17 }, 2, ARITH },
	{ "xor", { 0x48, 0x31, 0x17 }, 3, LOGIC },
	{ "andq $8", { 0x48, 0x83, 0x27, 0xf0 }, 4, LOGIC },
	{ "orl $", { 0x81, 0x0f, 1, 2, 3, 4 }, 6, LOGIC },
	{ "lock andb $", { 0xf0, 0x80, 0x27, 0xfd }, 4, LOGIC },
	{ "addb $", { 0x80, 0x07, 0x7f }, 3, ARITH },
	{ "subw $", { 0x66, 0x81, 0x2f, 0xcd, 0xab }, 5, ARITH },
	{ "bts $", { 0x48, 0x0f, 0xba, 0x2f, 0x2a }, 5, CARRY },
	{ "lock btr $", { 0xf0, 0x48, 0x0f, 0xba, 0x37, 0x3f }, 6, CARRY },
	{ "btcl $", { 0x0f, 0xba, 0x3f, 0x25 }, 4, CARRY },
	{ "bts %rdx", { 0x48, 0x0f, 0xab, 0x17 }, 4, CARRY },
	{ "btrl %edx", { 0x0f, 0xb3, 0x17 }, 3, CARRY },
};

static u64 random64(void)
{
	static const u64 special[] = {
		0, 1, ~0ULL, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff,
		0x80000000, 1ULL << 63, (1ULL << 63) - 1, 0xf, 0x10,
	};

	if (rand() % 3 == 0) {
		return special[(size_t)rand() % ARRAY_LEN(special)];
	}
	return (u64)rand() << 42 ^ (u64)rand() << 21 ^ (u64)rand();
}

static u64 load(const void *p, unsigned int width)
{
	u64 val = 0;

	memcpy(&val, p, width);
	return val;
}

static void compare_once(size_t i, u64 *mem)
{
	u64 twin[64], old;
	struct cpu_user_regs regs = { 0 };
	struct insn_store s;
	struct machine m = {
		.rax = random64(), .rdx = random64(), .rcx = 3,
		.rdi = (u64)&mem[32],
		.rflags = 0x202 | (random64() & ARITH),
	};

	for (unsigned int j = 0; j < 64; j++) {
		mem[j] = rand() % 4 ? random64() : m.rax;
	}
	/* Bit numbers in a register: keep them in the buffer. */
	if (strstr(stores[i].name, "%rdx") || strstr(stores[i].name, "%edx")) {
		m.rdx = (u64)(s64)(rand() % 2000 - 1000);
	}
	memcpy(twin, mem, sizeof(twin));
	regs.rax = m.rax;
	regs.rdx = m.rdx;
	regs.rcx = m.rcx;
	regs.rdi = m.rdi;
	regs.rflags = m.rflags;
	regs.rip = 1000;

	cr_assert_eq(insn_decode_store(&s, stores[i].bytes, INSN_MAX_BYTES - 3,
				       &regs), 0, "%s", stores[i].name);
	cr_assert_eq(s.length, stores[i].length, "%s", stores[i].name);
	run_native(stores[i].bytes, stores[i].length, &m);

	old = load((char *)twin + (s.addr - (u64)mem), s.width);
	u64 val = insn_store_result(&s, &regs, old);
	memcpy((char *)twin + (s.addr - (u64)mem), &val, s.width);
	insn_store_retire(&s, &regs, old);

	cr_assert_eq(memcmp(mem, twin, sizeof(twin)), 0, "%s: memory",
		     stores[i].name);
	cr_assert_eq(regs.rax, m.rax, "%s: rax", stores[i].name);
	cr_assert_eq(regs.rdx, m.rdx, "%s: rdx", stores[i].name);
	cr_assert_eq(regs.rdi, m.rdi, "%s: rdi", stores[i].name);
	cr_assert_eq((regs.rflags ^ m.rflags) & stores[i].flags, 0,
		     "%s: flags %lx, the CPU says %lx", stores[i].name,
		     regs.rflags, m.rflags);
	cr_assert_eq(regs.rip, 1000 + stores[i].length);
}

Test(insn, stores_agree_with_the_cpu)
{
	static u64 mem[64];

	srand(1);
	map_code();
	for (size_t i = 0; i < ARRAY_LEN(stores); i++) {
		for (unsigned int n = 0; n < ROUNDS; n++) {
			compare_once(i, mem);
		}
	}
}

static const struct {
	const char *name;
	u8 bytes[15];
	u8 n, length;
	u8 map, opcode;
} known[] = {
	{ "in $0x71, %al", { 0xe4, 0x71 }, 2, 2, 0, 0xe4 },
	{ "out %ax, %dx", { 0x66, 0xef }, 2, 2, 0, 0xef },
	{ "rep insb", { 0xf3, 0x6c }, 2, 2, 0, 0x6c },
	{ "int $0x80", { 0xcd, 0x80 }, 2, 2, 0, 0xcd },
	{ "hlt", { 0xf4 }, 1, 1, 0, 0xf4 },
	{ "mov %cr3, %r15", { 0x41, 0x0f, 0x20, 0xdf }, 4, 4, 1, 0x20 },
	{ "wrmsr", { 0x0f, 0x30 }, 2, 2, 1, 0x30 },
	{ "cpuid", { 0x0f, 0xa2 }, 2, 2, 1, 0xa2 },
	{ "xsetbv", { 0x0f, 0x01, 0xd1 }, 3, 3, 1, 0x01 },
	{ "sib, disp8", { 0x48, 0x89, 0x44, 0x8b, 0x10 }, 5, 5, 0, 0x89 },
	{ "rip relative", { 0x48, 0xc7, 0x05, 1, 0, 0, 0, 2, 0, 0, 0 },
	  11, 11, 0, 0xc7 },
};

Test(insn, known_instructions_have_their_length)
{
	struct insn in;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		cr_assert_eq(insn_decode(&in, known[i].bytes, known[i].n,
					 true), 0, "%s", known[i].name);
		cr_assert_eq(in.length, known[i].length, "%s", known[i].name);
		cr_assert_eq(in.map, known[i].map);
		cr_assert_eq(in.opcode, known[i].opcode);
		for (u8 n = 0; n < known[i].n; n++) {
			cr_assert_eq(insn_decode(&in, known[i].bytes, n,
						 true), -ERANGE,
				     "%s cut to %u", known[i].name, n);
		}
	}
}

Test(insn, what_is_unknown_is_refused)
{
	static const u8 lgdt_like[] = { 0x0f, 0x0b };
	static const u8 prefixes[15] = {
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66,
	};
	/* mov %dh; bt; adc; cmp; notq; stosq; mov $ with ModRM /1 */
	static const u8 other_stores[][4] = {
		{ 0x88, 0x37 }, { 0x0f, 0xba, 0x27, 0 }, { 0x83, 0x17, 0 },
		{ 0x83, 0x3f, 0 }, { 0x48, 0xf7, 0x17 }, { 0x48, 0xab },
		{ 0xc6, 0x0f, 0 },
	};
	struct cpu_user_regs regs = { 0 };
	struct insn_store s;
	struct insn in;

	cr_assert_eq(insn_decode(&in, lgdt_like, 2, true), -EINVAL);
	cr_assert_eq(insn_decode(&in, prefixes, 15, true), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(other_stores); i++) {
		cr_assert_eq(insn_decode_store(&s, other_stores[i], 4, &regs),
			     -EINVAL, "store %zu", i);
	}
}

Test(insn, random_bytes)
{
	struct cpu_user_regs regs = { .rcx = 1 };
	struct insn_store s;
	struct insn in;
	u8 *bytes;

	srand(2);
	for (unsigned int i = 0; i < 300000; i++) {
		unsigned int n = (unsigned int)rand() % 16;

		bytes = malloc(n ? n : 1);
		for (unsigned int j = 0; j < n; j++) {
			bytes[j] = (u8)(rand() % 3 ? rand() :
					"\x66\x48\x0f\xf3\x65\x89"[rand() % 6]);
		}
		if (!insn_decode(&in, bytes, n, rand() & 1)) {
			cr_assert_leq(in.length, n);
		}
		if (!insn_decode_store(&s, bytes, n, &regs)) {
			cr_assert_leq(s.length, n);
			insn_store_retire(&s, &regs,
					  insn_store_result(&s, &regs, 5));
		}
		free(bytes);
	}
}
