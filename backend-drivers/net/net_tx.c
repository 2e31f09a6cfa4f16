/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the guest sends: chains are taken from the ring, checked, copied into
 * our memory in one call for the whole batch, and written to the tap. Each
 * slot is answered, also those of a packet that is refused.
 */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "net/net_device.h"

struct tx_packet {
	int rc;			/* of the checks, then of the copies */
	unsigned int first_copy, nr_copies;
};

/* Takes one chain. 1: there is one. 0: the ring is empty. -EPROTO. */
static int take_chain(struct net_device *d, struct net_chain *c,
		      uint32_t *waiting)
{
	struct netif_tx_request slot;
	int rc = 0;

	if (*waiting == 0) {
		return 0;
	}
	net_chain_begin(c);
	while (rc == 0) {
		/* A frontend shows a packet's slots all at once. */
		if (*waiting == 0) {
			return -EPROTO;
		}
		ring_take(&d->tx, &slot, sizeof(slot));
		(*waiting)--;
		rc = net_chain_add(c, &slot);
	}
	return rc;
}

static void plan_copies(struct net_device *d, const struct net_chain *c,
			uint8_t *to, unsigned int *n)
{
	unsigned int i;

	for (i = 0; i < c->nr_parts; i++) {
		struct xengnttab_grant_copy_segment *s = &d->copy[(*n)++];

		memset(s, 0, sizeof(*s));
		s->source.foreign.ref = c->parts[i].gref;
		s->source.foreign.offset = c->parts[i].offset;
		s->source.foreign.domid = (uint16_t)d->be->domid;
		s->dest.virt = to;
		s->len = c->parts[i].size;
		s->flags = GNTCOPY_source_gref;
		to += c->parts[i].size;
	}
}

static int copies_result(const struct net_device *d,
			 const struct tx_packet *p)
{
	unsigned int i;

	for (i = 0; i < p->nr_copies; i++) {
		int16_t status = d->copy[p->first_copy + i].status;

		if (status != GNTST_okay) {
			log_guest("grant %u cannot be read (status %d)",
				  d->copy[p->first_copy + i].source.foreign.ref,
				  status);
			return -EFAULT;
		}
	}
	return 0;
}

static bool source_allowed(const struct net_device *d, const uint8_t *data)
{
	return !d->lock_mac || memcmp(data + 6, d->mac, 6) == 0;
}

static int send_out(struct net_device *d, const struct net_chain *c,
		    uint8_t *data)
{
	struct virtio_net_hdr h;
	int rc;

	if (!source_allowed(d, data)) {
		return -EPERM;
	}
	rc = net_offload_tx(c, data, &h);
	if (rc != 0) {
		return rc;
	}
	if (net_tap_write(&d->tap, &h, data, c->size) != 0) {
		/* Lost on the wire, as it were: not the guest's mistake. */
		d->count.tx_dropped++;
		return 0;
	}
	d->count.tx_packets++;
	d->count.tx_bytes += c->size;
	return 0;
}

static void answer(struct net_device *d, const struct net_chain *c, int rc)
{
	struct netif_tx_response rsp;
	unsigned int i;

	for (i = 0; i < c->nr_slots; i++) {
		rsp.id = c->ids[i];
		rsp.status = c->is_extra[i] ? NETIF_RSP_NULL :
			     rc == 0 ? NETIF_RSP_OKAY : NETIF_RSP_ERROR;
		ring_respond(&d->tx, &rsp, sizeof(rsp));
	}
}

static void finish(struct net_device *d, unsigned int i, struct tx_packet *p)
{
	struct net_chain *c = &d->chains[i];

	if (p->rc == 0) {
		p->rc = copies_result(d, p);
	}
	if (p->rc == 0) {
		p->rc = send_out(d, c, d->tx_buffers + (size_t)i * NET_BUFFER);
	}
	if (p->rc != 0) {
		d->count.tx_refused++;
		log_guest("refused a packet of %u bytes in %u slots: %s",
			  c->first.size, c->nr_slots, strerror(-p->rc));
	}
	answer(d, c, p->rc);
}

int net_tx_batch(struct net_device *d)
{
	struct tx_packet packets[NET_BATCH];
	unsigned int i, n = 0, copies = 0;
	uint32_t waiting;
	int rc;

	if (ring_waiting(&d->tx, &waiting) != 0) {
		return -EPROTO;
	}
	while (n < NET_BATCH) {
		struct tx_packet *p = &packets[n];

		rc = take_chain(d, &d->chains[n], &waiting);
		if (rc < 0) {
			return rc;
		}
		if (rc == 0) {
			break;
		}
		p->first_copy = copies;
		p->rc = net_chain_check(&d->chains[n]);
		if (p->rc == 0) {
			plan_copies(d, &d->chains[n],
				    d->tx_buffers + (size_t)n * NET_BUFFER,
				    &copies);
		}
		p->nr_copies = copies - p->first_copy;
		n++;
	}
	rc = 0;
	if (copies != 0 &&
	    xengnttab_grant_copy(d->be->gnttab, copies, d->copy) != 0) {
		rc = -errno;
	}
	for (i = 0; i < n; i++) {
		if (packets[i].rc == 0) {
			packets[i].rc = rc;
		}
		finish(d, i, &packets[i]);
	}
	if (ring_push(&d->tx)) {
		backend_notify(d->be, d->tx_port);
	}
	return n == NET_BATCH;
}
