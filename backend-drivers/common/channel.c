/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What joins a backend to its frontend besides xenstore: rings mapped by
 * grant reference, and event channels. Declared in backend.h.
 */
#include "common/backend.h"

#include <errno.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096 };

int backend_map_ring(struct backend *be, struct back_ring *ring,
		     uint32_t *refs, uint32_t pages, uint32_t slot_size)
{
	void *mem;
	int rc;

	mem = xengnttab_map_domain_grant_refs(be->gnttab, pages, be->domid,
					      refs, PROT_READ | PROT_WRITE);
	if (!mem) {
		return errno ? -errno : -EINVAL;
	}
	rc = ring_attach(ring, mem, (size_t)pages * PAGE_BYTES, slot_size);
	if (rc != 0) {
		xengnttab_unmap(be->gnttab, mem, pages);
		ring->shared = NULL;
	}
	return rc;
}

void backend_unmap_ring(struct backend *be, struct back_ring *ring,
			uint32_t pages)
{
	if (ring->shared) {
		xengnttab_unmap(be->gnttab, ring->shared, pages);
		ring->shared = NULL;
	}
}

int backend_bind(struct backend *be, uint32_t remote)
{
	xenevtchn_port_or_error_t port;

	port = xenevtchn_bind_interdomain(be->evtchn, be->domid, remote);
	return port < 0 ? -errno : port;
}

void backend_unbind(struct backend *be, int port)
{
	if (port >= 0) {
		xenevtchn_unbind(be->evtchn, (evtchn_port_t)port);
	}
}

void backend_notify(struct backend *be, int port)
{
	if (port >= 0) {
		xenevtchn_notify(be->evtchn, (evtchn_port_t)port);
	}
}
