/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Everything that enters the guest kernel: exceptions, events, system calls.
 * The hypervisor builds a frame on the kernel's stack (a "bounce"), and
 * xen/entry.S turns it into a struct regs.
 */
#ifndef KEEL_XEN_TRAP_H
#define KEEL_XEN_TRAP_H

/* Numbers of the entries that are no exception vectors. */
#define ENTRY_EVENT	256
#define ENTRY_FAILSAFE	257
#define ENTRY_SYSCALL	258
#define ENTRY_SYSENTER	259
#define ENTRY_SYSCALL32	260

#ifndef __ASSEMBLY__
#include "xen/hypercall.h"

/* Registers as saved by xen/entry.S, lowest address first. */
struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector;
	uint64_t error;
	uint64_t rip;
	uint16_t cs, pad0[1];
	uint8_t upcall_mask, pad1[3];
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};

#define FLAG_CF		0x000001UL
#define FLAG_TF		0x000100UL
#define FLAG_IF		0x000200UL
#define FLAG_DF		0x000400UL
#define FLAG_IOPL	0x003000UL
#define FLAG_NT		0x004000UL
#define FLAG_RF		0x010000UL
#define FLAG_AC		0x040000UL
#define FLAG_ID		0x200000UL

enum vector {
	VEC_DE, VEC_DB, VEC_NMI, VEC_BP, VEC_OF, VEC_BR, VEC_UD, VEC_NM,
	VEC_DF, VEC_CSO, VEC_TS, VEC_NP, VEC_SS, VEC_GP, VEC_PF, VEC_SPV,
	VEC_MF, VEC_AC, VEC_MC, VEC_XM,
};

#define PF_P	1UL
#define PF_W	2UL
#define PF_US	4UL
#define PF_ID	16UL

/* Selectors as an iret frame names them: ring 0 there means "kernel mode". */
#define KERNEL_CS	(FLAT_KERNEL_CS64 & ~3)
#define KERNEL_SS	(FLAT_KERNEL_SS64 & ~3)
#define USER_CS		FLAT_USER_CS64
#define USER_SS		FLAT_USER_SS64

static inline bool from_user(const struct regs *regs)
{
	return (regs->cs & 3) == 3;
}

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

/*
 * An instruction that may fault: execution goes on behind it, and fault_take
 * tells what happened. Inside asm: MAY_FAULT("mov (%0), %1").
 */
#define MAY_FAULT(insn)							\
	"77: " insn "\n"						\
	"78:\n"								\
	".pushsection .extable, \"a\"\n"				\
	".balign 8\n"							\
	".quad 77b, 78b\n"						\
	".popsection\n"

struct fault {
	int vector;		/* -1: none */
	uint64_t error, cr2, rip;
	struct regs regs;
};

/* The last fault taken at a MAY_FAULT on this vCPU, which it forgets. */
struct fault fault_take(void);

#endif
#endif
