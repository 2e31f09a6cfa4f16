/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The decoder of lib/insn.h: prefixes, opcode, ModRM, SIB, displacement,
 * immediate (Intel SDM 2, chapter 2).  Opcodes that we know stand in a table
 * with what follows them; the others are refused.
 */
#include "lib/insn.h"
#include "lib/string.h"

/* What an opcode is followed by, and how its operand's width is given. */
enum {
	OP_KNOWN = 0x01,
	OP_MODRM = 0x02,
	OP_IMM8 = 0x04,		/* sign-extended byte */
	OP_IMMZ = 0x08,		/* 2 or 4 bytes, sign-extended */
	OP_BYTE = 0x10,		/* width 1 when bit 0 is clear */
	OP_NO_W = 0x20,		/* REX.W does not widen */
	OP_WIDE = 0x40,		/* always the mode's full width */
	OP_UNSIGNED = 0x80,	/* the immediate byte is a number */
};

static const u8 one_byte[256] = {
#define ALU	(OP_KNOWN | OP_MODRM | OP_BYTE)
	[0x00] = ALU, [0x01] = ALU, [0x08] = ALU, [0x09] = ALU,
	[0x20] = ALU, [0x21] = ALU, [0x28] = ALU, [0x29] = ALU,
	[0x30] = ALU, [0x31] = ALU,
	[0x6c ... 0x6f] = OP_KNOWN | OP_BYTE | OP_NO_W,
	[0x80] = ALU | OP_IMM8, [0x81] = ALU | OP_IMMZ,
	[0x83] = ALU | OP_IMM8,
	[0x86 ... 0x89] = ALU,
	[0xc6] = ALU | OP_IMM8, [0xc7] = ALU | OP_IMMZ,
	[0xcd] = OP_KNOWN | OP_IMM8 | OP_UNSIGNED,
	[0xe4 ... 0xe7] = OP_KNOWN | OP_BYTE | OP_NO_W | OP_IMM8 | OP_UNSIGNED,
	[0xec ... 0xef] = OP_KNOWN | OP_BYTE | OP_NO_W,
	[0xf4] = OP_KNOWN,
	[0xfa] = OP_KNOWN, [0xfb] = OP_KNOWN,
};

static const u8 two_byte[256] = {
	[0x01] = OP_KNOWN | OP_MODRM,
	[0x06] = OP_KNOWN, [0x08] = OP_KNOWN, [0x09] = OP_KNOWN,
	[0x20 ... 0x23] = OP_KNOWN | OP_MODRM | OP_WIDE,
	[0x30 ... 0x33] = OP_KNOWN,
	[0xa2] = OP_KNOWN,
	[0xab] = OP_KNOWN | OP_MODRM, [0xb3] = OP_KNOWN | OP_MODRM,
	[0xbb] = OP_KNOWN | OP_MODRM,
	[0xba] = OP_KNOWN | OP_MODRM | OP_IMM8 | OP_UNSIGNED,
	[0xb0] = ALU, [0xb1] = ALU,
	[0xc3] = OP_KNOWN | OP_MODRM,
#undef ALU
};

/*
 * A copy of the bytes, with zeros behind them for what may follow the last
 * byte of too long an instruction: how far we came is looked at afterwards.
 */
struct cursor {
	u8 bytes[2 * INSN_MAX_BYTES];
	unsigned int at;
};

static u8 next(struct cursor *c)
{
	return c->bytes[c->at++];
}

/* n bytes, little endian, sign-extended. */
static s64 next_signed(struct cursor *c, unsigned int n)
{
	u64 val = 0;

	for (unsigned int i = 0; i < n; i++) {
		val |= (u64)next(c) << (8 * i);
	}
	return (s64)(val << (64 - 8 * n)) >> (64 - 8 * n);
}

/* Prefixes; the first byte that is none is returned. */
static u8 decode_prefixes(struct insn *in, struct cursor *c, bool long_mode,
			  bool *segment_given)
{
	while (c->at < INSN_MAX_BYTES) {
		u8 b = next(c);

		switch (b) {
		case 0x26: case 0x2e: case 0x36: case 0x3e:
			in->segment = (b >> 3) & 3;
			*segment_given = !long_mode;
			break;
		case 0x64: case 0x65:
			in->segment = b == 0x64 ? INSN_SEG_FS : INSN_SEG_GS;
			*segment_given = true;
			break;
		case 0x66:
			in->opsize = true;
			break;
		case 0x67:
			in->addr32 = true;
			break;
		case 0xf0:
			in->lock = true;
			break;
		case 0xf2: case 0xf3:
			in->repne = b == 0xf2;
			in->rep = b == 0xf3;
			break;
		default:
			if (long_mode && (b & 0xf0) == 0x40) {
				in->rex = b;
				return next(c);
			}
			return b;
		}
	}
	return next(c);
}

static void decode_memory(struct insn *in, struct cursor *c, bool long_mode)
{
	unsigned int mod = in->modrm >> 6, rm = in->modrm & 7;
	u8 sib;

	in->memory = true;
	if (rm == 4) {
		sib = next(c);
		in->scale = sib >> 6;
		in->index = ((sib >> 3) & 7) | (in->rex & 2 ? 8 : 0);
		if (in->index == 4) {
			in->index = INSN_NO_REG;
		}
		rm = sib & 7;
		if (rm == 5 && mod == 0) {
			in->disp = next_signed(c, 4);
			return;
		}
	} else if (rm == 5 && mod == 0) {
		in->rip_relative = long_mode;
		in->disp = next_signed(c, 4);
		return;
	}
	in->base = (u8)(rm | (in->rex & 1 ? 8 : 0));
	if (mod == 1) {
		in->disp = next_signed(c, 1);
	} else if (mod == 2) {
		in->disp = next_signed(c, 4);
	}
}

static void decode_modrm(struct insn *in, struct cursor *c, bool long_mode)
{
	in->modrm = next(c);
	in->reg = ((in->modrm >> 3) & 7) | (in->rex & 4 ? 8 : 0);
	in->rm = (in->modrm & 7) | (in->rex & 1 ? 8 : 0);
	if (in->modrm >> 6 != 3) {
		decode_memory(in, c, long_mode);
	}
}

static u8 operand_width(const struct insn *in, u8 attributes, bool long_mode)
{
	if ((attributes & OP_BYTE) && !(in->opcode & 1)) {
		return 1;
	}
	if (attributes & OP_WIDE) {
		return long_mode ? 8 : 4;
	}
	if ((in->rex & 8) && !(attributes & OP_NO_W)) {
		return 8;
	}
	return in->opsize ? 2 : 4;
}

int insn_decode(struct insn *in, const u8 *bytes, unsigned int n,
		bool long_mode)
{
	struct cursor c = { .at = 0 };
	bool segment_given = false;
	u8 attributes;

	n = min(n, INSN_MAX_BYTES + 0U);
	memcpy(c.bytes, bytes, n);
	*in = (struct insn){ .base = INSN_NO_REG, .index = INSN_NO_REG };
	in->opcode = decode_prefixes(in, &c, long_mode, &segment_given);
	if (in->opcode == 0x0f) {
		in->map = 1;
		in->opcode = next(&c);
	}
	attributes = in->map ? two_byte[in->opcode] : one_byte[in->opcode];
	if (c.at <= n && (!(attributes & OP_KNOWN) ||
			  (in->addr32 && !long_mode))) {
		return -EINVAL;
	}
	in->addr32 |= !long_mode;
	if (attributes & OP_MODRM) {
		decode_modrm(in, &c, long_mode);
	}
	in->width = operand_width(in, attributes, long_mode);
	if (attributes & OP_IMM8) {
		in->imm = (u64)next_signed(&c, 1);
		if (attributes & OP_UNSIGNED) {
			in->imm &= 0xff;
		}
	} else if (attributes & OP_IMMZ) {
		in->imm = (u64)next_signed(&c, in->width == 2 ? 2 : 4);
	}
	if (c.at > n) {
		return n == INSN_MAX_BYTES ? -EINVAL : -ERANGE;
	}
	if (!segment_given) {
		in->segment = (in->base == 4 || in->base == 5) ?
			INSN_SEG_SS : INSN_SEG_DS;
	}
	in->length = (u8)c.at;
	return 0;
}

/* Where each register's number finds it in the frame. */
const u8 insn_reg_offset[16] = {
#define AT(reg) offsetof(struct cpu_user_regs, reg)
	AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
	AT(r8), AT(r9), AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
#undef AT
};

u64 insn_offset(const struct insn *in, const struct cpu_user_regs *regs)
{
	u64 off = (u64)in->disp;

	if (in->rip_relative) {
		off += regs->rip + in->length;
	}
	if (in->base != INSN_NO_REG) {
		off += insn_reg_get(regs, in->base);
	}
	if (in->index != INSN_NO_REG) {
		off += insn_reg_get(regs, in->index) << in->scale;
	}
	return in->addr32 ? (u32)off : off;
}
