/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Shutdown and reboot requests.  The guest confirms by clearing the node;
 * one that never does (hung, or still booting) is told apart from one that
 * is busy stopping its services.
 */
#include "lib/power.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/rundir.h"
#include "lib/store.h"

/* A guest takes the request at once or never. */
#define CONFIRM_MS 10000
#define TICK_MS 1000

static void control_path(uint32_t domid, const char *node, char path[128])
{
	snprintf(path, 128, "/local/domain/%u/control/%s", domid, node);
}

static bool guest_listens(struct tools *t, uint32_t domid, const char *request)
{
	char feature[64], path[128];

	snprintf(feature, sizeof(feature), "feature-%s", request);
	control_path(domid, feature, path);
	return store_read_number(t, path, 0) == 1;
}

/* The node as it stands; NULL when the domain has gone. */
static bool request_taken(struct tools *t, const char *path)
{
	char *value = xs_read(t->xs, XBT_NULL, path, NULL);
	bool taken = !value || !*value;

	free(value);
	return taken;
}

static bool await_taken(struct tools *t, uint32_t domid, const char *path)
{
	unsigned long end = clock_ms() + CONFIRM_MS;
	struct pollfd fd = { .fd = xs_fileno(t->xs), .events = POLLIN };
	struct progress p;

	if (!tools_watch(t, path, "taken")) {
		return request_taken(t, path);
	}
	progress_begin(&p, "waiting for domain %u to take the request", domid);
	while (!request_taken(t, path) && clock_ms() < end) {
		progress_tick(&p);
		poll(&fd, 1, 500);
		tools_drain_watches(t);
	}
	progress_end(&p);
	xs_unwatch(t->xs, path, "taken");
	return request_taken(t, path);
}

int power_request(struct tools *t, uint32_t domid, const char *request)
{
	xc_domaininfo_t info;
	char path[128];

	if (!domid) {
		return msg_error("domain 0 is this system: use its own %s command",
				 request);
	}
	if (tools_domain_info(t, domid, &info) != 1) {
		info.flags = 0;
	}
	if (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) {
		return msg_error("domain %u has stopped already; 'pvctl destroy %u' removes it",
				 domid, domid);
	}
	if (info.flags & XEN_DOMINF_paused) {
		return msg_error("domain %u is paused and cannot answer; 'pvctl unpause %u' first",
				 domid, domid);
	}
	if (!guest_listens(t, domid, request)) {
		return msg_error("domain %u does not take %s requests (no control/feature-%s): it is still booting or has no support; stop it from inside, or use 'pvctl destroy %u'",
				 domid, request, request, domid);
	}
	control_path(domid, "shutdown", path);
	if (store_write(t, path, request)) {
		return msg_error("cannot write %s to xenstore", path);
	}
	if (!await_taken(t, domid, path)) {
		return msg_error("domain %u did not take the %s request in %d s; if it hangs, use 'pvctl destroy %u'",
				 domid, request, CONFIRM_MS / 1000, domid);
	}
	return 0;
}

/* True when nothing more will happen to @domid by itself. */
static bool has_ended(struct tools *t, uint32_t domid, bool *preserved)
{
	xc_domaininfo_t info;
	pid_t watcher;
	int exists = tools_domain_info(t, domid, &info);

	if (!exists) {
		return !rundir_is_locked("domain", domid, &watcher);
	}
	/* With its watcher gone, nobody will remove a stopped domain. */
	*preserved = exists > 0 && (info.flags & XEN_DOMINF_shutdown) &&
		     !rundir_is_locked("domain", domid, &watcher);
	return *preserved;
}

int power_await_end(struct tools *t, uint32_t domid, unsigned int timeout_s)
{
	struct pollfd fd = { .fd = xs_fileno(t->xs), .events = POLLIN };
	bool preserved = false;
	struct progress p;

	tools_watch(t, "@releaseDomain", "end");
	progress_begin(&p, "waiting for domain %u to stop", domid);
	while (!has_ended(t, domid, &preserved)) {
		unsigned long s = progress_tick(&p);

		if (timeout_s && s >= timeout_s) {
			progress_end(&p);
			return msg_error("domain %u still runs after %u s; see its console, or use 'pvctl destroy %u'",
					 domid, timeout_s, domid);
		}
		/* The watcher's end has no watch: look again soon. */
		poll(&fd, 1, TICK_MS / 20);
		tools_drain_watches(t);
	}
	progress_end(&p);
	if (preserved) {
		msg_info("domain %u has shut down and is kept; 'pvctl destroy %u' removes it",
			 domid, domid);
	}
	return 0;
}
