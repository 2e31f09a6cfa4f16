/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A trap's registers, as entry.S stores them: the ABI's struct cpu_user_regs
 * (xen/arch-x86/xen-x86_64.h), so that a guest's context is copied, never
 * translated.  Hardware pushes ss, rsp, rflags, cs, rip (and an error code);
 * entry.S the rest.  The selectors es, ds, fs, gs behind them are filled only
 * when a vCPU is switched out or a report is printed: we run with whatever
 * the guest left in those segment registers.
 */
#ifndef X86_REGS_H
#define X86_REGS_H

#include "lib/types.h"

struct cpu_regs {
	struct cpu_user_regs u;
};

/* Trap vectors: Intel SDM volume 3, 6.3.1. */
enum {
	TRAP_DE, TRAP_DB, TRAP_NMI, TRAP_BP, TRAP_OF, TRAP_BR, TRAP_UD,
	TRAP_NM, TRAP_DF, TRAP_CSO, TRAP_TS, TRAP_NP, TRAP_SS, TRAP_GP,
	TRAP_PF, TRAP_SPURIOUS, TRAP_MF, TRAP_AC, TRAP_MC, TRAP_XM, TRAP_VE,
	TRAP_CP,
};

/* entry_vector of frames that no exception made. */
#define ENTRY_SYSCALL		0x100
#define ENTRY_INT82		0x82

#define PF_PRESENT	0x01
#define PF_WRITE	0x02
#define PF_USER		0x04
#define PF_RSVD		0x08
#define PF_INSN		0x10

#define EFLAGS_MBS	0x00000002
#define EFLAGS_TF	0x00000100
#define EFLAGS_IF	0x00000200
#define EFLAGS_DF	0x00000400
#define EFLAGS_IOPL	0x00003000
#define EFLAGS_NT	0x00004000
#define EFLAGS_RF	0x00010000
#define EFLAGS_VM	0x00020000
#define EFLAGS_AC	0x00040000

#define CR0_PE	0x00000001
#define CR0_MP	0x00000002
#define CR0_TS	0x00000008
#define CR0_ET	0x00000010
#define CR0_NE	0x00000020
#define CR0_WP	0x00010000
#define CR0_AM	0x00040000
#define CR0_PG	0x80000000

#define CR4_TSD		0x00000004
#define CR4_DE		0x00000008
#define CR4_PSE		0x00000010
#define CR4_PAE		0x00000020
#define CR4_MCE		0x00000040
#define CR4_PGE		0x00000080
#define CR4_OSFXSR	0x00000200
#define CR4_OSXMMEXCPT	0x00000400
#define CR4_FSGSBASE	0x00010000
#define CR4_OSXSAVE	0x00040000
#define CR4_SMEP	0x00100000
#define CR4_SMAP	0x00200000

#endif
