/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The truths kept here: a thread is in at most one queue; only the CPU that
 * ran it last, or one that finds it off that CPU, takes it from there. So no
 * CPU ever runs on a stack that another has not left yet.
 */
#include "kernel/thread.h"
#include "kernel/page.h"

#define SLICE_NS	10000000UL

struct cpu_queue {
	struct lock lock;
	struct thread *first, **last;	/* ready ones */
	struct thread *current, *idle, *previous;
	bool yield_wanted, is_idle;

	struct lock timer_lock;		/* taken before any `lock` */
	struct thread *sleepers;	/* by deadline */
	uint64_t slice_end, timer;	/* 0: none; this CPU's alone */
};

static struct cpu_queue queues[MAX_CPUS];

void thread_switch(void **save, void *load);
void thread_begin(void);
void thread_enter(void);

static struct cpu_queue *this_queue(void)
{
	return &queues[cpu_id()];
}

struct thread *thread_current(void)
{
	return this_queue()->current;
}

void *thread_stack_top(struct thread *t)
{
	return (char *)t + THREAD_SIZE;
}

static void enqueue(struct cpu_queue *q, struct thread *t)
{
	if (!t->queued) {
		t->queued = true;
		t->run_next = NULL;
		*q->last = t;
		q->last = &t->run_next;
	}
}

/* The first ready thread; for another CPU, one that is off its own. */
static struct thread *dequeue(struct cpu_queue *q, bool for_other)
{
	for (struct thread **p = &q->first; *p; p = &(*p)->run_next) {
		struct thread *t = *p;

		if (for_other &&
		    __atomic_load_n(&t->on_cpu, __ATOMIC_ACQUIRE)) {
			continue;
		}
		*p = t->run_next;
		if (q->last == &t->run_next) {
			q->last = p;
		}
		t->queued = false;
		return t;
	}
	return NULL;
}

static struct thread *steal(void)
{
	unsigned int self = cpu_id();

	for (unsigned int i = 1; i < boot.cpus; i++) {
		struct cpu_queue *q = &queues[(self + i) % boot.cpus];
		struct thread *t;

		if (!READ_ONCE(q->first)) {
			continue;
		}
		lock(&q->lock);
		t = dequeue(q, true);
		if (t) {
			t->cpu = self;
		}
		unlock(&q->lock);
		if (t) {
			return t;
		}
	}
	return NULL;
}

/* Sets the timer for what comes first; q is this CPU's, timer_lock held. */
static void set_timer(struct cpu_queue *q)
{
	uint64_t when = q->slice_end;

	if (q->sleepers && (!when || q->sleepers->deadline < when)) {
		when = q->sleepers->deadline;
	}
	if (when && when != q->timer) {
		q->timer = when;
		timer_set(when);
	}
}

/* Others are ready: the current thread has this long. */
static void slice_begin(struct cpu_queue *q)
{
	if (!q->slice_end) {
		q->slice_end = clock_ns() + SLICE_NS;
		if (!q->timer || q->slice_end < q->timer) {
			q->timer = q->slice_end;
			timer_set(q->timer);
		}
	}
}

/* On the new stack: the thread that was left may run elsewhere now. */
static void finish_switch(void)
{
	struct thread *previous = this_queue()->previous;

	if (previous->state == DEAD) {
		page_put(previous);
	} else {
		__atomic_store_n(&previous->on_cpu, false, __ATOMIC_RELEASE);
	}
}

static void schedule(void)
{
	struct cpu_queue *q = this_queue();
	struct thread *previous = q->current, *next;

	lock(&q->lock);
	q->yield_wanted = false;
	if (previous->state == RUNNABLE && previous != q->idle) {
		enqueue(q, previous);
	}
	next = dequeue(q, false);
	if (next == previous && previous->state == DEAD) {
		next = dequeue(q, false);
	}
	unlock(&q->lock);
	if (READ_ONCE(q->first)) {
		slice_begin(q);
	}
	next = next ? next : steal();
	next = next ? next : q->idle;
	next->state = RUNNABLE;
	if (next == previous) {
		return;
	}
	__atomic_store_n(&q->is_idle, next == q->idle, __ATOMIC_SEQ_CST);
	q->current = next;
	q->previous = previous;
	next->on_cpu = true;
	if (previous->process) {
		asm volatile("fxsaveq %0" : "=m" (previous->fpu));
	}
	if (next->process) {
		asm volatile("fxrstorq %0" :: "m" (next->fpu));
	}
	cpu_load(&next->user);
	thread_switch(&previous->sp, next->sp);
	finish_switch();
}

/* Called by switch.S as a thread's first step. */
void thread_enter(void)
{
	struct thread *t = thread_current();

	finish_switch();
	t->fn(t->arg);
	thread_exit();
}

struct thread *thread_create(void (*fn)(void *arg), void *arg)
{
	struct thread *t = pages_alloc(THREAD_ORDER);
	void **sp;

	if (!t) {
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->state = ASLEEP;
	t->cpu = cpu_id();
	t->fn = fn;
	t->arg = arg;
	t->user.stack = thread_stack_top(t);
	/* A user thread's first registers are at the top of its stack. */
	sp = (void **)((char *)thread_stack_top(t) - sizeof(struct regs) - 16);
	*--sp = NULL;
	*--sp = (void *)thread_begin;
	sp -= 6;			/* as thread_switch saves them */
	t->sp = sp;
	return t;
}

void thread_exit(void)
{
	struct thread *t = thread_current();

	t->state = DEAD;
	schedule();
	panic("a dead thread runs");
}

void thread_init_cpu(void)
{
	struct cpu_queue *q = this_queue();
	struct thread *t = thread_create(NULL, NULL);

	if (!t) {
		panic("no memory for an idle thread");
	}
	t->state = RUNNABLE;
	t->on_cpu = true;
	q->last = &q->first;
	q->idle = q->current = t;
}

/* Has an idle CPU look for work, `preferred` before others. */
static bool kick_idle(unsigned int preferred)
{
	unsigned int self = cpu_id();

	for (unsigned int i = 0; i < boot.cpus; i++) {
		unsigned int id = (preferred + i) % boot.cpus;

		if (id != self && READ_ONCE(queues[id].is_idle)) {
			cpu_kick(id);
			return true;
		}
	}
	return false;
}

/* A thread has become ready there: who will run it, and when? */
static void announce(unsigned int cpu)
{
	struct cpu_queue *q = this_queue();
	bool here = cpu == cpu_id();

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (q->is_idle) {
		/* We look into all queues before we sleep. */
		if (!here && READ_ONCE(queues[cpu].is_idle)) {
			cpu_kick(cpu);
		}
		return;
	}
	if (here) {
		slice_begin(q);
	}
	if (boot.cpus > 1 && !kick_idle(cpu) && !here) {
		cpu_kick(cpu);
	}
}

void thread_wake(struct thread *t)
{
	struct cpu_queue *q;
	unsigned int cpu;
	bool woken;

	for (;;) {
		cpu = READ_ONCE(t->cpu);
		q = &queues[cpu];
		lock(&q->lock);
		if (cpu == t->cpu) {
			break;
		}
		unlock(&q->lock);
	}
	woken = t->state == ASLEEP;
	if (woken) {
		t->state = RUNNABLE;
		enqueue(q, t);
	}
	unlock(&q->lock);
	if (woken) {
		announce(cpu);
	}
}

void thread_interrupt(struct thread *t)
{
	thread_wake(t);
	if (READ_ONCE(t->on_cpu) && t->cpu != cpu_id()) {
		cpu_kick(t->cpu);
	}
}

void thread_yield(void)
{
	schedule();
}

bool thread_yield_wanted(void)
{
	return this_queue()->yield_wanted;
}

void kernel_kicked(void)
{
	struct cpu_queue *q = this_queue();

	if (READ_ONCE(q->first)) {
		slice_begin(q);
	}
}

void kernel_timer(void)
{
	struct cpu_queue *q = this_queue();
	uint64_t now = clock_ns();

	lock(&q->timer_lock);
	q->timer = 0;
	if (q->slice_end && now >= q->slice_end) {
		q->slice_end = 0;
		q->yield_wanted = true;
	}
	while (q->sleepers && q->sleepers->deadline <= now) {
		struct thread *t = q->sleepers;

		q->sleepers = t->sleep_next;
		t->deadline = FOREVER;
		thread_wake(t);
	}
	set_timer(q);
	unlock(&q->timer_lock);
}

void thread_idle(void)
{
	struct cpu_queue *q = this_queue();

	for (;;) {
		schedule();
		if (!READ_ONCE(q->first)) {
			cpu_wait();
		}
	}
}

static void sleepers_add(struct thread *t, uint64_t deadline)
{
	struct cpu_queue *q = this_queue();
	struct thread **p;

	lock(&q->timer_lock);
	for (p = &q->sleepers; *p && (*p)->deadline <= deadline;
	     p = &(*p)->sleep_next) {
	}
	t->deadline = deadline;
	t->sleep_cpu = cpu_id();
	t->sleep_next = *p;
	*p = t;
	set_timer(q);
	unlock(&q->timer_lock);
}

/* False when its time had come before. */
static bool sleepers_remove(struct thread *t)
{
	struct cpu_queue *q = &queues[t->sleep_cpu];
	bool there;

	lock(&q->timer_lock);
	there = t->deadline != FOREVER;
	if (there) {
		struct thread **p = &q->sleepers;

		while (*p != t) {
			p = &(*p)->sleep_next;
		}
		*p = t->sleep_next;
		t->deadline = FOREVER;
	}
	unlock(&q->timer_lock);
	return there;
}

static void waitq_add(struct waitq *q, struct thread *t)
{
	struct thread **p = &q->first;

	while (*p) {
		p = &(*p)->wait_next;
	}
	t->waiting = q;
	t->wait_next = NULL;
	*p = t;
}

static void waitq_remove(struct thread *t)
{
	struct thread **p = &t->waiting->first;

	while (*p != t) {
		p = &(*p)->wait_next;
	}
	*p = t->wait_next;
	t->waiting = NULL;
}

static bool sleep(struct waitq *q, struct lock *held, uint64_t deadline,
		  bool through)
{
	struct thread *t = thread_current();
	bool in_time = true;

	waitq_add(q, t);
	__atomic_store_n(&t->state, ASLEEP, __ATOMIC_SEQ_CST);
	if (deadline) {
		sleepers_add(t, deadline);
	}
	unlock(held);
	if (!through && signal_waits()) {
		t->state = RUNNABLE;
	} else {
		schedule();
	}
	if (deadline) {
		in_time = sleepers_remove(t);
	}
	lock(held);
	if (t->waiting) {
		waitq_remove(t);
	}
	return in_time;
}

bool waitq_sleep(struct waitq *q, struct lock *held, uint64_t deadline)
{
	return sleep(q, held, deadline, false);
}

void waitq_sleep_through(struct waitq *q, struct lock *held)
{
	sleep(q, held, FOREVER, true);
}

unsigned int waitq_wake(struct waitq *q, unsigned int n)
{
	unsigned int woken = 0;

	for (; q->first && woken < n; woken++) {
		struct thread *t = q->first;

		waitq_remove(t);
		thread_wake(t);
	}
	return woken;
}
