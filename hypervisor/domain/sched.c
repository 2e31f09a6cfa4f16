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
#include "mm/alloc.h"
#include "x86/clock.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/smp.h"
#include "lib/printk.h"

static struct domain idle_domain = { .id = DOMID_IDLE };

/* The state of a vCPU that may not run. */
static int sleeping_state(const struct vcpu *v)
{
	u64 f = READ_ONCE(v->pause_flags);

	if ((f & ~VPF_ASLEEP) || v->pause_count || v->domain->pause_count) {
		return RUNSTATE_offline;
	}
	return f ? RUNSTATE_blocked : RUNSTATE_runnable;
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

/* Those left waiting here may suit CPUs that are idle. */
static void offer_waiting(struct runqueue *rq)
{
	cpumask_t idle;
	struct vcpu *v;

	smp_mb();
	idle = READ_ONCE(cpus_idle);
	list_for_each(v, &rq->queue, sched.run_item) {
		cpumask_t m = vcpu_cpus(v) & idle;

		if (m && !vcpu_parked(v)) {
			softirq_raise_on(SOFTIRQ_SCHEDULE, bit_lowest(m));
			idle &= ~CPUMASK(bit_lowest(m));
		}
	}
}

/*
 * v was queued here: sees that a CPU looks at it.  rq is locked.  A guest that
 * notifies one on its own CPU has had RUN_NS first, to get ready all that it
 * has for it: a ring of requests is then worth two switches, not each request.
 */
static void tickle(struct runqueue *rq, unsigned int cpu, struct vcpu *v,
		   u64 now)
{
	struct vcpu *curr = rq->curr;
	u64 end = curr->runstate_info.state_entry_time + RUN_NS;

	sched_charge(curr, now);
	if (vcpu_parked(v) || !vcpu_may_run_on(v, cpu) ||
	    (!is_idle_vcpu(curr) &&
	     vcpu_turn(v) >= vcpu_turn(curr) - PREEMPT_NS)) {
		offer_waiting(rq);
	} else if (!curr->sched.sending || cpu != this_cpu_id() || now >= end) {
		softirq_raise_on(SOFTIRQ_SCHEDULE, cpu);
	} else if (end < curr->sched.slice_end) {
		curr->sched.slice_end = end;
		timer_set(&rq->slice, end);
	}
}

void vcpu_wake(struct vcpu *v)
{
	bool moved = false;
	u64 now = now_ns();

	for (;;) {
		unsigned long flags;
		struct runqueue *rq = runqueue_lock(v, &flags);
		unsigned int cpu = v->sched.cpu, to = cpu;

		if (v->sched.queued || rq->curr == v || !vcpu_runnable(v)) {
			spin_unlock_irqrestore(&rq->lock, flags);
			return;
		}
		if (!moved && (!v->sched.running || !vcpu_may_run_on(v, cpu))) {
			to = choose_cpu(v);
		}
		if (to != cpu) {
			v->sched.cpu = to;
			moved = true;
			spin_unlock_irqrestore(&rq->lock, flags);
			continue;
		}
		/* Who slept goes first, unless it only rested after a yield. */
		v->sched.boosted |= !v->sched.yielding &&
			v->runstate_info.state == RUNSTATE_blocked;
		vcpu_runstate_change(v, RUNSTATE_runnable, now);
		runqueue_insert(rq, v);
		tickle(rq, cpu, v, now);
		v->sched.yielding = false;
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
 * prev stops running for now; rq is locked.  If it may run, but no longer
 * here, it is on no queue until vcpu_wake has placed it anew.
 */
static void put_prev(struct runqueue *rq, unsigned int cpu, struct vcpu *prev,
		     u64 now)
{
	sched_charge(prev, now);
	prev->sched.turn_over = now >= prev->sched.slice_end ||
				prev->sched.yielding;
	if (prev->sched.turn_over || !vcpu_runnable(prev)) {
		prev->sched.boosted = false;
	}
	vcpu_runstate_change(prev, sleeping_state(prev), now);
	if (prev != rq->idle && vcpu_runnable(prev) &&
	    vcpu_may_run_on(prev, cpu)) {
		runqueue_insert(rq, prev);
	}
}

static struct vcpu *pick_next(struct runqueue *rq, unsigned int cpu,
			      struct vcpu *prev)
{
	struct vcpu *v = runqueue_best(rq, cpu, prev, NO_LIMIT), *other;
	s64 limit = NO_LIMIT;

	if (v) {
		/* One that only goes on here changes places with others. */
		limit = vcpu_turn(v) + (v != prev ? -SLICE_NS :
					v->sched.turn_over ? 1 : -PREEMPT_NS);
	} else {
		/* First say so, then look: who queues does the reverse. */
		atomic_or(&cpus_idle, CPUMASK(cpu));
	}
	other = runqueue_steal(rq, cpu, limit);
	if (other) {
		return other;
	}
	if (v) {
		runqueue_remove(rq, v);
	}
	return v ? v : rq->idle;
}

static void set_slice(struct runqueue *rq, struct vcpu *next,
		      const struct vcpu *prev, u64 now)
{
	struct domain *d = next->domain;
	s64 slice = SLICE_NS;

	if (is_idle_vcpu(next)) {
		return;
	}
	sched_chosen(next, rq->waiting);
	if (d->cap) {
		slice = min(slice, READ_ONCE(d->cap_left));
	}
	if (next != prev || next->sched.turn_over) {
		next->sched.slice_end = now + (u64)max(slice, MIN_SLICE_NS);
	}
	/* One armed for earlier is left alone: it sets itself anew. */
	if (!rq->slice.node.queued ||
	    rq->slice.node.key > next->sched.slice_end) {
		timer_set(&rq->slice, next->sched.slice_end);
	}
}

static void slice_timer(void *data)
{
	struct runqueue *rq = data;
	unsigned long flags = spin_lock_irqsave(&rq->lock);
	struct vcpu *v = rq->curr;

	if (!is_idle_vcpu(v) && now_ns() < v->sched.slice_end) {
		timer_set(&rq->slice, v->sched.slice_end);
	} else {
		softirq_raise(SOFTIRQ_SCHEDULE);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
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
	vcpu_runstate_change(next, RUNSTATE_running, now);
	if (next != rq->idle) {
		atomic_and(&cpus_idle, ~CPUMASK(cpu));
	}
	/* It runs, so it polls no more; see vcpu_unblock. */
	if (unlikely(READ_ONCE(next->domain->polling_vcpus) & BIT(next->id))) {
		atomic_and(&next->domain->polling_vcpus, ~BIT(next->id));
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

	spin_lock(&rq->lock);
	rq->retry = false;
	put_prev(rq, cpu, prev, now);
	next = pick_next(rq, cpu, prev);
	if (vcpu_runnable(prev)) {
		prev->sched.yielding = false;	/* passed over once */
	}
	set_slice(rq, next, prev, now);
	become(rq, cpu, next, now);
	offer_waiting(rq);
	if (prev == rq->idle && next != prev) {
		pass_on();
	}
	spin_unlock(&rq->lock);

	if (next != prev) {
		if (prev != rq->idle) {
			vcpu_guest_areas_publish(prev);
			vcpu_wake(prev);	/* if it must go elsewhere */
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
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
	softirq_register(SOFTIRQ_PUBLISH, publish);
	timers_init();
	sched_caps_init();
	domains_init();
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
	list_init(&v->sched.run_item);

	list_init(&rq->queue);
	rq->curr = rq->idle = v;
	timer_init(&rq->slice, slice_timer, rq);
	cpu_info_set_current(cpu_info_of(cpu), v);
	atomic_or(&cpus_idle, CPUMASK(cpu));
}

void sched_init_vcpu(struct vcpu *v)
{
	cpumask_t online = cpus_online;

	for (unsigned int n = v->id % bits_count(online); n; n--) {
		online &= online - 1;
	}
	v->sched.cpu = bit_lowest(online);
	v->sched.affinity = v->sched.soft_affinity = ~0ULL;
	list_init(&v->sched.run_item);
	v->runstate_info.state = RUNSTATE_offline;
	v->runstate_info.state_entry_time = now_ns();
}

u64 vcpu_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info i;

	vcpu_runstate_read(v, &i, true);
	return i.time[RUNSTATE_running];
}

void idle_loop(void)
{
	struct runqueue *rq = &this_cpu(runqueue);

	for (;;) {
		irq_enable();
		softirq_run();
		irq_disable();
		if (rq->retry) {
			cpu_relax();
			softirq_raise(SOFTIRQ_SCHEDULE);
		} else if (!READ_ONCE(cpu_info()->softirq_pending)) {
			/* An interrupt after the look ends the halt. */
			__asm__ volatile("sti; hlt" ::: "memory");
		}
	}
}
