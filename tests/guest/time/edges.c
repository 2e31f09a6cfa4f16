/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Times at their edges: deadlines at 0, past, and beyond all that will come;
 * VCPU_SSHOTTMR_future; polls of two vCPUs, ended by an
 * event, by the time, or by both; runstates of each vCPU that add up; timers
 * that are nobody else's to set.
 *
 * From <xen/vcpu.h>, <xen/sched.h>, <xen/xen.h>.
 */
#include "common/audit.h"
#include "common/smp.h"
#include "fuzz/random.h"
#include "time/ticks.h"

/*
 * Differs from Xen 4.17: VCPU_SSHOTTMR_future is honoured (-ETIME), which the
 * header leaves open; Xen sends the event at once.
 */
TEST(time_singleshot_future, 0)
{
	struct vcpu_set_singleshot_timer t = {
		.flags = VCPU_SSHOTTMR_future,
	};
	int err;

	begin();
	/* The header lets a hypervisor ignore the flag: then it comes now. */
	test_case("past");
	t.timeout_abs_ns = clock_ns() - NSEC_PER_MSEC;
	err = hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
	CHECK(!err || err == -XEN_ETIME, "%d", err);
	clock_spin(2 * NSEC_PER_MSEC);
	CHECK_EQ(ticks, !err);
	ticks = 0;
	test_case("to come");
	t.timeout_abs_ns = clock_ns() + 20 * NSEC_PER_MSEC;
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	CHECK(wait_tick(clock_ns() + LATE));
	end();
}

TEST(time_far_deadlines, 0)
{
	static const uint64_t far[] = {
		1UL << 40, 1UL << 55, 1UL << 62,
	};
	struct vcpu_set_singleshot_timer t = { .flags = 0 };

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(far); i++) {
		test_case("%lx", far[i]);
		t.timeout_abs_ns = clock_ns() + far[i];
		CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
		clock_spin(NSEC_PER_MSEC);
		CHECK_EQ(ticks, 0);
	}
	test_case("replaced by a near one");
	t.timeout_abs_ns = clock_ns() + NSEC_PER_MSEC;
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	CHECK(wait_tick(clock_ns() + LATE));
	end();
}

/* The timer that is set last is the one that comes; each comes once. */
TEST(time_singleshot_again, 0)
{
	struct vcpu_set_singleshot_timer t = { .flags = 0 };

	begin();
	for (unsigned int i = 0; i < 50; i++) {
		t.timeout_abs_ns = clock_ns() + 300 * NSEC_PER_MSEC + i;
		CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	}
	t.timeout_abs_ns = clock_ns() + NSEC_PER_MSEC;
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
	CHECK(wait_tick(clock_ns() + LATE));
	clock_spin(5 * NSEC_PER_MSEC);
	CHECK_EQ(ticks, 1);
	end();
}

static long poll_port(evtchn_port_t p, uint64_t timeout)
{
	evtchn_port_t ports[1] = { p };
	struct sched_poll poll = { .nr_ports = 1, .timeout = timeout };

	set_xen_guest_handle(poll.ports, ports);
	return hc_sched_op(SCHEDOP_poll, &poll);
}

static volatile int poke;

static void send_later(void *arg)
{
	uint64_t until = clock_ns() + 200 * NSEC_PER_USEC;

	(void)arg;
	while (clock_ns() < until) {
		cpu_relax();
	}
	if (poke) {
		event_send(poke);
	}
}

/* No time at all, or one in the far future: the event ends it. */
TEST(time_poll_far, 0)
{
	static const uint64_t far[] = {
		0, 1UL << 40, 1UL << 62, ~0UL >> 1,
	};
	int p = event_bind_ipi(0);

	events_disable();
	poke = 0;
	other_begin(send_later, NULL);
	poke = p;
	for (unsigned int i = 0; i < ARRAY_SIZE(far); i++) {
		for (unsigned int n = 0; n < 20; n++) {
			uint64_t before = clock_ns();

			test_case("time-out %lx, round %u", far[i], n);
			event_clear(p);
			CHECK_EQ(poll_port(p, far[i]), 0);
			CHECK(event_is_pending(p));
			CHECK(clock_ns() < before + LATE);
		}
	}
	other_end();
	event_clear(p);
	event_close(p);
}

static int go;
static volatile bool over;

/* Sleeps until it is told, and pokes a moment later, or no moment. */
static void poke_when_told(void *arg)
{
	unsigned int n = 0;

	(void)arg;
	while (!over) {
		poll_port(go, 0);
		event_clear(go);
		for (unsigned int i = ++n * 7 % 200; i; i--) {
			cpu_relax();
		}
		event_send(poke);
	}
}

/*
 * The event comes before, while, and after a poll falls asleep, on a masked
 * port, as for the lock of a kernel that waits with its events off: if it is
 * missed, nothing else ends the poll.
 */
TEST(time_poll_race, 0)
{
	unsigned long rounds = number_word("rounds=", 0), n = 0;
	uint64_t began = clock_ns(), before;

	need_two_vcpus();
	poke = event_bind_ipi(0);
	go = event_bind_ipi(1);
	over = false;
	events_disable();
	CHECK_EQ(cpu_start(1, poke_when_told, NULL), 0);
	do {
		before = clock_ns();
		event_clear(poke);
		event_send(go);
		/* A poll may end for nothing; then once more. */
		do {
			CHECK_EQ(poll_port(poke, before + 10 * NSEC_PER_SEC),
				 0);
		} while (!event_is_pending(poke) &&
			 clock_ns() < before + 10 * NSEC_PER_SEC);
		if (!CHECK(clock_ns() < before + 10 * NSEC_PER_SEC,
			   "round %lu: missed", n)) {
			break;
		}
		n++;
		if (rounds && n % 10000 == 0) {
			printk("STEP %lu\n", n);
		}
	} while (rounds ? n < rounds :
		 n < 20 || clock_ns() < began + 500 * NSEC_PER_MSEC);
	printk("%lu polls, %lu ns each\n", n, (clock_ns() - began) / n);
	over = true;
	event_send(go);
	CHECK(other_is_down());
	event_close(go);
	event_close(poke);
}

#define PLAYERS	MAX_VCPUS

static struct {
	int kick[PLAYERS], noise[PLAYERS];
	unsigned int players;
	volatile unsigned int holder;
	volatile unsigned long passed;
	volatile bool over;
} token;

static void ignore(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
}

/* As Linux waits for a lock: a kick that has come, even an old one, is a look. */
static void token_wait(unsigned int me)
{
	events_disable();
	while (token.holder != me && !token.over) {
		if (event_is_pending(token.kick[me])) {
			event_clear(token.kick[me]);
		} else if (token.holder != me) {
			poll_port(token.kick[me], 0);
		}
	}
	events_enable();
}

static void token_play(unsigned int me)
{
	unsigned int next;

	token_wait(me);
	if (token.over) {
		return;
	}
	for (unsigned int i = token.passed * 7 % 300; i; i--) {
		cpu_relax();
	}
	if (token.passed % 5 == 0) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	next = 1 + (me + token.passed / 3 % 2) % (token.players - 1);
	token.passed++;
	token.holder = next;
	event_send(token.kick[next]);
}

/*
 * A token goes round among vCPUs that sleep, with events off and without a time,
 * on a masked port each until they get it, while events of another kind from
 * this vCPU end their polls too, at any moment. A hand-over that is missed is
 * the end: nobody else wakes who has the token.
 */
TEST(time_poll_token, FOUR_CPUS)
{
	unsigned long rounds = number_word("rounds=", 0), last = 0, n = 0;
	uint64_t began = clock_ns(), since = began, now = began;

	memset(&token, 0, sizeof(token));
	for (unsigned int i = 1; i < PLAYERS; i++) {
		token.kick[i] = event_bind_ipi(i);
		token.noise[i] = event_bind_ipi(i);
		event_set_handler(token.noise[i], ignore, NULL);
	}
	token.players = PLAYERS;
	token.holder = 1;
	CHECK_EQ(others_begin(token_play), PLAYERS);
	do {
		if (token.passed != last) {
			last = token.passed;
			since = now;
		}
		event_send(token.noise[1 + n % 3]);
		for (unsigned int i = n++ * 13 % 400; i; i--) {
			cpu_relax();
		}
		now = clock_ns();
		if (rounds && n % 10000 == 0) {
			printk("STEP %lu\n", last);
		}
	} while (now < since + 10 * NSEC_PER_SEC &&
		 (rounds ? last < rounds : last < 20 ||
		  now < began + 500 * NSEC_PER_MSEC));
	CHECK(now < since + 10 * NSEC_PER_SEC,
	      "vCPU %u sleeps and has it, after %lu", token.holder, last);
	printk("%lu handed over, %lu disturbances\n", last, n);
	token.over = true;
	for (unsigned int i = 1; i < PLAYERS; i++) {
		event_send(token.kick[i]);
	}
	others_end();
	for (unsigned int i = 1; i < PLAYERS; i++) {
		event_close(token.kick[i]);
		event_close(token.noise[i]);
	}
}

/* Past times, however long ago: at once, with nothing pending. */
TEST(time_poll_past, 0)
{
	int p = event_bind_ipi(0);

	events_disable();
	event_clear(p);
	for (unsigned int i = 0; i < 40; i++) {
		uint64_t now = clock_ns();
		uint64_t ago = 1UL << i < now ? now - (1UL << i) : 1;

		test_case("%lu ns ago", now - ago);
		CHECK_EQ(poll_port(p, ago), 0);
		CHECK(clock_ns() < now + LATE);
	}
	event_close(p);
}

static struct vcpu_runstate_info theirs;

static void rest(void *arg)
{
	struct sched_poll poll = { .timeout = clock_ns() + NSEC_PER_MSEC };

	(void)arg;
	hc_sched_op(SCHEDOP_poll, &poll);
	hc_vcpu_op(VCPUOP_get_runstate_info, 1, &theirs);
}

static uint64_t sum(const struct vcpu_runstate_info *r)
{
	return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

/* What another vCPU did adds up to the time that passed, too. */
TEST(time_runstate_other, 0)
{
	struct vcpu_runstate_info a, b;
	uint64_t before[2], after[2];

	other_begin(rest, NULL);
	before[0] = clock_ns();
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, 1, &a), 0);
	before[1] = clock_ns();
	clock_spin(30 * NSEC_PER_MSEC);
	after[0] = clock_ns();
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, 1, &b), 0);
	after[1] = clock_ns();
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(b.time[i] >= a.time[i], "state %u", i);
	}
	CHECK(sum(&b) - sum(&a) <= after[1] - before[0] + clock_tolerance(),
	      "%lu of %lu", sum(&b) - sum(&a), after[1] - before[0]);
	CHECK(sum(&b) - sum(&a) + clock_tolerance() >= after[0] - before[1],
	      "%lu of %lu", sum(&b) - sum(&a), after[0] - before[1]);
	CHECK(b.time[RUNSTATE_blocked] > a.time[RUNSTATE_blocked]);
	other_end();
}

static struct vcpu_runstate_info area;
static int waker;

/* Sleeps with events off, and has its area say what it does. */
static void sleep_registered(void *arg)
{
	struct vcpu_register_runstate_memory_area reg;

	(void)arg;
	events_disable();
	set_xen_guest_handle(reg.addr.h, &area);
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 1, &reg), 0);
	while (!over) {
		poll_port(waker, 0);
	}
	set_xen_guest_handle(reg.addr.h, NULL);
	hc_vcpu_op(VCPUOP_register_runstate_memory_area, 1, &reg);
}

/*
 * While a vCPU does not run its area says so: Linux looks there whether who
 * holds a lock, or is to answer an interrupt, has its CPU at all.
 */
TEST(time_runstate_asleep, 0)
{
	struct xen_domctl told = {
		.cmd = XEN_DOMCTL_getvcpuinfo, .domain = 0,
		.u.getvcpuinfo.vcpu = 1,
	};
	uint64_t end;

	need_two_vcpus();
	over = false;
	waker = event_bind_ipi(1);
	CHECK_EQ(cpu_start(1, sleep_registered, NULL), 0);
	end = clock_ns() + 5 * NSEC_PER_SEC;
	while (READ_ONCE(area.state) != RUNSTATE_blocked && clock_ns() < end) {
		cpu_relax();
	}
	CHECK_EQ(area.state, RUNSTATE_blocked);
	test_case("the toolstack's view");
	CHECK_EQ(hc_domctl(&told), 0);
	CHECK_EQ(told.u.getvcpuinfo.online, 1);
	CHECK_EQ(told.u.getvcpuinfo.blocked, 1);
	test_case("awake");
	over = true;
	CHECK_EQ(event_send(waker), 0);
	CHECK(other_is_down());
	CHECK_EQ(area.state, RUNSTATE_running);
	event_close(waker);
}

/* A one-shot timer is its vCPU's own; the periodic one any vCPU may stop. */
TEST(time_others_timer, 0)
{
	struct vcpu_set_singleshot_timer one = { .timeout_abs_ns = 1 };
	struct vcpu_set_periodic_timer often = { .period_ns = ~0UL };

	need_two_vcpus();
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_singleshot_timer, 1, &one),
		 -XEN_EINVAL);
	CHECK_EQ(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL),
		 -XEN_EINVAL);
	CHECK_EQ(hc_vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL), 0);
	test_case("no such vCPU");
	CHECK_EQ(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 1000, NULL),
		 -XEN_ENOENT);
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_periodic_timer, 1000, &often),
		 -XEN_ENOENT);
	CHECK_EQ(hc_vcpu_op(VCPUOP_stop_periodic_timer, 1000, NULL),
		 -XEN_ENOENT);
	test_case("too long a period");
	CHECK_EQ(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &often),
		 -XEN_EINVAL);
}
