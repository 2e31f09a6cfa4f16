/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What `pvctl stats --hypervisor` shows, for each workload: in domain 0 of a
 * hypervisor that counts (XEN_SYSCTL_perfc_op in libxen-dev's <xen/sysctl.h>,
 * made through the kernel's /dev/xen/privcmd).
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sysctl.h>
#include <xen/sys/privcmd.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "counters.h"

#define MAX	256

/*
 * The hypervisor writes there: a shared mapping, which a fork neither makes
 * read-only nor copies.
 */
static struct area {
	struct xen_sysctl op;
	struct xen_sysctl_perfc_desc desc[MAX];
	uint32_t value[MAX], before[MAX];
} *area;

static int make_area(void)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		area = mmap(NULL, sizeof(*area), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	}
	return area == MAP_FAILED ? -1 : fd;
}

/* How many counters there are now in area->value; 0 without any. */
static int query(void)
{
	static int fd = -2;
	struct xen_sysctl_perfc_op *op;
	privcmd_hypercall_t call = { .op = __HYPERVISOR_sysctl };

	if (fd == -2) {
		fd = make_area();
	}
	if (fd < 0) {
		return 0;
	}
	call.arg[0] = (uintptr_t)&area->op;
	op = &area->op.u.perfc_op;
	memset(&area->op, 0, sizeof(area->op));
	area->op.cmd = XEN_SYSCTL_perfc_op;
	area->op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	op->cmd = XEN_SYSCTL_PERFCOP_query;
	/* The first call says how many there are. One CPU: a value for each. */
	if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) || op->nr_vals > MAX ||
	    op->nr_counters != op->nr_vals) {
		return 0;
	}
	set_xen_guest_handle(op->desc, area->desc);
	set_xen_guest_handle(op->val, area->value);
	return ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) ? 0 :
	       (int)op->nr_counters;
}

void counters_begin(void)
{
	if (query()) {
		memcpy(area->before, area->value, sizeof(area->value));
	}
}

void counters_end(const char *workload)
{
	int n = query();

	for (int i = 0; i < n; i++) {
		uint32_t times = area->value[i] - area->before[i];

		if (times) {
			printf("\ncounter %s %u %s\n", workload, times,
			       area->desc[i].name);
		}
	}
	fflush(stdout);
}
