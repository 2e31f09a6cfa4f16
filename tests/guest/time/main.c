/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Time: the published point and slope give nanoseconds that never go back;
 * a timer sends VIRQ_TIMER at or soon after its deadline, and at once if that
 * has passed; stopping it stops it. poll and block wait for events or for
 * the time-out.
 *
 * From <xen/vcpu.h>, <xen/sched.h>, <xen/xen.h> (vcpu_time_info).
 */
#include "time/ticks.h"

/* Xen's timers may fire so much before their time (its word timer_slop). */
#define EARLY	(50 * NSEC_PER_USEC)

TEST(time_monotonic, 0)
{
	uint64_t last = clock_ns(), start = last;
	unsigned int back = 0;

	while (last < start + 50 * NSEC_PER_MSEC) {
		uint64_t now = clock_ns();

		back += now < last;
		last = now;
	}
	CHECK_EQ(back, 0);
	CHECK_EQ(this_cpu()->info->time.version & 1, 0);
	CHECK(this_cpu()->info->time.system_time <= last);
}

/* The wall clock is later than this file and not absurd. */
TEST(time_wall, 0)
{
	uint64_t sec;
	uint32_t nsec;

	clock_wall(&sec, &nsec);
	CHECK(sec > 1600000000, "%lu", sec);
	CHECK(sec < 5000000000, "%lu", sec);
	CHECK(nsec < NSEC_PER_SEC);
}

/*
 * A timer that is stopped before its time does not come. Where the host is
 * busy, the time may have come before the stop: then once more.
 */
static void check_stop(int (*start)(uint64_t deadline), int (*stop)(void))
{
	uint64_t deadline;
	unsigned int tries = 0;

	do {
		ticks = 0;
		deadline = clock_ns() + 20 * NSEC_PER_MSEC;
		CHECK_EQ(start(deadline), 0);
		CHECK_EQ(stop(), 0);
	} while (clock_ns() >= deadline && ++tries < 100);
	clock_spin(60 * NSEC_PER_MSEC);
	CHECK_EQ(ticks, 0);
}

static int cancel_timer(void)
{
	return clock_set_timer(0);
}

static int start_singleshot(uint64_t deadline)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = deadline };

	return hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
}

static int stop_singleshot(void)
{
	return hc_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
}

TEST(time_set_timer, 0)
{
	uint64_t deadline;

	begin();
	test_case("soon");
	deadline = clock_ns() + 3 * NSEC_PER_MSEC;
	CHECK_EQ(clock_set_timer(deadline), 0);
	CHECK(wait_tick(deadline + LATE));
	CHECK(tick_at >= deadline, "%ld early", (long)(deadline - tick_at));
	CHECK_EQ(ticks, 1);

	test_case("past");
	ticks = 0;
	deadline = clock_ns();
	CHECK_EQ(clock_set_timer(1), 0);
	CHECK(wait_tick(deadline + LATE));

	test_case("cancelled");
	check_stop(clock_set_timer, cancel_timer);

	test_case("moved forward");
	deadline = clock_ns() + 10 * NSEC_PER_MSEC;
	CHECK_EQ(clock_set_timer(clock_ns() + 3600 * NSEC_PER_SEC), 0);
	CHECK_EQ(clock_set_timer(deadline), 0);
	CHECK(wait_tick(deadline + LATE));
	CHECK(tick_at >= deadline);
	end();
}

TEST(time_singleshot, 0)
{
	struct vcpu_set_singleshot_timer t = { .flags = 0 };

	begin();
	test_case("soon");
	t.timeout_abs_ns = clock_ns() + 3 * NSEC_PER_MSEC;
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	CHECK(wait_tick(t.timeout_abs_ns + LATE));
	CHECK(tick_at >= t.timeout_abs_ns);
	CHECK_EQ(ticks, 1);

	test_case("past");
	ticks = 0;
	t.timeout_abs_ns = clock_ns() - NSEC_PER_MSEC;
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	CHECK(wait_tick(clock_ns() + LATE));

	test_case("stopped");
	check_stop(start_singleshot, stop_singleshot);

	test_case("unreadable");
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)TEST_VA),
		 -XEN_EFAULT);
	test_case("no such vCPU");
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 1000, &t),
		 -XEN_ENOENT);
	end();
}

TEST(time_periodic, 0)
{
	struct vcpu_set_periodic_timer t = { .period_ns = 2 * NSEC_PER_MSEC };
	uint64_t start;

	begin();
	start = clock_ns();
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &t), 0);
	while (ticks < 10 && clock_ns() < start + 10 * LATE) {
		cpu_relax();
	}
	CHECK(ticks >= 10, "%u", ticks);
	CHECK(clock_ns() - start >= 9 * 2 * NSEC_PER_MSEC);
	CHECK_EQ(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	ticks = 0;
	clock_spin(10 * NSEC_PER_MSEC);
	CHECK(ticks <= 1, "%u after the stop", ticks);
	test_case("too short a period");
	t.period_ns = 1000;
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &t), -XEN_EINVAL);
	test_case("unreadable");
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, (void *)TEST_VA),
		 -XEN_EFAULT);
	end();
}

/* A blocked vCPU is woken by its timer. */
TEST(time_block, 0)
{
	begin();
	for (unsigned int i = 0; i < 5; i++) {
		uint64_t deadline = clock_ns() + 2 * NSEC_PER_MSEC;

		ticks = 0;
		events_disable();
		CHECK_EQ(clock_set_timer(deadline), 0);
		CHECK_EQ(hc_sched_op(SCHEDOP_block, NULL), 0);
		CHECK(ticks == 1, "%u", ticks);
		CHECK(clock_ns() + EARLY >= deadline);
	}
	end();
}

static long poll_ports(evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
	struct sched_poll poll = { .nr_ports = n, .timeout = timeout };

	set_xen_guest_handle(poll.ports, ports);
	return hc_sched_op(SCHEDOP_poll, &poll);
}

TEST(time_poll, 0)
{
	evtchn_port_t ports[2];
	static evtchn_port_t many[200];
	uint64_t before, deadline;

	ports[0] = event_bind_ipi(0);
	ports[1] = event_bind_ipi(0);
	events_disable();

	test_case("until a time");
	deadline = clock_ns() + 3 * NSEC_PER_MSEC;
	CHECK_EQ(poll_ports(ports, 2, deadline), 0);
	CHECK(clock_ns() + EARLY >= deadline);
	CHECK(clock_ns() < deadline + LATE);

	test_case("without ports");
	deadline = clock_ns() + 3 * NSEC_PER_MSEC;
	CHECK_EQ(poll_ports(NULL, 0, deadline), 0);
	CHECK(clock_ns() + EARLY >= deadline);

	test_case("a time that is past");
	before = clock_ns();
	CHECK_EQ(poll_ports(ports, 2, 1), 0);
	CHECK(clock_ns() < before + LATE);

	test_case("a port that is pending");
	before = clock_ns();
	event_send(ports[1]);
	CHECK_EQ(poll_ports(ports, 2, before + 3600 * NSEC_PER_SEC), 0);
	CHECK(clock_ns() < before + LATE);
	CHECK_EQ(event_is_pending(ports[1]), 1);
	CHECK_EQ(poll_ports(ports, 2, 0), 0);

	test_case("masked ports count, and none is consumed");
	CHECK_EQ(event_is_pending(ports[1]), 1);
	CHECK_EQ(this_cpu()->info->evtchn_upcall_mask, 1);
	event_clear(ports[1]);

	test_case("ports out of range");
	ports[1] = 1 << 20;
	CHECK_EQ(poll_ports(ports, 2, clock_ns() + NSEC_PER_MSEC),
		 -XEN_EINVAL);
	ports[1] = event_bind_ipi(0);
	event_close(ports[1]);
	ports[1]--;
	test_case("too many ports");
	CHECK_EQ(poll_ports(many, 129, 1), -XEN_EINVAL);
	test_case("unreadable ports");
	CHECK_EQ(poll_ports((void *)TEST_VA, 1, 1), -XEN_EFAULT);
	event_close(ports[0]);
	event_close(ports[1]);
}
