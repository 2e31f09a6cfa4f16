/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Port I/O instructions (io.c). */
#ifndef PVCPU_IO_H
#define PVCPU_IO_H

#include "domain/domain.h"
#include "lib/insn.h"

static inline bool insn_is_io(u8 opcode)
{
	return (opcode >= 0x6c && opcode <= 0x6f) ||
		(opcode >= 0xe4 && opcode <= 0xe7) ||
		(opcode >= 0xec && opcode <= 0xef);
}

/* Does it and moves on; false: #GP.  A fault on memory is bounced: true. */
bool emulate_io(struct vcpu *v, const struct insn *in,
		struct cpu_user_regs *regs);

#endif
