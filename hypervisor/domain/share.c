/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Who gets how much of the CPUs.  Each domain has a virtual time: the CPU time
 * of its vCPUs, running faster the less it weighs.  The domain that is behind
 * goes first, so that all who want a CPU come along at one speed, and get time
 * by weight.  `clock` is how far they have come.  What a domain may be behind
 * it (time it did not want) or ahead (time nobody else wanted) is bounded:
 * neither savings nor debts grow for ever.
 *
 * A cap is a purse beside that, of the whole domain: filled each period, and
 * while it is empty the domain's vCPUs wait.
 */
#include "domain/runqueue.h"
#include "x86/clock.h"

#define PERIOD_NS	30000000LL
#define SAVED_NS	30000000LL
#define DEBT_NS		12000000LL
#define BOOST_NS	3000000		/* of one that has just been woken */
#define WEIGHT_NORMAL	256

static u64 clock;
static struct timer cap_timer;

/* How far v's domain is ahead of the others. */
static s64 ahead(const struct vcpu *v)
{
	return (s64)(READ_ONCE(v->domain->vtime) - READ_ONCE(clock));
}

s64 vcpu_turn(const struct vcpu *v)
{
	if (is_idle_vcpu(v) || v->sched.yielding) {
		return NO_LIMIT - 1;
	}
	return ahead(v) - (v->sched.boosted ? BOOST_NS : 0);
}

void sched_charge(struct vcpu *v, u64 now)
{
	struct domain *d = v->domain;
	s64 ns = (s64)(now - v->sched.charged_at);

	v->sched.charged_at = now;
	if (ns <= 0 || is_idle_vcpu(v)) {
		return;
	}
	(void)atomic_add_return(&d->vtime,
				(u64)ns * WEIGHT_NORMAL / d->weight);
	if (d->cap) {
		(void)atomic_sub_return(&d->cap_left, ns);
	}
}

/*
 * A debt is for more than one slice, or who has another CPU to himself would
 * get half of this one, too; and for little more, because he has to wait for
 * it when somebody new comes.
 */
void sched_chosen(struct vcpu *v, bool others_wait)
{
	struct domain *d = v->domain;
	s64 a = ahead(v);

	if (a < -SAVED_NS) {
		/* Who has never run has saved nothing. */
		WRITE_ONCE(d->vtime, clock - (d->vtime ? SAVED_NS : 0));
	} else if (a > 0 && others_wait) {
		WRITE_ONCE(clock, d->vtime);
	} else if (a > DEBT_NS) {
		WRITE_ONCE(d->vtime, clock + DEBT_NS);
	}
}

static int fill_purse(struct domain *d, void *any)
{
	s64 purse = PERIOD_NS * d->cap / 100, left = READ_ONCE(d->cap_left);

	if (d->cap) {
		*(bool *)any = true;
		(void)atomic_add_return(&d->cap_left,
					min(purse, purse - left));
	}
	return 0;
}

/* Each period; idle CPUs look for those whose cap was used up. */
static void fill_caps(void *data)
{
	unsigned int cpu;
	bool any = false;

	(void)domain_for_each(0, fill_purse, &any);
	for_each_cpu_in(cpu, any ? READ_ONCE(cpus_idle) : 0) {
		softirq_raise_on(SOFTIRQ_SCHEDULE, cpu);
	}
	timer_set(&cap_timer, now_ns() + PERIOD_NS);
}

void sched_caps_init(void)
{
	timer_init(&cap_timer, fill_caps, NULL);
	timer_set(&cap_timer, now_ns() + PERIOD_NS);
}
