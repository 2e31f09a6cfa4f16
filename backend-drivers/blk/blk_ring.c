/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A disk's ring: attaching to what the frontend offers in xenstore, taking
 * requests, pushing answers, and letting go when nothing is in flight.
 */
#include "blk/blk_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/protocols.h>

#include "common/log.h"
#include "common/store.h"

static int check_protocol(struct backend *be)
{
	char *protocol = store_read(be->xs, be->frontend, "protocol");
	int rc = 0;

	/* Slots of 32-bit frontends have another layout. */
	if (protocol && strcmp(protocol, XEN_IO_PROTO_ABI_X86_64) != 0) {
		backend_fail(be, "protocol is not " XEN_IO_PROTO_ABI_X86_64);
		rc = -EPROTO;
	}
	free(protocol);
	return rc;
}

static int read_ring_refs(struct backend *be, uint32_t *refs, uint32_t *pages)
{
	uint64_t order = 0, ref;
	char key[24];
	uint32_t i;
	int rc;

	rc = backend_front_number(be, "ring-page-order", BLK_RING_ORDER,
				  &order);
	if (rc != 0 && rc != -ENOENT) {
		backend_fail(be, "ring-page-order is above %d",
			     BLK_RING_ORDER);
		return rc;
	}
	*pages = 1u << order;
	if (*pages == 1 &&
	    backend_front_number(be, "ring-ref", UINT32_MAX, &ref) == 0) {
		refs[0] = (uint32_t)ref;
		return 0;
	}
	for (i = 0; i < *pages; i++) {
		snprintf(key, sizeof(key), "ring-ref%u", i);
		rc = backend_front_number(be, key, UINT32_MAX, &ref);
		if (rc != 0) {
			backend_fail(be, "%s is missing or no number", key);
			return rc;
		}
		refs[i] = (uint32_t)ref;
	}
	return 0;
}

/*
 * After a backend's death some requests in the ring may have been answered
 * out of order; which, nobody knows any more. Only an idle or a fresh ring
 * can be gone on with.
 */
static int check_fresh(struct blk_device *d)
{
	uint32_t waiting;
	int rc = ring_waiting(&d->ring, &waiting);

	if (rc == 0 && d->ring.req_cons != 0 && waiting != 0) {
		backend_fail(d->be, "the ring holds requests of an earlier backend");
		return -EBUSY;
	}
	return rc;
}

static int make_jobs(struct blk_device *d)
{
	uint32_t i;

	d->jobs = calloc(d->ring.nr_ents, sizeof(d->jobs[0]));
	if (!d->jobs) {
		return -ENOMEM;
	}
	d->free_jobs = NULL;
	for (i = d->ring.nr_ents; i-- > 0;) {
		d->jobs[i].next = d->free_jobs;
		d->free_jobs = &d->jobs[i];
	}
	d->retry = NULL;
	d->retry_tail = &d->retry;
	d->in_flight = 0;
	return 0;
}

int blk_ring_attach(struct backend *be)
{
	struct blk_device *d = be->device;
	uint32_t refs[BLK_RING_PAGES];
	uint64_t remote;
	bool keep;
	int rc;

	rc = check_protocol(be);
	if (rc == 0) {
		rc = read_ring_refs(be, refs, &d->ring_pages);
	}
	if (rc != 0) {
		return rc;
	}
	rc = backend_front_number(be, "event-channel", UINT32_MAX, &remote);
	if (rc != 0) {
		backend_fail(be, "event-channel is missing or no number");
		return rc;
	}
	keep = backend_front_bool(be, "feature-persistent", false);
	rc = backend_map_ring(be, &d->ring, refs, d->ring_pages,
			      sizeof(union blkif_sring_entry));
	if (rc != 0) {
		backend_fail(be, "cannot map the ring: %s", strerror(-rc));
		return rc;
	}
	rc = check_fresh(d);
	if (rc == 0) {
		rc = make_jobs(d);
	}
	if (rc != 0) {
		goto out_unmap;
	}
	d->port = backend_bind(be, (uint32_t)remote);
	if (d->port < 0) {
		rc = d->port;
		backend_fail(be, "cannot bind its event channel: %s",
			     strerror(-rc));
		goto out_free;
	}
	blk_pages_connect(&d->pages, keep);
	log_cycle("ring of %u slots, persistent grants %s", d->ring.nr_ents,
		 keep ? "on" : "off");
	return 0;

out_free:
	free(d->jobs);
	d->jobs = NULL;
out_unmap:
	backend_unmap_ring(be, &d->ring, d->ring_pages);
	return rc;
}

/* True while a request of the largest size could be started. */
static bool can_take(const struct blk_device *d)
{
	/* One more for the page of an indirect request. */
	return d->pages.nr_bounce_free > BLK_MAX_SEGMENTS;
}

static void push(struct blk_device *d)
{
	if (ring_push(&d->ring)) {
		backend_notify(d->be, d->port);
	}
}

/* Takes at most @budget requests; returns how many, or -EPROTO. */
static int take(struct blk_device *d, int budget)
{
	struct blkif_request raw;
	uint32_t waiting;
	int n = 0;

	if (ring_waiting(&d->ring, &waiting) != 0) {
		return -EPROTO;
	}
	while (waiting != 0 && n < budget && can_take(d)) {
		ring_take(&d->ring, &raw, sizeof(raw));
		blk_job_start(d, &raw);
		waiting--;
		n++;
	}
	return n;
}

bool blk_ring_work(struct backend *be)
{
	struct blk_device *d = be->device;
	uint32_t waiting = 0;
	int taken = 0;
	bool more;

	blk_jobs_reap(d);
	do {
		int n = take(d, BLK_BUDGET - taken);

		if (n < 0) {
			goto out_lied;
		}
		taken += n;
		more = blk_jobs_submit(d);
		blk_jobs_reap(d);
		push(d);
		if (taken >= BLK_BUDGET || more) {
			return true;
		}
		/* No room for more: the next completion brings us back. */
		if (!can_take(d)) {
			return io_uring_sq_ready(&d->uring) != 0;
		}
		if (ring_final_check(&d->ring, 1, &waiting) != 0) {
			goto out_lied;
		}
	} while (waiting != 0);
	/* Reaping may have queued second halves of transfers. */
	return io_uring_sq_ready(&d->uring) != 0 || d->retry != NULL;

out_lied:
	backend_fail(be, "its request index is beyond the ring");
	return false;
}

/* Waits for everything in flight: until then the kernel uses the pages. */
static void drain(struct blk_device *d)
{
	while (d->in_flight != 0) {
		struct io_uring_cqe *cqe;

		blk_jobs_submit(d);
		blk_jobs_reap(d);
		if (d->in_flight != 0 &&
		    io_uring_sq_ready(&d->uring) == 0) {
			io_uring_wait_cqe(&d->uring, &cqe);
		}
	}
}

void blk_ring_detach(struct backend *be)
{
	struct blk_device *d = be->device;

	drain(d);
	push(d);
	backend_unbind(be, d->port);
	d->port = -1;
	blk_pages_disconnect(&d->pages);
	backend_unmap_ring(be, &d->ring, d->ring_pages);
	free(d->jobs);
	d->jobs = NULL;
}
