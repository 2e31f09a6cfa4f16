/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Offloads: finding the transport header, and checksums that a receiver
 * would accept, computed the slow way by the test itself.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/net_offload.h"

static uint8_t packet[2048];
static uint32_t size;

static void put16(uint32_t at, uint32_t v)
{
	packet[at] = (uint8_t)(v >> 8);
	packet[at + 1] = (uint8_t)v;
}

/* Ethernet, @vlans tags; returns where the next header goes. */
static uint32_t ethernet(unsigned int vlans, uint32_t type)
{
	uint32_t at = 12;

	memset(packet, 0, sizeof(packet));
	while (vlans-- != 0) {
		put16(at, 0x8100);
		put16(at + 2, 42);
		at += 4;
	}
	put16(at, type);
	return at + 2;
}

static uint32_t ipv4(uint32_t at, uint32_t options, uint8_t protocol,
		     uint32_t payload)
{
	uint32_t length = 20 + options;

	packet[at] = (uint8_t)(0x40 | length / 4);
	put16(at + 2, length + payload);
	packet[at + 9] = protocol;
	memcpy(&packet[at + 12], "\x0a\x00\x02\x0f\x0a\x00\x02\xc8", 8);
	return at + length;
}

static uint32_t ipv6(uint32_t at, uint8_t next, uint32_t payload)
{
	unsigned int i;

	packet[at] = 0x60;
	put16(at + 4, payload);
	packet[at + 6] = next;
	for (i = 0; i < 32; i++) {
		packet[at + 8 + i] = (uint8_t)(i * 7 + 1);
	}
	return at + 40;
}

/* A TCP header with no options and @data bytes. */
static void tcp(uint32_t at, uint32_t data)
{
	uint32_t i;

	packet[at + 12] = 0x50;
	for (i = 0; i < data; i++) {
		packet[at + 20 + i] = (uint8_t)rand();
	}
	size = at + 20 + data;
}

/* What a receiver sums up: pseudo-header and segment; 0 is good. */
static uint16_t received_sum(bool v6, uint32_t network, uint32_t transport,
			     uint32_t end, uint8_t protocol)
{
	uint32_t from = network + (v6 ? 8 : 12), n = v6 ? 32 : 8, i;
	uint64_t sum = protocol + (end - transport);

	for (i = 0; i < n; i++) {
		sum += (uint64_t)packet[from + i] << (i % 2 ? 0 : 8);
	}
	for (i = transport; i < end; i++) {
		sum += (uint64_t)packet[i] << ((i - transport) % 2 ? 0 : 8);
	}
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

Test(offload, finds_headers)
{
	struct net_layers l;
	unsigned int vlans;

	for (vlans = 0; vlans <= 2; vlans++) {
		uint32_t at = ethernet(vlans, 0x0800);

		tcp(ipv4(at, 8, 6, 120), 100);
		cr_assert(net_layers_find(packet, size, &l));
		cr_assert_eq(l.transport, at + 28);
		cr_assert_eq(l.header_end, at + 48);
		cr_assert_eq(l.csum, at + 44);
		cr_assert_not(l.ipv6);
	}
	tcp(ipv4(ethernet(3, 0x0800), 0, 6, 120), 100);
	cr_assert_not(net_layers_find(packet, size, &l), "three tags");
}

Test(offload, ipv6_extensions)
{
	struct net_layers l;
	uint32_t at = ipv6(ethernet(0, 0x86dd), 0, 16 + 20);

	packet[at] = 60;
	packet[at + 8] = 6;
	tcp(at + 16, 0);
	cr_assert(net_layers_find(packet, size, &l));
	cr_assert(l.ipv6);
	cr_assert_eq(l.transport, 14 + 40 + 16);
	packet[at + 9] = 255;
	cr_assert_not(net_layers_find(packet, size, &l), "too long a one");
}

Test(offload, nothing_to_find)
{
	struct net_layers l;
	uint32_t at;

	ethernet(0, 0x0806);
	cr_assert_not(net_layers_find(packet, 60, &l), "ARP");
	at = ethernet(0, 0x0800);
	tcp(ipv4(at, 0, 6, 120), 100);
	put16(at + 6, 0x2000);
	cr_assert_not(net_layers_find(packet, size, &l), "a fragment");
	put16(at + 6, 0x4000);
	cr_assert(net_layers_find(packet, size, &l), "may not be one");
	packet[at] = 0x44;
	cr_assert_not(net_layers_find(packet, size, &l), "header of 16");
	packet[at] = 0x65;
	cr_assert_not(net_layers_find(packet, size, &l), "not version 4");
	packet[at] = 0x45;
	packet[at + 9] = 1;
	cr_assert_not(net_layers_find(packet, size, &l), "ICMP");
	packet[at + 9] = 6;
	packet[at + 20 + 12] = 0x40;
	cr_assert_not(net_layers_find(packet, size, &l), "TCP of 16");
	packet[at + 20 + 12] = 0xf0;
	cr_assert_not(net_layers_find(packet, at + 20 + 59, &l), "cut short");
}

/* No length reads past the end: ASan watches an exact allocation. */
Test(offload, every_length)
{
	uint32_t n, at;
	struct net_layers l;

	at = ipv6(ethernet(1, 0x86dd), 0, 600);
	packet[at] = 43;
	packet[at + 8] = 60;
	packet[at + 16] = 6;
	tcp(at + 24, 40);
	for (n = 0; n <= size; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, packet, n);
		net_layers_find(copy, n, &l);
		free(copy);
	}
}

static void check_tx(bool v6, uint32_t network, uint32_t transport,
		     uint8_t protocol, uint32_t end)
{
	struct net_chain c = { .size = size, .csum_blank = true };
	struct virtio_net_hdr h;
	uint32_t at, i;
	uint64_t sum = 0;

	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), 0);
	cr_assert_eq(h.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	cr_assert_eq(h.csum_start, transport);
	/* What the kernel does with it. */
	at = (uint32_t)h.csum_start + h.csum_offset;
	for (i = h.csum_start; i < size; i++) {
		sum += (uint64_t)packet[i] <<
		       ((i - h.csum_start) % 2 ? 0 : 8);
	}
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	put16(at, (uint16_t)~sum);
	cr_assert_eq(received_sum(v6, network, transport, end, protocol), 0);
}

Test(offload, transmit_checksum)
{
	uint32_t at, data;

	for (data = 0; data < 50; data++) {
		at = ethernet(0, 0x0800);
		tcp(ipv4(at, 4, 6, 20 + data), data);
		check_tx(false, at, at + 24, 6, size);
		at = ethernet(1, 0x86dd);
		tcp(ipv6(at, 6, 20 + data), data);
		check_tx(true, at, at + 40, 6, size);
	}
}

/* A short packet padded to 60 bytes: the padding is not part of it. */
Test(offload, padding)
{
	uint32_t at = ethernet(0, 0x0800), u;

	u = ipv4(at, 0, 17, 10);
	put16(u + 4, 10);
	packet[u + 8] = 0x12;
	size = 60;
	check_tx(false, at, u, 17, u + 10);
}

Test(offload, transmit_gso)
{
	struct net_chain c = { .gso = NET_GSO_TCPV4, .gso_size = 500 };
	struct virtio_net_hdr h;
	uint32_t at = ethernet(0, 0x0800);

	tcp(ipv4(at, 0, 6, 1020), 1000);
	c.size = size;
	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), 0);
	cr_assert_eq(h.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	cr_assert_eq(h.gso_size, 500);
	cr_assert_eq(h.hdr_len, at + 40);
	c.gso_size = 1000;
	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), 0);
	cr_assert_eq(h.gso_type, VIRTIO_NET_HDR_GSO_NONE, "fits");
	c.gso = NET_GSO_TCPV6;
	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), -EINVAL);
	c.gso = NET_GSO_TCPV4;
	packet[at + 9] = 17;
	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), -EINVAL, "UDP");
}

Test(offload, transmit_plain_is_left_alone)
{
	struct net_chain c = { .size = 60 };
	struct virtio_net_hdr h;

	memset(packet, 0x5a, sizeof(packet));
	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), 0);
	cr_assert_eq(h.flags, 0);
	cr_assert_eq(packet[40], 0x5a);
	c.csum_blank = true;
	cr_assert_eq(net_offload_tx(&c, packet, c.size, &h), -EINVAL);
}

/* As Linux hands it to a tap: the field holds the pseudo-header's sum. */
static void blank(struct virtio_net_hdr *h, uint32_t at, bool v6)
{
	struct net_chain c = { .csum_blank = true };

	if (v6) {
		tcp(ipv6(at, 6, 20 + 333), 333);
	} else {
		tcp(ipv4(at, 0, 6, 20 + 333), 333);
	}
	c.size = size;
	cr_assert_eq(net_offload_tx(&c, packet, c.size, h), 0);
}

Test(offload, receive_checksum)
{
	struct net_accepts all = { true, true, true, true }, none = { 0 };
	struct net_rx_info info;
	struct virtio_net_hdr h;
	uint32_t at;

	at = ethernet(0, 0x0800);
	blank(&h, at, false);
	cr_assert_eq(net_offload_rx(&h, packet, size, &all, &info), 0);
	cr_assert(info.csum_blank);
	cr_assert_eq(net_offload_rx(&h, packet, size, &none, &info), 0);
	cr_assert_not(info.csum_blank);
	cr_assert_eq(received_sum(false, at, at + 20, size, 6), 0);

	all.csum_v6 = false;
	at = ethernet(0, 0x86dd);
	blank(&h, at, true);
	cr_assert_eq(net_offload_rx(&h, packet, size, &all, &info), 0);
	cr_assert_not(info.csum_blank, "only IPv4 is accepted blank");
	cr_assert_eq(received_sum(true, at, at + 40, size, 6), 0);
}

Test(offload, receive_refused)
{
	struct net_accepts none = { 0 };
	struct net_rx_info info;
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 60, .csum_offset = 0,
	};

	memset(packet, 0, sizeof(packet));
	cr_assert_eq(net_offload_rx(&h, packet, 60, &none, &info), -EINVAL);
	h.csum_start = 59;
	cr_assert_eq(net_offload_rx(&h, packet, 60, &none, &info), -EINVAL);
	h.csum_start = 58;
	cr_assert_eq(net_offload_rx(&h, packet, 60, &none, &info), 0);
	h.flags = 0;
	h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h.gso_size = 1448;
	cr_assert_eq(net_offload_rx(&h, packet, 60, &none, &info), -EINVAL);
	h.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	cr_assert_eq(net_offload_rx(&h, packet, 60, &none, &info), -EINVAL);
}
