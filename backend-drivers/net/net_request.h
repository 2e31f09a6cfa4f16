/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Packets as a frontend sends them (xen/io/netif.h): a chain of slots, of
 * which the first gives the size of the whole packet, extras may follow, and
 * each later one gives its own part's size. Pure functions on private copies.
 *
 *	[first][extra ...][part][part] ... [last part]
 *
 * What net_chain_check() lets through has every part inside its page and the
 * parts adding up to the packet; only grant references stay the guest's word.
 */
#ifndef BACKEND_NET_REQUEST_H
#define BACKEND_NET_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/netif.h>

enum {
	NET_PAGE = 4096,
	NET_ETH_HEADER = 14,
	NET_MAX_PACKET = XEN_NETIF_MAX_TX_SIZE,
	NET_MAX_PARTS = XEN_NETIF_NR_SLOTS_MIN,
	NET_MAX_EXTRAS = XEN_NETIF_EXTRA_TYPE_MAX - 1,
	/* More than this in one chain is no packet of any frontend. */
	NET_MAX_CHAIN = 64,
};

enum net_gso { NET_GSO_NONE, NET_GSO_TCPV4, NET_GSO_TCPV6 };

struct net_part {
	uint32_t gref;
	uint16_t offset;
	uint16_t size;
	uint16_t id;
};

struct net_chain {
	/* Filled while slots are taken. */
	struct netif_tx_request first;
	struct net_part parts[NET_MAX_PARTS];
	unsigned int nr_parts;		/* all there are, stored or not */
	unsigned int nr_extras;
	bool has_gso;
	struct netif_extra_info gso_info;
	bool unknown_extra;
	uint16_t ids[NET_MAX_CHAIN];	/* of all slots, in order */
	bool is_extra[NET_MAX_CHAIN];
	unsigned int nr_slots;
	enum { NET_WANT_FIRST, NET_WANT_EXTRA, NET_WANT_PART, NET_COMPLETE }
		want;
	bool more_parts;

	/* Filled by net_chain_check(). */
	uint32_t size;
	enum net_gso gso;
	uint16_t gso_size;
	bool csum_blank;
};

void net_chain_begin(struct net_chain *c);

/*
 * Adds the next slot, a private copy. 1: complete. 0: more slots belong to
 * it. -EPROTO: the chain never ends; the frontend lies.
 */
int net_chain_add(struct net_chain *c, const void *slot);

/* Checks a complete chain. 0, or -EINVAL with the packet to be refused. */
int net_chain_check(struct net_chain *c);

/*
 * How a packet of @size bytes is spread over the frontend's receive slots:
 * the number of them, extras included.
 */
unsigned int net_rx_slots(uint32_t size, bool gso);

#endif
