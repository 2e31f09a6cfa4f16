/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * No event is lost and none is made up: a million sends to oneself, each with
 * its upcall; many to another vCPU, as fast as they can be sent; and what is
 * pending while its port is masked, moved, or closed. One that is answered
 * by the next: pingpong.c.
 *
 * From <xen/event_channel.h>.
 */
#include "common/smp.h"
#include "fuzz/random.h"

#define MILLION	1000000

static unsigned int handled;

static void count(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	handled++;
}

TEST(event_million, 0)
{
	int a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	int b = event_bind_interdomain(DOMID_SELF, a);
	unsigned int i;

	event_clear(b);
	event_set_handler(a, count, NULL);
	event_set_handler(b, count, NULL);
	events_enable();
	handled = 0;
	for (i = 0; i < MILLION; i++) {
		event_send(i & 1 ? a : b);
		if (handled != i + 1) {
			break;
		}
	}
	CHECK_EQ(i, MILLION);
	CHECK_EQ(handled, MILLION);
	events_disable();
	event_close(b);
	event_close(a);
}

#define PORTS	32
#define MANY	100000	/* or the word rounds=N */
#define BURST	1000	/* sends, and then a look whether all have come */

static struct {
	int port[PORTS];
	volatile unsigned long sent[PORTS], seen[PORTS], calls[PORTS];
	volatile bool stop;
} storm;

/* What had been sent on its port when it came. */
static void note(evtchn_port_t port, void *arg)
{
	unsigned long i = (unsigned long)arg;

	(void)port;
	storm.calls[i]++;
	storm.seen[i] = storm.sent[i];
}

static void take_storm(void *arg)
{
	(void)arg;
	while (!storm.stop) {
		hc_sched_op(SCHEDOP_block, NULL);
		events_disable();
	}
}

/* Whether the last of each port's has come, within a time. */
static bool all_seen(void)
{
	uint64_t end = clock_ns() + 10 * NSEC_PER_SEC;

	for (unsigned int i = 0; i < PORTS; i++) {
		while (storm.seen[i] != storm.sent[i]) {
			if (clock_ns() > end) {
				return false;
			}
			cpu_relax();
		}
	}
	return true;
}

/*
 * Sent to a vCPU that sleeps, falls asleep, wakes, or runs: several that come
 * while one is pending are one, so each port's last must come, and no more
 * come than were sent.
 */
TEST(event_storm_to_other, 0)
{
	unsigned long many = number_word("rounds=", MANY), n, wrong = 0;

	need_two_vcpus();
	memset(&storm, 0, sizeof(storm));
	for (unsigned long i = 0; i < PORTS; i++) {
		storm.port[i] = event_bind_ipi(1);
		CHECK(storm.port[i] > 0);
		event_set_handler(storm.port[i], note, (void *)i);
	}
	CHECK_EQ(cpu_start(1, take_storm, NULL), 0);
	for (n = 0; n < many && !wrong; n++) {
		unsigned int i = n * 7 % PORTS;

		storm.sent[i]++;
		wrong += event_send(storm.port[i]) != 0;
		if (n % BURST == BURST - 1) {
			wrong += !all_seen();
			if (many > MANY && n % MANY == MANY - 1) {
				printk("STEP %lu\n", n);
			}
		}
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(n, many);
	storm.stop = true;
	event_send(storm.port[0]);
	CHECK(other_is_down());
	for (unsigned int i = 0; i < PORTS; i++) {
		test_case("port %u", i);
		CHECK(storm.calls[i] > 0);
		CHECK(storm.calls[i] <= storm.sent[i] + 1);
		event_close(storm.port[i]);
	}
}

/* Pending before it is bound, unmasked, or moved to a vCPU: it comes once. */
TEST(event_pending_across, 0)
{
	int a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	int b = event_bind_interdomain(DOMID_SELF, a);
	struct evtchn_unmask unmask = { .port = a };
	struct evtchn_bind_vcpu move = { .port = a, .vcpu = 0 };

	event_clear(b);
	events_disable();
	handled = 0;
	event_set_handler(a, count, NULL);
	event_mask(a);
	test_case("masked, and then moved");
	CHECK_EQ(event_send(b), 0);
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_bind_vcpu, &move), 0);
	CHECK(event_is_pending(a));
	events_enable();
	CHECK_EQ(handled, 0);
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_unmask, &unmask), 0);
	CHECK_EQ(handled, 1);
	CHECK(!event_is_pending(a));
	test_case("unmasked again: nothing more");
	event_mask(a);
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_unmask, &unmask), 0);
	CHECK_EQ(handled, 1);
	events_disable();
	test_case("closed while pending: the next owner of the port begins clean");
	event_mask(a);
	CHECK_EQ(event_send(b), 0);
	event_close(b);
	event_close(a);
	b = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	CHECK(!event_is_pending(b));
	event_close(b);
}
