/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Everything that enters the guest kernel: exceptions, events, system calls.
 * The hypervisor builds a frame on the kernel's stack (a "bounce"), and
 * xen/entry.S turns it into a struct regs.
 */
#ifndef KEEL_XEN_TRAP_H
#define KEEL_XEN_TRAP_H

#include "lib/regs.h"

#ifndef __ASSEMBLY__
#include "xen/hypercall.h"

/* Selectors as an iret frame names them: ring 0 there means "kernel mode". */
#define KERNEL_CS	(FLAT_KERNEL_CS64 & ~3)
#define KERNEL_SS	(FLAT_KERNEL_SS64 & ~3)
#define USER_CS		FLAT_USER_CS64
#define USER_SS		FLAT_USER_SS64

/* Installs the trap table and the callbacks for this vCPU. */
void trap_init(void);

/* keel's trap table, terminated by an entry with address 0. */
const struct trap_info *trap_table(void);

/*
 * Called for every entry; returns true when it has dealt with it. Otherwise
 * the exception table is looked up, and then the kernel dies with a report.
 */
typedef bool (*trap_hook_t)(struct regs *regs);
trap_hook_t trap_set_hook(trap_hook_t hook);

/* What happens to an exception that nobody expected: a report and the end. */
extern void (*trap_fatal)(struct regs *regs);

/*
 * Leaves for the context in `regs` by the iret hypercall; regs->error has its
 * flags, 0 or VGCF_in_syscall.
 */
void entry_return(struct regs *regs) __attribute__((noreturn));

void regs_print(const struct regs *regs);

struct fault {
	int vector;		/* -1: none */
	uint64_t error, cr2, rip;
	struct regs regs;
};

/* The last fault taken at a MAY_FAULT on this vCPU, which it forgets. */
struct fault fault_take(void);

#endif
#endif
