/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Affinity, and the accounting that turns weights and caps into credit every
 * 30 ms.
 */
#include "domain/runqueue.h"
#include "x86/clock.h"
#include "x86/smp.h"

static struct timer account_timer;

/* What a domain wants of a period (domain.period_claim). */
enum { CLAIM_NONE, CLAIM_SOME, CLAIM_MORE, CLAIM_LIMITED };

struct accounting {
	u32 active_weight;		/* of all that did anything */
	u32 weight;			/* of those who share what is left */
	s64 left;			/* ns to share */
	bool again;
};

static bool vcpu_wants(const struct vcpu *v)
{
	return v->runstate == RS_RUNNING || v->runstate == RS_RUNNABLE;
}

/* vCPUs that ran in the period or want to; *wanting: how many still do. */
static unsigned int active_vcpus(struct domain *d, unsigned int *wanting,
				 u64 *used)
{
	unsigned int n = 0;
	struct vcpu *v;

	*wanting = 0;
	*used = 0;
	for_each_vcpu(d, v) {
		*wanting += vcpu_wants(v);
		*used += READ_ONCE(v->sched.used_ns);
		n += v->sched.used_ns || vcpu_wants(v);
	}
	return n;
}

/* The most that d can use of a period. */
static s64 claim_limit(const struct domain *d, unsigned int active)
{
	s64 limit = CREDIT_PERIOD_NS * (s64)active;
	s64 cap = CREDIT_PERIOD_NS * d->cap / 100;

	return d->cap && cap < limit ? cap : limit;
}

static int sum_weights(struct domain *d, void *arg)
{
	struct accounting *a = arg;
	unsigned int wanting;
	u64 used;

	if (active_vcpus(d, &wanting, &used)) {
		a->active_weight += d->weight;
	}
	return 0;
}

/* Who has enough, and not too much, takes what it used out of the period. */
static int find_claim(struct domain *d, void *arg)
{
	struct accounting *a = arg;
	unsigned int wanting;
	u64 used;

	d->period_claim = CLAIM_NONE;
	d->period_share = 0;
	if (!active_vcpus(d, &wanting, &used)) {
		return 0;
	}
	d->period_share = credit_pool(CREDIT_PERIOD_NS * nr_cpus, d->weight,
				      a->active_weight);
	if (wanting || (s64)used > d->period_share) {
		d->period_claim = CLAIM_MORE;
		a->weight += d->weight;
	} else {
		d->period_claim = CLAIM_SOME;
		a->left -= (s64)used;
	}
	return 0;
}

/* Who cannot use his share leaves the rest to the others. */
static int find_limited(struct domain *d, void *arg)
{
	struct accounting *a = arg;
	unsigned int wanting, active;
	s64 limit;
	u64 used;

	if (d->period_claim != CLAIM_MORE || !a->weight) {
		return 0;
	}
	active = active_vcpus(d, &wanting, &used);
	limit = claim_limit(d, active);
	d->period_share = credit_pool(a->left, d->weight, a->weight);
	if (d->period_share > limit) {
		d->period_claim = CLAIM_LIMITED;
		d->period_share = limit;
		a->left -= limit;
		a->weight -= d->weight;
		a->again = true;
	}
	return 0;
}

static int hand_out(struct domain *d, void *arg)
{
	unsigned int wanting, active;
	u64 now = now_ns(), used;
	struct vcpu *v;
	s64 share;

	active = active_vcpus(d, &wanting, &used);
	if (d->cap) {
		s64 old = READ_ONCE(d->cap_left);
		s64 new = credit_cap_refill(old, d->cap);

		(void)atomic_add_return(&d->cap_left, new - old);
	}
	share = active ? d->period_share / active : 0;
	for_each_vcpu(d, v) {
		unsigned long flags;
		struct runqueue *rq = runqueue_lock(v, &flags);

		if (rq->curr == v) {
			sched_charge(v, now);
		}
		if (v->sched.used_ns || vcpu_wants(v)) {
			v->sched.credit = credit_add(v->sched.credit, share);
		}
		v->sched.used_ns = 0;
		spin_unlock_irqrestore(&rq->lock, flags);
	}
	return 0;
}

/*
 * A period's time goes to those who want it, by weight, without what others
 * used and what some cannot use: each round finds more of the latter.
 */
static void share_period(void)
{
	struct accounting a = { .left = CREDIT_PERIOD_NS * nr_cpus };

	(void)domain_for_each(0, sum_weights, &a);
	(void)domain_for_each(0, find_claim, &a);
	for (unsigned int round = 0; round < 4; round++) {
		a.again = false;
		(void)domain_for_each(0, find_limited, &a);
		if (!a.again) {
			break;
		}
	}
	(void)domain_for_each(0, hand_out, NULL);
}

/* Each period; idle CPUs look for those whose cap was used up. */
static void account(void *data)
{
	bool any_waits = false;
	unsigned int cpu;

	share_period();
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		any_waits |= READ_ONCE(per_cpu(runqueue, cpu).waiting) != 0;
	}
	if (any_waits) {
		for_each_cpu_in(cpu, READ_ONCE(cpus_idle)) {
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
