/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The scheduler's inside: one run queue for each CPU.  The lock of the queue
 * of v->sched.cpu guards all of v->sched and v's run state; to change
 * sched.cpu one holds the lock of the old one and v is on no queue, or both
 * locks (the second only by trying).  Order: run queue > timer lock.
 */
#ifndef DOMAIN_RUNQUEUE_H
#define DOMAIN_RUNQUEUE_H

#include "domain/sched.h"
#include "domain/credit.h"
#include "x86/smp.h"

struct runqueue {
	spinlock_t lock;		/* irqsave */
	struct list queue;		/* sched_vcpu.run_item, first come */
	unsigned int waiting;		/* length of queue */
	struct vcpu *curr, *idle;
	struct timer slice;
	bool slice_set;
	bool retry;			/* passed over one still being saved */
};

DECLARE_PER_CPU(struct runqueue, runqueue);

/* CPUs that run their idle vCPU; atomic. */
extern cpumask_t cpus_idle;

enum { PRIO_IDLE, PRIO_OVER, PRIO_UNDER, PRIO_BOOST };

static inline unsigned int vcpu_prio(const struct vcpu *v)
{
	if (is_idle_vcpu(v)) {
		return PRIO_IDLE;
	}
	if (v->sched.boosted) {
		return PRIO_BOOST;
	}
	return v->sched.credit >= 0 ? PRIO_UNDER : PRIO_OVER;
}

/* Out of its domain's cap: waits for the next accounting. */
static inline bool vcpu_parked(const struct vcpu *v)
{
	return v->domain->cap && READ_ONCE(v->domain->cap_left) <= 0;
}

static inline cpumask_t vcpu_cpus(const struct vcpu *v)
{
	cpumask_t m = v->sched.affinity & cpus_online;

	return m ? m : cpus_online;
}

struct runqueue *runqueue_lock(struct vcpu *v, unsigned long *flags);
void runqueue_insert(struct runqueue *rq, struct vcpu *v, bool at_head);
void runqueue_remove(struct runqueue *rq, struct vcpu *v);

/* The best of rq that `cpu` may run, above min_prio; or NULL.  rq locked. */
struct vcpu *runqueue_best(struct runqueue *rq, unsigned int cpu,
			   struct vcpu *prev, unsigned int min_prio);
/* The best of other CPUs' queues, taken off and moved to `cpu`; or NULL. */
struct vcpu *runqueue_steal(struct runqueue *mine, unsigned int cpu,
			    unsigned int min_prio);

/* v used its CPU until now: pays.  v's queue is locked. */
void sched_charge(struct vcpu *v, u64 now);

/* Starts the accounting timer. */
void sched_account_init(void);

#endif
