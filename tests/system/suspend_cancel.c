/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * usage: suspend-cancel DOMID
 *
 * Asks a guest to suspend, waits until the hypervisor says that it has, and
 * lets the same domain go on: what a toolstack does when saving came to
 * nothing. For the system test "keel as a guest"; runs in domain 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xenstore.h>

#define TRIES	300

static int is_suspended(xc_interface *xch, uint32_t domid)
{
	xc_dominfo_t info;

	return xc_domain_getinfo(xch, domid, 1, &info) == 1 &&
	       info.domid == domid && info.shutdown &&
	       info.shutdown_reason == SHUTDOWN_suspend;
}

int main(int argc, char **argv)
{
	struct timespec nap = { 0, 100000000 };
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	struct xs_handle *xs = xs_open(0);
	uint32_t domid = argc == 2 ? atoi(argv[1]) : 0;
	char path[64];
	int tries = 0;

	if (!domid || !xch || !xs) {
		fprintf(stderr, "usage: suspend-cancel DOMID\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	if (!xs_write(xs, XBT_NULL, path, "suspend", strlen("suspend"))) {
		perror(path);
		return 1;
	}
	while (!is_suspended(xch, domid)) {
		if (++tries == TRIES) {
			fprintf(stderr, "it does not suspend\n");
			return 1;
		}
		nanosleep(&nap, NULL);
	}
	/* xenstored, too, must know, or it tells nobody of the next shutdown. */
	if (xc_domain_resume(xch, domid, 1) || !xs_resume_domain(xs, domid)) {
		perror("resume");
		return 1;
	}
	printf("suspended and resumed\n");
	return 0;
}
