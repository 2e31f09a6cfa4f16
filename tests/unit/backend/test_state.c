/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The backend's way through the xenbus states: the usual lives of a device,
 * and rules that hold for every view there can be.
 */
#include <criterion/criterion.h>

#include "common/xenbus_state.h"

/* A device with its world; step() does what the process would do. */
static struct xenbus_view v;

static void birth(void)
{
	v = (struct xenbus_view){
		.mine = XenbusStateInitialising,
		.front = XenbusStateInitialising,
		.online = true, .present = true, .alive = true,
	};
}

static enum xenbus_action apply(enum xenbus_action a)
{
	switch (a) {
	case XENBUS_OFFER:
		v.attached = false;
		v.mine = XenbusStateInitWait;
		break;
	case XENBUS_ATTACH:
		v.attached = true;
		v.mine = XenbusStateConnected;
		break;
	case XENBUS_ASK:
		v.mine = XenbusStateClosing;
		break;
	case XENBUS_RELEASE:
		v.attached = false;
		v.mine = XenbusStateClosing;
		break;
	case XENBUS_CLOSE:
	case XENBUS_EXIT:
		v.attached = false;
		v.mine = XenbusStateClosed;
		break;
	case XENBUS_WAIT:
		break;
	}
	return a;
}

/* Steps until there is nothing to do; returns the last thing done. */
static enum xenbus_action settle(void)
{
	enum xenbus_action last = XENBUS_WAIT, a;
	int steps;

	for (steps = 0; steps < 4; steps++) {
		a = apply(xenbus_decide(&v));
		if (a == XENBUS_WAIT) {
			return last;
		}
		last = a;
		if (a == XENBUS_EXIT) {
			return a;
		}
	}
	cr_assert_fail("does not come to rest: mine %s, front %s",
		       xenbus_state_name(v.mine),
		       xenbus_state_name(v.front));
	return last;
}

static void to_connected(void)
{
	birth();
	cr_assert_eq(settle(), XENBUS_OFFER);
	v.front = XenbusStateInitialised;
	cr_assert_eq(settle(), XENBUS_ATTACH);
	v.front = XenbusStateConnected;
	cr_assert_eq(settle(), XENBUS_WAIT);
	cr_assert(v.attached);
}

Test(state, clean_close_and_return)
{
	to_connected();
	v.front = XenbusStateClosing;
	cr_assert_eq(settle(), XENBUS_RELEASE);
	cr_assert_not(v.attached);
	v.front = XenbusStateClosed;
	cr_assert_eq(settle(), XENBUS_CLOSE);
	v.front = XenbusStateInitialising;
	cr_assert_eq(settle(), XENBUS_OFFER);
	v.front = XenbusStateInitialised;
	cr_assert_eq(settle(), XENBUS_ATTACH);
}

Test(state, guest_restarts_without_closing)
{
	to_connected();
	v.front = XenbusStateInitialising;
	cr_assert_eq(settle(), XENBUS_OFFER);
	cr_assert_not(v.attached);
	v.front = XenbusStateConnected;
	cr_assert_eq(settle(), XENBUS_ATTACH);
}

Test(state, unplug)
{
	to_connected();
	v.online = false;
	cr_assert_eq(settle(), XENBUS_ASK);
	cr_assert(v.attached, "served until the guest lets go");
	v.front = XenbusStateClosing;
	cr_assert_eq(settle(), XENBUS_RELEASE);
	v.front = XenbusStateClosed;
	cr_assert_eq(settle(), XENBUS_EXIT);
}

Test(state, domain_dies)
{
	to_connected();
	v.alive = false;
	cr_assert_eq(settle(), XENBUS_EXIT);
	to_connected();
	v.present = false;
	cr_assert_eq(settle(), XENBUS_EXIT);
}

Test(state, frontend_not_written_yet)
{
	birth();
	v.front = XenbusStateUnknown;
	cr_assert_eq(settle(), XENBUS_OFFER);
	cr_assert_eq(v.mine, XenbusStateInitWait);
	v.front = XenbusStateInitialising;
	cr_assert_eq(settle(), XENBUS_WAIT);
}

/* A backend that starts anew under a frontend that never noticed. */
Test(state, takes_over_a_connected_frontend)
{
	birth();
	v.front = XenbusStateConnected;
	cr_assert_eq(settle(), XENBUS_ATTACH);
}

/* After a broken ring: Closed, until the frontend has started afresh. */
Test(state, failed_device_stays_closed)
{
	to_connected();
	v.attached = false;
	v.mine = XenbusStateClosed;
	cr_assert_eq(settle(), XENBUS_WAIT);
	v.front = XenbusStateClosing;
	cr_assert_eq(settle(), XENBUS_WAIT);
	v.front = XenbusStateClosed;
	cr_assert_eq(settle(), XENBUS_WAIT);
	v.front = XenbusStateInitialising;
	cr_assert_eq(settle(), XENBUS_OFFER);
}

static void check_view(void)
{
	struct xenbus_view before = v;
	enum xenbus_action a = xenbus_decide(&v);

	if (a == XENBUS_ATTACH) {
		cr_assert_not(before.attached, "mapped twice");
		cr_assert_eq(before.mine, XenbusStateInitWait,
			     "features must be out first");
		cr_assert(before.front == XenbusStateInitialised ||
			  before.front == XenbusStateConnected);
	}
	if (!before.present || !before.alive) {
		cr_assert_eq(a, XENBUS_EXIT);
	}
	if (a == XENBUS_EXIT && before.present && before.alive) {
		cr_assert_not(before.online);
	}
	if ((before.front == XenbusStateClosed ||
	     before.front == XenbusStateClosing) && before.attached) {
		cr_assert_neq(a, XENBUS_WAIT, "keeps a closed ring");
	}
	settle();
	v = before;
}

/* Every view: no spinning, no double mapping, no staying on for ever. */
Test(state, all_views)
{
	unsigned int mine, front, bits;

	for (mine = XenbusStateInitialising; mine <= XenbusStateClosed;
	     mine++) {
		for (front = 0; front <= XenbusStateReconfigured + 1;
		     front++) {
			for (bits = 0; bits < 16; bits++) {
				bool attached = bits & 1;

				if (attached &&
				    mine != XenbusStateConnected &&
				    mine != XenbusStateClosing) {
					continue;
				}
				v = (struct xenbus_view){
					.mine = mine, .front = front,
					.attached = attached,
					.online = bits & 2,
					.present = bits & 4,
					.alive = bits & 8,
				};
				check_view();
			}
		}
	}
}

Test(state, names)
{
	cr_assert_str_eq(xenbus_state_name(XenbusStateClosed), "Closed");
	cr_assert_str_eq(xenbus_state_name(99), "?");
	cr_assert_str_eq(xenbus_state_name(-1), "?");
}
