/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One virtual network interface: a tap device on one side, on the other the
 * frontend's two rings. tx and rx are the frontend's words: tx is what the
 * guest sends.
 *
 * Packets go in batches; the hypervisor copies a batch between the guest's
 * pages and our buffers in one call. No page of a guest is ever mapped here
 * but the rings.
 */
#ifndef BACKEND_NET_DEVICE_H
#define BACKEND_NET_DEVICE_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/backend.h"
#include "common/own_pages.h"
#include "net/net_offload.h"
#include "net/net_request.h"
#include "net/net_tap.h"

enum {
	NET_BATCH = 32,			/* packets per copy, at most */
	NET_BUDGET = 4,			/* batches per turn of the loop */
	NET_BUFFER = 64 * 1024,		/* room for a packet from the tap */
	NET_TX_PAGES = 64,
	NET_RX_PAGES = 64,		/* in two halves .. */
	NET_RX_HALF = NET_RX_PAGES / 2 * NET_PAGE,	/* .. of bytes */
	NET_COPIES = 64,		/* one for each page of a batch */
};

_Static_assert(NET_BUFFER > (int)NET_MAX_PACKET, "one too long is seen");
_Static_assert(NET_RX_HALF >= NET_BUFFER, "room for one at least");
_Static_assert(NET_TX_PAGES <= NET_COPIES && NET_RX_PAGES <= NET_COPIES,
	       "copies of a batch");

struct net_rx_packet {
	struct net_rx_info info;
	uint32_t size;
	unsigned int slots;
	uint8_t *data;
};

struct net_tx_packet {
	int rc;			/* of the checks, then of the copies */
	unsigned int first_copy, nr_copies;
	uint8_t *pages;		/* the first part's page; others follow */
	struct virtio_net_hdr h;
	struct iovec iov[1 + NET_MAX_PARTS];
};

struct net_counters {
	uint64_t tx_packets, tx_bytes, tx_refused, tx_dropped;
	uint64_t rx_packets, rx_bytes, rx_dropped;
};

struct net_device {
	struct backend *be;
	struct net_tap tap;
	struct loop_source tap_source;
	bool tap_ready;			/* a read may find a packet */
	struct net_counters count;

	/* The connection. */
	struct back_ring tx, rx;
	int tx_port, rx_port;		/* the same one if not split */
	bool sg;
	struct net_accepts accepts;

	/* A batch on its way out of the guest; each part has its own page. */
	struct net_chain chains[NET_BATCH];
	struct net_tx_packet tx_packets[NET_BATCH];
	struct own_pages tx_pages;
	struct io_uring uring;
	bool have_uring;

	/*
	 * A batch on its way in. The first may wait for room in the ring; then
	 * others are read into that half of the pages where it is not.
	 */
	struct net_rx_packet packets[NET_BATCH];
	unsigned int nr_held;
	struct own_pages rx_pages;

	struct xengnttab_grant_copy_segment copy[NET_COPIES];

	/* From the command line. */
	const char *bridge, *ifname;
	uint8_t mac[6];
	bool have_mac, lock_mac;
	char name[16];
};

/* The ring that takes packets to the tap. 0, or -errno after a message. */
int net_tx_open(struct net_device *d);
void net_tx_close(struct net_device *d);

/* net_tx.c, net_rx.c: one batch each. */

/* 1: a batch was done, there may be more. 0: the ring is empty. -EPROTO. */
int net_tx_batch(struct net_device *d);

/* 1: a batch was done. 0: no packet, or no room for one. -EPROTO. */
int net_rx_batch(struct net_device *d);

/* Somebody removed the tap device: says so and ends the process. */
void net_tap_lost(struct net_device *d);

/* net_rings.c */
int net_rings_attach(struct backend *be);
void net_rings_attached(struct backend *be);
bool net_rings_work(struct backend *be);
void net_rings_detach(struct backend *be);

#endif
