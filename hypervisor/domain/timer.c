/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Timers: a heap on each CPU, and the local timer interrupt programmed for
 * its top.  A timer belongs to the CPU in t->cpu, whose lock guards it.  The
 * interrupt is never moved later, only earlier: an early one finds nothing to
 * do and programs the next, which is cheaper than a write for each stop.
 */
#include "domain/timer.h"
#include "lib/lock.h"
#include "x86/clock.h"
#include "x86/smp.h"

struct timer_cpu {
	spinlock_t lock;		/* irqsave; innermost */
	struct timer_heap heap;
	struct timer *running;		/* its function runs now */
	u64 programmed;			/* interrupt due then; 0: none */
};

static DEFINE_PER_CPU(struct timer_cpu, timer_cpu);

static struct timer_cpu *timer_lock(struct timer *t, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct timer_cpu *c = &per_cpu(timer_cpu, cpu);

		*flags = spin_lock_irqsave(&c->lock);
		if (t->cpu == cpu) {
			return c;
		}
		spin_unlock_irqrestore(&c->lock, *flags);
	}
}

/* Sees to an interrupt for this CPU's top; c is locked. */
static void program(struct timer_cpu *c)
{
	u64 key = c->heap.top->key;

	if (c->programmed && c->programmed <= key) {
		return;
	}
	c->programmed = key;
	if (key <= now_ns()) {
		softirq_raise(SOFTIRQ_TIMER);
	} else {
		local_timer_program(key);
	}
}

/* Takes the top when it is due, else programs the interrupt for it. */
static struct timer *take_due(struct timer_cpu *c)
{
	unsigned long flags = spin_lock_irqsave(&c->lock);
	struct timer_node *top = c->heap.top;

	c->running = NULL;
	c->programmed = 0;
	if (!top) {
		local_timer_program(0);
	} else if (top->key <= now_ns()) {
		timer_heap_remove(&c->heap, top);
		c->running = container_of(top, struct timer, node);
	} else {
		program(c);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return c->running;
}

static void timer_softirq(void)
{
	struct timer_cpu *c = &this_cpu(timer_cpu);
	struct timer *t;

	while ((t = take_due(c)) != NULL) {
		t->fn(t->data);
	}
}

void timers_init(void)
{
	softirq_register(SOFTIRQ_TIMER, timer_softirq);
}

void timer_init(struct timer *t, void (*fn)(void *), void *data)
{
	*t = (struct timer){ .fn = fn, .data = data };
}

void timer_set(struct timer *t, u64 expires_ns)
{
	struct timer_cpu *c, *here = &this_cpu(timer_cpu);
	unsigned long flags;

	for (;;) {
		c = timer_lock(t, &flags);
		timer_heap_remove(&c->heap, &t->node);
		if (c == here) {
			break;
		}
		t->cpu = this_cpu_id();
		spin_unlock_irqrestore(&c->lock, flags);
	}
	if (!READ_ONCE(t->killed)) {
		timer_heap_insert(&c->heap, &t->node, expires_ns);
		if (c->heap.top == &t->node) {
			program(c);
		}
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

void timer_stop(struct timer *t)
{
	unsigned long flags;
	struct timer_cpu *c = timer_lock(t, &flags);

	timer_heap_remove(&c->heap, &t->node);
	spin_unlock_irqrestore(&c->lock, flags);
}

void timer_kill(struct timer *t)
{
	/* Who sets it has the lock before the stop, or sees this. */
	WRITE_ONCE(t->killed, true);
	timer_stop(t);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		while (cpu != this_cpu_id() &&
		       READ_ONCE(per_cpu(timer_cpu, cpu).running) == t) {
			cpu_relax();
		}
	}
}
