/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What all frontends have in common: a folder in the store on each side, a
 * state in it, a ring page granted to the backend, and an event channel.
 *
 *	Initialising(1) -> Initialised(3) -> Connected(4) -> Closing(5) ->
 *	Closed(6); the backend goes InitWait(2) -> Connected(4) -> ...
 */
#ifndef KEEL_FRONT_DEVICE_H
#define KEEL_FRONT_DEVICE_H

#include <xen/io/xenbus.h>

#include "front/store.h"
#include "xen/event.h"
#include "xen/grant.h"

struct front_device {
	char path[64];		/* device/vbd/51712 */
	char backend[96];	/* /local/domain/0/backend/vbd/1/51712 */
	domid_t backend_id;
	evtchn_port_t port;
};

/* Finds the device of a class, by its order; makes its event channel. */
int front_find(struct front_device *d, const char *class, unsigned int index);

/* A ring page shared with the backend. */
void *front_ring(struct front_device *d, grant_ref_t *ref);

int front_state(struct front_device *d, enum xenbus_state state);

/* Waits for the backend to reach one of these states (a set of bits). */
int front_wait_backend(struct front_device *d, unsigned long states);

/* Sleeps until the backend has sent an event, at most so long. */
void front_wait(struct front_device *d, uint64_t ns);

/* Says Closing, waits for the backend to let go, and frees the channel. */
void front_close(struct front_device *d);

#endif
