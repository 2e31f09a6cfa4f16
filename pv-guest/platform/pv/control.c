/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the toolstack asks of the domain, by a watch in the store: the end,
 * which is the kernel's to decide on, and a pause in which it is saved, of
 * which the kernel learns nothing.
 *
 * A domain is saved by one vCPU alone, the first. The others come here when
 * they are kicked, which they only hear in user mode or idle: nobody holds a
 * lock then, and no page table is half built, so that whoever saves the domain
 * finds all of them by their types.
 */
#include "front/control.h"
#include "platform/pv/pv.h"
#include "xen/suspend.h"

static unsigned int parked;
static bool alone, resumed;

/* New ports, and a timer for what is due. */
static void cpu_resume(void)
{
	pv_cpu_setup();
	kernel_timer();
}

void pv_park(void)
{
	struct sched_poll poll = { .nr_ports = 1 };

	if (!READ_ONCE(alone)) {
		return;
	}
	__atomic_add_fetch(&parked, 1, __ATOMIC_SEQ_CST);
	/* Until the next kick. The shared page, with the time, is not there. */
	set_xen_guest_handle(poll.ports, &pv_cpus[cpu_id()].kick);
	while (READ_ONCE(alone)) {
		hc_sched_op(SCHEDOP_poll, &poll);
	}
	if (resumed) {
		cpu_resume();
	}
	__atomic_sub_fetch(&parked, 1, __ATOMIC_SEQ_CST);
}

/* All others come, or go. */
static void wait_parked(unsigned int n)
{
	for (unsigned int id = 1; id < boot.cpus; id++) {
		cpu_kick(id);
	}
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST) != n) {
		cpu_spin();
	}
}

static void be_saved(void)
{
	int result;

	WRITE_ONCE(alone, true);
	wait_parked(boot.cpus - 1);
	result = suspend();
	resumed = result == SUSPEND_RESUMED;
	if (resumed) {
		cpu_resume();
		pv_devices_reopen();
	}
	WRITE_ONCE(alone, false);
	wait_parked(0);
	printk("keel: suspend: %s\n", resumed ? "resumed" :
	       result == SUSPEND_CANCELLED ? "cancelled" : "refused");
	if (resumed) {
		power_listen();
	}
}

static void on_store(evtchn_port_t port, void *arg)
{
	char path[64];

	(void)port;
	(void)arg;
	/* Answers to what we ask are events, too: only watches count. */
	while (!store_wait(path, sizeof(path), 0)) {
		switch (control_next(0)) {
		case CONTROL_POWEROFF:
		case CONTROL_HALT:
			kernel_power_wanted(false);
			break;
		case CONTROL_REBOOT:
			kernel_power_wanted(true);
			break;
		case CONTROL_SUSPEND:
			be_saved();
			break;
		default:
			break;
		}
	}
}

void power_listen(void)
{
	if (!control_open()) {
		suspend_offer();
		event_bind_vcpu(start_info->store_evtchn, 0);
		event_set_handler(start_info->store_evtchn, on_store, NULL);
		on_store(start_info->store_evtchn, NULL);
	}
}
