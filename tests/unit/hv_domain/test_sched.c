/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The scheduler on a pretend machine: several CPUs in turn, a clock that we
 * move, and guests that spin or block.  Checked all the time: a vCPU is in
 * one place only; no CPU idles for long while somebody waits for it.  Checked
 * at the end: shares follow weights, caps hold, nobody starves.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "domain/timer_heap.c"
#include "domain/timer.c"
#include "domain/runqueue.c"
#include "domain/share.c"
#include "domain/affinity.c"
#include "domain/sched.c"
#include "domain/vcpu.c"

#define CPUS		4
#define STEP_NS		50000
#define SAVE_STEPS	2

/* ---- the machine ---- */

struct cpu_info fake_cpu_info;
u64 percpu_offsets[MAX_CPUS];
unsigned int nr_cpus;
cpumask_t cpus_online;
struct domain *dom0;
struct cpu_info *cpu_info_of(unsigned int cpu) { return &fake_cpu_info; }
void softirq_run(void) { }
DEFINE_PER_CPU(u32, softirq_pending);	/* idle_loop's, which nobody calls */
unsigned char *fake_memory;
static char areas[MAX_CPUS][0x4000] __attribute__((aligned(64)));

static u64 clock_ns;
static u64 deadline[CPUS];
static u32 pending[CPUS];
static struct vcpu *on_cpu[CPUS];
static struct vcpu *saving[CPUS];
static unsigned int saving_left[CPUS];
static u64 idle_since[CPUS];
static void (*softirqs[NR_SOFTIRQS])(void);

u64 now_ns(void) { return clock_ns; }
void softirq_register(enum softirq nr, void (*fn)(void)) { softirqs[nr] = fn; }
void softirq_raise(enum softirq nr) { pending[this_cpu_id()] |= 1U << nr; }
void softirq_raise_on(enum softirq nr, unsigned int c) { pending[c] |= 1U << nr; }
void local_timer_program(u64 ns) { deadline[this_cpu_id()] = ns; }
void smp_kick(unsigned int cpu) { }
void *heap_alloc_pages(unsigned int order)
{
	return calloc(1, PAGE_SIZE << order);
}
void heap_free_pages(void *p, unsigned int order) { free(p); }
void panic(const char *fmt, ...) { abort(); }
void bug(const char *file, int line, const char *reason)
{
	cr_log_error("%s:%d: %s", file, line, reason);
	abort();
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	unsigned int cpu = this_cpu_id();

	cr_assert_null(saving[cpu]);
	saving[cpu] = prev;
	saving_left[cpu] = SAVE_STEPS;
	on_cpu[cpu] = next;
	cpu_info_set_current(&fake_cpu_info, next);
}

/* ---- what is not under test ---- */

int fpu_alloc(struct vcpu *v) { return 0; }
void fpu_free(struct vcpu *v) { }
void pvcpu_destroy(struct vcpu *v) { }
int page_type_get(mfn_t m, enum frame_type t, struct domain *d, bool p)
{
	return -EINVAL;
}
int page_type_put(mfn_t m, bool preemptible) { return 0; }
void virq_send_vcpu(struct vcpu *v, u32 virq) { vcpu_unblock(v); }
void domain_shutdown(struct domain *d, u8 reason) { }
void domains_init(void) { }
void vcpu_time_publish(struct vcpu *v) { }
void vcpu_guest_areas_publish(struct vcpu *v) { }

void vcpu_runstate_change(struct vcpu *v, int to, u64 now)
{
	v->runstate_info.time[v->runstate_info.state] +=
		now - v->runstate_info.state_entry_time;
	v->runstate_info.state_entry_time = now;
	v->runstate_info.state = to;
}

void vcpu_runstate_read(struct vcpu *v, struct vcpu_runstate_info *out,
			bool up_to_now)
{
	*out = v->runstate_info;
	out->time[v->runstate_info.state] += clock_ns - out->state_entry_time;
}

/* ---- guests ---- */

#define DOMAINS	6
static struct domain dom[DOMAINS];
static struct vcpu *vcpus_of[DOMAINS][8];
static struct shared_info shared[DOMAINS];
static unsigned int nr_domains;

struct habit {
	u64 run, sleep;			/* run 0: spins for ever */
	bool yields;			/* at each step */
	u64 ran_until, wake_at;
};
static struct habit habit[DOMAINS][8];

int domain_for_each(domid_t first, int (*fn)(struct domain *d, void *arg),
		    void *arg)
{
	for (unsigned int i = 0; i < nr_domains; i++) {
		(void)fn(&dom[i], arg);
	}
	return 0;
}

static void enter_cpu(unsigned int c)
{
	fake_cpu_info.cpu = c;
	fake_cpu_info.percpu_offset = percpu_offsets[c];
	cpu_info_set_current(&fake_cpu_info, on_cpu[c]);
}

static void boot(unsigned int cpus)
{
	char *lo = (char *)&percpu_runqueue, *other = (char *)&percpu_timer_cpu;

	lo = lo < other ? lo : other;
	nr_cpus = cpus;
	for (unsigned int c = 0; c < cpus; c++) {
		percpu_offsets[c] = (u64)(areas[c] - lo);
	}
	enter_cpu(0);
	sched_init();
	for (unsigned int c = 0; c < cpus; c++) {
		cpus_online |= CPUMASK(c);
		enter_cpu(c);
		sched_init_cpu(c);
		on_cpu[c] = current;
	}
	enter_cpu(0);
}

static struct domain *add(unsigned int vcpus, u16 weight, u16 cap, u64 run,
			  u64 sleep)
{
	struct domain *d = &dom[nr_domains];

	d->id = (domid_t)nr_domains;
	d->max_vcpus = vcpus;
	d->vcpus = vcpus_of[nr_domains];
	d->shared = &shared[nr_domains];
	d->weight = weight;
	d->cap = cap;
	for (unsigned int i = 0; i < vcpus; i++) {
		cr_assert_eq(vcpu_create(d, i), 0);
		habit[nr_domains][i] = (struct habit){ run, sleep, false, 0, 0 };
		d->vcpus[i]->initialised = true;
		cr_assert_eq(vcpu_up(d->vcpus[i]), 0);
	}
	nr_domains++;
	return d;
}

static void guest_runs(struct vcpu *v)
{
	struct habit *h = &habit[v->domain->id][v->id];

	if (h->yields) {
		vcpu_yield_current();
	}
	if (!h->run) {
		return;
	}
	if (!h->ran_until) {
		h->ran_until = clock_ns + h->run;
	}
	if (clock_ns >= h->ran_until) {
		h->ran_until = 0;
		h->wake_at = clock_ns + h->sleep;
		vcpu_block_current();
	}
}

static void wake_sleepers(void)
{
	for (unsigned int d = 0; d < nr_domains; d++) {
		for (unsigned int i = 0; i < dom[d].max_vcpus; i++) {
			struct habit *h = &habit[d][i];

			if (h->wake_at && clock_ns >= h->wake_at) {
				h->wake_at = 0;
				vcpu_kick(dom[d].vcpus[i]);
			}
		}
	}
}

static void cpu_step(unsigned int c)
{
	enter_cpu(c);
	if (saving[c]) {
		if (!saving_left[c]--) {
			saving[c]->sched.running = false;
			saving[c] = NULL;
		}
		return;
	}
	if (deadline[c] && clock_ns >= deadline[c]) {
		deadline[c] = 0;
		softirq_raise(SOFTIRQ_TIMER);
	}
	if (!is_idle_vcpu(current)) {
		guest_runs(current);
	} else if (this_cpu(runqueue).retry) {
		softirq_raise(SOFTIRQ_SCHEDULE);
	}
	for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++) {
		if (pending[c] & (1U << nr) && softirqs[nr] && !saving[c]) {
			pending[c] &= ~(1U << nr);
			softirqs[nr]();
		}
	}
}

/* In one place; and runnable means queued or on a CPU. */
static void check_places(void)
{
	for (unsigned int d = 0; d < nr_domains; d++) {
		for (unsigned int i = 0; i < dom[d].max_vcpus; i++) {
			struct vcpu *v = dom[d].vcpus[i];
			unsigned int currs = 0, queues = 0, cpus = 0;

			for (unsigned int c = 0; c < nr_cpus; c++) {
				struct runqueue *rq = &per_cpu(runqueue, c);
				struct list *l;

				currs += rq->curr == v;
				cpus += on_cpu[c] == v;
				for (l = rq->queue.next; l != &rq->queue;
				     l = l->next) {
					queues += l == &v->sched.run_item;
				}
			}
			cr_assert_leq(cpus, 1);
			cr_assert_leq(currs + queues, 1);
			cr_assert_eq(queues, v->sched.queued);
			if (vcpu_runnable(v)) {
				cr_assert_eq(currs + queues, 1);
			}
		}
	}
}

/* An idle CPU with somebody waiting who may run there: not for long. */
static void check_work_is_done(void)
{
	for (unsigned int c = 0; c < nr_cpus; c++) {
		bool wanted = false;

		for (unsigned int d = 0; d < nr_domains; d++) {
			for (unsigned int i = 0; i < dom[d].max_vcpus; i++) {
				struct vcpu *v = dom[d].vcpus[i];

				wanted |= v->sched.queued && !vcpu_parked(v) &&
					  (vcpu_cpus(v) & CPUMASK(c));
			}
		}
		if (!is_idle_vcpu(on_cpu[c]) || !wanted) {
			idle_since[c] = clock_ns;
		}
		cr_assert_lt(clock_ns - idle_since[c], 2000000,
			     "CPU %u idles while a vCPU waits", c);
	}
}

static u64 seed = 7;
static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void run(u64 ns)
{
	u64 end = clock_ns + ns;

	while (clock_ns < end) {
		unsigned int first = (unsigned int)(rnd() % nr_cpus);

		clock_ns += STEP_NS;
		wake_sleepers();
		for (unsigned int i = 0; i < nr_cpus; i++) {
			cpu_step((first + i) % nr_cpus);
		}
		check_places();
		check_work_is_done();
	}
}

static double share(struct domain *d, u64 ns)
{
	u64 t = 0;

	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		t += vcpu_cpu_time(d->vcpus[i]);
	}
	return (double)t / (double)ns;
}

#define SECOND	1000000000ULL

TestSuite(sched, .timeout = 60);

Test(sched, equal_spinners_on_one_cpu)
{
	boot(1);
	struct domain *a = add(1, 256, 0, 0, 0), *b = add(1, 256, 0, 0, 0);

	run(3 * SECOND);
	cr_expect_float_eq(share(a, 3 * SECOND), 0.5, 0.04);
	cr_expect_float_eq(share(b, 3 * SECOND), 0.5, 0.04);
}

Test(sched, weights)
{
	boot(1);
	struct domain *a = add(1, 512, 0, 0, 0), *b = add(2, 256, 0, 0, 0);

	run(6 * SECOND);
	cr_expect_float_eq(share(a, 6 * SECOND), 0.667, 0.05);
	cr_expect_float_eq(share(b, 6 * SECOND), 0.333, 0.05);
}

/* What a sleeper and a capped one leave is shared by weight, too. */
Test(sched, weights_with_time_left_over)
{
	boot(1);
	struct domain *a = add(1, 256, 0, 0, 0), *b = add(1, 512, 0, 0, 0);
	struct domain *c = add(1, 256, 20, 0, 0);

	add(1, 256, 0, SECOND / 1000, SECOND / 100);
	run(6 * SECOND);
	cr_expect_float_eq(share(c, 6 * SECOND), 0.2, 0.03);
	cr_expect_float_eq(share(b, 6 * SECOND) / share(a, 6 * SECOND), 2.0,
			   0.25);
}

/* Blocking all the time for next to nothing brings no more than the share. */
Test(sched, a_poller_gets_its_share)
{
	boot(1);
	struct domain *a = add(1, 256, 0, STEP_NS * 3, STEP_NS);

	add(1, 256, 0, 0, 0);
	add(1, 256, 0, 0, 0);
	run(4 * SECOND);
	cr_expect_float_eq(share(a, 4 * SECOND), 0.333, 0.06);
}

/* Yielding lets others go first, but is no way to starve. */
Test(sched, a_yielder_gets_some)
{
	boot(1);
	struct domain *a = add(1, 256, 0, 0, 0), *b = add(1, 256, 0, 0, 0);

	habit[b->id][0].yields = true;
	run(3 * SECOND);
	cr_expect_gt(share(b, 3 * SECOND), 0.001);
	cr_expect_gt(share(a, 3 * SECOND), 0.9);
}

Test(sched, cap_holds_on_an_idle_machine)
{
	boot(2);
	struct domain *a = add(2, 256, 50, 0, 0);

	run(3 * SECOND);
	cr_expect_float_eq(share(a, 3 * SECOND), 0.5, 0.06);
}

Test(sched, all_cpus_are_used)
{
	boot(4);
	struct domain *a = add(3, 256, 0, 0, 0), *b = add(3, 256, 0, 0, 0);

	run(2 * SECOND);
	cr_expect_float_eq(share(a, 2 * SECOND), 2.0, 0.15);
	cr_expect_float_eq(share(b, 2 * SECOND), 2.0, 0.15);
}

/* One that needs little gets it at once, however many spin. */
Test(sched, a_sleeper_is_not_starved)
{
	boot(1);
	struct domain *a = add(1, 256, 0, SECOND / 1000, SECOND / 100);

	add(4, 256, 0, 0, 0);
	add(4, 256, 0, 0, 0);
	run(3 * SECOND);
	/* Alone it would have 1 ms of each 11. */
	cr_expect_geq(share(a, 3 * SECOND), 0.07);
}

/* Runs until d's vCPU has the only CPU. */
static void run_until(struct domain *d)
{
	while (on_cpu[0]->domain != d) {
		run(STEP_NS);
	}
	enter_cpu(0);
}

/* Who is notified waits until the sender has had its RUN_NS, and no longer. */
Test(sched, a_sender_is_not_interrupted_at_once)
{
	boot(1);
	struct domain *a = add(1, 256, 0, STEP_NS, 1000 * SECOND);
	struct domain *b = add(1, 256, 0, 0, 0);

	run_until(a);
	for (unsigned int n = 0; n < 100; n++) {
		u64 began;

		run_until(b);
		began = clock_ns;
		current->sched.sending = true;
		vcpu_kick(a->vcpus[0]);
		current->sched.sending = false;
		cr_assert_not(pending[0] & (1U << SOFTIRQ_SCHEDULE));
		run_until(a);
		cr_assert_geq(clock_ns - began, RUN_NS);
		cr_assert_leq(clock_ns - began,
			      RUN_NS + (SAVE_STEPS + 1) * STEP_NS);
		if (n % 2) {	/* b has run for long, or sends nothing */
			run_until(b);
			if (n % 4 == 1) {
				run(SECOND / 1000);
				enter_cpu(0);
				current->sched.sending = true;
			}
			vcpu_kick(a->vcpus[0]);
			current->sched.sending = false;
			cr_assert(pending[0] & (1U << SOFTIRQ_SCHEDULE));
			run_until(a);
		}
	}
}

Test(sched, affinity_is_kept)
{
	boot(4);
	struct domain *a = add(2, 256, 0, 0, 0);

	add(4, 256, 0, 0, 0);
	run(SECOND / 10);
	enter_cpu(0);
	cr_assert_eq(vcpu_set_affinity(a->vcpus[0], CPUMASK(2), ~0ULL), 0);
	cr_assert_eq(vcpu_set_affinity(a->vcpus[1], CPUMASK(2), ~0ULL), 0);
	cr_assert_eq(vcpu_set_affinity(a->vcpus[1], CPUMASK(9), ~0ULL),
		     -EINVAL);
	run(SECOND / 20);
	for (unsigned int n = 0; n < 200; n++) {
		run(SECOND / 1000);
		for (unsigned int c = 0; c < 4; c++) {
			cr_assert(c == 2 || on_cpu[c]->domain != a);
		}
	}
}

/* Pauses, wakes, affinities at random: the invariants hold all the time. */
Test(sched, random_life)
{
	boot(4);
	add(2, 256, 0, SECOND / 1000, SECOND / 500);
	add(4, 512, 0, 0, 0);
	add(3, 256, 70, 0, 0);
	add(2, 100, 0, SECOND / 5000, SECOND / 5000);
	add(8, 256, 0, SECOND / 300, SECOND / 100);
	for (unsigned int n = 0; n < 20000; n++) {
		struct domain *d = &dom[rnd() % nr_domains];
		struct vcpu *v = d->vcpus[rnd() % d->max_vcpus];

		run(STEP_NS * (rnd() % 8 + 1));
		enter_cpu((unsigned int)(rnd() % nr_cpus));
		switch (rnd() % 6) {
		case 0:
			if (!v->pause_count) {
				atomic_inc(&v->pause_count);
				vcpu_sleep_nosync(v);
			}
			break;
		case 1:
			if (v->pause_count) {
				atomic_dec(&v->pause_count);
				vcpu_wake(v);
			}
			break;
		case 2:
			(void)vcpu_set_affinity(v, rnd() % 15 + 1, ~0ULL);
			break;
		case 3:
			(void)vcpu_set_affinity(v, ~0ULL, rnd() % 15 + 1);
			break;
		case 4:
			if (!is_idle_vcpu(current)) {
				vcpu_yield_current();
			}
			break;
		default:
			vcpu_kick(v);
		}
	}
	for (unsigned int d = 0; d < nr_domains; d++) {
		for (unsigned int i = 0; i < dom[d].max_vcpus; i++) {
			cr_expect_gt(vcpu_cpu_time(dom[d].vcpus[i]), 0);
		}
	}
}
