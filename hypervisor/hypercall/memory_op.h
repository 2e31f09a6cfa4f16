/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_memory_op's parts.  Calls that work on a list of extents carry
 * their progress in the command word, from bit MEMOP_EXTENT_SHIFT up.
 */
#ifndef HYPERCALL_MEMORY_OP_H
#define HYPERCALL_MEMORY_OP_H

#include "domain/domain.h"
#include <xen/memory.h>

#define MEMOP_EXTENT_SHIFT	6
#define MEMOP_CMD_MASK		((1UL << MEMOP_EXTENT_SHIFT) - 1)

/* Largest extent to ask for: it is scrubbed without a pause (2 MiB). */
#define MEMORY_MAX_ORDER	9

/* XENMEMF_ address bits as allocator flags; false when none can fit. */
bool memory_alloc_flags(unsigned int mem_flags, u32 *flags);

/* memory_reservation.c: increase, decrease, populate. */
long memory_reservation(unsigned long cmd, unsigned long arg);

/* memory_exchange.c; arg is our copy of the structure. */
long op_exchange(struct domain *caller, void *arg);

#endif
