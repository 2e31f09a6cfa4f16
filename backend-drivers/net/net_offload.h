/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Between Xen's and Linux's idea of work left undone in a packet: blank
 * checksums and oversized TCP segments. Xen's flags only say that the
 * checksum is missing; Linux's header (struct virtio_net_hdr) says where it
 * goes, so headers are parsed. Pure functions on private bytes.
 */
#ifndef BACKEND_NET_OFFLOAD_H
#define BACKEND_NET_OFFLOAD_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/net_request.h"

/* Where a packet's layers are; all offsets from its first byte. */
struct net_layers {
	bool ipv6;
	uint8_t protocol;	/* IPPROTO_TCP or IPPROTO_UDP */
	uint32_t transport;	/* start of the TCP or UDP header */
	uint32_t header_end;	/* end of that header */
	uint32_t csum;		/* position of its checksum */
};

/*
 * Finds the transport header of an Ethernet packet, at most two VLAN tags
 * and IPv6 extension headers included. False: it has none that a checksum
 * offload could be about, or its headers are cut short or lie.
 */
bool net_layers_find(const uint8_t *packet, uint32_t size,
		     struct net_layers *l);

/*
 * From the frontend to the tap: fills @h for the packet whose first @head
 * bytes are @data. A blank checksum's field gets the pseudo-header sum, as
 * Linux expects it there. -EINVAL: the packet is not what its flags say, as
 * far as can be seen in its head.
 */
int net_offload_tx(const struct net_chain *c, uint8_t *data, uint32_t head,
		   struct virtio_net_hdr *h);

/* What the frontend can be given unfinished. */
struct net_accepts {
	bool csum_v4, csum_v6;
	bool gso_v4, gso_v6;
};

struct net_rx_info {
	bool csum_blank;
	bool validated;
	enum net_gso gso;
	uint16_t gso_size;
};

/*
 * From the tap to the frontend: decides what @info says of the packet, and
 * finishes the checksum here if the frontend could not.
 * -EINVAL: the frontend cannot take the packet; drop it.
 */
int net_offload_rx(const struct virtio_net_hdr *h, uint8_t *data,
		   uint32_t size, const struct net_accepts *accepts,
		   struct net_rx_info *info);

#endif
