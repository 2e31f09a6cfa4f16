/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A PV kernel of one's own, outside Paravane's tree, on the installed library
 * keel: it handles a timer's events and says goodbye.
 */
#include "lib/lib.h"
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/start.h"

static volatile unsigned int ticks;

static void tick(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	printk("tick %u at %lu ms\n", ++ticks, clock_ns() / NSEC_PER_MSEC);
	clock_set_timer(clock_ns() + 100 * NSEC_PER_MSEC);
}

int main(void)
{
	int port = event_bind_virq(VIRQ_TIMER, 0);

	if (port < 0) {
		panic("no timer: %d", port);
	}
	event_set_handler(port, tick, NULL);
	clock_set_timer(clock_ns());
	while (ticks < 5) {
		hc_sched_op(SCHEDOP_block, NULL);
	}
	events_disable();
	printk("VERDICT success\n");
	return SHUTDOWN_poweroff;
}
