/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Domain 0's end of a virtual network interface: a tap device that carries
 * packets with a struct virtio_net_hdr in front. It lives as long as its
 * descriptor.
 */
#ifndef BACKEND_NET_TAP_H
#define BACKEND_NET_TAP_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct net_tap {
	int fd;			/* non-blocking */
	char name[16];
};

/*
 * Creates tap device @name, puts it on @bridge (NULL: on none) and brings it
 * up without a carrier. Needs CAP_NET_ADMIN; nothing after it does. On error
 * *@what says what could not be done.
 */
int net_tap_open(struct net_tap *tap, const char *name, const char *bridge,
		 unsigned int mtu, const char **what);
void net_tap_close(struct net_tap *tap);

/* Tells Linux if a frontend is there and what it takes unfinished. */
void net_tap_carrier(struct net_tap *tap, bool up);
int net_tap_offloads(struct net_tap *tap, bool csum, bool tso4, bool tso6);

/* Bytes of the packet without the header; -EAGAIN: none is there. */
ssize_t net_tap_read(struct net_tap *tap, struct virtio_net_hdr *h,
		     void *data, size_t room);

#endif
