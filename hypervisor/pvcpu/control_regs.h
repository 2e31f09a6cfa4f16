/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* CR0, CR2, CR3 and CR4 as a PV guest has them (control_regs.c). */
#ifndef PVCPU_CONTROL_REGS_H
#define PVCPU_CONTROL_REGS_H

#include "domain/domain.h"

/* False: #GP. */
bool guest_read_cr(const struct vcpu *v, unsigned int reg, u64 *val);
bool guest_write_cr(struct vcpu *v, unsigned int reg, u64 val);
/* The bits of CR4 that a guest may set. */
u64 guest_cr4_mask(void);

#endif
