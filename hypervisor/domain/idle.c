/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A CPU that nobody wants: it does softirqs, and halts until an interrupt.
 */
#include "domain/runqueue.h"
#include "x86/smp.h"

/* Halts unless work has come; an interrupt after the test ends the halt. */
static void halt_if_idle(struct runqueue *rq)
{
	irq_disable();
	if (READ_ONCE(this_cpu(softirq_pending)) || rq->retry) {
		irq_enable();
		return;
	}
	__asm__ volatile("sti; hlt" ::: "memory");
}

void idle_loop(void)
{
	struct runqueue *rq = &this_cpu(runqueue);

	irq_enable();
	for (;;) {
		if (READ_ONCE(this_cpu(softirq_pending))) {
			softirq_run();
		} else if (READ_ONCE(rq->retry)) {
			cpu_relax();
			softirq_raise(SOFTIRQ_SCHEDULE);
		} else {
			halt_if_idle(rq);
		}
	}
}
