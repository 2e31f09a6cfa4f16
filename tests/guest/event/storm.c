/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * No event is lost and none is made up: a million sends to oneself, each with
 * its upcall; and two vCPUs that answer each other, where each send is seen
 * by the other once.
 *
 * From <xen/event_channel.h>.
 */
#include "common/smp.h"

#define MILLION	1000000
/* Between vCPUs; where the host is busy each costs a turn of its scheduler. */
#define ROUNDS	100

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

static int to_other, to_us;
static unsigned int got[2];	/* by port: ours, the other's */

static void wait_for_events(void *arg)
{
	(void)arg;
	events_enable();
	for (unsigned int i = 0; i < 1000; i++) {
		cpu_relax();
	}
	events_disable();
}

static volatile bool over;

/* Each is answered by one to the other, ROUNDS times; nothing else is sent. */
static void answer(evtchn_port_t port, void *arg)
{
	bool others = port == (evtchn_port_t)to_other;

	(void)arg;
	got[others]++;
	if (others) {
		event_send(to_us);
	} else if (got[0] < ROUNDS) {
		event_send(to_other);
	} else {
		over = true;
	}
}

TEST(event_two_vcpus, 0)
{
	uint64_t end;

	need_two_vcpus();
	to_us = event_bind_ipi(0);
	to_other = event_bind_ipi(1);
	got[0] = got[1] = 0;
	over = false;
	event_set_handler(to_us, answer, NULL);
	event_set_handler(to_other, answer, NULL);
	other_begin(wait_for_events, NULL);
	events_enable();
	event_send(to_other);
	end = clock_ns() + 10 * NSEC_PER_SEC;
	while (!over && clock_ns() < end) {
		cpu_relax();
	}
	events_disable();
	other_end();
	CHECK_EQ(got[0], ROUNDS);
	CHECK_EQ(got[1], ROUNDS);
	event_close(to_us);
	event_close(to_other);
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
