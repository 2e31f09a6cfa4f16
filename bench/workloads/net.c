/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * TCP and UDP. A guest has the words ip=ADDRESS, for its first interface, and
 * peer=ADDRESS, where its host runs the peer; elsewhere the peer is a process
 * in a name space of its own, behind a pair of virtual Ethernet devices: the
 * network without virtualization.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "net.h"
#include "run.h"

static int stream_fd = -1, packet_fd = -1;
static char data[NET_CHUNK];

/* The peer behind a veth pair; returns its address. */
static const char *make_peer(void)
{
	int ready[2], go[2];
	char c = 0, text[256];
	pid_t pid;

	if (pipe(ready) || pipe(go)) {
		die("pipe");
	}
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET) || write(ready[1], &c, 1) != 1 ||
		    read(go[0], &c, 1) != 1 ||
		    system("ifconfig veth0 10.9.0.2 netmask 255.255.255.0 up")) {
			_exit(1);
		}
		net_serve();
	}
	snprintf(text, sizeof(text), "ip link add v0 type veth && "
		 "ip link set veth0 netns %d && "
		 "ifconfig v0 10.9.0.1 netmask 255.255.255.0 up", pid);
	if (read(ready[0], &c, 1) != 1 || system(text) ||
	    write(go[1], &c, 1) != 1) {
		return NULL;
	}
	return "10.9.0.2";
}

static const char *reach_peer(const char *ip)
{
	char text[256];

	snprintf(text, sizeof(text), "for i in 1 2 3 4 5 6 7 8 9; do "
		 "ifconfig eth0 %s netmask 255.255.255.0 up && exit 0; "
		 "usleep 200000; done; exit 1", ip);
	return system(text) ? NULL : getenv("peer");
}

static int connect_to(const char *address, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(NET_PORT) };
	int fd = socket(AF_INET, type, 0);

	inet_pton(AF_INET, address, &a.sin_addr);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}

int net_usable(void)
{
	const char *ip = getenv("ip"), *peer;
	struct timeval limit = { .tv_sec = 5 };
	int one = 1;

	if (stream_fd >= 0) {
		return 1;
	}
	if (access("/bin/sh", X_OK)) {
		return 0;
	}
	setenv("PATH", "/bin", 1);
	peer = ip ? reach_peer(ip) : make_peer();
	for (int tries = 0; peer && stream_fd < 0 && tries < 50; tries++) {
		usleep(100000);
		stream_fd = connect_to(peer, SOCK_STREAM);
	}
	if (stream_fd < 0) {
		return 0;
	}
	packet_fd = connect_to(peer, SOCK_DGRAM);
	setsockopt(stream_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(packet_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return 1;
}

static void ask(int what, uint32_t count)
{
	struct net_request r = { .what = what, .count = count };

	if (send(stream_fd, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r)) {
		die("send");
	}
}

static void receive(size_t left)
{
	while (left) {
		ssize_t got = recv(stream_fd, data, left < NET_CHUNK ? left :
				   NET_CHUNK, 0);

		if (got <= 0) {
			die("recv");
		}
		left -= got;
	}
}

void tcp_stream_send(int n)
{
	ask(NET_SINK, n);
	while (n--) {
		if (send(stream_fd, data, NET_CHUNK, MSG_NOSIGNAL) !=
		    NET_CHUNK) {
			die("send");
		}
	}
	receive(1);
}

void tcp_stream_receive(int n)
{
	ask(NET_SOURCE, n);
	receive((size_t)n * NET_CHUNK);
}

void tcp_rr(int n)
{
	ask(NET_ECHO, n);
	while (n--) {
		if (send(stream_fd, data, 1, MSG_NOSIGNAL) != 1) {
			die("send");
		}
		receive(1);
	}
}

/* Packets of 64 bytes; the peer answers each full window. */
void udp_send(int n)
{
	static unsigned int sent;

	/* Whole windows only, or the last packets would not be answered. */
	n = (n + NET_WINDOW - 1) / NET_WINDOW * NET_WINDOW;
	while (n--) {
		if (send(packet_fd, data, 64, 0) != 64 ||
		    (++sent % NET_WINDOW == 0 &&
		     recv(packet_fd, data, 1, 0) != 1)) {
			die("udp");
		}
	}
}
