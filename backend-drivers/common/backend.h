/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The frame of a backend process: one device of one domain, from the command
 * line to exit. It owns the connection to xenstore, the event channel and
 * grant handles, and the way through the xenbus states (xenbus_state.h); the
 * device behind it (blk/, net/) fills in struct backend_ops.
 *
 * One thread does everything, so nothing here needs a lock. A device whose
 * frontend breaks the protocol is closed by backend_fail(); the process goes
 * on and offers the device again when the frontend starts afresh.
 */
#ifndef BACKEND_COMMON_BACKEND_H
#define BACKEND_COMMON_BACKEND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "common/loop.h"
#include "common/ring.h"
#include "common/xenbus_state.h"

struct backend;

struct backend_ops {
	const char *program;

	/* Opens what needs rights: file, tap. Once, as root. */
	int (*start)(struct backend *be);
	/* Writes the features; called each time before InitWait. */
	int (*publish)(struct backend *be);
	/* Reads the frontend's offer and maps it; undoes itself on error. */
	int (*attach)(struct backend *be);
	/* After Connected is written. May be NULL. */
	void (*attached)(struct backend *be);
	/* Does what is there to do; true if it stopped before the end. */
	bool (*work)(struct backend *be);
	/* Finishes all that is in flight, then unmaps. Cannot fail. */
	void (*detach)(struct backend *be);
	/* SIGHUP. May be NULL. */
	void (*reload)(struct backend *be);
	/* Before exit; start() may have failed half-way. */
	void (*stop)(struct backend *be);
};

struct backend {
	const struct backend_ops *ops;
	void *device;			/* the device's own state */

	/* From the command line. */
	uint32_t domid, devid;
	const char *path;		/* backend node in xenstore */
	const char *pidfile, *logfile, *user;
	bool daemon;
	bool have_domid, have_devid;

	struct xs_handle *xs;
	xenevtchn_handle *evtchn;
	xengnttab_handle *gnttab;
	xengntshr_handle *gntshr;	/* NULL: there is none */
	struct loop loop;
	struct loop_source xs_source, evtchn_source, signal_source;

	char *frontend;			/* frontend's node */
	enum xenbus_state state;
	bool attached;
	bool introduced;		/* the domain was seen alive */
	bool look;			/* xenstore has changed */
	bool busy;			/* work() has more to do */
	bool end;			/* leave the loop */
	bool wrote_error;		/* a node to remove at the end */
	char failure[160];		/* set by backend_fail() */
};

/* Options that all backends have, for the table of getopt_long(). */
#define BACKEND_OPTIONS \
	{ "frontend-domid", required_argument, NULL, 'F' }, \
	{ "devid", required_argument, NULL, 'D' }, \
	{ "backend-path", required_argument, NULL, 'P' }, \
	{ "daemon", no_argument, NULL, 'd' }, \
	{ "pidfile", required_argument, NULL, 'p' }, \
	{ "log", required_argument, NULL, 'l' }, \
	{ "user", required_argument, NULL, 'u' }

/* Their lines in --help. */
#define BACKEND_HELP \
"  --frontend-domid N    domain that gets the device\n" \
"  --devid D             device number there\n" \
"  --backend-path PATH   our node in xenstore\n" \
"  --daemon              return once the device is offered\n" \
"  --pidfile FILE        write the process id there\n" \
"  --log FILE            messages there, not to stderr or syslog\n" \
"  --user USER           run as USER once all is open (default nobody)\n"

/* Takes one of BACKEND_OPTIONS. True if it was one and its value is good. */
bool backend_option(struct backend *be, int c, const char *value);

/* After the last option: complains on stderr about what is missing. */
bool backend_options_complete(const struct backend *be);

/* The whole life of the process; returns its exit status. */
int backend_run(struct backend *be);

/*
 * The frontend broke the protocol: say why. The device is closed as soon as
 * work() returns; nothing more may be read from the ring.
 */
void backend_fail(struct backend *be, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool backend_failed(const struct backend *be);

/* A number from the frontend's node: as store_read_number(). */
int backend_front_number(struct backend *be, const char *key, uint64_t max,
			 uint64_t *out);
bool backend_front_bool(struct backend *be, const char *key, bool missing);

/*
 * Maps a ring of @pages pages by @refs and attaches to it.
 * backend_unmap_ring() undoes it. 0 or -errno.
 */
int backend_map_ring(struct backend *be, struct back_ring *ring,
		     uint32_t *refs, uint32_t pages, uint32_t slot_size);
void backend_unmap_ring(struct backend *be, struct back_ring *ring,
			uint32_t pages);

/* Binds the frontend's @remote port; returns the local port or -errno. */
int backend_bind(struct backend *be, uint32_t remote);
void backend_unbind(struct backend *be, int port);
void backend_notify(struct backend *be, int port);

#endif
