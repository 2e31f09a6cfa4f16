/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A vCPU that sleeps more than it runs gets a CPU soon after it wakes, however
 * many others do nothing but run: a domain that answers the network is not
 * kept waiting by those that compute.
 *
 * The console has the figures, in microseconds: half of the wakes came within
 * the first, nine in ten within the second, all within the third.
 * docs/abi/sched.md has them: tests/run -k sched_latency --keep
 */
#include "common/peer.h"

#define WAKES		40
#define MANY		6	/* spinning domains, on one CPU or two */
#define HALF_WITHIN	(10 * NSEC_PER_MSEC)

static uint64_t late[WAKES];

static void sort(uint64_t *v, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		uint64_t x = v[i];
		unsigned int at = i;

		for (; at && v[at - 1] > x; at--) {
			v[at] = v[at - 1];
		}
		v[at] = x;
	}
}

/* Sleeps for some milliseconds, then works for a while; and again. */
static uint64_t wake_often(unsigned int spinners, uint64_t work)
{
	struct sched_poll poll = { .nr_ports = 0 };

	for (unsigned int i = 0; i < WAKES; i++) {
		uint64_t due = clock_ns() + 2 * NSEC_PER_MSEC +
			       (i * 7919 % 3000) * NSEC_PER_USEC, now;

		poll.timeout = due;
		CHECK_EQ(hc_sched_op(SCHEDOP_poll, &poll), 0);
		now = clock_ns();
		late[i] = now > due ? now - due : 0;
		clock_spin(work);
	}
	sort(late, WAKES);
	printk("latency beside %u, %lu us of work: %lu %lu %lu us\n",
	       spinners, work / NSEC_PER_USEC, late[WAKES / 2] / 1000,
	       late[WAKES * 9 / 10] / 1000, late[WAKES - 1] / 1000);
	return late[WAKES / 2];
}

static void check_latency(unsigned int spinners, uint64_t work)
{
	uint64_t half = wake_often(spinners, work);

	CHECK(half < HALF_WITHIN, "%lu us", half / NSEC_PER_USEC);
}

TEST(sched_latency, COUNTED)
{
	static struct peer p;
	domid_t ids[MANY];

	(void)wake_often(0, 0);
	if (late[WAKES - 1] > NSEC_PER_MSEC) {
		test_skip("the clock jumps: tests/run --icount");
	}
	for (unsigned int n = 0; n <= MANY; n++) {
		test_case("beside %u spinning domains", n);
		events_disable();
		if (n == 0 || n == 1 || n == 3 || n == MANY) {
			check_latency(n, 20 * NSEC_PER_USEC);
			check_latency(n, 500 * NSEC_PER_USEC);
		}
		if (n < MANY) {
			peer_create(&p);
			ids[n] = peer_spin(&p);
		}
	}
	for (unsigned int n = 0; n < MANY; n++) {
		domain_end(ids[n]);
	}
	events_enable();
}
