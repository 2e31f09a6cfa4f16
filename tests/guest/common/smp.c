/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* vCPU 1's loop. */
#include "common/smp.h"

static struct {
	void (*fn)(void *arg);
	void *arg;
	volatile unsigned long rounds;
	volatile bool stop;
	uint64_t began;
} other;

static void loop(void *unused)
{
	(void)unused;
	while (!other.stop) {
		other.fn(other.arg);
		other.rounds++;
	}
}

void need_two_vcpus(void)
{
	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0) {
		test_skip("one vCPU only");
	}
}

void other_round(void)
{
	unsigned long want = other.rounds + 2;
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	while (other.rounds < want) {
		if (clock_ns() > end) {
			test_error("the other vCPU does not go on");
		}
		cpu_relax();
	}
}

void other_begin(void (*fn)(void *arg), void *arg)
{
	int err;

	need_two_vcpus();
	other.fn = fn;
	other.arg = arg;
	other.rounds = 0;
	other.stop = false;
	other.began = clock_ns();
	err = cpu_start(1, loop, NULL);
	if (err) {
		test_error("vCPU 1 does not start: %d", err);
	}
	other_round();
}

bool race_goes_on(unsigned int i, unsigned int rounds, bool seen)
{
	return i < rounds || ((!seen || other.rounds < 20) &&
			      clock_ns() < other.began + 3 * NSEC_PER_SEC);
}

bool other_is_down(void)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	while (cpu_is_up(1) && clock_ns() < end) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	return !cpu_is_up(1);
}

unsigned long other_end(void)
{
	other.stop = true;
	if (!other_is_down()) {
		test_error("the other vCPU does not stop");
	}
	return other.rounds;
}
