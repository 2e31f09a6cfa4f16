/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The truth kept here: a page is granted to the backend exactly while its
 * number is in a ring, and an answer counts only if it names such a page and
 * lies within it.
 */
#include "front/netfront.h"
#include "lib/page.h"
#include "xen/clock.h"

#define mb()	asm volatile("mfence" ::: "memory")

static bool wants_notice(unsigned int prod, unsigned int old,
			 unsigned int event)
{
	return prod - event < prod - old;
}

/* Gives page `id` to the backend to fill. */
static void rx_post(struct net *n, unsigned int id)
{
	struct netif_rx_request *r;

	r = &n->rx->ring[n->rx_prod++ & (NET_RING - 1)].req;
	n->rx_ref[id] = grant_access(n->dev.backend_id, n->rx_page[id],
				     false);
	r->id = id;
	r->pad = 0;
	r->gref = n->rx_ref[id];
}

static void rx_push(struct net *n)
{
	unsigned int old = n->rx->req_prod;

	barrier();
	WRITE_ONCE(n->rx->req_prod, n->rx_prod);
	mb();
	if (wants_notice(n->rx_prod, old, READ_ONCE(n->rx->req_event))) {
		event_send(n->dev.port);
	}
}

static int publish(struct net *n, grant_ref_t tx, grant_ref_t rx)
{
	const struct {
		const char *name;
		unsigned long value;
	} keys[] = {
		{ "tx-ring-ref", tx }, { "rx-ring-ref", rx },
		{ "event-channel", n->dev.port }, { "request-rx-copy", 1 },
		{ "feature-rx-notify", 1 }, { "feature-no-csum-offload", 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
		int err = store_write_number(STORE_NO_TX, n->dev.path,
					     keys[i].name, keys[i].value);

		if (err) {
			return err;
		}
	}
	return front_state(&n->dev, XenbusStateConnected);
}

static unsigned int hex(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
}

static int read_mac(struct net *n)
{
	char path[96], text[20];
	int got;

	snprintf(path, sizeof(path), "%s/mac", n->dev.path);
	got = store_read(STORE_NO_TX, path, text, sizeof(text));
	if (got != 17) {
		return got < 0 ? got : -XEN_EINVAL;
	}
	for (unsigned int i = 0; i < 6; i++) {
		n->mac[i] = hex(text[i * 3]) << 4 | hex(text[i * 3 + 1]);
	}
	return 0;
}

int net_open(struct net *n, unsigned int index)
{
	grant_ref_t tx, rx;
	int state, err;

	memset(n, 0, sizeof(*n));
	err = front_find(&n->dev, "vif", index);
	err = err ? err : read_mac(n);
	if (err) {
		return err;
	}
	state = front_wait_backend(&n->dev, 1 << XenbusStateInitWait |
					    1 << XenbusStateConnected);
	if (state < 0) {
		return state;
	}
	n->tx = front_ring(&n->dev, &tx);
	n->rx = front_ring(&n->dev, &rx);
	n->tx->req_event = n->tx->rsp_event = 1;
	n->rx->req_event = n->rx->rsp_event = 1;
	for (unsigned int i = 0; i < NET_RX; i++) {
		n->rx_page[i] = page_alloc();
		rx_post(n, i);
	}
	WRITE_ONCE(n->rx->req_prod, n->rx_prod);
	err = publish(n, tx, rx);
	if (err) {
		return err;
	}
	state = front_wait_backend(&n->dev, 1 << XenbusStateConnected |
					    1 << XenbusStateClosed);
	if (state != XenbusStateConnected) {
		return state < 0 ? state : -XEN_EIO;
	}
	event_send(n->dev.port);
	return 0;
}

void net_close(struct net *n)
{
	front_close(&n->dev);
}

/* Takes back the pages of frames that went out. */
static void tx_reap(struct net *n)
{
	unsigned int have = READ_ONCE(n->tx->rsp_prod) - n->tx_cons;

	if (have > n->tx_prod - n->tx_cons) {
		panic("the network backend answers what was not asked");
	}
	barrier();
	for (; have; have--) {
		struct netif_tx_response r =
			n->tx->ring[n->tx_cons++ & (NET_RING - 1)].rsp;

		barrier();	/* from here on only the copy is looked at */
		if (r.id >= NET_RING || !n->tx_page[r.id]) {
			panic("the network backend answers for page %u", r.id);
		}
		if (grant_revoke(n->tx_ref[r.id])) {
			page_free(n->tx_page[r.id]);
		}
		n->tx_page[r.id] = NULL;
		n->dropped += r.status != NETIF_RSP_OKAY;
	}
	WRITE_ONCE(n->tx->rsp_event, n->tx_cons + 1);
}

int net_send(struct net *n, const void *frame, size_t size)
{
	struct netif_tx_request *r;
	unsigned int id = 0, old = n->tx_prod;

	tx_reap(n);
	if (n->tx_prod - n->tx_cons == NET_RING || size > NET_FRAME_MAX) {
		return -XEN_EAGAIN;
	}
	while (n->tx_page[id]) {
		id++;
	}
	n->tx_page[id] = page_alloc();
	memcpy(n->tx_page[id], frame, size);
	n->tx_ref[id] = grant_access(n->dev.backend_id, n->tx_page[id], true);
	r = &n->tx->ring[n->tx_prod++ & (NET_RING - 1)].req;
	r->gref = n->tx_ref[id];
	r->offset = 0;
	r->flags = 0;
	r->id = id;
	r->size = size;
	barrier();
	WRITE_ONCE(n->tx->req_prod, n->tx_prod);
	mb();
	if (wants_notice(n->tx_prod, old, READ_ONCE(n->tx->req_event))) {
		event_send(n->dev.port);
	}
	n->sent++;
	return 0;
}

int net_receive(struct net *n, void *frame, size_t size)
{
	struct netif_rx_response r;
	unsigned int have = READ_ONCE(n->rx->rsp_prod) - n->rx_cons;
	int len = 0;

	if (!have) {
		/* An event for the next one, unless it is there by now. */
		WRITE_ONCE(n->rx->rsp_event, n->rx_cons + 1);
		mb();
		have = READ_ONCE(n->rx->rsp_prod) - n->rx_cons;
	}
	if (have > n->rx_prod - n->rx_cons) {
		panic("the network backend answers what was not asked");
	}
	if (!have) {
		return 0;
	}
	barrier();
	r = n->rx->ring[n->rx_cons++ & (NET_RING - 1)].rsp;
	barrier();	/* from here on only the copy is looked at */
	if (r.id >= NET_RX || !grant_revoke(n->rx_ref[r.id])) {
		panic("the network backend keeps page %u", r.id);
	}
	if (r.status > 0 && (unsigned int)r.status <= size &&
	    r.offset + (unsigned int)r.status <= PAGE_SIZE) {
		len = r.status;
		memcpy(frame, (char *)n->rx_page[r.id] + r.offset, len);
		n->received++;
	} else {
		n->dropped++;
	}
	rx_post(n, r.id);
	rx_push(n);
	return len;
}

void net_wait(struct net *n, uint64_t ns)
{
	if (READ_ONCE(n->rx->rsp_prod) == n->rx_cons) {
		front_wait(&n->dev, ns);
	}
	tx_reap(n);
}
