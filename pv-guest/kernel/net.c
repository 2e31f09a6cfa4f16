/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * IPv4 over one card, and to ourselves: ARP, echoes answered, datagrams given
 * to sockets. All under device_lock: from the card's interrupt, or in a thread
 * that sends. The command line has ip=OURS[:[unused]:GATEWAY[:MASK]], as
 * Linux's.
 */
#include "net.h"
#include "kernel/device.h"
#include "kernel/thread.h"

#define NEIGHBOURS	16
#define ARP_TRIES	3
#define ARP_WAIT_NS	1000000000UL
#define DEFAULT_MASK	0x00ffffffU	/* 255.255.255.0, in network order */

static struct net card;
static bool there;
static uint32_t address, gateway, mask;

static struct {
	uint32_t ip;
	uint8_t mac[6];
} neighbours[NEIGHBOURS];
static unsigned int next_neighbour;
static struct waitq arp_waiting;

bool ip_is_ours(uint32_t ip)
{
	return ip && (ip == address || ip == INADDR_LOOPBACK);
}

/* ---- ARP ---- */

static const uint8_t *find(uint32_t ip)
{
	for (unsigned int i = 0; i < NEIGHBOURS; i++) {
		if (neighbours[i].ip == ip) {
			return neighbours[i].mac;
		}
	}
	return NULL;
}

/* Those that are known are kept true by whatever they say. */
static void learn(uint32_t ip, const uint8_t *mac, bool to_us)
{
	uint8_t *known = (uint8_t *)find(ip);

	if (!known && to_us) {
		unsigned int i = next_neighbour++ % NEIGHBOURS;

		neighbours[i].ip = ip;
		known = neighbours[i].mac;
	}
	if (known) {
		memcpy(known, mac, 6);
		waitq_wake(&arp_waiting, ~0U);
	}
}

static void arp_send(uint16_t operation, uint32_t ip, const uint8_t *mac)
{
	struct {
		struct ethernet ethernet;
		struct arp arp;
	} __attribute__((packed)) f = {
		.ethernet.type = swap16(ETHERNET_ARP),
		.arp = { .hardware = swap16(1),
			 .protocol = swap16(ETHERNET_IPV4),
			 .hardware_size = 6, .protocol_size = 4,
			 .operation = swap16(operation),
			 .sender_ip = address, .target_ip = ip },
	};

	memset(f.ethernet.to, 0xff, 6);
	if (mac) {
		memcpy(f.ethernet.to, mac, 6);
		memcpy(f.arp.target_mac, mac, 6);
	}
	memcpy(f.ethernet.from, card.mac, 6);
	memcpy(f.arp.sender_mac, card.mac, 6);
	net_send(&card, &f, sizeof(f));
}

static void arp_input(const struct ethernet *e, size_t size)
{
	const struct arp *a = (const struct arp *)(e + 1);

	if (size < sizeof(*e) + sizeof(*a) ||
	    a->protocol != swap16(ETHERNET_IPV4) || !a->sender_ip) {
		return;
	}
	learn(a->sender_ip, a->sender_mac, a->target_ip == address);
	if (a->operation == swap16(ARP_ASKS) && a->target_ip == address) {
		arp_send(ARP_ANSWERS, a->sender_ip, a->sender_mac);
	}
}

static long resolve(uint32_t ip, uint8_t *mac)
{
	const uint8_t *known = find(ip);

	for (int i = 0; i < ARP_TRIES && !known; i++) {
		uint64_t end = clock_ns() + ARP_WAIT_NS;
		bool in_time = true;

		arp_send(ARP_ASKS, ip, NULL);
		while (!(known = find(ip)) && in_time) {
			if (signal_waits()) {
				return -EINTR;
			}
			in_time = waitq_sleep(&arp_waiting, &device_lock, end);
		}
	}
	if (!known) {
		return -EHOSTUNREACH;
	}
	memcpy(mac, known, 6);
	return 0;
}

/* ---- IP ---- */

static void ip_input(struct frame *f, size_t size);

/* Of a datagram, with the addresses that it goes between; 0: it is right. */
static uint16_t udp_checksum(const struct frame *f, size_t size)
{
	uint8_t rest[4] = { 0, IP_UDP, size >> 8, size };
	uint32_t sum = checksum_add(0, &f->ip.from, 8);

	sum = checksum_add(sum, rest, sizeof(rest));
	return checksum_end(checksum_add(sum, f->data, size));
}

static void add_checksum(struct frame *f, uint8_t protocol, size_t size)
{
	struct icmp *c = (struct icmp *)f->data;
	struct udp *u = (struct udp *)f->data;

	if (protocol == IP_ICMP) {
		c->sum = 0;
		c->sum = checksum(c, size);
	} else {
		u->sum = 0;
		u->sum = udp_checksum(f, size);
		u->sum = u->sum ? u->sum : 0xffff;	/* 0 says: none */
	}
}

/* To the machine that f->ethernet.to is, or to ourselves. */
static long transmit(struct frame *f, uint8_t protocol, uint32_t to,
		     size_t size)
{
	size_t length = sizeof(f->ip) + size;

	f->ethernet.type = swap16(ETHERNET_IPV4);
	f->ip = (struct ipv4) {
		.version = 0x45, .length = swap16(length), .ttl = 64,
		.protocol = protocol, .to = to,
		.from = ip_is_ours(to) ? to : address,
	};
	f->ip.sum = checksum(&f->ip, sizeof(f->ip));
	add_checksum(f, protocol, size);
	length += sizeof(f->ethernet);
	if (ip_is_ours(to)) {
		ip_input(f, length);
		return 0;
	}
	memcpy(f->ethernet.from, card.mac, 6);
	return net_send(&card, f, length) ? -ENOBUFS : 0;
}

long ip_send(struct frame *f, uint8_t protocol, uint32_t to, size_t size)
{
	bool near = !((to ^ address) & mask);
	long err = 0;

	if (!ip_is_ours(to)) {
		err = !there || !address || !to || (!near && !gateway) ?
		      -ENETUNREACH :
		      resolve(near ? to : gateway, f->ethernet.to);
	}
	return err ? err : transmit(f, protocol, to, size);
}

static void icmp_input(struct frame *f, size_t size)
{
	struct icmp *c = (struct icmp *)f->data;

	if (size < sizeof(*c) || checksum(c, size)) {
		return;
	}
	if (c->type == ICMP_ASKS) {
		c->type = ICMP_ANSWER;
		memcpy(f->ethernet.to, f->ethernet.from, 6);
		transmit(f, IP_ICMP, f->ip.from, size);
	} else if (c->type == ICMP_ANSWER) {
		socket_deliver(IP_ICMP, c->id, f->ip.from, 0, c, size);
	}
}

static void udp_input(struct frame *f, size_t size)
{
	const struct udp *u = (const struct udp *)f->data;
	size_t length = swap16(u->length);

	if (size >= sizeof(*u) && length >= sizeof(*u) && length <= size &&
	    (!u->sum || !udp_checksum(f, length))) {
		socket_deliver(IP_UDP, u->to, f->ip.from, u->from, u + 1,
			       length - sizeof(*u));
	}
}

/* A packet that is whole, with its data where f->data is. */
static void ip_input(struct frame *f, size_t size)
{
	size_t header = (f->ip.version & 15) * 4, length = swap16(f->ip.length);

	if (size < sizeof(f->ethernet) + sizeof(f->ip) ||
	    f->ip.version >> 4 != 4 || header < sizeof(f->ip) ||
	    length < header || sizeof(f->ethernet) + length > size ||
	    checksum(&f->ip, header) || !ip_is_ours(f->ip.to) ||
	    (f->ip.fragment & swap16(0x3fff))) {
		return;
	}
	length -= header;
	memmove(f->data, (char *)&f->ip + header, length);
	if (f->ip.protocol == IP_ICMP) {
		icmp_input(f, length);
	} else if (f->ip.protocol == IP_UDP) {
		udp_input(f, length);
	}
}

/* ---- the card ---- */

void net_interrupt(void)
{
	static struct frame f;
	int size;

	while (there && (size = net_receive(&card, &f, sizeof(f)))) {
		if (f.ethernet.type == swap16(ETHERNET_ARP)) {
			arp_input(&f.ethernet, size);
		} else if (f.ethernet.type == swap16(ETHERNET_IPV4) &&
			   f.ip.to == address) {
			ip_input(&f, size);
		}
	}
}

/* Field `n` of the word, 0 where there is none. */
static uint32_t address_field(const char *word, int n)
{
	for (; word && n; n--) {
		while (*word && *word != ':' && *word != ' ') {
			word++;
		}
		word = *word == ':' ? word + 1 : NULL;
	}
	return word ? parse_address(word) : 0;
}

void net_init(void)
{
	const char *ip = word_value(boot.cmdline, "ip=");
	int err = net_open(&card, 0);

	if (err) {
		printk("keel: no network (%d)\n", err);
		return;
	}
	address = address_field(ip, 0);
	gateway = address_field(ip, 2);
	mask = address_field(ip, 3);
	mask = mask ? mask : DEFAULT_MASK;
	there = true;
	net_listen(&card);
	printk("keel: a network at %02x:%02x:%02x:%02x:%02x:%02x%s\n",
	       card.mac[0], card.mac[1], card.mac[2], card.mac[3], card.mac[4],
	       card.mac[5], address ? "" : ", but no ip= was given");
}

void kernel_device(void)
{
	lock(&device_lock);
	disk_interrupt();
	net_interrupt();
	unlock(&device_lock);
}
