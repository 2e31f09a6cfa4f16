/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A guest that takes all the CPU time it can get, on all its vCPUs: it spins,
 * or, with "poll" on its command line, asks to sleep and wakes at once, for
 * ever. tests/system measures what is left to others.
 */
#include "lib/lib.h"
#include "xen/clock.h"
#include "xen/cpu.h"
#include "xen/hypercall.h"
#include "xen/start.h"

#define REST_NS		20000

static void hog(void *poll)
{
	for (;;) {
		struct sched_poll p = { .timeout = clock_ns() + REST_NS };

		if (poll) {
			hc_sched_op(SCHEDOP_poll, &p);
		}
	}
}

int main(void)
{
	void *poll = strstr((const char *)start_info->cmd_line, "poll");
	unsigned int n = 1;

	while (!cpu_start(n, hog, poll)) {
		n++;
	}
	printk("hog: %u vCPUs %s\n", n, poll ? "poll" : "spin");
	hog(poll);
	return SHUTDOWN_crash;
}
