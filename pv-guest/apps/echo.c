/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Answers on the network: ARP for its address, ICMP echo (ping), and UDP port
 * 7, which sends back what it got. Words: ip=A.B.C.D seconds=N.
 */
#include "apps/app.h"
#include "net.h"

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
	uint16_t sum;
} __attribute__((packed));

struct udp {
	uint16_t from, to, length, sum;
} __attribute__((packed));

static struct net net;
static uint32_t address;
static unsigned long pings, datagrams;

static uint16_t swap16(uint16_t v)
{
	return __builtin_bswap16(v);
}

/* The Internet's checksum, of what lies in network order. */
static uint16_t checksum(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += i & 1 ? p[i] : p[i] << 8;
	}
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return swap16(~sum);
}

static void turn_round(struct ethernet *e)
{
	memcpy(e->to, e->from, 6);
	memcpy(e->from, net.mac, 6);
}

static size_t arp(struct ethernet *e, size_t size)
{
	struct arp *a = (struct arp *)(e + 1);

	if (size < sizeof(*e) + sizeof(*a) || a->operation != swap16(1) ||
	    a->target_ip != address) {
		return 0;
	}
	turn_round(e);
	a->operation = swap16(2);
	memcpy(a->target_mac, a->sender_mac, 6);
	a->target_ip = a->sender_ip;
	memcpy(a->sender_mac, net.mac, 6);
	a->sender_ip = address;
	return sizeof(*e) + sizeof(*a);
}

static bool icmp(struct icmp *c, size_t size)
{
	if (size < sizeof(*c) || c->type != 8) {
		return false;
	}
	c->type = 0;
	c->sum = 0;
	c->sum = checksum(c, size);
	pings++;
	return true;
}

static bool udp(struct udp *u, size_t size)
{
	uint16_t port;

	if (size < sizeof(*u) || u->to != swap16(7)) {
		return false;
	}
	port = u->from;
	u->from = u->to;
	u->to = port;
	u->sum = 0;			/* none: allowed in IPv4 */
	datagrams++;
	return true;
}

static size_t ipv4(struct ethernet *e, size_t size)
{
	struct ipv4 *ip = (struct ipv4 *)(e + 1);
	size_t header, length;
	bool answer = false;

	if (size < sizeof(*e) + sizeof(*ip) || ip->to != address) {
		return 0;
	}
	header = (ip->version & 15) * 4;
	length = swap16(ip->length);
	if (ip->version >> 4 != 4 || header < sizeof(*ip) ||
	    length < header || sizeof(*e) + length > size ||
	    (ip->fragment & swap16(0x3fff))) {
		return 0;
	}
	if (ip->protocol == 1) {
		answer = icmp((struct icmp *)((char *)ip + header),
			      length - header);
	} else if (ip->protocol == 17) {
		answer = udp((struct udp *)((char *)ip + header),
			     length - header);
	}
	if (!answer) {
		return 0;
	}
	turn_round(e);
	ip->to = ip->from;
	ip->from = address;
	ip->ttl = 64;
	ip->sum = 0;
	ip->sum = checksum(ip, header);
	return sizeof(*e) + length;
}

static uint32_t parse_address(const char *p)
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

int main(void)
{
	static char frame[NET_FRAME_MAX];
	const char *ip = cmdline_value("ip="), *s = cmdline_value("seconds=");
	uint64_t seconds = 0, end;
	int err = net_open(&net, 0);

	if (err || !ip) {
		printk("no network: %d%s\nVERDICT error\n", err,
		       ip ? "" : ", no ip= given");
		return 0;
	}
	address = parse_address(ip);
	for (; s && *s >= '0' && *s <= '9'; s++) {
		seconds = seconds * 10 + *s - '0';
	}
	end = clock_ns() + (seconds ? seconds : 3600) * APP_SEC;
	printk("ready at %02x:%02x:%02x:%02x:%02x:%02x\n", net.mac[0],
	       net.mac[1], net.mac[2], net.mac[3], net.mac[4], net.mac[5]);
	while (clock_ns() < end) {
		int size = net_receive(&net, frame, sizeof(frame));
		struct ethernet *e = (struct ethernet *)frame;
		size_t answer = 0;

		if (size < (int)sizeof(*e)) {
			net_wait(&net, 100 * APP_MSEC);
			continue;
		}
		if (e->type == swap16(0x0806)) {
			answer = arp(e, size);
		} else if (e->type == swap16(0x0800)) {
			answer = ipv4(e, size);
		}
		if (answer) {
			net_send(&net, frame, answer);
		}
	}
	net_close(&net);
	printk("%lu pings, %lu datagrams; %lu frames in, %lu out\n", pings,
	       datagrams, net.received, net.sent);
	printk("VERDICT %s\n", pings + datagrams ? "success" : "failure");
	return 0;
}
