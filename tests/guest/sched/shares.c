/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Domains of the same weight share the CPUs, however many vCPUs each has and
 * whatever happened before: one that had the machine to itself owes next to
 * nothing to one that comes later, and the newcomer, with one vCPU beside our
 * two, gets at least what one of three vCPUs is due.
 */
#include "common/peer.h"
#include "common/smp.h"

#include <xen/domctl.h>

#define PERIOD		(400 * NSEC_PER_MSEC)
#define AT_LEAST	50	/* percent of one CPU; 67 are due, or 100 */

static uint64_t cpu_time(domid_t id)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = id,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	};

	CHECK_EQ(hypercall(__HYPERVISOR_domctl, (unsigned long)&op, 0, 0, 0,
			   0), 0);
	return op.u.getdomaininfo.cpu_time;
}

static void nothing(void *arg)
{
	(void)arg;
	clock_spin(NSEC_PER_MSEC);
}

TEST(sched_shares, 0)
{
	static struct peer p;
	uint64_t before, begun, percent = 0;
	domid_t id;

	need_two_vcpus();
	peer_create(&p);
	id = peer_spin(&p);
	other_begin(nothing, NULL);
	for (int i = 0; i < 5 && percent < AT_LEAST; i++) {
		begun = clock_ns();
		before = cpu_time(id);
		clock_spin(PERIOD);
		percent = 100 * (cpu_time(id) - before) / (clock_ns() - begun);
		printk("share: %lu %% of a CPU\n", percent);
	}
	CHECK(percent >= AT_LEAST, "%lu %%", percent);
	other_end();
	domain_end(id);
}
