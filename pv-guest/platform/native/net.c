/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* A frame lies in its page behind a header of virtio's, which is all zeros. */
#include "net.h"
#include "kernel/linux.h"
#include "platform/platform.h"

#define FEATURE_MAC	(1U << 5)
#define HEADER		10

static void post(struct virtio_queue *q, unsigned int i, void *page,
		 uint32_t size, uint16_t flags)
{
	q->buffer[i] = (struct virtio_buffer) {
		.address = virtio_address(page), .size = size, .flags = flags,
	};
	virtio_send(q, i);
}

int net_open(struct net *n, unsigned int index)
{
	memset(n, 0, sizeof(*n));
	n->port = virtio_find(VIRTIO_NET, index);
	if (!n->port) {
		return -ENOENT;
	}
	virtio_begin(n->port, FEATURE_MAC);
	if (!virtio_queue_open(&n->rx, n->port, 0) ||
	    !virtio_queue_open(&n->tx, n->port, 1) ||
	    n->rx.size < NET_BUFFERS || n->tx.size < NET_BUFFERS) {
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < sizeof(n->mac); i++) {
		n->mac[i] = virtio_config(n->port, i);
	}
	virtio_ready(n->port);
	for (unsigned int i = 0; i < NET_BUFFERS; i++) {
		n->tx_page[i] = page_alloc();
		n->rx_page[i] = page_alloc();
		post(&n->rx, i, n->rx_page[i], PAGE_SIZE,
		     VIRTIO_DEVICE_WRITES);
	}
	return 0;
}

void net_close(struct net *n)
{
	virtio_reset(n->port);
}

int net_send(struct net *n, const void *frame, size_t size)
{
	unsigned int i = 0;
	uint32_t id, unused;

	while (virtio_take(&n->tx, &id, &unused)) {
		n->tx_busy[id % NET_BUFFERS] = false;
	}
	while (i < NET_BUFFERS && n->tx_busy[i]) {
		i++;
	}
	if (i == NET_BUFFERS || size > NET_FRAME_MAX) {
		return -EAGAIN;
	}
	n->tx_busy[i] = true;
	memset(n->tx_page[i], 0, HEADER);
	memcpy((char *)n->tx_page[i] + HEADER, frame, size);
	post(&n->tx, i, n->tx_page[i], HEADER + size, 0);
	n->sent++;
	return 0;
}

int net_receive(struct net *n, void *frame, size_t size)
{
	uint32_t id, got;
	int len = 0;

	if (!virtio_take(&n->rx, &id, &got)) {
		return 0;
	}
	id %= NET_BUFFERS;
	if (got > HEADER && got <= PAGE_SIZE && got - HEADER <= size) {
		len = got - HEADER;
		memcpy(frame, (char *)n->rx_page[id] + HEADER, len);
		n->received++;
	} else {
		n->dropped++;
	}
	post(&n->rx, id, n->rx_page[id], PAGE_SIZE, VIRTIO_DEVICE_WRITES);
	return len;
}

void net_wait(struct net *n, uint64_t ns)
{
	uint64_t end = clock_ns() + ns;

	while (n->rx.used->index == n->rx.seen && clock_ns() < end) {
		cpu_relax();
	}
}

void net_listen(struct net *n)
{
	virtio_listen(&n->rx);
}
