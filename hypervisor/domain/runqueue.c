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

void runqueue_insert(struct runqueue *rq, struct vcpu *v, bool at_head)
{
	if (at_head) {
		list_add_head(&rq->queue, &v->sched.run_item);
	} else {
		list_add_tail(&rq->queue, &v->sched.run_item);
	}
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
			   struct vcpu *prev, unsigned int min_prio)
{
	struct runqueue *mine = &per_cpu(runqueue, cpu);
	struct vcpu *best = NULL, *v;
	struct list *i;

	for (i = rq->queue.next; i != &rq->queue; i = i->next) {
		unsigned int prio;

		v = list_entry(i, struct vcpu, sched.run_item);
		if (vcpu_parked(v) || !(vcpu_cpus(v) & CPUMASK(cpu))) {
			continue;
		}
		prio = v->sched.yielding ? PRIO_OVER : vcpu_prio(v);
		if (prio <= min_prio) {
			continue;
		}
		if (v != prev && READ_ONCE(v->sched.running)) {
			mine->retry = true;
			continue;
		}
		if (best && v->sched.yielding) {
			continue;
		}
		best = v;
		min_prio = v->sched.yielding ? PRIO_IDLE : prio;
	}
	return best;
}

struct vcpu *runqueue_steal(struct runqueue *mine, unsigned int cpu,
			    unsigned int min_prio)
{
	for (unsigned int i = 1; i < nr_cpus; i++) {
		struct runqueue *rq = &per_cpu(runqueue, (cpu + i) % nr_cpus);
		struct vcpu *v;

		if (!READ_ONCE(rq->waiting)) {
			continue;
		}
		if (!spin_trylock(&rq->lock)) {
			mine->retry = true;
			continue;
		}
		v = runqueue_best(rq, cpu, NULL, min_prio);
		if (v) {
			runqueue_remove(rq, v);
			v->sched.cpu = cpu;
		}
		spin_unlock(&rq->lock);
		if (v) {
			return v;
		}
	}
	return NULL;
}

void sched_charge(struct vcpu *v, u64 now)
{
	s64 ns = (s64)(now - v->sched.charged_at);

	v->sched.charged_at = now;
	if (ns <= 0 || is_idle_vcpu(v)) {
		return;
	}
	v->sched.credit -= ns;
	v->sched.used_ns += ns;
	if (v->domain->cap) {
		(void)atomic_sub_return(&v->domain->cap_left, ns);
	}
}
