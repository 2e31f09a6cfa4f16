/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Who runs here.  FS and GS belong to the guest at all times, so a CPU finds
 * its own data through its stack: struct cpu_info lies at the very top of the
 * 32 KiB aligned stack block, reached by rounding RSP up.  There is one stack
 * for each CPU and none for each vCPU: a vCPU's state while it does not run
 * is in struct vcpu, and nothing in the hypervisor ever sleeps.
 */
#ifndef X86_CURRENT_H
#define X86_CURRENT_H

#include "lib/types.h"
#include "x86/layout.h"
#include "x86/regs.h"

struct vcpu;

/* What brought us in from a guest, counted in cpu_info.counts. */
enum entry_count {
	COUNT_SYSCALL, COUNT_SWITCH, COUNT_IRET, COUNT_EXCEPTION,
	COUNT_PAGE_FAULT, COUNT_EMULATED, COUNT_IRQ, COUNT_UPCALL,
	NR_ENTRY_COUNTS,
};

#define NR_HYPERCALLS	64

struct cpu_info {
	struct cpu_regs guest_regs;	/* rsp0 points just below .es */
	struct vcpu *current;
	u64 percpu_offset;		/* this CPU's variables, minus template */
	u64 scratch[2];			/* entry.S: spilled registers */
	u32 fixup_error, fixup_vector;	/* of the last fault with a fixup */
	u32 cpu;			/* our CPU number, 0 .. nr_cpus - 1 */
	u32 softirq_pending;		/* read on every way out to a guest */
	/* Read by hypercall/perfc.c: entries by kind, hypercalls by number. */
	u64 counts[NR_ENTRY_COUNTS];
	u64 calls[NR_HYPERCALLS];
};

/* The CPU pushes from a 16-byte aligned RSP; the top of the block is one. */
_Static_assert((sizeof(struct cpu_info) -
		offsetof(struct cpu_regs, u.es)) % 16 == 0,
	       "guest_regs.es must be 16-byte aligned: it is rsp0");

#ifdef PARAVANE_HOST_TEST
extern struct cpu_info fake_cpu_info;
static inline struct cpu_info *cpu_info(void)
{
	return &fake_cpu_info;
}
#else
static inline struct cpu_info *cpu_info(void)
{
	unsigned long rsp;

	__asm__("mov %%rsp, %0" : "=r" (rsp));
	return (struct cpu_info *)((rsp | (STACK_BLOCK_SIZE - 1)) + 1) - 1;
}
#endif

static inline void cpu_info_set_current(struct cpu_info *i, struct vcpu *v)
{
	i->current = v;
}

#define current		(cpu_info()->current)
#define this_cpu_id()	(cpu_info()->cpu)
#define guest_regs()	(&cpu_info()->guest_regs.u)

/* Variables of which every CPU has its own; zero or as initialised at boot. */
#define DEFINE_PER_CPU(type, name) \
	__section(".data.percpu") __typeof__(type) percpu_##name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) percpu_##name

extern u64 percpu_offsets[MAX_CPUS];

#define per_cpu_at(name, off) \
	(*(__typeof__(&percpu_##name))((char *)&percpu_##name + (off)))
#define this_cpu(name)	per_cpu_at(name, cpu_info()->percpu_offset)
#define per_cpu(name, cpu) per_cpu_at(name, percpu_offsets[cpu])

/* Set by boot; CPUs are numbered from 0 without holes. */
extern unsigned int nr_cpus;

/* One bit for each CPU. */
typedef u64 cpumask_t;

#define CPUMASK(cpu)	(1ULL << (cpu))
#define for_each_cpu_in(cpu, mask) \
	for (cpumask_t _m = (mask); \
	     _m && ((cpu) = (unsigned int)__builtin_ctzll(_m), true); \
	     _m &= _m - 1)

#endif
