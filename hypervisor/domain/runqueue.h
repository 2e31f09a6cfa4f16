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
#include "x86/smp.h"

struct runqueue {
	spinlock_t lock;		/* irqsave */
	struct list queue;		/* sched_vcpu.run_item, first come */
	unsigned int waiting;		/* length of queue */
	struct vcpu *curr, *idle;
	struct timer slice;
	bool retry;			/* passed over one still being saved */
};

DECLARE_PER_CPU(struct runqueue, runqueue);

/* CPUs that run their idle vCPU; atomic. */
extern cpumask_t cpus_idle;

/* Out of its domain's cap: waits until that is filled again. */
static inline bool vcpu_parked(const struct vcpu *v)
{
	return v->domain->cap && READ_ONCE(v->domain->cap_left) <= 0;
}

static inline cpumask_t vcpu_cpus(const struct vcpu *v)
{
	cpumask_t m = v->sched.affinity & cpus_online;

	return m ? m : cpus_online;
}

static inline bool vcpu_may_run_on(const struct vcpu *v, unsigned int cpu)
{
	return vcpu_cpus(v) & CPUMASK(cpu);
}

struct runqueue *runqueue_lock(struct vcpu *v, unsigned long *flags);
void runqueue_insert(struct runqueue *rq, struct vcpu *v);
void runqueue_remove(struct runqueue *rq, struct vcpu *v);

#define NO_LIMIT	((s64)(~0ULL >> 1))

/* The best of rq that `cpu` may run, its turn before `limit`; rq is locked. */
struct vcpu *runqueue_best(struct runqueue *rq, unsigned int cpu,
			   struct vcpu *prev, s64 limit);
/* The best of another CPU's queue, taken off and moved to `cpu`; or NULL. */
struct vcpu *runqueue_steal(struct runqueue *mine, unsigned int cpu,
			    s64 limit);

/* ---- shares (share.c) ---- */

#define SLICE_NS	10000000	/* a turn at most */
#define MIN_SLICE_NS	500000
#define PREEMPT_NS	1000000		/* ahead by less: a turn is not ended */
#define RUN_NS		500000		/* nor one that has lasted for less */

/* When it is v's turn: the smaller the sooner, 0 is now.  v is locked. */
s64 vcpu_turn(const struct vcpu *v);
/* v used its CPU until now: pays.  v is locked. */
void sched_charge(struct vcpu *v, u64 now);
/* v was chosen, against others or alone. */
void sched_chosen(struct vcpu *v, bool others_wait);

/* Starts the timer that fills caps. */
void sched_caps_init(void);

#endif
