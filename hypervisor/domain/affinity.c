/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Which CPUs a vCPU may run on, and which it had rather run on. */
#include "domain/runqueue.h"

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft)
{
	unsigned long flags;
	struct runqueue *rq;
	bool elsewhere = false;

	if (!(hard & cpus_online)) {
		return -EINVAL;
	}
	rq = runqueue_lock(v, &flags);
	v->sched.affinity = hard;
	v->sched.soft_affinity = soft;
	if (v->sched.queued) {
		runqueue_remove(rq, v);	/* to be placed anew */
		elsewhere = true;
	} else if (rq->curr == v && !(hard & CPUMASK(v->sched.cpu))) {
		softirq_raise_on(SOFTIRQ_SCHEDULE, v->sched.cpu);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	if (elsewhere) {
		vcpu_wake(v);
	}
	return 0;
}

int vcpu_pin_override(struct vcpu *v, int pcpu)
{
	cpumask_t was = v->sched.affinity, saved = v->sched.saved_affinity;
	int err;

	if (pcpu >= 0 ? saved != 0 : !saved) {
		return pcpu >= 0 ? -EBUSY : 0;
	}
	if (pcpu >= (int)nr_cpus) {
		return -EINVAL;
	}
	err = vcpu_set_affinity(v, saved ? saved : CPUMASK(pcpu),
				v->sched.soft_affinity);
	if (!err) {
		v->sched.saved_affinity = saved ? 0 : was;
	}
	return err;
}
