/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Asks another machine for echoes and says how long they took. Words:
 * ip=A.B.C.D (its own) to=A.B.C.D count=N (10).
 */
#include "apps/app.h"
#include "lib/ip.h"
#include "net.h"

#define DATA_SIZE	56
#define WAIT_NS		APP_SEC

struct echo {
	struct ethernet ethernet;
	struct ipv4 ip;
	struct icmp icmp;
	uint8_t data[DATA_SIZE];
} __attribute__((packed));

struct question {
	struct ethernet ethernet;
	struct arp arp;
} __attribute__((packed));

static struct net net;
static uint32_t address, other;
static uint8_t other_mac[6];

/* The next frame of a type, until the time is over: its size, or 0. */
static int receive(void *frame, uint16_t type, uint64_t end)
{
	struct ethernet *e = frame;

	while (clock_ns() < end) {
		int size = net_receive(&net, frame, NET_FRAME_MAX);

		if (size >= (int)sizeof(*e) && e->type == swap16(type)) {
			return size;
		}
		if (!size) {
			net_wait(&net, end - clock_ns());
		}
	}
	return 0;
}

static bool find_other(void *frame)
{
	struct question q = {
		.ethernet = { .to = { 255, 255, 255, 255, 255, 255 },
			      .type = swap16(ETHERNET_ARP) },
		.arp = { .hardware = swap16(1),
			 .protocol = swap16(ETHERNET_IPV4),
			 .hardware_size = 6, .protocol_size = 4,
			 .operation = swap16(ARP_ASKS),
			 .sender_ip = address, .target_ip = other },
	};
	struct question *answer = frame;
	uint64_t end = clock_ns() + WAIT_NS;

	memcpy(q.ethernet.from, net.mac, 6);
	memcpy(q.arp.sender_mac, net.mac, 6);
	net_send(&net, &q, sizeof(q));
	for (;;) {
		int size = receive(frame, ETHERNET_ARP, end);

		if (!size) {
			return false;
		}
		if (size >= (int)sizeof(*answer) &&
		    answer->arp.operation == swap16(ARP_ANSWERS) &&
		    answer->arp.sender_ip == other) {
			memcpy(other_mac, answer->arp.sender_mac, 6);
			return true;
		}
	}
}

static void ask(uint16_t sequence)
{
	struct echo e = {
		.ethernet = { .type = swap16(ETHERNET_IPV4) },
		.ip = { .version = 0x45, .ttl = 64, .protocol = IP_ICMP,
			.length = swap16(sizeof(e) - sizeof(e.ethernet)),
			.from = address, .to = other },
		.icmp = { .type = ICMP_ASKS, .sequence = swap16(sequence) },
	};

	memcpy(e.ethernet.to, other_mac, 6);
	memcpy(e.ethernet.from, net.mac, 6);
	memset(e.data, sequence, DATA_SIZE);
	e.ip.sum = checksum(&e.ip, sizeof(e.ip));
	e.icmp.sum = checksum(&e.icmp, sizeof(e.icmp) + DATA_SIZE);
	net_send(&net, &e, sizeof(e));
}

static bool answered(void *frame, uint16_t sequence, uint64_t end)
{
	struct echo *e = frame;

	for (;;) {
		int size = receive(frame, ETHERNET_IPV4, end);

		if (!size) {
			return false;
		}
		if (size >= (int)sizeof(*e) && e->ip.from == other &&
		    e->ip.protocol == IP_ICMP &&
		    e->icmp.type == ICMP_ANSWER &&
		    e->icmp.sequence == swap16(sequence) &&
		    e->data[0] == (uint8_t)sequence &&
		    e->data[DATA_SIZE - 1] == (uint8_t)sequence) {
			return true;
		}
	}
}

int main(void)
{
	static char frame[NET_FRAME_MAX];
	const char *ip = cmdline_value("ip="), *to = cmdline_value("to=");
	const char *n = cmdline_value("count=");
	unsigned int count = 0, back = 0;
	int err = net_open(&net, 0);

	if (err || !ip || !to) {
		printk("no network: %d%s\nVERDICT error\n", err,
		       ip && to ? "" : ", ip= and to= must be given");
		return 0;
	}
	address = parse_address(ip);
	other = parse_address(to);
	for (; n && *n >= '0' && *n <= '9'; n++) {
		count = count * 10 + *n - '0';
	}
	count = count ? count : 10;
	if (!find_other(frame)) {
		printk("nobody says to have that address\n");
		count = 0;
	}
	for (unsigned int i = 1; i <= count; i++) {
		uint64_t began = clock_ns();

		ask(i);
		if (answered(frame, i, began + WAIT_NS)) {
			printk("echo %u after %lu us\n", i,
			       (clock_ns() - began) / 1000);
			back++;
		}
	}
	net_close(&net);
	printk("%u of %u echoes came back\n", back, count);
	printk("VERDICT %s\n", count && back == count ? "success" : "failure");
	return 0;
}
