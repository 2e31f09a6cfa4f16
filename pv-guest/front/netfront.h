/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A network interface: whole frames of up to a page, one queue, no offloads.
 */
#ifndef KEEL_FRONT_NETFRONT_H
#define KEEL_FRONT_NETFRONT_H

#include <stdint.h>

#include <xen/io/netif.h>

#include "front/device.h"

#define NET_RING	256
#define NET_RX		64	/* pages out for the backend to fill */
#define NET_FRAME_MAX	1514

struct net {
	struct front_device dev;
	struct netif_tx_sring *tx;
	struct netif_rx_sring *rx;
	unsigned int tx_prod, tx_cons, rx_prod, rx_cons;
	void *tx_page[NET_RING], *rx_page[NET_RX];
	grant_ref_t tx_ref[NET_RING], rx_ref[NET_RX];
	uint8_t mac[6];
	uint64_t received, sent, dropped;
};

/* Connects interface number `index`. 0 or a negative errno. */
int net_open(struct net *n, unsigned int index);
void net_close(struct net *n);

/* Sends a copy of the frame; -XEN_EAGAIN when the ring is full. */
int net_send(struct net *n, const void *frame, size_t size);

/* The next frame that came, or 0: an event will tell of the next. */
int net_receive(struct net *n, void *frame, size_t size);

/* Sleeps until something happens, at most so long. */
void net_wait(struct net *n, uint64_t ns);

#endif
