/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the guest receives: packets are read from the tap, matched with the
 * buffers that the frontend has put into its ring, and copied there in one
 * call for the whole batch. A packet that finds too few buffers waits, and
 * the tap is not read meanwhile: its queue is where packets are lost then.
 *
 * Responses stand in the slots of the requests they answer, in order, since
 * Linux's frontend relies on that (xen/io/netif.h, "rx response").
 */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "net/net_device.h"

void net_tap_lost(struct net_device *d)
{
	if (!d->be->end) {
		log_error("tap device %s is gone", d->tap.name);
		d->be->end = true;
	}
}

/* Reads the next packet that the frontend can take. 0, or -EAGAIN. */
static int read_packet(struct net_device *d, struct net_rx_packet *p)
{
	struct virtio_net_hdr h;

	for (;;) {
		ssize_t n = net_tap_read(&d->tap, &h, p->data, NET_BUFFER);

		if (n < 0) {
			d->tap_ready = false;
			if (n != -EAGAIN && n != -EINTR) {
				net_tap_lost(d);
			}
			return -EAGAIN;
		}
		p->size = (uint32_t)n;
		if (n >= NET_ETH_HEADER && n <= NET_MAX_PACKET &&
		    net_offload_rx(&h, p->data, p->size, &d->accepts,
				   &p->info) == 0) {
			p->slots = net_rx_slots(p->size,
						p->info.gso != NET_GSO_NONE);
			if (p->slots == 1 || d->sg) {
				return 0;
			}
		}
		d->count.rx_dropped++;
	}
}

static uint16_t flags_of(const struct net_rx_packet *p)
{
	uint16_t flags = 0;

	if (p->info.csum_blank) {
		flags |= NETRXF_csum_blank;
	}
	if (p->info.validated) {
		flags |= NETRXF_data_validated;
	}
	if (p->info.gso != NET_GSO_NONE) {
		flags |= NETRXF_extra_info;
	}
	return flags;
}

/* The response that tells how to cut an oversized segment up. */
static void make_gso(const struct net_rx_packet *p,
		     struct netif_rx_response *rsp)
{
	struct netif_extra_info extra;

	_Static_assert(sizeof(extra) == sizeof(*rsp), "extras fit a slot");
	memset(&extra, 0, sizeof(extra));
	extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
	extra.u.gso.size = p->info.gso_size;
	extra.u.gso.type = p->info.gso == NET_GSO_TCPV4 ?
		XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
	memcpy(rsp, &extra, sizeof(extra));
}

/*
 * Takes the packet's slots and plans its copies. Each data slot's response
 * is one copy, so copies and data responses go in step.
 */
static void place(struct net_device *d, struct net_rx_packet *p,
		  struct netif_rx_response *rsp, unsigned int *n)
{
	uint32_t done = 0;
	unsigned int i;

	for (i = 0; i < p->slots; i++) {
		struct netif_rx_request req;
		uint32_t part = p->size - done;

		ring_take(&d->rx, &req, sizeof(req));
		if (i == 1 && p->info.gso != NET_GSO_NONE) {
			make_gso(p, &rsp[i]);
			continue;
		}
		if (part > NET_PAGE) {
			part = NET_PAGE;
		}
		own_pages_copy_out(&d->rx_pages, &d->copy[(*n)++],
				   d->be->domid, req.gref, p->data + done,
				   (uint16_t)part);
		done += part;
		rsp[i] = (struct netif_rx_response){
			.id = req.id,
			.flags = i == 0 ? flags_of(p) : 0,
			.status = (int16_t)part,
		};
		if (done < p->size) {
			rsp[i].flags |= NETRXF_more_data;
		}
	}
}

/* Turns failed copies into error responses; returns false if one failed. */
static bool check_copies(struct net_device *d, const struct net_rx_packet *p,
			 struct netif_rx_response *rsp, unsigned int *n,
			 int rc)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < p->slots; i++) {
		struct xengnttab_grant_copy_segment *s;

		if (i == 1 && p->info.gso != NET_GSO_NONE) {
			continue;
		}
		s = &d->copy[(*n)++];
		if (rc == 0 && s->status == GNTST_okay) {
			continue;
		}
		if (good) {
			log_guest("grant %u cannot be written (status %d)",
				  s->dest.foreign.ref, s->status);
		}
		rsp[i].status = NETIF_RSP_ERROR;
		good = false;
	}
	return good;
}

/* Reads packets while there is room for them. Returns how many there are. */
static unsigned int gather(struct net_device *d, uint32_t waiting)
{
	uint8_t *half = d->rx_pages.mem + NET_RX_HALF, *at = d->rx_pages.mem, *end;
	unsigned int n = 0;

	if (d->nr_held != 0 && d->packets[0].data < half) {
		at = half;
	}
	end = at + NET_RX_HALF;
	while (n < NET_BATCH) {
		struct net_rx_packet *p = &d->packets[n];

		if (n >= d->nr_held) {
			p->data = at;
			if (end - at < NET_BUFFER || !d->tap_ready ||
			    read_packet(d, p) != 0) {
				break;
			}
			d->nr_held++;
			at += (p->size + OWN_PAGE - 1) & ~(OWN_PAGE - 1u);
		}
		if (p->slots > waiting) {
			break;
		}
		waiting -= p->slots;
		n++;
	}
	return n;
}

/* The one packet that found no room becomes the first of the next batch. */
static void keep_rest(struct net_device *d, unsigned int n)
{
	if (n < d->nr_held && n != 0) {
		d->packets[0] = d->packets[n];
	}
	d->nr_held -= n;
}

static void respond(struct net_device *d, const struct net_rx_packet *p,
		    const struct netif_rx_response *rsp)
{
	unsigned int i;

	for (i = 0; i < p->slots; i++) {
		ring_respond(&d->rx, &rsp[i], sizeof(rsp[i]));
	}
}

int net_rx_batch(struct net_device *d)
{
	struct netif_rx_response rsp[NET_BATCH][NET_MAX_PARTS];
	unsigned int i, n, copies = 0;
	uint32_t waiting;
	int rc = 0;

	if (ring_waiting(&d->rx, &waiting) != 0) {
		return -EPROTO;
	}
	n = gather(d, waiting);
	if (n == 0) {
		return 0;
	}
	for (i = 0; i < n; i++) {
		place(d, &d->packets[i], rsp[i], &copies);
	}
	if (xengnttab_grant_copy(d->be->gnttab, copies, d->copy) != 0) {
		rc = -errno;
	}
	copies = 0;
	for (i = 0; i < n; i++) {
		struct net_rx_packet *p = &d->packets[i];

		if (check_copies(d, p, rsp[i], &copies, rc)) {
			d->count.rx_packets++;
			d->count.rx_bytes += p->size;
		} else {
			d->count.rx_dropped++;
		}
		respond(d, p, rsp[i]);
	}
	keep_rest(d, n);
	if (ring_push(&d->rx)) {
		backend_notify(d->be, d->rx_port);
	}
	return 1;
}
