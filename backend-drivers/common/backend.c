/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The frame of a backend process: see backend.h. Here: start, the main loop,
 * signals, end. The xenbus side is in xenbus.c, rings and ports in channel.c.
 *
 * The order at start matters. The fork comes first, since neither grant
 * mappings nor the xenstore connection survive one. Then everything that
 * needs root is opened, then rights are given up, and only then is the first
 * byte looked at that a guest has written.
 */
#include "common/backend.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <xentoollog.h>

#include "common/log.h"
#include "common/number.h"
#include "common/process.h"
#include "common/seccomp.h"
#include "common/xenbus.h"

bool backend_option(struct backend *be, int c, const char *value)
{
	uint64_t n;

	switch (c) {
	case 'F':
		be->have_domid = number_parse(value, DOMID_FIRST_RESERVED - 1,
					      &n) == 0;
		be->domid = be->have_domid ? (uint32_t)n : 0;
		return be->have_domid;
	case 'D':
		be->have_devid = number_parse(value, UINT32_MAX, &n) == 0;
		be->devid = be->have_devid ? (uint32_t)n : 0;
		return be->have_devid;
	case 'P':
		be->path = value;
		return value[0] == '/';
	case 'd':
		be->daemon = true;
		return true;
	case 'p':
		be->pidfile = value;
		return true;
	case 'l':
		be->logfile = value;
		return true;
	case 'u':
		be->user = value;
		return true;
	default:
		return false;
	}
}

bool backend_options_complete(const struct backend *be)
{
	const char *missing = NULL;

	if (!be->have_domid) {
		missing = "--frontend-domid";
	} else if (!be->have_devid) {
		missing = "--devid";
	} else if (!be->path) {
		missing = "--backend-path";
	}
	if (missing) {
		fprintf(stderr, "%s: %s is needed, with a good value\n",
			be->ops->program, missing);
	}
	return !missing;
}

/*
 * The Xen libraries complain on stderr when a guest's grant cannot be mapped.
 * We report such things ourselves, at a rate that the guest cannot raise.
 */
static void quiet(struct xentoollog_logger *logger, xentoollog_level level,
		  int err, const char *context, const char *fmt, va_list ap)
{
	(void)logger;
	(void)level;
	(void)err;
	(void)context;
	(void)fmt;
	(void)ap;
}

static struct xentoollog_logger quiet_logger = { .vmessage = quiet };

static int open_xen(struct backend *be)
{
	be->xs = xs_open(0);
	if (!be->xs) {
		log_error("cannot reach xenstored: %s", strerror(errno));
		return -errno;
	}
	be->evtchn = xenevtchn_open(&quiet_logger, 0);
	if (!be->evtchn) {
		log_error("cannot open /dev/xen/evtchn: %s", strerror(errno));
		return -errno;
	}
	be->gnttab = xengnttab_open(&quiet_logger, 0);
	if (!be->gnttab) {
		log_error("cannot open /dev/xen/gntdev: %s", strerror(errno));
		return -errno;
	}
	be->gntshr = xengntshr_open(&quiet_logger, 0);
	/* From here on the handle binds ports of this one domain only. */
	if (xenevtchn_restrict(be->evtchn, (domid_t)be->domid) < 0) {
		log_info("event channels not restricted to domain %u: %s",
			 be->domid, strerror(errno));
	}
	return 0;
}

/*
 * The connection to xenstore closes with the process: xs_close() would cancel
 * its reader thread, for which the C library wants to load another library.
 */
static void close_xen(struct backend *be)
{
	if (be->gntshr) {
		xengntshr_close(be->gntshr);
	}
	if (be->gnttab) {
		xengnttab_close(be->gnttab);
	}
	if (be->evtchn) {
		xenevtchn_close(be->evtchn);
	}
}

/* Takes the port out and lets it fire again; the work follows in the loop. */
static void on_event(void *arg)
{
	struct backend *be = arg;
	xenevtchn_port_or_error_t port = xenevtchn_pending(be->evtchn);

	if (port >= 0) {
		xenevtchn_unmask(be->evtchn, (evtchn_port_t)port);
	}
}

static void on_signal(void *arg)
{
	struct backend *be = arg;
	struct signalfd_siginfo info;

	if (read(be->signal_source.fd, &info, sizeof(info)) !=
	    (ssize_t)sizeof(info)) {
		return;
	}
	if (info.ssi_signo != SIGHUP) {
		log_info("ends on signal %u", info.ssi_signo);
		be->end = true;
	} else if (be->ops->reload) {
		be->ops->reload(be);
	}
}

static int open_signals(struct backend *be)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) {
		return -errno;
	}
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		return -errno;
	}
	be->signal_source = (struct loop_source){
		.fd = fd, .events = EPOLLIN, .ready = on_signal, .arg = be,
	};
	return loop_add(&be->loop, &be->signal_source);
}

/* Everything that needs root, then no more root. */
static int start(struct backend *be)
{
	int rc;

	rc = loop_open(&be->loop);
	if (rc == 0) {
		rc = open_signals(be);
	}
	if (rc != 0) {
		log_error("cannot set up events: %s", strerror(-rc));
		return rc;
	}
	rc = open_xen(be);
	if (rc != 0) {
		return rc;
	}
	be->evtchn_source = (struct loop_source){
		.fd = xenevtchn_fd(be->evtchn), .events = EPOLLIN,
		.ready = on_event, .arg = be,
	};
	rc = loop_add(&be->loop, &be->evtchn_source);
	if (rc != 0) {
		log_error("cannot wait for events: %s", strerror(-rc));
		return rc;
	}
	rc = be->ops->start(be);
	if (rc != 0) {
		return rc;
	}
	if (be->pidfile) {
		rc = process_pidfile(be->pidfile);
		if (rc != 0) {
			log_error("cannot write %s: %s", be->pidfile,
				  strerror(-rc));
			return rc;
		}
	}
	rc = process_drop(be->user);
	if (rc != 0) {
		log_error("cannot become user %s: %s", be->user,
			  strerror(-rc));
	}
	return rc;
}

/* After this nothing can be opened; --user root is for finding mistakes. */
static void confine(struct backend *be)
{
	int rc;

	if (strcmp(be->user, "root") == 0) {
		return;
	}
	rc = seccomp_confine();
	if (rc != 0) {
		log_info("system calls are not limited: %s", strerror(-rc));
	}
}

/*
 * Work comes before waiting, each time round: an event that arrived in the
 * middle of anything else is never left behind. Each work() is bounded, so
 * xenstore and signals get their turn beside a guest that never stops.
 */
static int main_loop(struct backend *be)
{
	int rc = 0;

	while (!be->end && rc == 0) {
		be->busy = false;
		if (be->attached && !backend_failed(be)) {
			be->busy = be->ops->work(be);
		}
		if (backend_failed(be)) {
			xenbus_fail(be);
		}
		if (be->look) {
			xenbus_step(be);
			continue;
		}
		rc = loop_turn(&be->loop, be->busy ? 0 : -1);
	}
	return rc;
}

int backend_run(struct backend *be)
{
	char name[48];
	int ready = -1, rc;

	snprintf(name, sizeof(name), "domain %u device %u", be->domid,
		 be->devid);
	if (!be->user) {
		be->user = "nobody";
	}
	be->loop.epfd = -1;
	be->signal_source.fd = -1;
	rc = log_start(be->ops->program, name, be->logfile);
	if (rc != 0) {
		log_error("cannot open %s: %s", be->logfile, strerror(-rc));
		return 1;
	}
	if (be->daemon) {
		log_to_starter();
		ready = process_fork();
		if (ready < 0) {
			log_error("cannot fork: %s", strerror(-ready));
			return 1;
		}
	}
	rc = start(be);
	if (rc == 0) {
		rc = xenbus_start(be);
	}
	if (rc == 0 && be->daemon) {
		log_detach();
		process_ready(ready);
	}
	if (rc == 0) {
		confine(be);
	}
	if (rc == 0) {
		rc = main_loop(be);
	}
	xenbus_end(be);
	be->ops->stop(be);
	close_xen(be);
	if (be->signal_source.fd >= 0) {
		close(be->signal_source.fd);
	}
	loop_close(&be->loop);
	return rc == 0 ? 0 : 1;
}
