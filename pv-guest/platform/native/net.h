/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* A network card by virtio, with the calls of front/netfront.h. */
#ifndef KEEL_PLATFORM_NATIVE_NET_H
#define KEEL_PLATFORM_NATIVE_NET_H

#include "platform/native/virtio.h"

#define NET_BUFFERS	64	/* in each direction, a page each */
#define NET_FRAME_MAX	1514

struct net {
	uint16_t port;
	struct virtio_queue rx, tx;
	void *rx_page[NET_BUFFERS], *tx_page[NET_BUFFERS];
	bool tx_busy[NET_BUFFERS];
	uint8_t mac[6];
	uint64_t received, sent, dropped;
};

int net_open(struct net *n, unsigned int index);
void net_close(struct net *n);
int net_send(struct net *n, const void *frame, size_t size);
int net_receive(struct net *n, void *frame, size_t size);
void net_wait(struct net *n, uint64_t ns);
void net_listen(struct net *n);

#endif
