/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the scheduler is told: weight, cap and affinity; and the accounting
 * that turns weights into credit every 30 ms.
 */
#include "domain/runqueue.h"
#include "x86/clock.h"
#include "x86/smp.h"

static struct timer account_timer;

struct accounting {
	u32 total_weight;
};

/* Did v want a CPU since the last accounting? */
static bool vcpu_active(const struct vcpu *v)
{
	return v->sched.used_ns || v->runstate == RS_RUNNING ||
	       v->runstate == RS_RUNNABLE;
}

static unsigned int active_vcpus(struct domain *d)
{
	unsigned int n = 0;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		n += vcpu_active(v);
	}
	return n;
}

static int sum_weight(struct domain *d, void *arg)
{
	struct accounting *a = arg;

	if (active_vcpus(d)) {
		a->total_weight += d->weight;
	}
	return 0;
}

static int hand_out(struct domain *d, void *arg)
{
	struct accounting *a = arg;
	unsigned int active = active_vcpus(d);
	s64 share = credit_share(nr_cpus, d->weight, a->total_weight, active);
	u64 now = now_ns();
	struct vcpu *v;

	if (d->cap) {
		s64 old = READ_ONCE(d->cap_left);
		s64 new = credit_cap_refill(old, d->cap);

		(void)atomic_add_return(&d->cap_left, new - old);
	}
	for_each_vcpu(d, v) {
		unsigned long flags;
		struct runqueue *rq = runqueue_lock(v, &flags);

		if (rq->curr == v) {
			sched_charge(v, now);
		}
		if (active) {
			v->sched.credit = credit_add(v->sched.credit, share);
		}
		v->sched.used_ns = 0;
		spin_unlock_irqrestore(&rq->lock, flags);
	}
	return 0;
}

/* Each period; also wakes CPUs for those whose cap was used up. */
static void account(void *data)
{
	struct accounting a = { 0 };

	(void)domain_for_each(0, sum_weight, &a);
	(void)domain_for_each(0, hand_out, &a);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct runqueue *rq = &per_cpu(runqueue, cpu);

		if (READ_ONCE(rq->waiting) &&
		    (READ_ONCE(cpus_idle) & CPUMASK(cpu))) {
			softirq_raise_on(SOFTIRQ_SCHEDULE, cpu);
		}
	}
	timer_set(&account_timer, now_ns() + CREDIT_PERIOD_NS);
}

void sched_account_init(void)
{
	timer_init(&account_timer, account, NULL, 0);
	timer_set(&account_timer, now_ns() + CREDIT_PERIOD_NS);
}

int sched_domain_set(struct domain *d, u16 weight, u16 cap)
{
	spin_lock(&d->lock);
	if (weight) {
		d->weight = weight;
	}
	if (cap != (u16)~0U) {
		d->cap_left = CREDIT_PERIOD_NS * cap / 100;
		WRITE_ONCE(d->cap, cap);
	}
	spin_unlock(&d->lock);
	return 0;
}

void sched_domain_get(struct domain *d, u16 *weight, u16 *cap)
{
	*weight = d->weight;
	*cap = d->cap;
}

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
	if (!(hard & CPUMASK(v->sched.cpu))) {
		if (rq->curr == v) {
			softirq_raise_on(SOFTIRQ_SCHEDULE, v->sched.cpu);
		} else if (v->sched.queued) {
			runqueue_remove(rq, v);
			elsewhere = true;
		}
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	if (elsewhere) {
		vcpu_wake(v);
	}
	return 0;
}

int vcpu_pin_override(struct vcpu *v, int pcpu)
{
	cpumask_t old = v->sched.saved_affinity;
	int err;

	if (pcpu < 0) {
		if (old) {
			v->sched.saved_affinity = 0;
			(void)vcpu_set_affinity(v, old,
						v->sched.soft_affinity);
		}
		return 0;
	}
	if (old) {
		return -EBUSY;
	}
	if ((unsigned int)pcpu >= nr_cpus) {
		return -EINVAL;
	}
	old = v->sched.affinity;
	err = vcpu_set_affinity(v, CPUMASK(pcpu), v->sched.soft_affinity);
	if (!err) {
		v->sched.saved_affinity = old;
	}
	return err;
}
