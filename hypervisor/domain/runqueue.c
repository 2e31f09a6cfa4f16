/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Run queues: who waits for a CPU, who is best, and work stealing.  A vCPU
 * that is still being saved (sched.running) is on a queue already, but no CPU
 * other than its own may take it until that is done.
 */
#include "domain/runqueue.h"

DEFINE_PER_CPU(struct runqueue, runqueue);
cpumask_t cpus_idle;

struct runqueue *runqueue_lock(struct vcpu *v, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->sched.cpu);
		struct runqueue *rq = &per_cpu(runqueue, cpu);

		*flags = spin_lock_irqsave(&rq->lock);
		if (v->sched.cpu == cpu) {
			return rq;
		}
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

void runqueue_insert(struct runqueue *rq, struct vcpu *v)
{
	list_add_tail(&rq->queue, &v->sched.run_item);
	v->sched.queued = true;
	WRITE_ONCE(rq->waiting, rq->waiting + 1);
}

void runqueue_remove(struct runqueue *rq, struct vcpu *v)
{
	list_remove(&v->sched.run_item);
	v->sched.queued = false;
	WRITE_ONCE(rq->waiting, rq->waiting - 1);
}

struct vcpu *runqueue_best(struct runqueue *rq, unsigned int cpu,
			   struct vcpu *prev, s64 limit)
{
	struct vcpu *best = NULL, *v;

	list_for_each(v, &rq->queue, sched.run_item) {
		s64 turn = vcpu_turn(v);

		/* Not for next to nothing in the middle of a turn. */
		if (v == prev && !v->sched.turn_over) {
			turn -= PREEMPT_NS;
		}
		if (turn >= limit || vcpu_parked(v) ||
		    !vcpu_may_run_on(v, cpu)) {
			continue;
		}
		if (v != prev && READ_ONCE(v->sched.running)) {
			per_cpu(runqueue, cpu).retry = true;
			continue;
		}
		best = v;
		limit = turn;
	}
	return best;
}

struct vcpu *runqueue_steal(struct runqueue *mine, unsigned int cpu,
			    s64 limit)
{
	struct vcpu *v = NULL;

	for (unsigned int i = 1; i < nr_cpus && !v; i++) {
		struct runqueue *rq = &per_cpu(runqueue, (cpu + i) % nr_cpus);

		if (!READ_ONCE(rq->waiting)) {
			continue;
		}
		if (!spin_trylock(&rq->lock)) {
			mine->retry = true;
			continue;
		}
		v = runqueue_best(rq, cpu, NULL, limit);
		if (v) {
			runqueue_remove(rq, v);
			v->sched.cpu = cpu;
		}
		spin_unlock(&rq->lock);
	}
	return v;
}
