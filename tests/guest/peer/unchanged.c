/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Compared are: both domains as the toolstack sees them, but for what time
 * alone changes; the wall clock; free memory; which of our ports are pending;
 * and, on Paravane, the hypervisor's own recount of everything.
 */
#include "peer/unchanged.h"

static struct xen_domctl_getdomaininfo info_of(domid_t id)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = id,
	};

	if (hc_domctl(&op) || op.domain != id) {
		test_error("domain %u is not there", id);
	}
	op.u.getdomaininfo.cpu_time = 0;
	op.u.getdomaininfo.flags &= XEN_DOMINF_dying | XEN_DOMINF_shutdown |
				    XEN_DOMINF_paused;
	return op.u.getdomaininfo;
}

static unsigned long pending_ports(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < EVTCHN_2L_NR_CHANNELS; i++) {
		sum += event_is_pending(i);
	}
	return sum;
}

void unchanged_begin(struct unchanged *u, struct peer *p)
{
	memset(u, 0, sizeof(*u));
	/* It maps what it will map. */
	peer_call(p, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	peer_page(p, PEER_DATA);
	peer_page(p, PEER_PAGES - 1);
	u->us = info_of(0);
	u->it = info_of(p->id);
	u->wall[0] = shared_info->wc_version;
	u->wall[1] = shared_info->wc_sec;
	u->wall[2] = shared_info->wc_nsec;
	u->pending = pending_ports();
	u->free = free_pages();
}

void unchanged_end(const struct unchanged *u, struct peer *p)
{
	struct xen_domctl_getdomaininfo us = info_of(0), it = info_of(p->id);

	test_case("nothing has changed");
	CHECK_EQ(memcmp(&us, &u->us, sizeof(us)), 0);
	CHECK_EQ(memcmp(&it, &u->it, sizeof(it)), 0);
	CHECK_EQ(shared_info->wc_version, u->wall[0]);
	CHECK_EQ(shared_info->wc_sec, u->wall[1]);
	CHECK_EQ(shared_info->wc_nsec, u->wall[2]);
	CHECK_EQ(pending_ports(), u->pending);
	CHECK(free_pages_return_to(u->free), "%lx, not %lx", free_pages(),
	      u->free);
	CHECK(audit() <= 0);
	CHECK_EQ(peer_call(p, __HYPERVISOR_xen_version, XENVER_version, 0, 0,
			   0), 4 << 16 | 17);
}
