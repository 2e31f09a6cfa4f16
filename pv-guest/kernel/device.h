/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The disk, the card, and what the kernel makes of them: a file, sockets. One
 * lock is over both devices; who holds it does not touch user memory.
 */
#ifndef KEEL_KERNEL_DEVICE_H
#define KEEL_KERNEL_DEVICE_H

#include "kernel/file.h"
#include "kernel/lock.h"
#include "lib/ip.h"

extern struct lock device_lock;

/* Finds the devices, once, and says so. */
void disk_init(void);
void net_init(void);

/* Takes what they have; under the lock. */
void disk_interrupt(void);
void net_interrupt(void);

/* The disk as a file; 0, or why it cannot be opened so. */
extern const struct file_ops disk_ops;
long disk_may_open(unsigned int flags);

/* A packet with room for the headers below it; an IP packet has no options. */
struct frame {
	struct ethernet ethernet;
	struct ipv4 ip;
	uint8_t data[1480];
} __attribute__((packed));

bool ip_is_ours(uint32_t address);

/*
 * Sends f->data as an IP packet, from a thread, which may sleep until somebody
 * says where the address is; under the lock. 0 or a negative errno.
 */
long ip_send(struct frame *f, uint8_t protocol, uint32_t to, size_t size);

/* A datagram for that port, or the answer to an echo of that number. */
void socket_deliver(uint8_t protocol, uint16_t port, uint32_t from,
		    uint16_t from_port, const void *data, size_t size);

#endif
