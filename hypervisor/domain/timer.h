/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One-shot timers, each on one CPU.  The function runs in that CPU's timer
 * softirq, with interrupts on and no lock held, and may set the timer again.
 * Setting cannot fail: the timers are nodes of their CPU's heap themselves.
 */
#ifndef DOMAIN_TIMER_H
#define DOMAIN_TIMER_H

#include "lib/types.h"
#include "domain/timer_heap.h"

struct timer {
	struct timer_node node;		/* key: system time, ns */
	void (*fn)(void *data);
	void *data;
	unsigned int cpu;		/* changes under both CPUs' locks only */
	bool killed;			/* can never be set again */
};

/* Once, before any timer is set on that CPU. */
void timers_init_cpu(unsigned int cpu);
void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu);
/* Sets it, or sets it anew; a time in the past fires at once. */
void timer_set(struct timer *t, u64 expires_ns);
void timer_stop(struct timer *t);
/* Stops it for good, and waits until its function does not run anywhere. */
void timer_kill(struct timer *t);
/* Moves it to another CPU; it stays set if it was. */
void timer_migrate(struct timer *t, unsigned int cpu);

#endif
