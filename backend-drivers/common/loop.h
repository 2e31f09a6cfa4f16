/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The event loop: file descriptors, each with a function to call.
 *
 * Sources are owned by the caller and must stay where they are while added.
 */
#ifndef BACKEND_COMMON_LOOP_H
#define BACKEND_COMMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop_source {
	int fd;
	uint32_t events;		/* EPOLLIN and so on; 0 while off */
	void (*ready)(void *arg);
	void *arg;
};

struct loop {
	int epfd;
};

int loop_open(struct loop *l);
void loop_close(struct loop *l);
int loop_add(struct loop *l, struct loop_source *s);

/* Changes what @s waits for; does nothing if that is what it waits for. */
int loop_set(struct loop *l, struct loop_source *s, uint32_t events);
void loop_remove(struct loop *l, struct loop_source *s);

/* Waits (at most @timeout_ms, -1: for ever) and calls what is ready. */
int loop_turn(struct loop *l, int timeout_ms);

#endif
