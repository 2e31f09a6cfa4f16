/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Checksum and segmentation offloads translated: see net_offload.h. Header
 * formats: RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 768 (UDP), 1071 (sums).
 */
#include "net/net_offload.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_IPV6 = 0x86dd,
	MAX_VLANS = 2,
	MAX_EXTENSIONS = 8,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Steps over the IPv4 header at *pos. */
static bool find_ipv4(const uint8_t *packet, uint32_t size, uint32_t *pos,
		      struct net_layers *l)
{
	const uint8_t *ip = packet + *pos;
	uint32_t length;

	if (size - *pos < IPV4_HEADER || ip[0] >> 4 != 4) {
		return false;
	}
	length = (ip[0] & 0xfu) * 4;
	/* Only the whole packet has a transport checksum, no fragment. */
	if (length < IPV4_HEADER || length > size - *pos ||
	    (get16(ip + 6) & 0x3fff) != 0) {
		return false;
	}
	l->ipv6 = false;
	l->protocol = ip[9];
	*pos += length;
	return true;
}

/* Steps over the IPv6 header at *pos and what extends it. */
static bool find_ipv6(const uint8_t *packet, uint32_t size, uint32_t *pos,
		      struct net_layers *l)
{
	const uint8_t *ip = packet + *pos;
	uint8_t next;
	int i;

	if (size - *pos < IPV6_HEADER || ip[0] >> 4 != 6) {
		return false;
	}
	l->ipv6 = true;
	next = ip[6];
	*pos += IPV6_HEADER;
	for (i = 0; i < MAX_EXTENSIONS; i++) {
		uint32_t length;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_DSTOPTS) {
			break;
		}
		if (size - *pos < 8) {
			return false;
		}
		length = (packet[*pos + 1] + 1u) * 8;
		if (length > size - *pos) {
			return false;
		}
		next = packet[*pos];
		*pos += length;
	}
	l->protocol = next;
	return true;
}

static bool find_transport(const uint8_t *packet, uint32_t size, uint32_t pos,
			   struct net_layers *l)
{
	uint32_t length;

	l->transport = pos;
	if (l->protocol == IPPROTO_UDP) {
		if (size - pos < UDP_HEADER) {
			return false;
		}
		l->csum = pos + 6;
		l->header_end = pos + UDP_HEADER;
		return true;
	}
	if (l->protocol != IPPROTO_TCP || size - pos < TCP_HEADER) {
		return false;
	}
	length = (packet[pos + 12] >> 4) * 4u;
	if (length < TCP_HEADER || length > size - pos) {
		return false;
	}
	l->csum = pos + 16;
	l->header_end = pos + length;
	return true;
}

bool net_layers_find(const uint8_t *packet, uint32_t size,
		     struct net_layers *l)
{
	uint32_t pos = NET_ETH_HEADER;
	uint16_t type;
	int vlans;
	bool found;

	if (size < NET_ETH_HEADER) {
		return false;
	}
	type = get16(packet + 12);
	for (vlans = 0; vlans < MAX_VLANS && size - pos >= 4 &&
	     (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); vlans++) {
		type = get16(packet + pos + 2);
		pos += 4;
	}
	if (type == ETHERTYPE_IPV4) {
		found = find_ipv4(packet, size, &pos, l);
	} else if (type == ETHERTYPE_IPV6) {
		found = find_ipv6(packet, size, &pos, l);
	} else {
		found = false;
	}
	return found && find_transport(packet, size, pos, l);
}

/* The ones' complement sum of @n bytes, added to @sum, not folded. */
static uint64_t add_bytes(uint64_t sum, const uint8_t *p, uint32_t n)
{
	uint32_t i;

	for (i = 0; i + 1 < n; i += 2) {
		sum += get16(p + i);
	}
	if (i < n) {
		sum += (uint64_t)p[i] << 8;
	}
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

/* Addresses are the last bytes of the fixed IPv6 header, 8 into IPv4's. */
static uint16_t pseudo_header(const uint8_t *packet, uint32_t size,
			      const struct net_layers *l, uint32_t network)
{
	uint64_t sum = l->protocol;

	sum += size - l->transport;
	if (l->ipv6) {
		sum = add_bytes(sum, packet + network + 8, 32);
	} else {
		sum = add_bytes(sum, packet + network + 12, 8);
	}
	return fold(sum);
}

/* Where the network header starts: after the Ethernet header and tags. */
static uint32_t network_start(const uint8_t *packet)
{
	uint32_t pos = NET_ETH_HEADER;
	uint16_t type = get16(packet + 12);
	int vlans;

	for (vlans = 0; vlans < MAX_VLANS &&
	     (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); vlans++) {
		type = get16(packet + pos + 2);
		pos += 4;
	}
	return pos;
}

/* Short packets are padded: the network header knows the true end. */
static uint32_t network_end(const uint8_t *packet, uint32_t size,
			    const struct net_layers *l, uint32_t network)
{
	uint32_t length;

	if (l->ipv6) {
		length = IPV6_HEADER + get16(packet + network + 4);
	} else {
		length = get16(packet + network + 2);
	}
	if (length > size - network || network + length < l->header_end) {
		return size;
	}
	return network + length;
}

int net_offload_tx(const struct net_chain *c, uint8_t *data, uint32_t head,
		   struct virtio_net_hdr *h)
{
	struct net_layers l;
	uint32_t network, end;

	memset(h, 0, sizeof(*h));
	/* A segment to be cut up always needs new checksums. */
	if (!c->csum_blank && c->gso == NET_GSO_NONE) {
		return 0;
	}
	if (!net_layers_find(data, head, &l)) {
		return -EINVAL;
	}
	network = network_start(data);
	end = network_end(data, c->size, &l, network);
	put16(data + l.csum, pseudo_header(data, end, &l, network));
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = (uint16_t)l.transport;
	h->csum_offset = (uint16_t)(l.csum - l.transport);
	if (c->gso == NET_GSO_NONE) {
		return 0;
	}
	if (l.protocol != IPPROTO_TCP ||
	    l.ipv6 != (c->gso == NET_GSO_TCPV6)) {
		return -EINVAL;
	}
	/* One that fits into a segment needs no cutting. */
	if (c->size - l.header_end <= c->gso_size) {
		return 0;
	}
	h->gso_type = l.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
			     : VIRTIO_NET_HDR_GSO_TCPV4;
	h->gso_size = c->gso_size;
	h->hdr_len = (uint16_t)l.header_end;
	return 0;
}

/* Computes the checksum that the sender left to the device. */
static int finish_csum(const struct virtio_net_hdr *h, uint8_t *data,
		       uint32_t size)
{
	uint32_t at = (uint32_t)h->csum_start + h->csum_offset;
	uint16_t sum;

	if (h->csum_start >= size || at + 2 > size) {
		return -EINVAL;
	}
	/* The field holds the pseudo-header's sum and counts with the rest. */
	sum = (uint16_t)~fold(add_bytes(0, data + h->csum_start,
					size - h->csum_start));
	put16(data + at, sum ? sum : 0xffff);
	return 0;
}

static int rx_gso(const struct virtio_net_hdr *h,
		  const struct net_accepts *accepts, struct net_rx_info *info)
{
	switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return 0;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		info->gso = NET_GSO_TCPV4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		info->gso = NET_GSO_TCPV6;
		break;
	default:
		return -EINVAL;
	}
	info->gso_size = h->gso_size;
	if (h->gso_size == 0) {
		return -EINVAL;
	}
	if (info->gso == NET_GSO_TCPV4 ? !accepts->gso_v4
				       : !accepts->gso_v6) {
		return -EINVAL;
	}
	return 0;
}

int net_offload_rx(const struct virtio_net_hdr *h, uint8_t *data,
		   uint32_t size, const struct net_accepts *accepts,
		   struct net_rx_info *info)
{
	struct net_layers l;
	int rc;

	memset(info, 0, sizeof(*info));
	rc = rx_gso(h, accepts, info);
	if (rc != 0) {
		return rc;
	}
	if (h->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		info->validated = true;
	}
	if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) {
		return 0;
	}
	/* The frontend will look for the place itself: it must find it. */
	if (net_layers_find(data, size, &l) && l.transport == h->csum_start &&
	    l.csum == l.transport + h->csum_offset &&
	    (l.ipv6 ? accepts->csum_v6 : accepts->csum_v4)) {
		info->csum_blank = true;
		info->validated = true;
		return 0;
	}
	if (info->gso != NET_GSO_NONE) {
		return -EINVAL;
	}
	return finish_csum(h, data, size);
}
