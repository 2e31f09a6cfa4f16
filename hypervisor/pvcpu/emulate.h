/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Instructions carried out in a guest's stead (emulate.c, io.c). */
#ifndef PVCPU_EMULATE_H
#define PVCPU_EMULATE_H

#include "domain/domain.h"
#include "lib/insn.h"

/*
 * Decodes the instruction at regs->rip: as insn_decode().  -ERANGE: it goes on
 * at *missing, where nothing can be read.
 */
int emulate_decode(const struct cpu_user_regs *regs, struct insn *in,
		   vaddr_t *missing);

/* A #UD: does the forced-emulation prefix explain it?  Then it is done. */
bool emulate_forced(struct cpu_user_regs *regs);

/* May whoever runs now use an instruction that needs I/O privilege? */
bool guest_iopl_ok(const struct vcpu *v);

/*
 * Port I/O; false: #GP.  in->length becomes 0 when the instruction is not over:
 * its memory faulted and the fault is bounced, or there is more to repeat.
 */
bool emulate_io(struct vcpu *v, struct insn *in, struct cpu_user_regs *regs);

#endif
