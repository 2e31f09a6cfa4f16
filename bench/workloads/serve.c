/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The peer: takes a stream, gives one, echoes; acknowledges UDP by windows. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int bound(int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(NET_PORT) };
	int fd = socket(AF_INET, type, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		give_up("bind");
	}
	return fd;
}

static void serve_udp(void)
{
	struct sockaddr_in from;
	unsigned int got = 0;
	char data[2048];
	int fd = bound(SOCK_DGRAM);

	while (1) {
		socklen_t size = sizeof(from);

		if (recvfrom(fd, data, sizeof(data), 0,
			     (struct sockaddr *)&from, &size) > 0 &&
		    ++got % NET_WINDOW == 0) {
			sendto(fd, data, 1, 0, (struct sockaddr *)&from, size);
		}
	}
}

/* One request; false when the client has gone. */
static int serve_request(int fd, char *data)
{
	struct net_request r;
	size_t left;

	if (recv(fd, &r, sizeof(r), MSG_WAITALL) != sizeof(r)) {
		return 0;
	}
	left = (size_t)r.count * (r.what == NET_ECHO ? 1 : NET_CHUNK);
	while (left) {
		ssize_t got = r.what == NET_SOURCE ? NET_CHUNK :
			      recv(fd, data, NET_CHUNK, 0);

		if (got <= 0 || (r.what != NET_SINK &&
				 send(fd, data, got, MSG_NOSIGNAL) != got)) {
			return 0;
		}
		left -= got;
	}
	return r.what != NET_SINK || send(fd, data, 1, MSG_NOSIGNAL) == 1;
}

void net_serve(void)
{
	char *data = calloc(1, NET_CHUNK);
	int listener, one = 1;

	if (!fork()) {
		serve_udp();
	}
	listener = bound(SOCK_STREAM);
	listen(listener, 4);
	while (1) {
		int fd = accept(listener, NULL, NULL);

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		while (serve_request(fd, data)) {
			;
		}
		close(fd);
	}
}
