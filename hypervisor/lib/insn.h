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
	bool has_modrm, memory, rip_relative;
	bool lock, rep, repne, opsize, addr32;
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
u64 *insn_reg(struct cpu_user_regs *regs, unsigned int nr);
u64 insn_reg_get(const struct cpu_user_regs *regs, unsigned int nr);

/*
 * A memory operand's offset in its segment; regs->rip is the instruction's.
 */
u64 insn_offset(const struct insn *in, const struct cpu_user_regs *regs);

enum insn_store_op {
	STORE_MOV, STORE_XCHG, STORE_CMPXCHG, STORE_ADD, STORE_OR, STORE_AND,
	STORE_SUB, STORE_XOR, STORE_NOT, STORE_NEG, STORE_INC, STORE_DEC,
	STORE_XADD, STORE_BTS, STORE_BTR, STORE_BTC, STORE_STOS, STORE_MOVS,
};

/* A store, as far as one element of it goes. */
struct insn_store {
	enum insn_store_op op;
	u8 width;		/* bytes written: 1, 2, 4, 8 */
	u8 length;		/* of the instruction */
	u8 reg;			/* XCHG, XADD: gets the old value */
	u8 segment;		/* FS, GS: caller adds the base */
	bool high_byte;		/* reg is ah, ch, dh, bh */
	bool rep;		/* STOS, MOVS: rcx counts */
	u64 addr;		/* where: offset in its segment */
	u64 source;		/* MOVS: where the value comes from */
	u64 operand;		/* the other operand; MOVS: caller fills */
};

/* 0, or -EINVAL (not a store that we know), or -ERANGE (n too small). */
int insn_decode_store(struct insn_store *s, const u8 *bytes, unsigned int n,
		      const struct cpu_user_regs *regs, bool long_mode);

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
