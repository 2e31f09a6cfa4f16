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

static struct timer_node *top(struct timer_cpu *c)
{
	return c->heap.top;
}

static struct timer *timer_of(struct timer_node *n)
{
	return container_of(n, struct timer, node);
}

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

/* Sees to an interrupt for a new top; c is locked. */
static void program(struct timer_cpu *c, unsigned int cpu)
{
	u64 key = top(c)->key;

	if (c->programmed && c->programmed <= key) {
		return;
	}
	if (cpu != this_cpu_id()) {
		softirq_raise_on(SOFTIRQ_TIMER, cpu);
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
static struct timer *take_due(struct timer_cpu *c, unsigned int cpu)
{
	unsigned long flags = spin_lock_irqsave(&c->lock);
	struct timer *t = NULL;

	c->running = NULL;
	c->programmed = 0;
	if (top(c) && top(c)->key <= now_ns()) {
		t = timer_of(top(c));
		timer_heap_remove(&c->heap, &t->node);
		c->running = t;
	} else if (top(c)) {
		program(c, cpu);
	} else {
		local_timer_program(0);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return t;
}

static void timer_softirq(void)
{
	unsigned int cpu = this_cpu_id();
	struct timer_cpu *c = &per_cpu(timer_cpu, cpu);
	struct timer *t;

	while ((t = take_due(c, cpu)) != NULL) {
		t->fn(t->data);
	}
}

void timers_init_cpu(unsigned int cpu)
{
	spin_lock_init(&per_cpu(timer_cpu, cpu).lock);
	softirq_register(SOFTIRQ_TIMER, timer_softirq);
}

void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void timer_set(struct timer *t, u64 expires_ns)
{
	unsigned long flags;
	struct timer_cpu *c = timer_lock(t, &flags);

	if (t->node.queued) {
		timer_heap_remove(&c->heap, &t->node);
	}
	if (!t->killed) {
		timer_heap_insert(&c->heap, &t->node, expires_ns);
		if (top(c) == &t->node) {
			program(c, t->cpu);
		}
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

void timer_stop(struct timer *t)
{
	unsigned long flags;
	struct timer_cpu *c = timer_lock(t, &flags);

	if (t->node.queued) {
		timer_heap_remove(&c->heap, &t->node);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

void timer_kill(struct timer *t)
{
	unsigned long flags;
	struct timer_cpu *c;

	if (!t->fn) {
		return;
	}
	c = timer_lock(t, &flags);
	t->killed = true;
	if (t->node.queued) {
		timer_heap_remove(&c->heap, &t->node);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		while (cpu != this_cpu_id() &&
		       READ_ONCE(per_cpu(timer_cpu, cpu).running) == t) {
			cpu_relax();
		}
	}
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
	unsigned long flags;
	struct timer_cpu *c;
	bool was_set;
	u64 key;

	if (READ_ONCE(t->cpu) == cpu) {
		return;
	}
	c = timer_lock(t, &flags);
	was_set = t->node.queued;
	key = t->node.key;
	if (was_set) {
		timer_heap_remove(&c->heap, &t->node);
	}
	t->cpu = cpu;
	spin_unlock_irqrestore(&c->lock, flags);
	/* Unlocked in between: whoever sets it meanwhile is the later one. */
	if (was_set) {
		c = timer_lock(t, &flags);
		if (!t->node.queued && !t->killed) {
			timer_heap_insert(&c->heap, &t->node, key);
			if (top(c) == &t->node) {
				program(c, t->cpu);
			}
		}
		spin_unlock_irqrestore(&c->lock, flags);
	}
}
