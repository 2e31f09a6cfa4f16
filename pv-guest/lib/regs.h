/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What an entry into the kernel leaves on its stack, the same on every
 * platform, and the numbers and flags of the architecture that go with it.
 */
#ifndef KEEL_LIB_REGS_H
#define KEEL_LIB_REGS_H

/* Numbers of the entries that are no exception vectors. */
#define ENTRY_EVENT	256
#define ENTRY_FAILSAFE	257
#define ENTRY_SYSCALL	258
#define ENTRY_SYSENTER	259
#define ENTRY_SYSCALL32	260

#ifndef __ASSEMBLY__
#include "lib/lib.h"

/* Registers as the entry code saves them, lowest address first. */
struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector;
	uint64_t error;
	uint64_t rip;
	uint16_t cs, pad0[1];
	uint8_t upcall_mask, pad1[3];
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};

#define FLAG_CF		0x000001UL
#define FLAG_TF		0x000100UL
#define FLAG_IF		0x000200UL
#define FLAG_DF		0x000400UL
#define FLAG_IOPL	0x003000UL
#define FLAG_NT		0x004000UL
#define FLAG_RF		0x010000UL
#define FLAG_AC		0x040000UL
#define FLAG_ID		0x200000UL

enum vector {
	VEC_DE, VEC_DB, VEC_NMI, VEC_BP, VEC_OF, VEC_BR, VEC_UD, VEC_NM,
	VEC_DF, VEC_CSO, VEC_TS, VEC_NP, VEC_SS, VEC_GP, VEC_PF, VEC_SPV,
	VEC_MF, VEC_AC, VEC_MC, VEC_XM,
};

#define PF_P	1UL
#define PF_W	2UL
#define PF_US	4UL
#define PF_ID	16UL

static inline bool from_user(const struct regs *regs)
{
	return (regs->cs & 3) == 3;
}

/*
 * An instruction that may fault: execution goes on behind it, and fault_take
 * tells what happened. Inside asm: MAY_FAULT("mov (%0), %1").
 */
#define MAY_FAULT(insn)							\
	"77: " insn "\n"						\
	"78:\n"								\
	".pushsection .extable, \"a\"\n"				\
	".balign 8\n"							\
	".quad 77b, 78b\n"						\
	".popsection\n"

struct extable_entry {
	uint64_t rip, resume;
};
extern const struct extable_entry _extable[], _extable_end[];

#endif
#endif
