/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Threads: what runs. Each has a kernel stack, and perhaps a process whose
 * user code it runs. A CPU has a queue of threads that are ready; a CPU with
 * nothing to do takes from the others' queues.
 *
 *	RUNNABLE (in a queue or on a CPU) -> ASLEEP -> RUNNABLE ... -> DEAD
 */
#ifndef KEEL_KERNEL_THREAD_H
#define KEEL_KERNEL_THREAD_H

#include "kernel/lock.h"

#define THREAD_ORDER	2
#define THREAD_SIZE	(PAGE_SIZE << THREAD_ORDER)
#define FOREVER		0

enum thread_state { RUNNABLE, ASLEEP, DEAD };

struct waitq {
	struct thread *first;
};

/* At the low end of a run of pages; the stack comes down from the other. */
struct thread {
	uint8_t fpu[512] __attribute__((aligned(16)));
	void *sp;			/* while it does not run */
	struct user_context user;

	enum thread_state state;
	bool queued, on_cpu;
	unsigned int cpu;		/* where it runs, or ran */
	struct thread *run_next;

	struct waitq *waiting;
	struct thread *wait_next;
	uint64_t deadline;		/* while among a CPU's sleepers */
	struct thread *sleep_next;
	unsigned int sleep_cpu;

	struct process *process;	/* NULL: the kernel's own */
	struct thread *sibling;		/* threads of the process */
	int tid;
	bool must_end;			/* its process ends, or is another's */
	uint64_t pending, blocked;	/* signals, bit n - 1 for n */
	uint64_t saved_blocked;		/* to restore after sigsuspend */
	bool restore_blocked;
	unsigned long fault_address;
	unsigned long set_tid, clear_tid;	/* user's words, or 0 */
	bool in_vfork;			/* waits for a child's exec or end */
	unsigned long futex;		/* what it sleeps on in futex.c */
	void (*fn)(void *arg);
	void *arg;
};

/* Makes this CPU's idle thread of what runs now. */
void thread_init_cpu(void);

/* A thread that will run fn(arg), not yet ready; NULL: no memory. */
struct thread *thread_create(void (*fn)(void *arg), void *arg);
void thread_exit(void) __attribute__((noreturn));
struct thread *thread_current(void);

/* The first word above a thread's stack. */
void *thread_stack_top(struct thread *t);

/* Makes a sleeping or new thread ready; harmless on any other. */
void thread_wake(struct thread *t);

/* Has it look for signals, whether it sleeps or runs. */
void thread_interrupt(struct thread *t);

/* Lets others run, now; or soon, when an interrupt ends. */
void thread_yield(void);
bool thread_yield_wanted(void);

/* The idle thread's loop. */
void thread_idle(void) __attribute__((noreturn));

/*
 * Sleeps until woken through q, which `held` protects and which is held again
 * afterwards; until a signal comes; or until the deadline. May return early:
 * the caller looks at its condition again. False when the deadline passed.
 */
bool waitq_sleep(struct waitq *q, struct lock *held, uint64_t deadline);

/* The same without an end before its time; signals stay pending. */
void waitq_sleep_through(struct waitq *q, struct lock *held);

/* Wakes the first n of those that wait; their number. */
unsigned int waitq_wake(struct waitq *q, unsigned int n);

/* True when a signal wants the current thread out of its sleep. */
bool signal_waits(void);

#endif
