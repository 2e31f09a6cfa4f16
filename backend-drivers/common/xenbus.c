/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The xenbus side of a backend process: see xenbus.h.
 *
 * Every watch event leads to the same thing: read the present state of the
 * world, decide, act, until there is nothing left to do. Our own node's
 * directory is domain 0's and believed; the frontend's is a guest's and not.
 */
#include "common/xenbus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/log.h"
#include "common/store.h"

static const char DOMAIN_0[] = "/local/domain/0/";

void backend_fail(struct backend *be, const char *fmt, ...)
{
	va_list ap;

	if (backend_failed(be)) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(be->failure, sizeof(be->failure), fmt, ap);
	va_end(ap);
}

bool backend_failed(const struct backend *be)
{
	return be->failure[0] != '\0';
}

int backend_front_number(struct backend *be, const char *key, uint64_t max,
			 uint64_t *out)
{
	return store_read_number(be->xs, be->frontend, key, max, out);
}

bool backend_front_bool(struct backend *be, const char *key, bool missing)
{
	return store_read_bool(be->xs, be->frontend, key, missing);
}

static void set_state(struct backend *be, enum xenbus_state state)
{
	int rc = store_write(be->xs, be->path, "state", "%d", state);

	if (rc != 0) {
		log_error("cannot write state %s: %s",
			  xenbus_state_name(state), strerror(-rc));
	}
	be->state = state;
}

/* Where tools look for a device's error: <domain>/error/<rest of path>. */
static bool error_path(const struct backend *be, char *path, size_t size)
{
	int n;

	if (strncmp(be->path, DOMAIN_0, strlen(DOMAIN_0)) != 0) {
		return false;
	}
	n = snprintf(path, size, "%serror/%s", DOMAIN_0,
		     be->path + strlen(DOMAIN_0));
	return n > 0 && (size_t)n < size;
}

static void write_error(struct backend *be, const char *text)
{
	char path[256];

	if (error_path(be, path, sizeof(path))) {
		store_write(be->xs, path, "error", "%s", text);
		be->wrote_error = true;
	}
}

/* Removes @path if nothing is under it; false: something is, or came. */
static bool remove_if_empty(struct backend *be, const char *path)
{
	xs_transaction_t t = xs_transaction_start(be->xs);
	unsigned int n = 1;
	bool done;

	if (t == XBT_NULL) {
		return false;
	}
	free(xs_directory(be->xs, t, path, &n));
	done = n == 0 && xs_rm(be->xs, t, path);
	return xs_transaction_end(be->xs, t, !done) && done;
}

/* A store must not fill up with the errors of devices long gone. */
static void remove_error(struct backend *be)
{
	char path[256], *slash;

	if (!be->wrote_error || !error_path(be, path, sizeof(path))) {
		return;
	}
	xs_rm(be->xs, XBT_NULL, path);
	while ((slash = strrchr(path, '/')) != NULL &&
	       slash >= path + strlen(DOMAIN_0)) {
		*slash = '\0';
		if (!remove_if_empty(be, path)) {
			return;
		}
	}
}

static void detach(struct backend *be)
{
	if (be->attached) {
		be->ops->detach(be);
		be->attached = false;
	}
}

/* A domain counts as gone only once it was there. */
static bool domain_alive(struct backend *be)
{
	if (xs_is_domain_introduced(be->xs, be->domid)) {
		be->introduced = true;
		return true;
	}
	return !be->introduced;
}

static void read_view(struct backend *be, struct xenbus_view *v)
{
	char path[256];
	uint64_t n;

	snprintf(path, sizeof(path), "%s/frontend", be->path);
	v->mine = be->state;
	v->attached = be->attached;
	v->present = store_exists(be->xs, path);
	v->online = store_read_bool(be->xs, be->path, "online", true);
	v->alive = domain_alive(be);
	v->front = XenbusStateUnknown;
	if (backend_front_number(be, "state", XenbusStateReconfigured, &n) ==
	    0) {
		v->front = (enum xenbus_state)n;
	}
}

static void offer(struct backend *be)
{
	int rc;

	detach(be);
	rc = be->ops->publish(be);
	if (rc != 0) {
		log_error("cannot write to %s: %s", be->path, strerror(-rc));
		be->end = true;
		return;
	}
	set_state(be, XenbusStateInitWait);
}

static void attach(struct backend *be)
{
	int rc = be->ops->attach(be);

	if (rc != 0) {
		if (!backend_failed(be)) {
			backend_fail(be, "cannot connect: %s", strerror(-rc));
		}
		return;
	}
	be->attached = true;
	set_state(be, XenbusStateConnected);
	log_cycle("connected");
	if (be->ops->attached) {
		be->ops->attached(be);
	}
}

void xenbus_fail(struct backend *be)
{
	log_closed(be->failure);
	write_error(be, be->failure);
	detach(be);
	set_state(be, XenbusStateClosed);
	be->failure[0] = '\0';
	be->look = true;
}

void xenbus_step(struct backend *be)
{
	struct xenbus_view view;
	enum xenbus_action action;

	be->look = false;
	read_view(be, &view);
	action = xenbus_decide(&view);
	if (action == XENBUS_WAIT) {
		return;
	}
	be->look = true;
	switch (action) {
	case XENBUS_OFFER:
		offer(be);
		break;
	case XENBUS_ATTACH:
		attach(be);
		break;
	case XENBUS_ASK:
		set_state(be, XenbusStateClosing);
		break;
	case XENBUS_RELEASE:
		detach(be);
		set_state(be, XenbusStateClosing);
		break;
	case XENBUS_CLOSE:
		detach(be);
		set_state(be, XenbusStateClosed);
		log_cycle("closed");
		break;
	case XENBUS_EXIT:
	default:
		log_info("ends: %s",
			 !view.alive ? "the domain is gone" :
			 !view.present ? "its node was removed" :
			 "the device was unplugged");
		be->end = true;
		break;
	}
}

static void on_watch(void *arg)
{
	struct backend *be = arg;
	char **event;

	while ((event = xs_check_watch(be->xs)) != NULL) {
		free(event);
		be->look = true;
	}
	if (errno != EAGAIN) {
		/* Disks in use are worth more than a clean end: serve on. */
		log_error("lost xenstored: %s; serving on until killed",
			  strerror(errno));
		loop_remove(&be->loop, &be->xs_source);
	}
}

/* The toolstack writes both before it starts us; a typo ends here. */
static int find_frontend(struct backend *be)
{
	uint64_t id;
	int rc;

	be->frontend = store_read(be->xs, be->path, "frontend");
	if (!be->frontend) {
		log_error("%s/frontend is not there", be->path);
		return -ENOENT;
	}
	rc = store_read_number(be->xs, be->path, "frontend-id", UINT16_MAX,
			       &id);
	if (rc != 0 || id != be->domid) {
		log_error("%s/frontend-id is not %u", be->path, be->domid);
		return -EINVAL;
	}
	return 0;
}

static int watch(struct backend *be, const char *dir, const char *key)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s%s", dir, key[0] ? "/" : "", key);
	if (!xs_watch(be->xs, path, "w")) {
		log_error("cannot watch %s: %s", path, strerror(errno));
		return -errno;
	}
	return 0;
}

int xenbus_start(struct backend *be)
{
	int rc;

	be->state = XenbusStateInitialising;
	rc = find_frontend(be);
	if (rc == 0) {
		rc = watch(be, be->frontend, "state");
	}
	if (rc == 0) {
		rc = watch(be, be->path, "frontend");
	}
	if (rc == 0) {
		rc = watch(be, be->path, "online");
	}
	if (rc == 0) {
		rc = watch(be, "@releaseDomain", "");
	}
	if (rc != 0) {
		return rc;
	}
	be->xs_source = (struct loop_source){
		.fd = xs_fileno(be->xs), .events = EPOLLIN,
		.ready = on_watch, .arg = be,
	};
	rc = loop_add(&be->loop, &be->xs_source);
	if (rc != 0) {
		log_error("cannot wait for xenstore: %s", strerror(-rc));
		return rc;
	}
	/* The device is offered when the caller returns to its own caller. */
	xenbus_step(be);
	return be->end && be->state == XenbusStateInitialising ? -ENODEV : 0;
}

void xenbus_end(struct backend *be)
{
	char path[256];

	if (!be->frontend) {
		return;
	}
	detach(be);
	remove_error(be);
	snprintf(path, sizeof(path), "%s/frontend", be->path);
	if (store_exists(be->xs, path)) {
		set_state(be, XenbusStateClosed);
	}
	free(be->frontend);
	be->frontend = NULL;
}
