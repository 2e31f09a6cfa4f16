/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The backend's end of a shared ring: see ring.h for what it promises.
 *
 * Pure code: it knows memory and indexes, no Xen library; the unit tests run
 * it on the host against a second thread's worth of hostile index values.
 */
#include "common/ring.h"

#include <errno.h>
#include <string.h>

/* The head that every ring of xen/io/ring.h begins with. */
struct shared_head {
	volatile uint32_t req_prod, req_event;
	volatile uint32_t rsp_prod, rsp_event;
	uint8_t pad[48];
};

_Static_assert(sizeof(struct shared_head) == 64, "slots begin at byte 64");

/* x86 keeps loads in order with loads and stores with stores. */
static inline void barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

static inline void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline struct shared_head *head(const struct back_ring *r)
{
	return r->shared;
}

static inline uint8_t *slot(const struct back_ring *r, uint32_t idx)
{
	size_t off = (size_t)(idx & (r->nr_ents - 1)) * r->slot_size;

	return (uint8_t *)r->shared + sizeof(struct shared_head) + off;
}

static uint32_t power_of_two_below(size_t n)
{
	uint32_t p = 1;

	while ((size_t)p * 2 <= n) {
		p *= 2;
	}
	return p;
}

int ring_attach(struct back_ring *r, void *mem, size_t bytes,
		uint32_t slot_size)
{
	uint32_t start, n;

	if (slot_size == 0 || bytes < sizeof(struct shared_head) + slot_size) {
		return -EINVAL;
	}
	r->shared = mem;
	r->slot_size = slot_size;
	r->nr_ents = power_of_two_below(
		(bytes - sizeof(struct shared_head)) / slot_size);
	start = head(r)->rsp_prod;
	r->req_cons = start;
	r->rsp_prod = start;
	r->rsp_pushed = start;
	return ring_waiting(r, &n);
}

int ring_waiting(const struct back_ring *r, uint32_t *n)
{
	uint32_t prod = head(r)->req_prod;

	/* No slot is read before the index that says it is filled. */
	barrier();
	/* Slots whose answers the frontend has not been told of are not free. */
	if (prod - r->rsp_pushed > r->nr_ents ||
	    prod - r->req_cons > r->nr_ents) {
		return -EPROTO;
	}
	*n = prod - r->req_cons;
	return 0;
}

void ring_take(struct back_ring *r, void *out, size_t len)
{
	if (len > r->slot_size) {
		len = r->slot_size;
	}
	memcpy(out, slot(r, r->req_cons), len);
	/* From here on the compiler may only use the private copy. */
	barrier();
	r->req_cons++;
}

uint32_t ring_unanswered(const struct back_ring *r)
{
	return r->req_cons - r->rsp_prod;
}

void ring_respond(struct back_ring *r, const void *rsp, size_t len)
{
	if (len > r->slot_size) {
		len = r->slot_size;
	}
	memcpy(slot(r, r->rsp_prod), rsp, len);
	r->rsp_prod++;
}

bool ring_push(struct back_ring *r)
{
	uint32_t old = r->rsp_pushed;
	uint32_t new = r->rsp_prod;

	if (old == new) {
		return false;
	}
	barrier();
	head(r)->rsp_prod = new;
	r->rsp_pushed = new;
	/* The new index must be visible before rsp_event is looked at. */
	full_barrier();
	return new - head(r)->rsp_event < new - old;
}

int ring_final_check(struct back_ring *r, uint32_t want, uint32_t *n)
{
	head(r)->req_event = r->req_cons + want;
	/* The wish must be visible before req_prod is looked at again. */
	full_barrier();
	return ring_waiting(r, n);
}
