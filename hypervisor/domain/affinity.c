/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Which CPUs a vCPU may run on, and which it had rather run on. */
#include "domain/runqueue.h"

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft)
{
	unsigned long flags;
	struct runqueue *rq;

	if (!(hard & cpus_online)) {
		return -EINVAL;
	}
	rq = runqueue_lock(v, &flags);
	v->sched.affinity = hard;
	v->sched.soft_affinity = soft;
	if (v->sched.queued) {
		runqueue_remove(rq, v);	/* to be placed anew */
	} else if (rq->curr == v && !(hard & CPUMASK(v->sched.cpu))) {
		softirq_raise_on(SOFTIRQ_SCHEDULE, v->sched.cpu);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	vcpu_wake(v);
	return 0;
}
