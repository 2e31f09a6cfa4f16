/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a backend does next, decided from what xenstore says: a pure function.
 *
 * States are those of xen/io/xenbus.h. The backend's own way through them:
 *
 *	           features out         frontend's ring mapped
 *	Initialising -----> InitWait ---------------------> Connected
 *	                      ^  |                            |    |
 *	   frontend           |  | frontend Closed   frontend |    | online=0
 *	   Initialising       |  v                   Closing  v    v
 *	                      Closed <--------------------- Closing
 *	                        |        frontend Closed
 *	                        | not online, or node or domain gone
 *	                        v
 *	                      (exit 0)
 *
 * The decision depends on present values only, never on the history of
 * events, so a lost or doubled watch event changes nothing.
 */
#ifndef BACKEND_COMMON_XENBUS_STATE_H
#define BACKEND_COMMON_XENBUS_STATE_H

#include <stdbool.h>
#include <xen/io/xenbus.h>

struct xenbus_view {
	enum xenbus_state mine;		/* what we last wrote */
	enum xenbus_state front;	/* Unknown: absent or not a number */
	bool attached;			/* the frontend's ring is mapped */
	bool online;			/* the toolstack wants the device */
	bool present;			/* our own node exists */
	bool alive;			/* the frontend's domain exists */
};

enum xenbus_action {
	XENBUS_WAIT,	/* nothing to do until something changes */
	XENBUS_OFFER,	/* detach if attached; write features, InitWait */
	XENBUS_ATTACH,	/* map the ring; Connected */
	XENBUS_ASK,	/* Closing, yet serve until the frontend lets go */
	XENBUS_RELEASE,	/* detach; Closing */
	XENBUS_CLOSE,	/* detach; Closed */
	XENBUS_EXIT,	/* detach; Closed if the node is there; end */
};

enum xenbus_action xenbus_decide(const struct xenbus_view *v);

const char *xenbus_state_name(enum xenbus_state s);

#endif
