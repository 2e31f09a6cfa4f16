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
 *
 * Shoot-down: each CPU has one request of its own, the others' bits in
 * `waiting`; in each target's `requested` is a bit for each CPU that wants
 * something.  No lock: a target takes all bits at once and answers each.
 */
#include "lib/bits.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "x86/cpu_features.h"
#include "x86/irq_entry.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/regs.h"
#include "x86/smp.h"
#include "x86/tlb.h"

#define QUARTER_TURN	(1U << 30)

enum tlb_what { TLB_ALL, TLB_ONE, TLB_GLOBAL };

struct tlb_request {
	cpumask_t waiting;		/* targets that have not answered */
	enum tlb_what what;
	vaddr_t va;
};

u32 tlb_clock = QUARTER_TURN - 1000;	/* so that wrapping is nothing rare */
DEFINE_PER_CPU(u32, tlb_flushed_at);
static DEFINE_PER_CPU(struct tlb_request, tlb_request);
static DEFINE_PER_CPU(u64, tlb_requested);

bool tlb_may_be_stale(unsigned int cpu, u32 stamp)
{
	u32 flushed = READ_ONCE(per_cpu(tlb_flushed_at, cpu));

	return (s32)(flushed - stamp) <= 0;
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

static void flush_done(u32 at)
{
	WRITE_ONCE(this_cpu(tlb_flushed_at), at);
}

/* Every context there is, global entries included. */
static void flush_global(void)
{
	unsigned long flags = irq_save();
	u32 at = flush_begin();
	u64 cr4 = read_cr4();

	write_cr4(cr4 & ~(u64)CR4_PGE);
	write_cr4(cr4);
	flush_done(at);
	irq_restore(flags);
}

void tlb_flush_local(void)
{
	unsigned long flags = irq_save();
	u32 at = flush_begin();

	write_cr3(read_cr3());
	flush_done(at);
	irq_restore(flags);
}

void tlb_flush_local_one(vaddr_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r" (va) : "memory");
}

void cr3_load(u64 cr3)
{
	u32 at = flush_begin();

	write_cr3(cr3);
	flush_done(at);
}

static void do_request(const struct tlb_request *r)
{
	switch (r->what) {
	case TLB_ALL:
		tlb_flush_local();
		break;
	case TLB_ONE:
		tlb_flush_local_one(r->va);
		break;
	case TLB_GLOBAL:
		flush_global();
		break;
	}
}

void tlb_interrupt(void)
{
	u64 from = xchg(&this_cpu(tlb_requested), 0);
	cpumask_t me = ~CPUMASK(this_cpu_id());
	unsigned int cpu;

	for_each_cpu_in(cpu, from) {
		struct tlb_request *r = &per_cpu(tlb_request, cpu);

		do_request(r);
		atomic_and(&r->waiting, me);
	}
}

static void shoot_down(cpumask_t cpus, enum tlb_what what, vaddr_t va)
{
	struct tlb_request *r = &this_cpu(tlb_request);
	cpumask_t me = CPUMASK(this_cpu_id());
	cpumask_t others = cpus & cpus_online & ~me;
	unsigned int cpu;

	r->what = what;
	r->va = va;
	WRITE_ONCE(r->waiting, others);
	smp_mb();
	for_each_cpu_in(cpu, others) {
		if (!__atomic_fetch_or(&per_cpu(tlb_requested, cpu), me,
				       __ATOMIC_SEQ_CST)) {
			local_apic_ipi(cpu, VECTOR_TLB);
		}
	}
	if (cpus & me) {
		do_request(r);
	}
	/* Two CPUs that want something of each other must not wait in turn. */
	while (READ_ONCE(r->waiting)) {
		if (READ_ONCE(this_cpu(tlb_requested))) {
			tlb_interrupt();
		}
		cpu_relax();
	}
}

void tlb_flush_mask(cpumask_t cpus)
{
	shoot_down(cpus, TLB_ALL, 0);
}

void tlb_flush_mask_one(cpumask_t cpus, vaddr_t va)
{
	shoot_down(cpus, TLB_ONE, va);
}

__init void tlb_init(void)
{
	softirq_register(SOFTIRQ_TLB, tlb_flush_local);
	tlb_flush_local();
}

void tlb_flush_all_global(void)
{
	shoot_down(~0ULL, TLB_GLOBAL, 0);
}
