/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Stores to memory (lib/insn.h): which operation, its operands, and what it
 * does to memory, registers and flags (Intel SDM 2).
 */
#include "lib/insn.h"

#define FLAGS_ARITH	0x8d5ULL	/* OF SF ZF AF PF CF */
#define FLAG_CF		0x001ULL
#define FLAG_PF		0x004ULL
#define FLAG_AF		0x010ULL
#define FLAG_ZF		0x040ULL
#define FLAG_SF		0x080ULL
#define FLAG_DF		0x400ULL
#define FLAG_OF		0x800ULL
#define FLAG_RF		0x10000ULL

static u64 mask_of(unsigned int width)
{
	return width == 8 ? ~0ULL : (1ULL << (8 * width)) - 1;
}

/* A register operand; without REX, byte registers 4..7 are ah, ch, dh, bh. */
static void set_register(struct insn_store *s, const struct insn *in,
			 const struct cpu_user_regs *regs)
{
	s->reg = in->reg;
	if (s->width == 1 && !in->rex && in->reg >= 4) {
		s->reg = in->reg - 4;
		s->high_byte = true;
	}
	s->operand = insn_reg_get(regs, s->reg) >> (s->high_byte ? 8 : 0);
	s->operand &= mask_of(s->width);
}

/* add or . . and sub xor . by the number that group 1 and 00..3f share. */
static int alu_op(struct insn_store *s, unsigned int nr)
{
	static const s8 ops[8] = {
		STORE_ADD, STORE_OR, -1, -1, STORE_AND, STORE_SUB, STORE_XOR,
		-1,
	};

	if (ops[nr] < 0) {
		return -EINVAL;
	}
	s->op = (enum insn_store_op)ops[nr];
	return 0;
}

static int decode_one_byte(struct insn_store *s, const struct insn *in,
			   const struct cpu_user_regs *regs)
{
	unsigned int group = (in->modrm >> 3) & 7;

	switch (in->opcode) {
	case 0x00 ... 0x31:
		set_register(s, in, regs);
		return alu_op(s, in->opcode >> 3);
	case 0x80: case 0x81: case 0x83:
		s->operand = in->imm & mask_of(s->width);
		return alu_op(s, group);
	case 0x86: case 0x87:
		s->op = STORE_XCHG;
		set_register(s, in, regs);
		return 0;
	case 0x88: case 0x89:
		s->op = STORE_MOV;
		set_register(s, in, regs);
		return 0;
	case 0xc6: case 0xc7:
		s->op = STORE_MOV;
		s->operand = in->imm & mask_of(s->width);
		return group ? -EINVAL : 0;
	case 0xf6: case 0xf7:
		s->op = group == 2 ? STORE_NOT : STORE_NEG;
		return group == 2 || group == 3 ? 0 : -EINVAL;
	case 0xfe: case 0xff:
		s->op = group == 0 ? STORE_INC : STORE_DEC;
		return group <= 1 ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int decode_bit_op(struct insn_store *s, const struct insn *in,
			 const struct cpu_user_regs *regs)
{
	unsigned int nr = (in->opcode == 0xba ? in->modrm : in->opcode) >> 3;
	unsigned int bits = 8 * s->width;
	s64 bit;

	switch (nr & 7) {
	case 5:
		s->op = STORE_BTS;
		break;
	case 6:
		s->op = STORE_BTR;
		break;
	case 7:
		s->op = STORE_BTC;
		break;
	default:
		return -EINVAL;
	}
	if (in->opcode == 0xba) {
		s->operand = in->imm & (bits - 1);
		return 0;
	}
	/* A register's bit number reaches beyond the operand. */
	bit = (s64)(insn_reg_get(regs, in->reg) << (64 - bits)) >> (64 - bits);
	s->addr += (u64)(bit >> (s->width == 8 ? 6 : s->width == 4 ? 5 : 4)) *
		s->width;
	s->operand = (u64)bit & (bits - 1);
	return 0;
}

static int decode_two_byte(struct insn_store *s, const struct insn *in,
			   const struct cpu_user_regs *regs)
{
	switch (in->opcode) {
	case 0xb0: case 0xb1:
		s->op = STORE_CMPXCHG;
		set_register(s, in, regs);
		return 0;
	case 0xc0: case 0xc1:
		s->op = STORE_XADD;
		set_register(s, in, regs);
		return 0;
	case 0xc3:
		s->op = STORE_MOV;
		set_register(s, in, regs);
		return s->width >= 4 ? 0 : -EINVAL;
	case 0xab: case 0xb3: case 0xbb: case 0xba:
		return decode_bit_op(s, in, regs);
	default:
		return -EINVAL;
	}
}

/* One element; the destination's segment is always ES. */
static int decode_string(struct insn_store *s, const struct insn *in,
			 const struct cpu_user_regs *regs)
{
	if (in->addr32 || ((in->rep || in->repne) && !regs->rcx)) {
		return -EINVAL;
	}
	s->rep = in->rep || in->repne;
	s->addr = regs->rdi;
	s->segment = INSN_SEG_ES;
	if (in->opcode >= 0xaa) {
		s->op = STORE_STOS;
		s->operand = regs->rax & mask_of(s->width);
		return 0;
	}
	s->op = STORE_MOVS;
	s->source = regs->rsi;
	return in->segment >= INSN_SEG_FS ? -EINVAL : 0;
}

/*
 * What kernels do most with page-table entries: mov or xchg of a 64-bit
 * register with (reg) or disp8(reg).  The general decoder says the same.
 */
static bool decode_common(struct insn_store *s, const u8 *bytes,
			  unsigned int n, const struct cpu_user_regs *regs)
{
	u8 rex, modrm, rm;

	if (n < 4) {
		return false;
	}
	rex = bytes[0];
	modrm = bytes[2];
	rm = modrm & 7;
	if ((rex & 0xfa) != 0x48 || (bytes[1] != 0x87 && bytes[1] != 0x89) ||
	    modrm >= 0x80 || rm == 4 || (rm == 5 && modrm < 0x40)) {
		return false;
	}
	s->op = bytes[1] == 0x87 ? STORE_XCHG : STORE_MOV;
	s->width = 8;
	s->length = modrm < 0x40 ? 3 : 4;
	s->reg = ((modrm >> 3) & 7) | (rex & 4 ? 8 : 0);
	s->segment = rm == 5 && !(rex & 1) ? INSN_SEG_SS : INSN_SEG_DS;
	s->high_byte = s->rep = false;
	s->operand = insn_reg_get(regs, s->reg);
	s->addr = insn_reg_get(regs, rm | (rex & 1 ? 8 : 0)) +
		(modrm < 0x40 ? 0 : (u64)(s64)(s8)bytes[3]);
	s->source = 0;
	return true;
}

int insn_decode_store(struct insn_store *s, const u8 *bytes, unsigned int n,
		      const struct cpu_user_regs *regs, bool long_mode)
{
	struct insn in;
	int rc;

	if (long_mode && decode_common(s, bytes, n, regs)) {
		return 0;
	}
	rc = insn_decode(&in, bytes, n, long_mode);
	if (rc) {
		return rc;
	}
	*s = (struct insn_store){ .width = in.width, .length = in.length };
	if (!in.map && (in.opcode == 0xa4 || in.opcode == 0xa5 ||
			in.opcode == 0xaa || in.opcode == 0xab)) {
		return decode_string(s, &in, regs);
	}
	if (!in.memory) {
		return -EINVAL;
	}
	s->segment = in.segment;
	s->addr = insn_offset(&in, regs);
	return in.map ? decode_two_byte(s, &in, regs) :
		decode_one_byte(s, &in, regs);
}

u64 insn_store_result(const struct insn_store *s,
		      const struct cpu_user_regs *regs, u64 old)
{
	u64 bit = 1ULL << (s->operand & 63);
	u64 val;

	if (s->op <= STORE_XCHG) {
		return s->operand;
	}
	switch (s->op) {
	case STORE_CMPXCHG:
		return insn_store_fails(s, regs, old) ? old : s->operand;
	case STORE_ADD: case STORE_XADD:
		val = old + s->operand;
		break;
	case STORE_OR:
		val = old | s->operand;
		break;
	case STORE_AND:
		val = old & s->operand;
		break;
	case STORE_SUB:
		val = old - s->operand;
		break;
	case STORE_XOR:
		val = old ^ s->operand;
		break;
	case STORE_NOT:
		val = ~old;
		break;
	case STORE_NEG:
		val = -old;
		break;
	case STORE_INC:
		val = old + 1;
		break;
	case STORE_DEC:
		val = old - 1;
		break;
	case STORE_BTS:
		val = old | bit;
		break;
	case STORE_BTR:
		val = old & ~bit;
		break;
	case STORE_BTC:
		val = old ^ bit;
		break;
	default:
		val = s->operand;
		break;
	}
	return val & mask_of(s->width);
}

bool insn_store_fails(const struct insn_store *s,
		      const struct cpu_user_regs *regs, u64 old)
{
	u64 mask = mask_of(s->width);

	return s->op == STORE_CMPXCHG && ((regs->rax ^ old) & mask);
}

static u64 flags_of_result(u64 val, unsigned int width)
{
	u64 flags = 0;

	flags |= val & mask_of(width) ? 0 : FLAG_ZF;
	flags |= (val >> (8 * width - 1)) & 1 ? FLAG_SF : 0;
	flags |= __builtin_parity((unsigned int)(val & 0xff)) ? 0 : FLAG_PF;
	return flags;
}

static u64 flags_of_add(u64 a, u64 b, unsigned int width)
{
	u64 sum = (a + b) & mask_of(width);
	unsigned int top = 8 * width - 1;
	u64 flags = flags_of_result(sum, width);

	flags |= sum < a ? FLAG_CF : 0;
	flags |= (a ^ b ^ sum) & 0x10 ? FLAG_AF : 0;
	flags |= (((a ^ sum) & (b ^ sum)) >> top) & 1 ? FLAG_OF : 0;
	return flags;
}

static u64 flags_of_sub(u64 a, u64 b, unsigned int width)
{
	u64 diff = (a - b) & mask_of(width);
	unsigned int top = 8 * width - 1;
	u64 flags = flags_of_result(diff, width);

	flags |= a < b ? FLAG_CF : 0;
	flags |= (a ^ b ^ diff) & 0x10 ? FLAG_AF : 0;
	flags |= (((a ^ b) & (a ^ diff)) >> top) & 1 ? FLAG_OF : 0;
	return flags;
}

/* The arithmetic flags afterwards; keep: those that stay as they were. */
static u64 flags_after(const struct insn_store *s,
		       const struct cpu_user_regs *regs, u64 old, u64 *keep)
{
	u64 result = insn_store_result(s, regs, old);

	*keep = 0;
	switch (s->op) {
	case STORE_ADD: case STORE_XADD:
		return flags_of_add(old, s->operand, s->width);
	case STORE_SUB:
		return flags_of_sub(old, s->operand, s->width);
	case STORE_NEG:
		return flags_of_sub(0, old, s->width);
	case STORE_CMPXCHG:
		return flags_of_sub(regs->rax & mask_of(s->width), old,
				    s->width);
	case STORE_INC:
		*keep = FLAG_CF;
		return flags_of_add(old, 1, s->width) & ~FLAG_CF;
	case STORE_DEC:
		*keep = FLAG_CF;
		return flags_of_sub(old, 1, s->width) & ~FLAG_CF;
	case STORE_OR: case STORE_AND: case STORE_XOR:
		return flags_of_result(result, s->width);
	case STORE_BTS: case STORE_BTR: case STORE_BTC:
		*keep = FLAGS_ARITH & ~FLAG_CF;
		return (old >> (s->operand & 63)) & FLAG_CF;
	default:
		*keep = FLAGS_ARITH;
		return 0;
	}
}

/* A register gets width bytes; 4 bytes clear the upper half. */
static void write_register(u64 *reg, u64 val, unsigned int width, bool high)
{
	u64 mask = mask_of(width);

	if (width == 4) {
		*reg = (u32)val;
	} else if (high) {
		*reg = (*reg & ~0xff00ULL) | (val & 0xff) << 8;
	} else {
		*reg = (*reg & ~mask) | (val & mask);
	}
}

static void retire_string(const struct insn_store *s,
			  struct cpu_user_regs *regs)
{
	u64 step = regs->rflags & FLAG_DF ? -(u64)s->width : s->width;

	regs->rdi += step;
	if (s->op == STORE_MOVS) {
		regs->rsi += step;
	}
	if (s->rep && --regs->rcx) {
		return;			/* the same instruction again */
	}
	regs->rip += s->length;
}

void insn_store_retire(const struct insn_store *s, struct cpu_user_regs *regs,
		       u64 old)
{
	u64 flags, keep;

	if (s->op <= STORE_XCHG) {
		if (s->op == STORE_XCHG) {
			write_register(insn_reg(regs, s->reg), old, s->width,
				       s->high_byte);
		}
		regs->rip += s->length;
		regs->rflags &= ~FLAG_RF;
		return;
	}
	flags = flags_after(s, regs, old, &keep);
	if (s->op == STORE_STOS || s->op == STORE_MOVS) {
		retire_string(s, regs);
		return;
	}
	if (insn_store_fails(s, regs, old)) {
		write_register(&regs->rax, old, s->width, false);
	} else if (s->op == STORE_XADD) {
		write_register(insn_reg(regs, s->reg), old, s->width,
			       s->high_byte);
	}
	regs->rflags = (regs->rflags & (keep | ~FLAGS_ARITH)) | flags;
	regs->rip += s->length;
	regs->rflags &= ~FLAG_RF;
}
