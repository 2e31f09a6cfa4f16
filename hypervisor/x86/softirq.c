/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Softirqs: a bit for each kind of work in a word for each CPU.  Raised
 * anywhere, run on the way out to a guest and in the idle loop, never nested.
 */
#include "lib/bits.h"
#include "x86/percpu.h"
#include "x86/smp.h"

static void (*handlers[NR_SOFTIRQS])(void) __ro_after_init;

void softirq_register(enum softirq nr, void (*fn)(void))
{
	handlers[nr] = fn;
}

void softirq_raise(enum softirq nr)
{
	atomic_or(&cpu_info()->softirq_pending, (u32)BIT(nr));
}

void softirq_raise_on(enum softirq nr, unsigned int cpu)
{
	u32 *pending = &cpu_info_of(cpu)->softirq_pending;
	u32 bit = (u32)BIT(nr);

	if (__atomic_fetch_or(pending, bit, __ATOMIC_SEQ_CST) & bit) {
		return;
	}
	if (cpu != this_cpu_id()) {
		smp_kick(cpu);
	}
}

void softirq_run(void)
{
	u32 *word = &cpu_info()->softirq_pending;
	u32 pending;

	while ((pending = READ_ONCE(*word)) != 0) {
		unsigned int nr = bit_lowest(pending);

		atomic_and(word, ~(u32)BIT(nr));
		if (handlers[nr]) {
			handlers[nr]();
		}
	}
}
