/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The scheduler's core: waking, sleeping, and choosing the next vCPU.  A vCPU
 * that may run is either its CPU's `curr` or on exactly one run queue.
 *
 *            wake                 schedule
 *   asleep --------> queued <------------------> running (curr)
 *      ^                                            |
 *      +------------ blocked, paused, down ---------+
 */
#include "domain/runqueue.h"
#include "domain/lifetime.h"
#include "mm/alloc.h"
#include "x86/clock.h"
#include "x86/paging.h"
#include "x86/smp.h"
#include "lib/printk.h"

static struct domain idle_domain = {
	.id = DOMID_IDLE, .refs = 1, .max_vcpus = MAX_CPUS,
};
static struct vcpu *idle_vcpus[MAX_CPUS];

/* The state of a vCPU that may not run. */
static enum runstate sleeping_state(const struct vcpu *v)
{
	u64 f = READ_ONCE(v->pause_flags);

	if ((f & ~(VPF_BLOCKED | VPF_POLLING)) || v->pause_count ||
	    v->domain->pause_count) {
		return RS_OFFLINE;
	}
	return f ? RS_BLOCKED : RS_RUNNABLE;
}

/* Where to queue v: where it ran if that is idle, an idle CPU, where it ran. */
static unsigned int choose_cpu(const struct vcpu *v)
{
	cpumask_t may = vcpu_cpus(v), idle = may & READ_ONCE(cpus_idle);
	cpumask_t last = CPUMASK(v->sched.cpu);

	if ((idle & last) || (!idle && (may & last))) {
		return v->sched.cpu;
	}
	if (idle & v->sched.soft_affinity) {
		idle &= v->sched.soft_affinity;
	}
	return bit_lowest(idle ? idle : may);
}

/* A queue got longer: sees that a CPU looks at it.  rq is locked. */
static void tickle(struct runqueue *rq, unsigned int cpu, struct vcpu *v)
{
	cpumask_t idle;

	smp_mb();
	if (vcpu_parked(v)) {
		return;
	}
	if ((vcpu_cpus(v) & CPUMASK(cpu)) &&
	    vcpu_prio(v) > vcpu_prio(rq->curr)) {
		softirq_raise_on(SOFTIRQ_SCHEDULE, cpu);
		return;
	}
	idle = vcpu_cpus(v) & READ_ONCE(cpus_idle);
	if (idle) {
		softirq_raise_on(SOFTIRQ_SCHEDULE, bit_lowest(idle));
	}
}

/* Who slept goes first, unless it only rested after a yield. */
static void boost_if_woken(struct vcpu *v)
{
	if (v->runstate == RS_BLOCKED && v->sched.credit >= 0) {
		v->sched.boosted = !v->sched.yielding;
	}
	v->sched.yielding = false;
}

void vcpu_wake(struct vcpu *v)
{
	bool moved = false;

	for (;;) {
		unsigned long flags;
		struct runqueue *rq = runqueue_lock(v, &flags);
		unsigned int cpu = v->sched.cpu, to = cpu;

		if (v->sched.queued || rq->curr == v || !vcpu_runnable(v)) {
			spin_unlock_irqrestore(&rq->lock, flags);
			return;
		}
		if (!moved && (!v->sched.running ||
			       !(vcpu_cpus(v) & CPUMASK(cpu)))) {
			to = choose_cpu(v);
		}
		if (to != cpu) {
			v->sched.cpu = to;
			moved = true;
			spin_unlock_irqrestore(&rq->lock, flags);
			continue;
		}
		boost_if_woken(v);
		vcpu_runstate_change(v, RS_RUNNABLE, now_ns());
		runqueue_insert(rq, v, false);
		tickle(rq, cpu, v);
		spin_unlock_irqrestore(&rq->lock, flags);
		return;
	}
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned long flags;
	struct runqueue *rq = runqueue_lock(v, &flags);

	if (!vcpu_runnable(v)) {
		if (rq->curr == v) {
			softirq_raise_on(SOFTIRQ_SCHEDULE, v->sched.cpu);
		} else {
			if (v->sched.queued) {
				runqueue_remove(rq, v);
			}
			if (!v->sched.running) {
				vcpu_runstate_change(v, sleeping_state(v),
						     now_ns());
			}
		}
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* Must not wait for itself: the caller runs on that vCPU's stack. */
void vcpu_sleep_sync(struct vcpu *v)
{
	vcpu_sleep_nosync(v);
	while (v != current && !vcpu_runnable(v) &&
	       READ_ONCE(v->sched.running)) {
		cpu_relax();
	}
	smp_rmb();
}

/*
 * prev may run on, but no longer here: onto another CPU's queue.  That CPU
 * takes it as soon as its registers are saved.
 */
static void send_away(struct vcpu *prev, unsigned int cpu, u64 now)
{
	struct runqueue *rq = &per_cpu(runqueue, cpu);
	unsigned int to;

	spin_lock(&rq->lock);
	if (prev->sched.cpu != cpu || (vcpu_cpus(prev) & CPUMASK(cpu)) ||
	    !vcpu_runnable(prev)) {
		spin_unlock(&rq->lock);
		return;
	}
	sched_charge(prev, now);
	vcpu_runstate_change(prev, RS_RUNNABLE, now);
	rq->curr = rq->idle;
	to = choose_cpu(prev);
	prev->sched.cpu = to;
	spin_unlock(&rq->lock);

	vcpu_wake(prev);
	softirq_raise_on(SOFTIRQ_SCHEDULE, to);
}

/* prev stops running for now; rq is locked. */
static void put_prev(struct runqueue *rq, struct vcpu *prev, u64 now)
{
	bool slice_left = now < prev->sched.slice_end && !prev->sched.yielding;

	sched_charge(prev, now);
	if (!slice_left) {
		prev->sched.boosted = false;
	}
	if (vcpu_runnable(prev)) {
		vcpu_runstate_change(prev, RS_RUNNABLE, now);
		runqueue_insert(rq, prev, slice_left);
	} else {
		prev->sched.boosted = false;
		vcpu_runstate_change(prev, sleeping_state(prev), now);
	}
}

static struct vcpu *pick_next(struct runqueue *rq, unsigned int cpu,
			      struct vcpu *prev)
{
	struct vcpu *v = runqueue_best(rq, cpu, prev, PRIO_IDLE);
	unsigned int prio = v ? vcpu_prio(v) : PRIO_IDLE;
	struct vcpu *other = NULL;

	if (prio < PRIO_UNDER) {
		/* First say so, then look: who queues does the reverse. */
		if (!v) {
			atomic_or(&cpus_idle, CPUMASK(cpu));
		}
		other = runqueue_steal(rq, cpu, prio);
	}
	if (other) {
		return other;
	}
	if (v) {
		runqueue_remove(rq, v);
		return v;
	}
	return rq->idle;
}

static void set_slice(struct runqueue *rq, struct vcpu *next, bool again,
		      u64 now)
{
	struct domain *d = next->domain;
	s64 slice;

	if (is_idle_vcpu(next)) {
		return;
	}
	if (!again || now >= next->sched.slice_end) {
		slice = credit_slice(next->sched.boosted, rq->waiting > 0,
				     d->cap, READ_ONCE(d->cap_left));
		next->sched.slice_end = now + (u64)slice;
	}
	if (rq->retry) {
		next->sched.slice_end = now + CREDIT_MIN_SLICE_NS / 5;
	}
	/* One armed for earlier is left alone: it sets itself anew. */
	if (!rq->slice_set ||
	    rq->slice.node.key > next->sched.slice_end) {
		rq->slice_set = true;
		timer_set(&rq->slice, next->sched.slice_end);
	}
}

static void slice_timer(void *data)
{
	struct runqueue *rq = data;
	unsigned long flags = spin_lock_irqsave(&rq->lock);
	struct vcpu *v = rq->curr;

	rq->slice_set = false;
	if (!is_idle_vcpu(v)) {
		if (now_ns() >= v->sched.slice_end) {
			softirq_raise(SOFTIRQ_SCHEDULE);
		} else {
			rq->slice_set = true;
			timer_set(&rq->slice, v->sched.slice_end);
		}
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* Those left waiting here may suit a CPU that is idle. */
static void offer_waiting(struct runqueue *rq)
{
	struct list *i;
	cpumask_t idle;

	if (!rq->waiting) {
		return;
	}
	smp_mb();
	idle = READ_ONCE(cpus_idle);
	for (i = rq->queue.next; idle && i != &rq->queue; i = i->next) {
		struct vcpu *v = list_entry(i, struct vcpu, sched.run_item);
		cpumask_t m = vcpu_cpus(v) & idle;

		if (m && !vcpu_parked(v)) {
			softirq_raise_on(SOFTIRQ_SCHEDULE, bit_lowest(m));
			idle &= ~CPUMASK(bit_lowest(m));
		}
	}
}

/*
 * We are idle no more, maybe with another vCPU than the one we were woken
 * for: some idle CPU looks after that.
 */
static void pass_on(void)
{
	cpumask_t idle = READ_ONCE(cpus_idle);

	for (unsigned int cpu = 0; idle && cpu < nr_cpus; cpu++) {
		if (READ_ONCE(per_cpu(runqueue, cpu).waiting)) {
			softirq_raise_on(SOFTIRQ_SCHEDULE, bit_lowest(idle));
			return;
		}
	}
}

/* The periodic tick stands still while its vCPU does not run. */
static void switch_periodic(struct vcpu *prev, struct vcpu *next)
{
	if (prev->periodic_ns) {
		timer_stop(&prev->periodic);
	}
	if (next->periodic_ns) {
		timer_migrate(&next->periodic, this_cpu_id());
		timer_set(&next->periodic, max(next->periodic.node.key,
					       now_ns()));
	}
}

static void become(struct runqueue *rq, unsigned int cpu, struct vcpu *next,
		   u64 now)
{
	rq->curr = next;
	next->sched.running = true;
	next->sched.charged_at = now;
	vcpu_runstate_change(next, RS_RUNNING, now);
	if (next == rq->idle) {
		atomic_or(&cpus_idle, CPUMASK(cpu));
	} else {
		atomic_and(&cpus_idle, ~CPUMASK(cpu));
	}
}

/* SOFTIRQ_SCHEDULE. */
static void schedule(void)
{
	unsigned long flags = irq_save();
	unsigned int cpu = this_cpu_id();
	struct runqueue *rq = &per_cpu(runqueue, cpu);
	struct vcpu *prev = current, *next;
	u64 now = now_ns();

	if (prev != rq->idle) {
		send_away(prev, cpu, now);
	}
	spin_lock(&rq->lock);
	rq->retry = false;
	if (prev != rq->idle && rq->curr == prev) {
		put_prev(rq, prev, now);
	}
	next = pick_next(rq, cpu, prev);
	if (vcpu_runnable(prev)) {
		prev->sched.yielding = false;	/* passed over once */
	}
	set_slice(rq, next, next == prev, now);
	become(rq, cpu, next, now);
	offer_waiting(rq);
	if (prev == rq->idle && next != prev) {
		pass_on();
	}
	spin_unlock(&rq->lock);

	if (next != prev) {
		if (prev == rq->idle) {
			vcpu_runstate_change(prev, RS_RUNNABLE, now);
		}
		switch_periodic(prev, next);
		if (next != rq->idle) {
			vcpu_time_publish(next);
			softirq_raise(SOFTIRQ_PUBLISH);
		}
		context_switch(prev, next);
	}
	irq_restore(flags);
}

/* SOFTIRQ_PUBLISH: what a vCPU sees at addresses of its own. */
static void publish(void)
{
	if (!is_idle_vcpu(current)) {
		vcpu_guest_areas_publish(current);
	}
}

void sched_init(void)
{
	spin_lock_init(&idle_domain.lock);
	idle_domain.vcpus = idle_vcpus;
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
	softirq_register(SOFTIRQ_PUBLISH, publish);
	domains_init();
}

static struct cpu_info *cpu_info_of(unsigned int cpu)
{
	unsigned long top = percpu_area(cpu) + PERCPU_STACK_OFF +
			    STACK_BLOCK_SIZE;

	return (struct cpu_info *)top - 1;
}

void sched_init_cpu(unsigned int cpu)
{
	struct runqueue *rq = &per_cpu(runqueue, cpu);
	struct vcpu *v = heap_alloc_pages(1);

	_Static_assert(sizeof(struct vcpu) <= 2 * PAGE_SIZE, "two frames");
	if (!v) {
		panic("not enough memory for CPU %u's idle vCPU", cpu);
	}
	v->domain = &idle_domain;
	v->id = cpu;
	v->info = &v->spare_info;
	v->info_mfn = INVALID_MFN;
	v->dirty_cpu = ~0U;
	v->sched.cpu = cpu;
	v->sched.affinity = CPUMASK(cpu);
	v->sched.running = true;
	v->runstate = RS_RUNNING;
	list_init(&v->sched.run_item);
	idle_vcpus[cpu] = v;

	spin_lock_init(&rq->lock);
	list_init(&rq->queue);
	rq->curr = rq->idle = v;
	timers_init_cpu(cpu);
	timer_init(&rq->slice, slice_timer, rq, cpu);
	if (cpu == this_cpu_id()) {
		current = v;
	} else {
		cpu_info_set_current(cpu_info_of(cpu), v);
	}
	atomic_or(&cpus_idle, CPUMASK(cpu));
	if (cpu == 0) {
		sched_account_init();
	}
}

int sched_init_vcpu(struct vcpu *v)
{
	cpumask_t online = cpus_online;

	for (unsigned int n = v->id % bits_count(online); n; n--) {
		online &= online - 1;
	}
	v->sched.cpu = bit_lowest(online);
	v->sched.affinity = v->sched.soft_affinity = ~0ULL;
	list_init(&v->sched.run_item);
	v->runstate = RS_OFFLINE;
	v->runstate_info.state = RUNSTATE_offline;
	v->runstate_info.state_entry_time = now_ns();
	return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
	BUG_ON(v->sched.queued || v->sched.running);
}

bool vcpus_wait_here(void)
{
	return READ_ONCE(this_cpu(runqueue).waiting) != 0;
}

u64 vcpu_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info i;

	vcpu_runstate_read(v, &i);
	return i.time[RUNSTATE_running];
}

u64 sched_idle_time(unsigned int cpu)
{
	return vcpu_cpu_time(per_cpu(runqueue, cpu).idle);
}
