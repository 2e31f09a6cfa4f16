/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A guest that does what its toolstack asks: ends with the reason that it is
 * told, changes its memory, and lets itself be suspended. The word crash=1 has
 * it end in a crash instead.
 */
#include "front/control.h"
#include "xen/balloon.h"
#include "xen/clock.h"
#include "xen/runstate.h"
#include "xen/shutdown.h"
#include "xen/start.h"
#include "xen/suspend.h"

static void resize(void)
{
	unsigned long target = control_memory_target();
	long now = balloon_resize(target);

	printk("memory: %ld pages, asked for %lu\n", now, target);
}

static void say_times(void)
{
	uint64_t ns[4];

	runstate_read(ns);
	printk("ran %lu ms, waited %lu ms for a CPU, slept %lu ms\n",
	       ns[RUNSTATE_running] / NSEC_PER_MSEC,
	       ns[RUNSTATE_runnable] / NSEC_PER_MSEC,
	       ns[RUNSTATE_blocked] / NSEC_PER_MSEC);
}

static void go_to_sleep(void)
{
	int result = suspend();

	if (result == SUSPEND_RESUMED) {
		control_open();
		runstate_open();
	}
	printk("suspend: %s\n", result == SUSPEND_RESUMED ? "resumed" :
	       result == SUSPEND_CANCELLED ? "cancelled" : "refused");
}

int main(void)
{
	int err = control_open();

	if (err) {
		panic("no store: %d", err);
	}
	suspend_offer();
	if (runstate_open()) {
		panic("no record of run states");
	}
	if (cmdline_value("crash=")) {
		panic("as asked");
	}
	printk("managed: %lu pages\n", start_info->nr_pages);
	for (;;) {
		switch (control_next(NSEC_PER_SEC)) {
		case CONTROL_POWEROFF:
		case CONTROL_HALT:
			say_times();
			printk("power off\n");
			return SHUTDOWN_poweroff;
		case CONTROL_REBOOT:
			printk("reboot\n");
			return SHUTDOWN_reboot;
		case CONTROL_SUSPEND:
			go_to_sleep();
			break;
		case CONTROL_MEMORY:
			resize();
			break;
		case CONTROL_UNKNOWN:
			printk("a request that is not known\n");
			break;
		case CONTROL_NONE:
			break;
		}
	}
}
