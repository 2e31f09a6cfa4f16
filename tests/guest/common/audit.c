/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The audit is Paravane's debug key 'a'; its last line is looked for in the
 * console's ring.
 */
#include "common/audit.h"

long hc_domctl(struct xen_domctl *op)
{
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return hypercall(__HYPERVISOR_domctl, (unsigned long)op, 0, 0, 0, 0);
}

long hc_sysctl(struct xen_sysctl *op)
{
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall(__HYPERVISOR_sysctl, (unsigned long)op, 0, 0, 0, 0);
}

bool on_paravane(void)
{
	static char extra[sizeof(xen_extraversion_t)];

	hc_xen_version(XENVER_extraversion, extra);
	return strstr(extra, "aravane");
}

uint64_t clock_tolerance(void)
{
	return this_cpu()->info->time.flags & XEN_PVCLOCK_TSC_STABLE_BIT ?
	       100 * NSEC_PER_USEC : NSEC_PER_SEC;
}

/* The last line "audit: N frames, N ports, N grants differ", as a sum. */
static int last_audit(const char *text)
{
	const char *p, *last = NULL;
	int sum = 0, n = 0;

	for (p = text; (p = strstr(p, "audit: ")); p++) {
		last = p;
	}
	for (p = last; p && *p && *p != '\n'; p++) {
		if (*p >= '0' && *p <= '9') {
			n = n * 10 + *p - '0';
		} else {
			sum += n;
			n = 0;
		}
	}
	return last && strstr(last, " differ") ? sum : -1;
}

/* The log from `index` on; how much there was, which may be all that fits. */
static unsigned int log_read(char *text, unsigned int size, uint32_t *index)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };

	set_xen_guest_handle(op.u.readconsole.buffer, text);
	op.u.readconsole.count = size - 1;
	op.u.readconsole.incremental = 1;
	op.u.readconsole.index = *index;
	if (hc_sysctl(&op)) {
		test_error("no log");
	}
	*index = op.u.readconsole.index;
	text[op.u.readconsole.count] = '\0';
	return op.u.readconsole.count;
}

int audit(void)
{
	static char text[16384 + 1], key = 'a';
	static uint32_t index;
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };
	int differ;

	if (!is_initial_domain() || !on_paravane()) {
		return -1;
	}
	/* What was said before is not looked at. */
	while (log_read(text, sizeof(text), &index) == sizeof(text) - 1) {
	}
	set_xen_guest_handle(op.u.debug_keys.keys, &key);
	op.u.debug_keys.nr_keys = 1;
	if (hc_sysctl(&op)) {
		test_error("no debug keys");
	}
	log_read(text, sizeof(text), &index);
	differ = last_audit(text);
	if (differ < 0) {
		test_error("no audit in the log");
	}
	return differ;
}

void nap(uint64_t ns)
{
	struct sched_poll poll = { .timeout = clock_ns() + ns };

	hc_sched_op(SCHEDOP_poll, &poll);
}

static long free_pages_now(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

	if (!is_initial_domain() || hc_sysctl(&op)) {
		return -1;
	}
	return op.u.physinfo.free_pages;
}

/* What a domain leaves behind may be freed and scrubbed a little later. */
long free_pages(void)
{
	long last = free_pages_now();

	for (unsigned int same = 0; same < 20; same++) {
		long now;

		nap(10 * NSEC_PER_MSEC);
		now = free_pages_now();
		if (now != last) {
			last = now;
			same = 0;
		}
	}
	return last;
}

/* Xen frees a domain's last pages when its idle CPUs happen to wake. */
bool free_pages_return_to(long number)
{
	uint64_t end = clock_ns() + (on_paravane() ? 5 : 1) * NSEC_PER_SEC;

	while (free_pages_now() != number && clock_ns() < end) {
		nap(10 * NSEC_PER_MSEC);
	}
	return free_pages_now() == number || !on_paravane();
}

void vcpu_pin(domid_t domain, unsigned int vcpu, unsigned char cpus)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpuaffinity,
		.domain = domain,
		.u.vcpuaffinity.vcpu = vcpu,
		.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD,
		.u.vcpuaffinity.cpumap_hard.nr_bits = 8,
	};

	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &cpus);
	CHECK_EQ(hc_domctl(&op), 0);
}
