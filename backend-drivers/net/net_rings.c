/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The two rings of a network interface: attaching to what the frontend
 * offers in xenstore, working on both in turn, letting go.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/log.h"
#include "net/net_device.h"

static int read_ports(struct backend *be, uint64_t *tx, uint64_t *rx)
{
	if (backend_front_number(be, "event-channel-tx", UINT32_MAX, tx) ==
	    0 &&
	    backend_front_number(be, "event-channel-rx", UINT32_MAX, rx) ==
	    0) {
		return 0;
	}
	*rx = UINT64_MAX;
	return backend_front_number(be, "event-channel", UINT32_MAX, tx);
}

static int bind_ports(struct net_device *d, uint64_t tx, uint64_t rx)
{
	d->tx_port = backend_bind(d->be, (uint32_t)tx);
	if (d->tx_port < 0) {
		return d->tx_port;
	}
	d->rx_port = d->tx_port;
	if (rx == UINT64_MAX) {
		return 0;
	}
	d->rx_port = backend_bind(d->be, (uint32_t)rx);
	if (d->rx_port < 0) {
		int rc = d->rx_port;

		backend_unbind(d->be, d->tx_port);
		return rc;
	}
	return 0;
}

static void read_features(struct net_device *d)
{
	struct backend *be = d->be;

	d->sg = backend_front_bool(be, "feature-sg", false);
	d->accepts.csum_v4 =
		!backend_front_bool(be, "feature-no-csum-offload", false);
	d->accepts.csum_v6 =
		backend_front_bool(be, "feature-ipv6-csum-offload", false);
	d->accepts.gso_v4 = d->sg && d->accepts.csum_v4 &&
		backend_front_bool(be, "feature-gso-tcpv4", false);
	d->accepts.gso_v6 = d->sg && d->accepts.csum_v6 &&
		backend_front_bool(be, "feature-gso-tcpv6", false);
}

static int map_rings(struct net_device *d)
{
	struct backend *be = d->be;
	uint64_t ref;
	uint32_t gref;
	int rc;

	rc = backend_front_number(be, "tx-ring-ref", UINT32_MAX, &ref);
	if (rc != 0) {
		backend_fail(be, "tx-ring-ref is missing or no number");
		return rc;
	}
	gref = (uint32_t)ref;
	rc = backend_map_ring(be, &d->tx, &gref, 1,
			      sizeof(union netif_tx_sring_entry));
	if (rc != 0) {
		backend_fail(be, "cannot map tx ring: %s", strerror(-rc));
		return rc;
	}
	rc = backend_front_number(be, "rx-ring-ref", UINT32_MAX, &ref);
	if (rc != 0) {
		backend_fail(be, "rx-ring-ref is missing or no number");
		goto out_unmap_tx;
	}
	gref = (uint32_t)ref;
	rc = backend_map_ring(be, &d->rx, &gref, 1,
			      sizeof(union netif_rx_sring_entry));
	if (rc != 0) {
		backend_fail(be, "cannot map rx ring: %s", strerror(-rc));
		goto out_unmap_tx;
	}
	return 0;

out_unmap_tx:
	backend_unmap_ring(be, &d->tx, 1);
	return rc;
}

int net_rings_attach(struct backend *be)
{
	struct net_device *d = be->device;
	uint64_t tx, rx, queues;
	int rc;

	if (!backend_front_bool(be, "request-rx-copy", false)) {
		backend_fail(be, "it does not set request-rx-copy");
		return -EOPNOTSUPP;
	}
	if (backend_front_number(be, "multi-queue-num-queues", UINT32_MAX,
				 &queues) == 0 && queues != 1) {
		backend_fail(be, "it wants several queues");
		return -EOPNOTSUPP;
	}
	rc = read_ports(be, &tx, &rx);
	if (rc != 0) {
		backend_fail(be, "event-channel is missing or no number");
		return rc;
	}
	read_features(d);
	rc = map_rings(d);
	if (rc != 0) {
		return rc;
	}
	rc = bind_ports(d, tx, rx);
	if (rc != 0) {
		backend_fail(be, "cannot bind its event channels: %s",
			     strerror(-rc));
		backend_unmap_ring(be, &d->rx, 1);
		backend_unmap_ring(be, &d->tx, 1);
		return rc;
	}
	d->nr_held = 0;
	return 0;
}

/* The carrier comes last: from now on packets arrive. */
void net_rings_attached(struct backend *be)
{
	struct net_device *d = be->device;
	int rc;

	rc = net_tap_offloads(&d->tap, d->accepts.csum_v4, d->accepts.gso_v4,
			      d->accepts.gso_v6);
	if (rc != 0) {
		log_error("cannot set offloads: %s", strerror(-rc));
	}
	net_tap_carrier(&d->tap, true);
	log_cycle("gso %s%s%s, event channels %s",
		 d->accepts.gso_v4 ? "tcpv4 " : "",
		 d->accepts.gso_v6 ? "tcpv6 " : "",
		 d->accepts.gso_v4 || d->accepts.gso_v6 ? "on" : "off",
		 d->tx_port == d->rx_port ? "joint" : "split");
}

/* Sends until the ring stays empty or the budget ends; then rx likewise. */
static int work_tx(struct net_device *d, bool *more)
{
	uint32_t waiting = 0;
	int budget;

	for (budget = NET_BUDGET; budget > 0;) {
		int rc = net_tx_batch(d);

		if (rc < 0) {
			return rc;
		}
		if (rc == 1) {
			budget--;
			continue;
		}
		if (ring_final_check(&d->tx, 1, &waiting) != 0) {
			return -EPROTO;
		}
		if (waiting == 0) {
			return 0;
		}
		budget--;
	}
	*more = true;
	return 0;
}

static int work_rx(struct net_device *d, bool *more)
{
	uint32_t waiting = 0;
	int budget;

	for (budget = NET_BUDGET; budget > 0; budget--) {
		int rc = net_rx_batch(d);

		if (rc < 0) {
			return rc;
		}
		if (d->nr_held == 0) {
			if (!d->tap_ready) {
				return 0;
			}
			continue;
		}
		/* A packet waits: ask for an event when there is room. */
		if (ring_final_check(&d->rx, d->packets[0].slots, &waiting) !=
		    0) {
			return -EPROTO;
		}
		if (waiting < d->packets[0].slots) {
			return 0;
		}
	}
	*more = true;
	return 0;
}

bool net_rings_work(struct backend *be)
{
	struct net_device *d = be->device;
	bool more = false;

	if (work_tx(d, &more) != 0) {
		backend_fail(be, "its tx ring breaks the protocol");
		return false;
	}
	if (work_rx(d, &more) != 0) {
		backend_fail(be, "its rx index is beyond the ring");
		return false;
	}
	/* While a packet waits for room, more packets need not wake us. */
	loop_set(&be->loop, &d->tap_source, d->tap_ready ? 0 : EPOLLIN);
	return more;
}

void net_rings_detach(struct backend *be)
{
	struct net_device *d = be->device;

	net_tap_carrier(&d->tap, false);
	loop_set(&be->loop, &d->tap_source, 0);
	if (d->rx_port != d->tx_port) {
		backend_unbind(be, d->rx_port);
	}
	backend_unbind(be, d->tx_port);
	d->tx_port = -1;
	d->rx_port = -1;
	backend_unmap_ring(be, &d->rx, 1);
	backend_unmap_ring(be, &d->tx, 1);
	d->nr_held = 0;
	d->tap_ready = true;
	log_cycle("sent %llu packets, received %llu; refused %llu, lost %llu",
		 (unsigned long long)d->count.tx_packets,
		 (unsigned long long)d->count.rx_packets,
		 (unsigned long long)d->count.tx_refused,
		 (unsigned long long)(d->count.tx_dropped +
				      d->count.rx_dropped));
}
