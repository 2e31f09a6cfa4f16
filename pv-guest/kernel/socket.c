/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Sockets: datagrams (UDP), and echoes that are asked for (ICMP); for the
 * latter the port is the number that asker and answer have in common. What
 * came waits in a list, behind device_lock.
 */
#include "kernel/device.h"
#include "kernel/process.h"
#include "kernel/syscall.h"

#define MAX_WAITING	64
#define FIRST_PORT	49152
#define NR_PORTS	16384
#define NS_PER_SEC	1000000000L

struct datagram {
	struct datagram *next;
	uint32_t from;
	uint16_t from_port;
	size_t size;
	uint8_t data[];
};

struct socket {
	struct socket *next;
	uint8_t protocol;
	uint16_t port;			/* network order; 0: not bound */
	uint64_t timeout;		/* of receiving; 0: none */
	struct datagram *first, **last;
	unsigned int waiting;
	struct waitq readers;
};

static struct socket *sockets;

static struct socket *find(uint8_t protocol, uint16_t port)
{
	struct socket *s = sockets;

	while (s && (s->protocol != protocol || s->port != port)) {
		s = s->next;
	}
	return s;
}

void socket_deliver(uint8_t protocol, uint16_t port, uint32_t from,
		    uint16_t from_port, const void *data, size_t size)
{
	struct socket *s = port ? find(protocol, port) : NULL;
	struct datagram *d;

	if (!s || s->waiting == MAX_WAITING ||
	    !(d = object_alloc(sizeof(*d) + size))) {
		return;
	}
	d->from = from;
	d->from_port = from_port;
	d->size = size;
	memcpy(d->data, data, size);
	*s->last = d;
	s->last = &d->next;
	s->waiting++;
	waitq_wake(&s->readers, 1);
}

static struct datagram *take(struct socket *s)
{
	struct datagram *d = s->first;

	if (d) {
		s->first = d->next;
		s->last = s->first ? s->last : &s->first;
		s->waiting--;
	}
	return d;
}

/* The first datagram, waited for; NULL, with *err set. */
static struct datagram *await(struct socket *s, bool wait, long *err)
{
	uint64_t deadline = s->timeout ? clock_ns() + s->timeout : FOREVER;
	struct datagram *d;

	lock(&device_lock);
	while (!(d = take(s))) {
		*err = !wait ? -EAGAIN : !signal_waits() ? 0 :
		       s->timeout ? -EINTR : -ERESTART;
		if (*err) {
			break;
		}
		wait = waitq_sleep(&s->readers, &device_lock, deadline);
	}
	unlock(&device_lock);
	return d;
}

static long receive(struct file *f, unsigned long to, size_t n,
		    unsigned int flags, unsigned long from_at)
{
	bool wait = !((f->flags & O_NONBLOCK) | (flags & MSG_DONTWAIT));
	long result = 0;
	struct datagram *d = await(f->socket, wait, &result);

	if (d) {
		struct linux_sockaddr from = {
			.family = AF_INET, .address = d->from,
			.port = d->from_port,
		};

		result = n < d->size ? n : d->size;
		if (!copy_out(to, d->data, result) ||
		    (from_at && !copy_out(from_at, &from, sizeof(from)))) {
			result = -EFAULT;
		}
		object_free(d, sizeof(*d) + d->size);
	}
	return result;
}

static long socket_read(struct file *f, unsigned long to, size_t n)
{
	return receive(f, to, n, 0, 0);
}

static long socket_write(struct file *f, unsigned long from, size_t n)
{
	(void)f;
	(void)from;
	(void)n;
	return -EDESTADDRREQ;
}

static void socket_close(struct file *f)
{
	struct socket *s = f->socket, **link = &sockets;
	struct datagram *d;

	lock(&device_lock);
	while (*link != s) {
		link = &(*link)->next;
	}
	*link = s->next;
	unlock(&device_lock);
	while ((d = take(s))) {
		object_free(d, sizeof(*d) + d->size);
	}
	object_free(s, sizeof(*s));
}

static void socket_stat(struct file *f, struct linux_stat *st)
{
	st->mode = S_IFSOCK | 0777;
	st->ino = (uintptr_t)f->socket;
}

static const struct file_ops socket_ops = {
	.read = socket_read, .write = socket_write, .close = socket_close,
	.stat = socket_stat,
};

long sys_socket(struct regs *r)
{
	unsigned int flags = r->rsi & (O_NONBLOCK | O_CLOEXEC);
	uint8_t protocol = r->rdx ? r->rdx : IP_UDP;
	struct socket *s;
	struct file *f;

	if (r->rdi != AF_INET) {
		return -EAFNOSUPPORT;
	}
	if ((r->rsi & ~(unsigned long)(O_NONBLOCK | O_CLOEXEC)) != SOCK_DGRAM) {
		return -ESOCKTNOSUPPORT;
	}
	if (r->rdx > 255 || (protocol != IP_UDP && protocol != IP_ICMP)) {
		return -EPROTONOSUPPORT;
	}
	s = object_alloc(sizeof(*s));
	f = s ? file_create(&socket_ops, O_RDWR | (flags & O_NONBLOCK)) : NULL;
	if (!f) {
		if (s) {
			object_free(s, sizeof(*s));
		}
		return -ENOMEM;
	}
	f->socket = s;
	s->protocol = protocol;
	s->last = &s->first;
	lock(&device_lock);
	s->next = sockets;
	sockets = s;
	unlock(&device_lock);
	return fd_install(f, 0, flags & O_CLOEXEC);
}

/* Does fn with the socket behind a descriptor. */
static long with_socket(struct regs *r,
			long (*fn)(struct file *f, struct regs *r))
{
	struct file *f = fd_get(r->rdi);
	long result;

	if (!f) {
		return -EBADF;
	}
	result = f->ops == &socket_ops ? fn(f, r) : -ENOTSOCK;
	file_put(f);
	return result;
}

static long address_in(struct linux_sockaddr *a, unsigned long at,
		       unsigned long size)
{
	return size < sizeof(*a) ? -EINVAL :
	       !copy_in(a, at, sizeof(*a)) ? -EFAULT :
	       a->family != AF_INET ? -EAFNOSUPPORT : 0;
}

/* Under the lock. Port 0: any that is free. */
static long bind_port(struct socket *s, uint16_t port)
{
	static unsigned int last;

	if (s->port) {
		return -EINVAL;
	}
	for (int i = 0; !port && i < NR_PORTS; i++) {
		port = swap16(FIRST_PORT + last++ % NR_PORTS);
		port = find(s->protocol, port) ? 0 : port;
	}
	if (!port || find(s->protocol, port)) {
		return -EADDRINUSE;
	}
	s->port = port;
	return 0;
}

static long do_bind(struct file *f, struct regs *r)
{
	struct linux_sockaddr a;
	long err = address_in(&a, r->rsi, r->rdx);

	if (!err && a.address && !ip_is_ours(a.address)) {
		err = -EADDRNOTAVAIL;
	}
	if (!err) {
		lock(&device_lock);
		err = bind_port(f->socket, a.port);
		unlock(&device_lock);
	}
	return err;
}

long sys_bind(struct regs *r)
{
	return with_socket(r, do_bind);
}

static long do_getsockname(struct file *f, struct regs *r)
{
	struct linux_sockaddr a = {
		.family = AF_INET, .port = f->socket->port,
	};
	uint32_t size = sizeof(a);

	return copy_out(r->rsi, &a, sizeof(a)) &&
	       copy_out(r->rdx, &size, sizeof(size)) ? 0 : -EFAULT;
}

long sys_getsockname(struct regs *r)
{
	return with_socket(r, do_getsockname);
}

static long do_setsockopt(struct file *f, struct regs *r)
{
	struct linux_timeval t;

	if (r->rsi != SOL_SOCKET || r->rdx != SO_RCVTIMEO) {
		return -ENOPROTOOPT;
	}
	if (r->r8 < sizeof(t)) {
		return -EINVAL;
	}
	if (!copy_in(&t, r->r10, sizeof(t))) {
		return -EFAULT;
	}
	if (t.sec < 0 || t.sec > INT32_MAX || t.usec < 0 || t.usec > 999999) {
		return -EINVAL;
	}
	f->socket->timeout = t.sec * NS_PER_SEC + t.usec * 1000;
	return 0;
}

long sys_setsockopt(struct regs *r)
{
	return with_socket(r, do_setsockopt);
}

static long do_recvfrom(struct file *f, struct regs *r)
{
	uint32_t size = sizeof(struct linux_sockaddr), room = 0;

	if (r->r8 && (!copy_in(&room, r->r9, sizeof(room)) ||
		      !copy_out(r->r9, &size, sizeof(size)))) {
		return -EFAULT;
	}
	return r->r8 && room < size ? -EINVAL :
	       receive(f, r->rsi, r->rdx, r->r10, r->r8);
}

long sys_recvfrom(struct regs *r)
{
	return with_socket(r, do_recvfrom);
}

/* The headers that are a socket's own. False: that may not be sent. */
static bool finish(const struct socket *s, struct frame *frame, uint16_t port,
		   size_t size)
{
	struct icmp *c = (struct icmp *)frame->data;
	struct udp *u = (struct udp *)frame->data;

	if (s->protocol == IP_UDP) {
		*u = (struct udp) {
			.from = s->port, .to = port, .length = swap16(size),
		};
		return true;
	}
	c->id = s->port;
	return size >= sizeof(*c) && c->type == ICMP_ASKS && !c->code;
}

static long send(struct socket *s, struct frame *frame, struct regs *r)
{
	size_t header = s->protocol == IP_UDP ? sizeof(struct udp) : 0;
	struct linux_sockaddr to;
	long err = address_in(&to, r->r8, r->r9);

	if (err) {
		return err;
	}
	if (r->rdx > sizeof(frame->data) - header) {
		return -EMSGSIZE;
	}
	if (!copy_in(frame->data + header, r->rsi, r->rdx)) {
		return -EFAULT;
	}
	lock(&device_lock);
	err = s->port ? 0 : bind_port(s, 0);
	if (!err) {
		err = !finish(s, frame, to.port, r->rdx + header) ? -EINVAL :
		      ip_send(frame, s->protocol, to.address, r->rdx + header);
	}
	unlock(&device_lock);
	return err ? err : (long)r->rdx;
}

static long do_sendto(struct file *f, struct regs *r)
{
	struct frame *frame = object_alloc(sizeof(*frame));
	long result;

	if (!frame) {
		return -ENOMEM;
	}
	result = r->r8 ? send(f->socket, frame, r) : -EDESTADDRREQ;
	object_free(frame, sizeof(*frame));
	return result;
}

long sys_sendto(struct regs *r)
{
	return with_socket(r, do_sendto);
}
