/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The record is written when the vCPU begins and ceases to run. While we read
 * it we run, so it has one state that still goes on: ours. A change between
 * two looks at the time of entry has it read again.
 */
#include "xen/runstate.h"
#include "xen/clock.h"
#include "xen/cpu.h"

#define MAX_CPUS	8

static volatile struct vcpu_runstate_info records[MAX_CPUS];

int runstate_open(void)
{
	struct vcpu_register_runstate_memory_area area;
	unsigned int id = this_cpu()->id;

	if (id >= MAX_CPUS) {
		return -XEN_EINVAL;
	}
	area.addr.v = (struct vcpu_runstate_info *)&records[id];
	return hc_vcpu_op(VCPUOP_register_runstate_memory_area, id, &area);
}

void runstate_read(uint64_t ns[4])
{
	volatile struct vcpu_runstate_info *r = &records[this_cpu()->id];
	uint64_t entered, now;

	do {
		entered = r->state_entry_time;
		barrier();
		now = clock_ns();
		for (int i = 0; i < 4; i++) {
			ns[i] = r->time[i];
		}
		barrier();
	} while (r->state_entry_time != entered);
	if (now > entered) {
		ns[RUNSTATE_running] += now - entered;
	}
}
