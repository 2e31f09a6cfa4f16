/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Answers on the network: ARP for its address, ICMP echo (ping), and UDP port
 * 7, which sends back what it got. Words: ip=A.B.C.D seconds=N.
 */
#include "apps/app.h"
#include "lib/ip.h"
#include "net.h"

static struct net net;
static uint32_t address;
static unsigned long pings, datagrams;

static void turn_round(struct ethernet *e)
{
	memcpy(e->to, e->from, 6);
	memcpy(e->from, net.mac, 6);
}

static size_t arp(struct ethernet *e, size_t size)
{
	struct arp *a = (struct arp *)(e + 1);

	if (size < sizeof(*e) + sizeof(*a) || a->operation != swap16(ARP_ASKS) ||
	    a->target_ip != address) {
		return 0;
	}
	turn_round(e);
	a->operation = swap16(ARP_ANSWERS);
	memcpy(a->target_mac, a->sender_mac, 6);
	a->target_ip = a->sender_ip;
	memcpy(a->sender_mac, net.mac, 6);
	a->sender_ip = address;
	return sizeof(*e) + sizeof(*a);
}

static bool icmp(struct icmp *c, size_t size)
{
	if (size < sizeof(*c) || c->type != ICMP_ASKS) {
		return false;
	}
	c->type = ICMP_ANSWER;
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
	if (ip->protocol == IP_ICMP) {
		answer = icmp((struct icmp *)((char *)ip + header),
			      length - header);
	} else if (ip->protocol == IP_UDP) {
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
		if (e->type == swap16(ETHERNET_ARP)) {
			answer = arp(e, size);
		} else if (e->type == swap16(ETHERNET_IPV4)) {
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
