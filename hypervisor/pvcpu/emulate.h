/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Instructions carried out in a guest's stead (emulate.c). */
#ifndef PVCPU_EMULATE_H
#define PVCPU_EMULATE_H

#include "lib/types.h"

/* Reads up to 15 bytes of code at rip; how many there are. */
unsigned int emulate_fetch(const struct cpu_user_regs *regs, u8 *bytes);

/* Does cs name a 64-bit code segment? */
bool emulate_in_long_mode(const struct cpu_user_regs *regs);

/* A #UD: does the forced-emulation prefix explain it?  Then it is done. */
bool emulate_forced(struct cpu_user_regs *regs);

#endif
