/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The timer's event, counted: begin() binds VIRQ_TIMER on vCPU 0 and opens
 * events, end() stops all timers and gives the port back.
 */
#ifndef TESTS_GUEST_TIME_TICKS_H
#define TESTS_GUEST_TIME_TICKS_H

#include "common/test.h"

/*
 * Generous, since the machine may be emulated on a busy host: with fifteen
 * others for two CPUs, half a second was not enough.
 */
#define LATE	(5 * NSEC_PER_SEC)

static unsigned int ticks;
static uint64_t tick_at;
static int port;

static inline void tick(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
	ticks++;
	tick_at = clock_ns();
}

static inline void begin(void)
{
	/* A new vCPU may begin with one. */
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	port = event_bind_virq(VIRQ_TIMER, 0);
	CHECK(port > 0);
	ticks = 0;
	event_set_handler(port, tick, NULL);
	events_enable();
}

static inline void end(void)
{
	clock_set_timer(0);
	hc_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	events_disable();
	event_close(port);
}

/* Whether one came, by that time. */
static inline bool wait_tick(uint64_t until)
{
	while (!READ_ONCE(ticks) && clock_ns() < until) {
		cpu_relax();
	}
	return ticks;
}

#endif
