/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Checks the network: datagrams and echoes to itself, and what sockets refuse;
 * with to=A.B.C.D, count=N (10) echoes from another machine, and sends=N (0)
 * datagrams to its UDP port port=N (7) and back; with seconds=N, for so long, or until SIGPWR or SIGINT, sends back what comes to UDP port
 * port=N. On keel the command line has ip=A.B.C.D, which is its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "check.h"

#define DATAGRAM_MAX	1472

typedef struct sockaddr_in address_t;

static volatile sig_atomic_t ended;

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

static address_t address_of(const char *ip, unsigned int port)
{
	return (address_t) {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = inet_addr(ip),
	};
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000UL + ts.tv_nsec / 1000;
}

static int open_socket(int protocol, long timeout_ms)
{
	struct timeval t = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	int s = socket(AF_INET, SOCK_DGRAM, protocol);

	if (s >= 0) {
		CHECK(!setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	}
	return s;
}

static ssize_t send_to(int s, const void *data, size_t n, address_t to)
{
	return sendto(s, data, n, 0, (struct sockaddr *)&to, sizeof(to));
}

static int bind_to(int s, const char *ip, unsigned int port)
{
	address_t a = address_of(ip, port);

	return bind(s, (struct sockaddr *)&a, sizeof(a));
}

static void check_datagrams(void)
{
	int a = open_socket(0, 200), b = open_socket(IPPROTO_UDP, 200);
	address_t at, from = { 0 };
	socklen_t size = sizeof(at);
	static char out[DATAGRAM_MAX], in[DATAGRAM_MAX];
	uint64_t began;

	CHECK(!bind_to(a, "127.0.0.1", 0) && !bind_to(b, "0.0.0.0", 0));
	CHECK(!getsockname(a, (struct sockaddr *)&at, &size) && at.sin_port);
	at.sin_addr.s_addr = inet_addr("127.0.0.1");
	for (size_t n = 0; n <= sizeof(out); n += n < 9 ? 1 : 133) {
		memset(out, n, sizeof(out));
		CHECK(send_to(b, out, n, at) == (ssize_t)n);
		memset(in, ~n, sizeof(in));
		size = sizeof(from);
		CHECK(recvfrom(a, in, sizeof(in), 0, (struct sockaddr *)&from,
			       &size) == (ssize_t)n);
		CHECK(!memcmp(in, out, n) && size == sizeof(from));
		CHECK(from.sin_addr.s_addr == inet_addr("127.0.0.1"));
	}
	CHECK(send_to(a, "back", 4, from) == 4 && read(b, in, 9) == 4);
	CHECK(send_to(b, "12345678", 8, at) == 8 && read(a, in, 3) == 3);
	/* The rest of that one is lost; there is nothing left. */
	CHECK(recv(a, in, 9, MSG_DONTWAIT) == -1 && errno == EAGAIN);
	began = now_us();
	CHECK(recv(a, in, 9, 0) == -1 && errno == EAGAIN);
	CHECK(now_us() - began >= 190000);
	CHECK(bind_to(b, "127.0.0.1", 1) == -1 && errno == EINVAL);
	CHECK(!close(b));
	b = open_socket(0, 200);
	CHECK(bind_to(b, "127.0.0.1", ntohs(at.sin_port)) == -1 &&
	      errno == EADDRINUSE);
	CHECK(bind_to(b, "192.0.2.1", 0) == -1 && errno == EADDRNOTAVAIL);
	CHECK(write(b, "x", 1) == -1 && errno == EDESTADDRREQ);
	CHECK(send_to(b, out, 70000, at) == -1 && errno == EMSGSIZE);
	CHECK(!close(a) && !close(b));
	CHECK(send_to(0, "x", 1, at) == -1 && errno == ENOTSOCK);
	CHECK(send_to(b, "x", 1, at) == -1 && errno == EBADF);
	CHECK(socket(AF_INET, 77, 0) == -1);
	CHECK(socket(99, SOCK_DGRAM, 0) == -1 && errno == EAFNOSUPPORT);
}

/* How many of the echoes came back as they were sent; -1: not allowed here. */
static int echoes(const char *ip, int count)
{
	struct {
		struct icmphdr head;
		char data[56];
	} out = { .head.type = ICMP_ECHO }, in;
	int s = open_socket(IPPROTO_ICMP, 1000), back = 0;

	if (s < 0) {
		/* Linux allows it to the groups in ping_group_range. */
		CHECK(errno == EACCES);
		printf("echoes: skipped, %s\n", strerror(errno));
		return -1;
	}
	for (int i = 0; i < count; i++) {
		uint64_t began = now_us();

		out.head.un.echo.sequence = htons(i);
		memset(out.data, i, sizeof(out.data));
		CHECK(send_to(s, &out, sizeof(out), address_of(ip, 0)) ==
		      sizeof(out));
		if (recv(s, &in, sizeof(in), 0) == sizeof(in) &&
		    in.head.type == ICMP_ECHOREPLY &&
		    in.head.un.echo.sequence == htons(i) &&
		    !memcmp(in.data, out.data, sizeof(in.data))) {
			back++;
			printf("echo %d after %lu us\n", i,
			       (unsigned long)(now_us() - began));
		}
	}
	out.head.type = ICMP_ECHOREPLY;
	CHECK(send_to(s, &out, sizeof(out), address_of(ip, 0)) == -1 &&
	      errno == EINVAL);
	CHECK(!close(s));
	return back;
}

/* How many datagrams came back as they were sent. */
static int datagrams(const char *ip, unsigned int port, int count)
{
	static char out[DATAGRAM_MAX], in[DATAGRAM_MAX];
	int s = open_socket(0, 1000), back = 0;

	for (int i = 0; i < count; i++) {
		ssize_t n = (i * 97 + 4) % sizeof(out);

		memset(out, i, sizeof(out));
		CHECK(send_to(s, out, n, address_of(ip, port)) == n);
		back += recv(s, in, sizeof(in), 0) == n && !memcmp(in, out, n);
	}
	CHECK(!close(s));
	return back;
}

static void on_end(int signal)
{
	(void)signal;
	ended = 1;
}

static void serve(unsigned int port, uint64_t until)
{
	static char data[DATAGRAM_MAX];
	const struct sigaction action = { .sa_handler = on_end };
	int s = open_socket(0, 100);
	unsigned long served = 0;

	CHECK(!sigaction(SIGPWR, &action, NULL));
	CHECK(!sigaction(SIGINT, &action, NULL));
	CHECK(!bind_to(s, "0.0.0.0", port));
	printf("ready at port %u\n", port);
	fflush(stdout);
	while (!ended && now_us() < until) {
		address_t from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(s, data, sizeof(data), 0,
				     (struct sockaddr *)&from, &size);

		if (n >= 0) {
			served += send_to(s, data, n, from) == n;
		}
	}
	printf("%lu datagrams sent back, %s\n", served,
	       ended ? "then told to end" : "then the time was over");
}

int main(void)
{
	const char *to = getenv("to");
	long count = setting("count", 10), seconds = setting("seconds", 0);
	long sends = setting("sends", 0), port = setting("port", 7);
	int back;

	check_datagrams();
	back = echoes("127.0.0.1", 3);
	CHECK(back == 3 || back == -1);
	if (to && sends) {
		int same = datagrams(to, port, sends);

		printf("%d of %ld datagrams came back\n", same, sends);
		CHECK(same == sends);
	}
	if (to && back == 3) {
		back = echoes(to, count);
		printf("%d of %ld echoes came back\n", back, count);
		CHECK(back == count);
	}
	if (seconds) {
		serve(port, now_us() + seconds * 1000000UL);
	}
	return verdict();
}
