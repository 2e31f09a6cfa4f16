/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One-shot timers, each on one CPU.  The function runs in that CPU's timer
 * softirq, with interrupts on and no lock held, and may set the timer again.
 */
#ifndef DOMAIN_TIMER_H
#define DOMAIN_TIMER_H

#include "lib/types.h"
#include "lib/list.h"

struct timer {
	u64 expires;			/* system time, ns */
	void (*fn)(void *data);
	void *data;
	unsigned int cpu;
	unsigned int heap_index;	/* 0: not set */
	bool running;
};

void timers_init_cpu(unsigned int cpu);
void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu);
void timer_set(struct timer *t, u64 expires_ns);
void timer_stop(struct timer *t);
/* Stops it, and waits until its function does not run anywhere. */
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned int cpu);

#endif
