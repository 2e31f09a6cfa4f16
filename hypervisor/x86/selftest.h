/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* What selftest_asm.S gives to selftest.c. */
#ifndef X86_SELFTEST_H
#define X86_SELFTEST_H

#include "lib/types.h"

#define SELFTEST_NO_TRAP	0x100

/* Calls fn; the vector of the exception that ended it, or NO_TRAP. */
unsigned int selftest_try(void (*fn)(void));

/* Handlers of the first 32 vectors while selftest_try runs. */
extern const u64 selftest_vectors[32];

/* Ring 3 code, position independent: iretq to itself, then int3. */
extern const char selftest_user[], selftest_user_end[];

/* Goes to ring 3 at USER_CODE with a stack of one page behind it. */
void selftest_enter_user(void);

#endif
