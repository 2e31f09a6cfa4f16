/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The headers of the protocols that are spoken here, in network byte order,
 * and what one needs to fill them in.
 */
#ifndef KEEL_LIB_IP_H
#define KEEL_LIB_IP_H

#include "lib/lib.h"

#define ETHERNET_IPV4	0x0800
#define ETHERNET_ARP	0x0806
#define ARP_ASKS	1
#define ARP_ANSWERS	2
#define IP_ICMP		1
#define IP_UDP		17
#define ICMP_ANSWER	0
#define ICMP_ASKS	8

struct ethernet {
	uint8_t to[6], from[6];
	uint16_t type;
} __attribute__((packed));

struct arp {
	uint16_t hardware, protocol;
	uint8_t hardware_size, protocol_size;
	uint16_t operation;
	uint8_t sender_mac[6];
	uint32_t sender_ip;
	uint8_t target_mac[6];
	uint32_t target_ip;
} __attribute__((packed));

struct ipv4 {
	uint8_t version, tos;
	uint16_t length, id, fragment;
	uint8_t ttl, protocol;
	uint16_t sum;
	uint32_t from, to;
} __attribute__((packed));

struct icmp {
	uint8_t type, code;
	uint16_t sum, id, sequence;
} __attribute__((packed));

struct udp {
	uint16_t from, to, length, sum;
} __attribute__((packed));

static inline uint16_t swap16(uint16_t v)
{
	return __builtin_bswap16(v);
}

/* What lies in network order, added to a sum of the same. */
static inline uint32_t checksum_add(uint32_t sum, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++) {
		sum += i & 1 ? p[i] : p[i] << 8;
	}
	return sum;
}

static inline uint16_t checksum_end(uint32_t sum)
{
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return swap16(~sum);
}

/* The Internet's checksum; 0 of what has its own in it. */
static inline uint16_t checksum(const void *data, size_t n)
{
	return checksum_end(checksum_add(0, data, n));
}

/* "A.B.C.D", in network order. */
static inline uint32_t parse_address(const char *p)
{
	uint32_t ip = 0, part = 0, shift = 0;

	for (; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
		if (*p == '.') {
			ip |= part << shift;
			shift += 8;
			part = 0;
		} else {
			part = part * 10 + *p - '0';
		}
	}
	return ip | part << shift;
}

#endif
