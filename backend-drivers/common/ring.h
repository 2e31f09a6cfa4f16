/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The backend's end of a shared ring (xen/io/ring.h), for any slot size.
 *
 * The frontend can write any byte of the ring's memory at any time. Nothing
 * here believes it: a request is copied out once, into private memory; the
 * frontend's producer index is checked against the ring's own size; our own
 * indexes live outside the shared page and are only ever written to it.
 *
 * The invariant, with all arithmetic modulo 2^32:
 *
 *	rsp_prod <= req_cons <= req_prod <= rsp_prod + nr_ents
 *
 * A frontend that breaks it gets -EPROTO, and its device is closed.
 */
#ifndef BACKEND_COMMON_RING_H
#define BACKEND_COMMON_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct back_ring {
	void *shared;		/* the ring's pages, mapped in one piece */
	uint32_t nr_ents;	/* slots: a power of two */
	uint32_t slot_size;	/* bytes per slot */
	uint32_t req_cons;	/* next request to take */
	uint32_t rsp_prod;	/* next response to write */
	uint32_t rsp_pushed;	/* rsp_prod as the frontend last saw it */
};

/*
 * Takes over a ring of @bytes at @mem whose slots have @slot_size bytes.
 * It starts where the frontend's copy of rsp_prod says, so that a ring can
 * be taken over from a backend that went away while it was idle.
 * -EINVAL: no slot fits. -EPROTO: the indexes found there make no sense.
 */
int ring_attach(struct back_ring *r, void *mem, size_t bytes,
		uint32_t slot_size);

/*
 * Stores in *@n how many requests wait to be taken, or returns -EPROTO.
 * Once it returned n, n calls of ring_take() are good.
 */
int ring_waiting(const struct back_ring *r, uint32_t *n);

/* Copies the next request's first @len bytes to @out and steps over it. */
void ring_take(struct back_ring *r, void *out, size_t len);

/* Requests taken and not yet answered. */
uint32_t ring_unanswered(const struct back_ring *r);

/*
 * Writes a response of @len bytes into the next slot, unseen until
 * ring_push(). There is always room, as each response answers a request.
 */
void ring_respond(struct back_ring *r, const void *rsp, size_t len);

/* Shows the responses to the frontend; true: it asked for an event. */
bool ring_push(struct back_ring *r);

/*
 * To be called before going to sleep: asks the frontend for an event when
 * @want more requests are there (at least 1), then looks once more. Stores
 * the count of requests waiting; with @want or more of them the caller must
 * go on, since no event may come. -EPROTO as in ring_waiting().
 */
int ring_final_check(struct back_ring *r, uint32_t want, uint32_t *n);

#endif
