/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Between multicall.c and hypercall_restart(). */
#ifndef HYPERCALL_MULTICALL_H
#define HYPERCALL_MULTICALL_H

#include "lib/types.h"

/* The entry that this CPU is at, our copy; NULL outside a multicall. */
struct multicall_entry *multicall_current(void);
/* That entry must run again, with the arguments it has now. */
void multicall_mark_restart(void);

#endif
