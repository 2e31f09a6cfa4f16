/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the guest sends: chains are taken from the ring, checked, copied into
 * our memory in one call for the whole batch, and written to the tap by one
 * io_uring submission. A call for each packet would cost more, and let who
 * receives it run in between. Each slot is answered, also those of a packet
 * that is refused.
 */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "common/uring.h"
#include "net/net_device.h"

int net_tx_open(struct net_device *d)
{
	static const uint8_t ops[] = { IORING_OP_WRITEV };
	int rc = uring_open(&d->uring, NET_BATCH, 2 * NET_BATCH, ops,
			    sizeof(ops));

	d->have_uring = rc == 0;
	return rc;
}

void net_tx_close(struct net_device *d)
{
	if (d->have_uring) {
		io_uring_queue_exit(&d->uring);
	}
	d->have_uring = false;
}

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

/* Each part lies in its page as in the guest's: none crosses a page. */
static uint8_t *part_at(const struct net_chain *c, uint8_t *pages,
			unsigned int i)
{
	return pages + (size_t)i * OWN_PAGE + c->parts[i].offset;
}

static void plan_copies(struct net_device *d, const struct net_chain *c,
			struct net_tx_packet *p)
{
	unsigned int i;

	for (i = 0; i < c->nr_parts; i++) {
		own_pages_copy_in(&d->tx_pages, &d->copy[p->first_copy + i],
				  d->be->domid, c->parts[i].gref,
				  c->parts[i].offset, part_at(c, p->pages, i),
				  c->parts[i].size);
	}
	p->nr_copies = c->nr_parts;
}

static int copies_result(const struct net_device *d,
			 const struct net_tx_packet *p)
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

/* Moves the parts together, downwards in order; returns the packet. */
static uint8_t *flatten(const struct net_chain *c, uint8_t *pages)
{
	uint8_t *to = pages;
	unsigned int i;

	for (i = 0; i < c->nr_parts; i++) {
		memmove(to, part_at(c, pages, i), c->parts[i].size);
		to += c->parts[i].size;
	}
	return pages;
}

/*
 * Frontends usually send a packet's headers in its first part, which is then
 * enough to look at; otherwise the packet has to be in one piece.
 */
static int send_out(struct net_device *d, const struct net_chain *c,
		    struct net_tx_packet *p)
{
	uint8_t *data = part_at(c, p->pages, 0);
	uint32_t head = c->parts[0].size;
	unsigned int i, n = c->nr_parts;
	struct io_uring_sqe *sqe;
	int rc = -EINVAL;

	if (head >= NET_ETH_HEADER) {
		rc = net_offload_tx(c, data, head, &p->h);
	}
	if (rc != 0 && head < c->size) {
		data = flatten(c, p->pages);
		head = c->size;
		n = 1;
		rc = net_offload_tx(c, data, head, &p->h);
	}
	if (rc == 0 && !source_allowed(d, data)) {
		rc = -EPERM;
	}
	if (rc != 0) {
		return rc;
	}
	p->iov[0] = (struct iovec){ &p->h, sizeof(p->h) };
	p->iov[1] = (struct iovec){ data, head };
	for (i = 1; i < n; i++) {
		p->iov[1 + i] = (struct iovec){ part_at(c, p->pages, i),
						c->parts[i].size };
	}
	/* There is one for each packet of a batch. */
	sqe = io_uring_get_sqe(&d->uring);
	io_uring_prep_writev(sqe, d->tap.fd, p->iov, 1 + n, 0);
	io_uring_sqe_set_data64(sqe, c->size);
	return 0;
}

/* Has the packets written; none is under way afterwards. */
static void send_all(struct net_device *d)
{
	unsigned int left = io_uring_sq_ready(&d->uring);
	struct io_uring_cqe *cqe;

	while (left != 0) {
		int rc = io_uring_submit_and_wait(&d->uring, left);

		if (rc < 0 && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY) {
			log_error("cannot submit packets: %s", strerror(-rc));
			d->be->end = true;
			return;
		}
		while (io_uring_peek_cqe(&d->uring, &cqe) == 0) {
			if (cqe->res < 0) {
				/* Lost on the wire: not the guest's mistake. */
				d->count.tx_dropped++;
			} else {
				d->count.tx_packets++;
				d->count.tx_bytes += cqe->user_data;
			}
			io_uring_cqe_seen(&d->uring, cqe);
			left--;
		}
	}
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

static void prepare(struct net_device *d, const struct net_chain *c,
		    struct net_tx_packet *p, int copied)
{
	if (p->rc == 0) {
		p->rc = copied != 0 ? copied : copies_result(d, p);
	}
	if (p->rc == 0) {
		p->rc = send_out(d, c, p);
	}
	if (p->rc != 0) {
		d->count.tx_refused++;
		log_guest("refused a packet of %u bytes in %u slots: %s",
			  c->first.size, c->nr_slots, strerror(-p->rc));
	}
}

int net_tx_batch(struct net_device *d)
{
	unsigned int i, n = 0, copies = 0;
	uint32_t waiting;
	int rc;

	if (ring_waiting(&d->tx, &waiting) != 0) {
		return -EPROTO;
	}
	while (n < NET_BATCH && copies + NET_MAX_PARTS <= NET_TX_PAGES) {
		struct net_tx_packet *p = &d->tx_packets[n];

		rc = take_chain(d, &d->chains[n], &waiting);
		if (rc < 0) {
			return rc;
		}
		if (rc == 0) {
			break;
		}
		p->pages = d->tx_pages.mem + (size_t)copies * OWN_PAGE;
		p->first_copy = copies;
		p->nr_copies = 0;
		p->rc = net_chain_check(&d->chains[n]);
		if (p->rc == 0) {
			plan_copies(d, &d->chains[n], p);
		}
		copies += p->nr_copies;
		n++;
	}
	rc = 0;
	if (copies != 0 &&
	    xengnttab_grant_copy(d->be->gnttab, copies, d->copy) != 0) {
		rc = -errno;
	}
	for (i = 0; i < n; i++) {
		prepare(d, &d->chains[i], &d->tx_packets[i], rc);
	}
	send_all(d);
	for (i = 0; i < n; i++) {
		answer(d, &d->chains[i], d->tx_packets[i].rc);
	}
	if (ring_push(&d->tx)) {
		backend_notify(d->be, d->tx_port);
	}
	return waiting != 0;
}
