/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Stores to memory (lib/insn.h): which operation, its operands, and what it
 * does to memory, registers and flags (Intel SDM 2).
 */
#include "lib/bits.h"
#include "lib/insn.h"

#define FLAG_CF		0x001ULL
#define FLAG_PF		0x004ULL
#define FLAG_AF		0x010ULL
#define FLAG_ZF		0x040ULL
#define FLAG_SF		0x080ULL
#define FLAG_OF		0x800ULL
#define FLAG_RF		0x10000ULL
#define FLAGS_ARITH \
	(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/*
 * BTS, BTR, BTC with the bit's number as operand: OR, AND, XOR of that bit.
 * nr: 4 is a plain test, below are other instructions.
 */
static int decode_bit_op(struct insn_store *s, const struct insn *in,
			 unsigned int nr)
{
	static const u8 ops[] = { STORE_OR, STORE_AND, STORE_XOR };
	unsigned int bits = 8 * s->width;
	s64 n = (s64)in->imm;

	if (nr < 5) {
		return -EINVAL;
	}
	if (in->opcode != 0xba) {
		/* A register's bit number reaches beyond the operand. */
		n = (s64)(s->operand << (64 - bits)) >> (64 - bits);
		s->addr += (u64)(n >> bit_lowest(bits)) * s->width;
	}
	s->op = ops[nr - 5];
	s->bit = 1ULL << ((u64)n & (bits - 1));
	s->operand = s->op == STORE_AND ? ~s->bit : s->bit;
	return 0;
}

/* The operation, and an operand that is not the register. */
static int decode_op(struct insn_store *s, const struct insn *in)
{
	static const s8 alu[8] = {
		STORE_ADD, STORE_OR, -1, -1, STORE_AND, STORE_SUB, STORE_XOR,
		-1,
	};
	unsigned int group = (in->modrm >> 3) & 7;

	switch (in->opcode | in->map << 8) {
	case 0x80: case 0x81: case 0x83:
		s->operand = in->imm;
		s->op = (enum insn_store_op)alu[group];
		return alu[group] < 0 ? -EINVAL : 0;
	case 0x00 ... 0x31:
		s->op = (enum insn_store_op)alu[in->opcode >> 3];
		return 0;
	case 0x86: case 0x87:
		s->op = STORE_XCHG;
		return 0;
	case 0xc6: case 0xc7:
		s->operand = in->imm;
		return group ? -EINVAL : 0;
	case 0x88: case 0x89:
		return 0;
	case 0x1c3:
		return s->width < 4 ? -EINVAL : 0;
	case 0x1b0: case 0x1b1:
		s->op = STORE_CMPXCHG;
		return 0;
	case 0x1ba:
		return decode_bit_op(s, in, group);
	case 0x1ab: case 0x1b3: case 0x1bb:
		return decode_bit_op(s, in, (in->opcode >> 3) & 7);
	default:
		return -EINVAL;
	}
}

int insn_decode_store(struct insn_store *s, const u8 *bytes, unsigned int n,
		      const struct cpu_user_regs *regs)
{
	struct insn in;
	int rc = insn_decode(&in, bytes, n, true);

	if (rc) {
		return rc;
	}
	/* Without REX, byte registers 4..7 are ah, ch, dh, bh: not for us. */
	if (!in.memory || (in.width == 1 && !in.rex && in.reg >= 4 &&
			   in.opcode != 0x80)) {
		return -EINVAL;
	}
	*s = (struct insn_store){
		.op = STORE_MOV,
		.width = in.width,
		.length = in.length,
		.reg = in.reg,
		.segment = in.segment,
		.addr = insn_offset(&in, regs),
		.operand = insn_reg_get(regs, in.reg),
	};
	rc = decode_op(s, &in);
	s->operand &= insn_mask(s->width);
	return rc;
}

u64 insn_store_result(const struct insn_store *s,
		      const struct cpu_user_regs *regs, u64 old)
{
	u64 val = s->operand;

	switch (s->op) {
	case STORE_MOV: case STORE_XCHG:
		break;
	case STORE_CMPXCHG:
		val = insn_store_fails(s, regs, old) ? old : s->operand;
		break;
	case STORE_ADD:
		val = old + s->operand;
		break;
	case STORE_SUB:
		val = old - s->operand;
		break;
	case STORE_OR:
		val = old | s->operand;
		break;
	case STORE_AND:
		val = old & s->operand;
		break;
	case STORE_XOR:
		val = old ^ s->operand;
		break;
	}
	return val & insn_mask(s->width);
}

bool insn_store_fails(const struct insn_store *s,
		      const struct cpu_user_regs *regs, u64 old)
{
	u64 mask = insn_mask(s->width);

	return s->op == STORE_CMPXCHG && ((regs->rax ^ old) & mask);
}

/*
 * The arithmetic flags of a result.  In `carries` are the positions of its
 * binary digits out of which something was carried, or into which borrowed.
 */
static u64 flags_of(u64 val, u64 carries, unsigned int width)
{
	unsigned int top = 8 * width - 1;
	u64 flags = (carries >> top) & FLAG_CF;

	flags |= (carries << 1) & FLAG_AF;
	flags |= ((carries >> top) ^ (carries >> (top - 1))) & 1 ? FLAG_OF : 0;
	flags |= (val >> top) & 1 ? FLAG_SF : 0;
	flags |= val & insn_mask(width) ? 0 : FLAG_ZF;
	flags |= __builtin_parity((unsigned int)(val & 0xff)) ? 0 : FLAG_PF;
	return flags;
}

static u64 flags_after(const struct insn_store *s,
		       const struct cpu_user_regs *regs, u64 old)
{
	u64 a = old, b = s->operand, val = insn_store_result(s, regs, old);
	u64 carries = 0;

	if (s->op <= STORE_XCHG) {
		return regs->rflags;
	}
	if (s->bit) {
		return (regs->rflags & ~FLAG_CF) | (old & s->bit ? FLAG_CF : 0);
	}
	if (s->op == STORE_CMPXCHG) {
		a = regs->rax;
		b = old;
		val = a - b;
	}
	if (s->op == STORE_ADD) {
		carries = (a & b) | ((a | b) & ~val);
	} else if (s->op == STORE_SUB || s->op == STORE_CMPXCHG) {
		carries = (~a & b) | ((~a | b) & val);
	}
	return (regs->rflags & ~FLAGS_ARITH) | flags_of(val, carries, s->width);
}

/* A register gets width bytes; 4 bytes clear the upper half. */
static void write_register(u64 *reg, u64 val, unsigned int width)
{
	u64 mask = insn_mask(width);

	*reg = width == 4 ? (u32)val : (*reg & ~mask) | (val & mask);
}

void insn_store_retire(const struct insn_store *s, struct cpu_user_regs *regs,
		       u64 old)
{
	regs->rflags = flags_after(s, regs, old) & ~FLAG_RF;
	if (s->op == STORE_XCHG) {
		write_register(insn_reg(regs, s->reg), old, s->width);
	} else if (insn_store_fails(s, regs, old)) {
		write_register(&regs->rax, old, s->width);
	}
	regs->rip += s->length;
}
