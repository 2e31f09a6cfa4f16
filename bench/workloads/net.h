/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* TCP and UDP with a peer: the programs' side (net.c) and its (serve.c). */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stdint.h>

#define NET_PORT	5001
#define NET_CHUNK	65536	/* bytes of one operation on a stream */
#define NET_WINDOW	32	/* packets of UDP that may be on their way */

/* What the client asks for over its connection. */
struct net_request {
	enum { NET_SINK, NET_SOURCE, NET_ECHO } what;
	uint32_t count;		/* chunks; for NET_ECHO, bytes */
};

/* Answers clients, TCP and UDP, for ever. */
void net_serve(void) __attribute__((noreturn));

int net_usable(void);
void tcp_stream_send(int n);
void tcp_stream_receive(int n);
void tcp_rr(int n);
void udp_send(int n);

#endif
