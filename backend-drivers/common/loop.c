/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The event loop: see loop.h. It is epoll, level-triggered, so a source that
 * does only part of its work is called again.
 */
#include "common/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int loop_open(struct loop *l)
{
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	return l->epfd < 0 ? -errno : 0;
}

void loop_close(struct loop *l)
{
	if (l->epfd >= 0) {
		close(l->epfd);
	}
	l->epfd = -1;
}

static int control(struct loop *l, int op, struct loop_source *s)
{
	struct epoll_event ev = { .events = s->events, .data.ptr = s };

	return epoll_ctl(l->epfd, op, s->fd, &ev) < 0 ? -errno : 0;
}

int loop_add(struct loop *l, struct loop_source *s)
{
	return control(l, EPOLL_CTL_ADD, s);
}

int loop_set(struct loop *l, struct loop_source *s, uint32_t events)
{
	if (s->events == events) {
		return 0;
	}
	s->events = events;
	return control(l, EPOLL_CTL_MOD, s);
}

void loop_remove(struct loop *l, struct loop_source *s)
{
	control(l, EPOLL_CTL_DEL, s);
}

int loop_turn(struct loop *l, int timeout_ms)
{
	enum { BATCH = 8 };
	struct epoll_event ev[BATCH];
	int i, n;

	n = epoll_wait(l->epfd, ev, BATCH, timeout_ms);
	if (n < 0) {
		return errno == EINTR ? 0 : -errno;
	}
	for (i = 0; i < n; i++) {
		struct loop_source *s = ev[i].data.ptr;

		s->ready(s->arg);
	}
	return 0;
}
