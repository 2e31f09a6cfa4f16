/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One-shot timers.  A timer fires on the CPU that set it last: the function
 * runs in that CPU's timer softirq, with interrupts on and no lock held, and
 * may set the timer again.  Setting cannot fail: the timers are nodes of their
 * CPU's heap themselves.
 */
#ifndef DOMAIN_TIMER_H
#define DOMAIN_TIMER_H

#include "lib/types.h"
#include "domain/timer_heap.h"

struct timer {
	struct timer_node node;		/* key: system time, ns */
	void (*fn)(void *data);
	void *data;
	unsigned int cpu;		/* changes while it is in no heap */
	bool killed;			/* can never be set again */
};

/* Once. */
void timers_init(void);
void timer_init(struct timer *t, void (*fn)(void *), void *data);
/* Sets it, or sets it anew, here; a time in the past fires at once. */
void timer_set(struct timer *t, u64 expires_ns);
void timer_stop(struct timer *t);
/* Stops it for good, and waits until its function does not run anywhere. */
void timer_kill(struct timer *t);

#endif
