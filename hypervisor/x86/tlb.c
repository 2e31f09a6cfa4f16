/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * TLB flushes, here and on other CPUs, and the flush clock.
 *
 * A flush takes its time from the clock before it begins and writes it down
 * when it is done.  A use of a frame that ends in between gets a stamp that is
 * not earlier, so the flush does not count for it: errors are on the safe side.
 * The clock is 32 bits wide and compared round the corner: each quarter turn,
 * every CPU is made to flush, so no CPU's time is ever half a turn behind.
 */
#include "lib/lock.h"
#include "x86/msr.h"
#include "x86/regs.h"
#include "x86/smp.h"
#include "x86/tlb.h"

#define QUARTER_TURN	(1U << 30)

u32 tlb_clock = QUARTER_TURN - 1000;	/* so that wrapping is nothing rare */
DEFINE_PER_CPU(u32, tlb_flushed_at);

void tlb_flush_stale(cpumask_t cpus, u32 stamp)
{
	cpumask_t stale = 0;
	unsigned int cpu;

	for_each_cpu_in(cpu, cpus) {
		u32 flushed = READ_ONCE(per_cpu(tlb_flushed_at, cpu));

		if ((s32)(flushed - stamp) <= 0) {
			stale |= CPUMASK(cpu);
		}
	}
	if (stale) {
		tlb_flush_mask(stale);
	}
}

/* The time of a flush that begins now. */
static u32 flush_begin(void)
{
	u32 at = atomic_add_return(&tlb_clock, 1);
	unsigned int cpu;

	if (unlikely(at % QUARTER_TURN == 0)) {
		for_each_cpu_in(cpu, cpus_online) {
			softirq_raise_on(SOFTIRQ_TLB, cpu);
		}
	}
	return at;
}

void cr3_load(u64 cr3)
{
	u32 at = flush_begin();

	write_cr3(cr3);
	WRITE_ONCE(this_cpu(tlb_flushed_at), at);
}

void tlb_flush_local(void)
{
	unsigned long flags = irq_save();

	cr3_load(read_cr3());
	irq_restore(flags);
}

static void flush_all(unsigned long unused)
{
	tlb_flush_local();
}

/* Every context there is, global entries included. */
static void flush_global(unsigned long unused)
{
	u64 cr4 = read_cr4();

	write_cr4(cr4 & ~(u64)CR4_PGE);
	write_cr4(cr4);
}

void tlb_flush_mask(cpumask_t cpus)
{
	smp_call(cpus, flush_all, 0);
}

void tlb_flush_mask_one(cpumask_t cpus, vaddr_t va)
{
	smp_call(cpus, tlb_flush_local_one, va);
}

void tlb_flush_all_global(void)
{
	smp_call(~0ULL, flush_global, 0);
}

__init void tlb_init(void)
{
	softirq_register(SOFTIRQ_TLB, tlb_flush_local);
	tlb_flush_local();
}
