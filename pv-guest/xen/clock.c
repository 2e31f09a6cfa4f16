/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The version counter is odd while the hypervisor writes and moves on with
 * each write: a reader starts again until it saw one even value throughout.
 */
#include "xen/clock.h"
#include "xen/cpu.h"

static uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return (uint64_t)hi << 32 | lo;
}

uint64_t clock_ns(void)
{
	volatile struct vcpu_time_info *t = &this_cpu()->info->time;
	uint32_t version;
	uint64_t ns;

	do {
		uint64_t delta;

		while ((version = t->version) & 1) {
			cpu_relax();
		}
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		if (t->tsc_shift >= 0) {
			delta <<= t->tsc_shift;
		} else {
			delta >>= -t->tsc_shift;
		}
		ns = t->system_time +
		     (uint64_t)((unsigned __int128)delta *
				t->tsc_to_system_mul >> 32);
		barrier();
	} while (t->version != version);
	return ns;
}

void clock_wall(uint64_t *sec, uint32_t *nsec)
{
	volatile struct shared_info *s = shared_info;
	uint32_t version;
	uint64_t now;

	do {
		while ((version = s->wc_version) & 1) {
			cpu_relax();
		}
		barrier();
		*sec = (uint64_t)s->wc_sec_hi << 32 | s->wc_sec;
		*nsec = s->wc_nsec;
		barrier();
	} while (s->wc_version != version);

	/* The shared page has the wall clock's value at the start. */
	now = clock_ns() + *nsec;
	*sec += now / NSEC_PER_SEC;
	*nsec = now % NSEC_PER_SEC;
}

int clock_set_timer(uint64_t deadline)
{
	return hc_set_timer_op(deadline);
}

void clock_spin(uint64_t ns)
{
	uint64_t end = clock_ns() + ns;

	while (clock_ns() < end) {
		cpu_relax();
	}
}
