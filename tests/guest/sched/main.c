/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * sched_op: yield and block return; the watchdog ends the domain when it is
 * not poked; a shutdown ends it (each reason: peer_shutdown_reasons); who is
 * moved while it falls asleep wakes.
 *
 * From <xen/sched.h>.
 */
#include "common/audit.h"
#include "common/smp.h"
#include "fuzz/random.h"

TEST(sched_yield, 0)
{
	for (unsigned int i = 0; i < 100; i++) {
		CHECK_EQ(hc_sched_op(SCHEDOP_yield, NULL), 0);
	}
}

static void pin(unsigned int vcpu, uint64_t cpus)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpuaffinity, .domain = 0,
		.u.vcpuaffinity = {
			.vcpu = vcpu, .flags = XEN_VCPUAFFINITY_HARD,
			.cpumap_hard.nr_bits = 64,
		},
	};

	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap,
			     (uint8_t *)&cpus);
	CHECK_EQ(hc_domctl(&op), 0);
}

static volatile unsigned long yields;

static void yield(void *arg)
{
	(void)arg;
	hc_sched_op(SCHEDOP_yield, NULL);
	yields++;
}

/*
 * Two on one CPU that both yield take turns, however long a turn could be. (On
 * Xen the other has one at some time: its scheduler weighs a yield against
 * what it costs to change.)
 */
TEST(sched_yield_turns, 0)
{
	enum { N = 1000 };
	unsigned long before, want = on_paravane() ? N / 10 : 1;
	uint64_t end;

	other_begin(yield, NULL);
	pin(0, 1);
	pin(1, 1);
	before = yields;
	end = clock_ns() + 5 * NSEC_PER_SEC;
	for (unsigned int i = 0; i < N || (!on_paravane() && yields == before &&
					   clock_ns() < end); i++) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	before = yields - before;
	pin(0, ~0UL);
	pin(1, ~0UL);
	other_end();
	CHECK(before >= want, "%lu turns to our %u", before, N);
	CHECK(before <= N * 10 || !on_paravane(), "%lu turns to our %u",
	      before, N);
}

TEST(sched_watchdog, 0)
{
	struct sched_watchdog w = { .id = 0, .timeout = 60 };
	int id = hc_sched_op(SCHEDOP_watchdog, &w);

	CHECK(id > 0, "%d", id);
	test_case("poked");
	w.id = id;
	CHECK_EQ(hc_sched_op(SCHEDOP_watchdog, &w), 0);
	test_case("destroyed");
	w.timeout = 0;
	CHECK_EQ(hc_sched_op(SCHEDOP_watchdog, &w), 0);
	test_case("one that is not there");
	CHECK_EQ(hc_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
	w.id = 99;
	w.timeout = 60;
	CHECK_EQ(hc_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
	test_case("more than there can be");
	{
		int ids[16], n = 0;

		w.id = 0;
		while (n < 16 &&
		       (ids[n] = hc_sched_op(SCHEDOP_watchdog, &w)) > 0) {
			n++;
		}
		CHECK(n < 16 && ids[n] == -XEN_ENOSPC, "%d", ids[n]);
		while (n--) {
			struct sched_watchdog gone = { .id = ids[n] };

			CHECK_EQ(hc_sched_op(SCHEDOP_watchdog, &gone), 0);
		}
	}
}

/* Refused; done: peer_remote_shutdown. */
TEST(sched_remote_shutdown, 0)
{
	struct sched_remote_shutdown r = { .domain_id = 999, .reason = 0 };

	CHECK_EQ(hc_sched_op(SCHEDOP_remote_shutdown, &r), -XEN_ESRCH);
	CHECK_EQ(hc_sched_op(SCHEDOP_remote_shutdown, (void *)TEST_VA),
		 -XEN_EFAULT);
}

/* An argument that cannot be read ends nobody, and waits for nothing. */
TEST(sched_unreadable, 0)
{
	CHECK_EQ(hc_sched_op(SCHEDOP_shutdown, (void *)TEST_VA), -XEN_EFAULT);
	CHECK_EQ(hc_sched_op(SCHEDOP_poll, (void *)TEST_VA), -XEN_EFAULT);
	CHECK_EQ(hc_sched_op(SCHEDOP_watchdog, (void *)TEST_VA), -XEN_EFAULT);
}

static unsigned int handled;

static void count(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	handled++;
}

/* Block opens events: what is pending comes, and the vCPU does not sleep. */
TEST(sched_block, 0)
{
	int port = event_bind_ipi(0), masked = event_bind_ipi(0);
	int timer;
	uint64_t deadline;

	/* A new vCPU may begin with one. */
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	timer = event_bind_virq(VIRQ_TIMER, 0);
	event_set_handler(port, count, NULL);
	event_set_handler(timer, count, NULL);
	handled = 0;
	test_case("pending already");
	events_disable();
	event_send(port);
	CHECK_EQ(hc_sched_op(SCHEDOP_block, NULL), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(this_cpu()->info->evtchn_upcall_mask, 0);
	test_case("a masked port's wakes nobody; the timer does");
	events_disable();
	event_mask(masked);
	event_send(masked);
	deadline = clock_ns() + 2 * NSEC_PER_MSEC;
	clock_set_timer(deadline);
	CHECK_EQ(hc_sched_op(SCHEDOP_block, NULL), 0);
	CHECK_EQ(handled, 2);
	/* Xen's timers may be 50 us before their time. */
	CHECK(clock_ns() + 50 * NSEC_PER_USEC >= deadline);
	CHECK(event_is_pending(masked));
	events_disable();
	clock_set_timer(0);
	event_close(timer);
	event_close(masked);
	event_close(port);
}

static struct {
	volatile unsigned long naps[MAX_VCPUS], ticks[MAX_VCPUS];
} moved;

static void tick(evtchn_port_t port, void *arg)
{
	(void)port;
	moved.ticks[(unsigned long)arg]++;
}

/* Only its timer ends it; which may be due before it is asleep. */
static void nap_by_timer(unsigned int id)
{
	unsigned long before = moved.ticks[id];

	events_disable();
	clock_set_timer(clock_ns() + ++moved.naps[id] * 7919 % 200000);
	while (moved.ticks[id] == before) {
		hc_sched_op(SCHEDOP_block, NULL);
		events_disable();
	}
}

/*
 * Those that sleep and wake all the time are moved from CPU to CPU meanwhile:
 * none sleeps for ever, wherever its timer was set.
 */
TEST(sched_moved_asleep, FOUR_CPUS)
{
	uint64_t ns = number_word("seconds=", 0) * NSEC_PER_SEC;
	uint64_t began = clock_ns(), since[MAX_VCPUS], now;
	unsigned long last[MAX_VCPUS] = { 0 }, n = 0;
	int timer[MAX_VCPUS];
	bool lost = false;

	for (unsigned long i = 1; i < MAX_VCPUS; i++) {
		hc_vcpu_op(VCPUOP_stop_periodic_timer, i, NULL);
		timer[i] = event_bind_virq(VIRQ_TIMER, i);
		event_set_handler(timer[i], tick, (void *)i);
		since[i] = began;
	}
	memset(&moved, 0, sizeof(moved));
	CHECK_EQ(others_begin(nap_by_timer), MAX_VCPUS);
	do {
		vcpu_pin(0, 1 + n % 3, n % 16 ? n % 16 : 15);
		n++;
		now = clock_ns();
		for (unsigned int i = 1; i < MAX_VCPUS; i++) {
			if (moved.naps[i] != last[i]) {
				last[i] = moved.naps[i];
				since[i] = now;
			}
			lost |= !CHECK(now < since[i] + 10 * NSEC_PER_SEC,
				       "vCPU %u, nap %lu", i, last[i]);
		}
		if (ns && n % 1000 == 0) {
			printk("STEP %lu\n", n);
		}
	} while (!lost &&
		 now < began + (ns ? ns : 300 * NSEC_PER_MSEC));
	printk("%lu moves, %lu naps\n", n, last[1] + last[2] + last[3]);
	others_end();
	for (unsigned int i = 1; i < MAX_VCPUS; i++) {
		vcpu_pin(0, i, 255);
		event_close(timer[i]);
	}
}

TEST(sched_shutdown_crash, CRASHES)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_crash };

	hc_sched_op(SCHEDOP_shutdown, &s);
}

TEST(sched_watchdog_fires, CRASHES)
{
	struct sched_watchdog w = { .id = 0, .timeout = 1 };

	CHECK(hc_sched_op(SCHEDOP_watchdog, &w) > 0);
	clock_spin(5 * NSEC_PER_SEC);
}

/* The kernel dies of what it cannot handle: no handler, or no stack for it. */
TEST(crash_no_handler, CRASHES)
{
	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	asm volatile("ud2");
}

TEST(crash_no_stack, CRASHES)
{
	asm volatile("mov %0, %%rsp; ud2" : : "r" (TEST_VA));
}

TEST(crash_stack_in_hypervisor, CRASHES)
{
	asm volatile("mov %0, %%rsp; ud2" : : "r" (0xffff830000100000));
}

TEST(crash_stack_in_page_table, CRASHES)
{
	asm volatile("lea 4096(%0), %%rsp; ud2" : : "r" (kernel_root));
}

TEST(crash_stack_noncanonical, CRASHES)
{
	asm volatile("mov %0, %%rsp; ud2" : : "r" (0x0000800000000000));
}

/* What a panic of keel looks like from outside. */
TEST(crash_panic, CRASHES)
{
	panic("as intended");
}
