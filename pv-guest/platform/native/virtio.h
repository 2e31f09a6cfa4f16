/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * virtio devices on PCI, in the form that goes back furthest ("legacy"): a
 * device's registers are ports, a queue is one run of pages. Found, started
 * and polled, or listened to: then its line is the interrupt
 * that the firmware chose.
 */
#ifndef KEEL_PLATFORM_NATIVE_VIRTIO_H
#define KEEL_PLATFORM_NATIVE_VIRTIO_H

#include "lib/lib.h"

#define VIRTIO_NET	0x1000		/* PCI device numbers */
#define VIRTIO_BLOCK	0x1001

#define VIRTIO_CHAIN	1		/* flags of a descriptor */
#define VIRTIO_DEVICE_WRITES	2

struct virtio_buffer {
	uint64_t address;
	uint32_t size;
	uint16_t flags, next;
};

struct virtio_available {
	uint16_t flags, index, ring[];
};

struct virtio_used {
	uint16_t flags, index;
	struct {
		uint32_t id, size;
	} ring[];
};

struct virtio_queue {
	uint16_t port, number;		/* the device's, ours in it */
	unsigned int size;
	uint16_t seen;			/* used ones that were taken */
	volatile struct virtio_buffer *buffer;
	volatile struct virtio_available *available;
	volatile struct virtio_used *used;
};

/* The index-th device of that kind: its first port, 0 when there is none. */
uint16_t virtio_find(uint16_t kind, unsigned int index);

/* Resets it and agrees on those of the wanted features that it has. */
uint32_t virtio_begin(uint16_t port, uint32_t wanted);
void virtio_ready(uint16_t port);
void virtio_reset(uint16_t port);

/* A byte of the device's own configuration. */
uint8_t virtio_config(uint16_t port, unsigned int at);

/* Makes the device's queue; false: there is none, or no memory for it. */
bool virtio_queue_open(struct virtio_queue *q, uint16_t port,
		       uint16_t number);

/* From here on the device interrupts when it has used buffers of the queue. */
void virtio_listen(struct virtio_queue *q);

/* Hands the chain that begins at buffer `id` to the device. */
void virtio_send(struct virtio_queue *q, uint16_t id);

/* Takes the next chain that came back. False: none did. */
bool virtio_take(struct virtio_queue *q, uint32_t *id, uint32_t *size);

/* What a device calls the address of memory of ours. */
uint64_t virtio_address(const void *memory);

#endif
