/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* vCPU 1's loop, and that of all others. */
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

static struct {
	void (*fn)(unsigned int id);
	unsigned int vcpus;
	volatile bool stop;
	volatile unsigned long asked;
	/* Each one's: the number that it saw before its last round. */
	volatile unsigned long answered[MAX_VCPUS];
} others;

static void others_loop(void *arg)
{
	unsigned int id = (unsigned long)arg;

	while (!others.stop) {
		unsigned long now = others.asked;

		others.fn(id);
		barrier();
		others.answered[id] = now;
	}
}

void others_round(void)
{
	uint64_t end = clock_ns() + 10 * NSEC_PER_SEC;

	others.asked++;
	for (unsigned int id = 1; id < others.vcpus; id++) {
		while (others.answered[id] != others.asked) {
			if (clock_ns() > end) {
				test_error("vCPU %u does not go on", id);
			}
			hc_sched_op(SCHEDOP_yield, NULL);
		}
	}
}

unsigned int others_begin(void (*fn)(unsigned int id))
{
	unsigned int n = 1;

	need_two_vcpus();
	while (n < MAX_VCPUS && hc_vcpu_op(VCPUOP_is_up, n, NULL) >= 0) {
		n++;
	}
	others.fn = fn;
	others.stop = false;
	others.vcpus = n;
	for (unsigned long id = 1; id < n; id++) {
		int err = cpu_start(id, others_loop, (void *)id);

		if (err) {
			test_error("vCPU %lu does not start: %d", id, err);
		}
	}
	others_round();
	return n;
}

void others_end(void)
{
	uint64_t end = clock_ns() + 10 * NSEC_PER_SEC;

	others.stop = true;
	for (unsigned int id = 1; id < others.vcpus; id++) {
		while (cpu_is_up(id)) {
			if (clock_ns() > end) {
				test_error("vCPU %u does not stop", id);
			}
			hc_sched_op(SCHEDOP_yield, NULL);
		}
	}
}
