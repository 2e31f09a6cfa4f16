/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A decoder for the few x86 instructions that we carry out in a guest's stead:
 * privileged ones (pvcpu/emulate.c) and stores to page tables (mm/ptwr.c).
 * Pure: bytes and registers in, facts out; nothing is read or changed
 * elsewhere, so it is tested and fuzzed on the host.  What it does not know
 * it refuses.
 */
#ifndef LIB_INSN_H
#define LIB_INSN_H

#include "lib/types.h"

#define INSN_MAX_BYTES	15
#define INSN_NO_REG	0xff

enum insn_segment {
	INSN_SEG_ES, INSN_SEG_CS, INSN_SEG_SS, INSN_SEG_DS, INSN_SEG_FS,
	INSN_SEG_GS,
};

struct insn {
	u8 length;		/* in bytes, prefixes included */
	u8 map;			/* 0: one byte, 1: after 0f */
	u8 opcode;
	u8 rex;
	u8 modrm;
	u8 reg, rm;		/* with REX.R, REX.B */
	u8 base, index;		/* INSN_NO_REG: none */
	u8 scale;		/* shift of the index */
	u8 width;		/* operand's bytes: 1, 2, 4, 8 */
	u8 segment;		/* that a memory operand is in */
	bool memory, rip_relative;
	bool lock, rep, repne, opsize;
	bool addr32;		/* addresses and counts have 32 bits */
	s64 disp;
	u64 imm;		/* sign extended where the CPU does */
};

/*
 * Decodes the instruction at the start of bytes[n]; long_mode: in 64-bit code
 * (else 32-bit).  0, or -EINVAL for what we do not know, or -ERANGE when n
 * bytes are too few.
 */
int insn_decode(struct insn *in, const u8 *bytes, unsigned int n,
		bool long_mode);

/* Register by its number in an instruction (0 rax .. 15 r15). */
extern const u8 insn_reg_offset[16];

static inline u64 *insn_reg(struct cpu_user_regs *regs, unsigned int nr)
{
	return (u64 *)((char *)regs + insn_reg_offset[nr & 15]);
}

static inline u64 insn_reg_get(const struct cpu_user_regs *regs,
			       unsigned int nr)
{
	return *(const u64 *)((const char *)regs + insn_reg_offset[nr & 15]);
}

/* The bits of an operand of that many bytes. */
static inline u64 insn_mask(unsigned int width)
{
	return ~0ULL >> (64 - 8 * width);
}

/*
 * A memory operand's offset in its segment; regs->rip is the instruction's.
 */
u64 insn_offset(const struct insn *in, const struct cpu_user_regs *regs);

enum insn_store_op {
	STORE_MOV, STORE_XCHG, STORE_CMPXCHG, STORE_ADD, STORE_SUB, STORE_OR,
	STORE_AND, STORE_XOR,
};

/*
 * A store of a kind that kernels make to page tables: moves and exchanges,
 * add, sub, or, and, xor, and the bit operations, which are or, and, xor.
 */
struct insn_store {
	enum insn_store_op op;
	u8 width;		/* bytes written: 1, 2, 4, 8 */
	u8 length;		/* of the instruction */
	u8 reg;			/* XCHG: gets the old value */
	u8 segment;		/* FS, GS: caller adds the base */
	u64 addr;		/* where: offset in its segment */
	u64 operand;		/* the other operand */
	u64 bit;		/* BTS, BTR, BTC: this bit goes to CF; else 0 */
};

/*
 * In 64-bit code: 0, or -EINVAL (not a store that we know), or -ERANGE (n too
 * small).
 */
int insn_decode_store(struct insn_store *s, const u8 *bytes, unsigned int n,
		      const struct cpu_user_regs *regs);

/* What memory holds afterwards, when it held `old` (width bytes of it). */
u64 insn_store_result(const struct insn_store *s,
		      const struct cpu_user_regs *regs, u64 old);

/* Does the store change nothing with that old value (CMPXCHG that fails)? */
bool insn_store_fails(const struct insn_store *s,
		      const struct cpu_user_regs *regs, u64 old);

/* Afterwards: registers, flags and rip as the instruction leaves them. */
void insn_store_retire(const struct insn_store *s, struct cpu_user_regs *regs,
		       u64 old);

#endif
