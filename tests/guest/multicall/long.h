/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A call of many operations, and a timer that cuts it into pieces: the timer's
 * event is due every 50 us between ticks_begin() and ticks_end().
 */
#ifndef TESTS_GUEST_MULTICALL_LONG_H
#define TESTS_GUEST_MULTICALL_LONG_H

#include "common/test.h"

enum { MANY = 8192 };		/* operations of the call */

static unsigned int ticks;
static unsigned int long_done;	/* of them, as the call says at its end */
static int ticks_port;

static inline void tick(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
	ticks++;
	clock_set_timer(clock_ns() + 50 * NSEC_PER_USEC);
}

static inline void ticks_begin(void)
{
	ticks_port = event_bind_virq(VIRQ_TIMER, 0);
	ticks = 0;
	event_set_handler(ticks_port, tick, NULL);
	clock_set_timer(clock_ns() + 50 * NSEC_PER_USEC);
	events_enable();
}

static inline void ticks_end(void)
{
	events_disable();
	clock_set_timer(0);
	event_close(ticks_port);
	CHECK(ticks > 0);
}

/* The call, as an entry of a list; each time it begins anew. */
static inline struct multicall_entry long_call(void)
{
	static struct mmuext_op ops[MANY];

	for (unsigned int i = 0; i < MANY; i++) {
		ops[i].cmd = MMUEXT_INVLPG_LOCAL;
		ops[i].arg1.linear_addr = TEST_VA;
	}
	long_done = 0;
	return (struct multicall_entry) {
		.op = __HYPERVISOR_mmuext_op, .result = 0x5555,
		.args = { (unsigned long)ops, MANY, (unsigned long)&long_done,
			  DOMID_SELF },
	};
}

#endif
