/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a backend does next: see xenbus_state.h for the picture.
 */
#include "common/xenbus_state.h"

/* The frontend is gone or has let go; a new one may come if online. */
static enum xenbus_action front_closed(const struct xenbus_view *v)
{
	if (!v->online) {
		return XENBUS_EXIT;
	}
	if (v->mine == XenbusStateInitialising) {
		return XENBUS_OFFER;
	}
	/* Its nodes may not be written yet: that is no close. */
	if (v->front == XenbusStateUnknown &&
	    v->mine == XenbusStateInitWait) {
		return XENBUS_WAIT;
	}
	if (v->mine == XenbusStateClosed && !v->attached) {
		return XENBUS_WAIT;
	}
	return XENBUS_CLOSE;
}

/* The frontend has published its ring, or is using it. */
static enum xenbus_action front_ready(const struct xenbus_view *v)
{
	switch (v->mine) {
	case XenbusStateInitialising:
		return XENBUS_OFFER;
	case XenbusStateInitWait:
		return v->online ? XENBUS_ATTACH : XENBUS_ASK;
	case XenbusStateConnected:
		return v->online ? XENBUS_WAIT : XENBUS_ASK;
	default:
		return XENBUS_WAIT;
	}
}

enum xenbus_action xenbus_decide(const struct xenbus_view *v)
{
	if (!v->present || !v->alive) {
		return XENBUS_EXIT;
	}
	switch (v->front) {
	case XenbusStateInitialising:
		if (!v->online) {
			return XENBUS_EXIT;
		}
		if (v->mine == XenbusStateInitWait && !v->attached) {
			return XENBUS_WAIT;
		}
		return XENBUS_OFFER;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return front_ready(v);
	case XenbusStateClosing:
		if (v->mine == XenbusStateClosing && !v->attached) {
			return XENBUS_WAIT;
		}
		if (v->mine == XenbusStateClosed && !v->attached) {
			return XENBUS_WAIT;
		}
		return XENBUS_RELEASE;
	case XenbusStateUnknown:
	case XenbusStateClosed:
		return front_closed(v);
	case XenbusStateInitWait:
	case XenbusStateReconfiguring:
	case XenbusStateReconfigured:
	default:
		return v->mine == XenbusStateInitialising ? XENBUS_OFFER
							  : XENBUS_WAIT;
	}
}

const char *xenbus_state_name(enum xenbus_state s)
{
	static const char *const names[] = {
		"Unknown", "Initialising", "InitWait", "Initialised",
		"Connected", "Closing", "Closed", "Reconfiguring",
		"Reconfigured",
	};

	if ((unsigned int)s >= sizeof(names) / sizeof(names[0])) {
		return "?";
	}
	return names[s];
}
