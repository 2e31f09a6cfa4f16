/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The backend's end of a ring: well-behaved frontends, lying ones, index
 * wrap-around, and the rule that no wake-up is lost.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ring.h"

enum { SLOT = 12, ENTS = 256 };

/* The shared page as the frontend sees it. */
struct page {
	uint32_t req_prod, req_event, rsp_prod, rsp_event;
	uint8_t pad[48];
	uint8_t slots[4096 - 64];
};

static struct page page;
static struct back_ring ring;

static void fresh(uint32_t start)
{
	memset(&page, 0, sizeof(page));
	page.req_prod = start;
	page.rsp_prod = start;
	page.req_event = start + 1;
	page.rsp_event = start + 1;
	cr_assert_eq(ring_attach(&ring, &page, sizeof(page), SLOT), 0);
}

static void request(uint32_t value)
{
	memcpy(&page.slots[(page.req_prod % ENTS) * SLOT], &value, 4);
	page.req_prod++;
}

static uint32_t waiting(void)
{
	uint32_t n = 0;

	cr_assert_eq(ring_waiting(&ring, &n), 0);
	return n;
}

Test(ring, size_is_power_of_two_that_fits)
{
	fresh(0);
	cr_assert_eq(ring.nr_ents, ENTS);
	cr_assert_eq(ring_attach(&ring, &page, sizeof(page), 112), 0);
	cr_assert_eq(ring.nr_ents, 32);
	cr_assert_eq(ring_attach(&ring, &page, sizeof(page), 8), 0);
	cr_assert_eq(ring.nr_ents, 256);
	cr_assert_eq(ring_attach(&ring, &page, 64 + 11, SLOT), -EINVAL);
	cr_assert_eq(ring_attach(&ring, &page, sizeof(page), 0), -EINVAL);
}

Test(ring, request_and_answer)
{
	uint32_t v, i;

	fresh(0);
	cr_assert_eq(waiting(), 0);
	for (i = 0; i < ENTS; i++) {
		request(i);
	}
	cr_assert_eq(waiting(), ENTS);
	for (i = 0; i < ENTS; i++) {
		ring_take(&ring, &v, sizeof(v));
		cr_assert_eq(v, i);
	}
	cr_assert_eq(waiting(), 0);
	cr_assert_eq(ring_unanswered(&ring), ENTS);
	for (i = 0; i < ENTS; i++) {
		v = ~i;
		ring_respond(&ring, &v, sizeof(v));
	}
	cr_assert_eq(page.rsp_prod, 0, "not before the push");
	cr_assert(ring_push(&ring));
	cr_assert_eq(page.rsp_prod, ENTS);
	cr_assert_not(ring_push(&ring), "nothing new");
	memcpy(&v, &page.slots[5 * SLOT], 4);
	cr_assert_eq(v, ~5u);
}

Test(ring, indexes_wrap)
{
	uint32_t v, i;

	fresh(UINT32_MAX - 3);
	for (i = 0; i < 10; i++) {
		request(i);
	}
	cr_assert_eq(waiting(), 10);
	for (i = 0; i < 10; i++) {
		ring_take(&ring, &v, sizeof(v));
		cr_assert_eq(v, i);
		ring_respond(&ring, &v, sizeof(v));
	}
	ring_push(&ring);
	cr_assert_eq(page.rsp_prod, 6);
}

Test(ring, lying_producer)
{
	uint32_t n = 7, v;

	fresh(100);
	page.req_prod = 100 + ENTS + 1;
	cr_assert_eq(ring_waiting(&ring, &n), -EPROTO, "beyond the ring");
	page.req_prod = 99;
	cr_assert_eq(ring_waiting(&ring, &n), -EPROTO, "backwards");
	page.req_prod = 100 + (1u << 31);
	cr_assert_eq(ring_waiting(&ring, &n), -EPROTO, "far away");
	cr_assert_eq(n, 7, "no count from a lie");
	page.req_prod = 100 + ENTS;
	cr_assert_eq(waiting(), ENTS, "exactly full is fine");
	ring_take(&ring, &v, sizeof(v));
	ring_take(&ring, &v, sizeof(v));
	page.req_prod++;
	cr_assert_eq(ring_waiting(&ring, &n), -EPROTO,
		     "taken is not answered: its slot is not free");
	page.req_prod = 101;
	cr_assert_eq(ring_waiting(&ring, &n), -EPROTO,
		     "behind what was taken");
}

Test(ring, shared_response_index_is_never_believed)
{
	uint32_t v;

	fresh(0);
	request(1);
	page.rsp_prod = 77;
	ring_take(&ring, &v, sizeof(v));
	ring_respond(&ring, &v, sizeof(v));
	ring_push(&ring);
	cr_assert_eq(page.rsp_prod, 1);
}

Test(ring, attach_to_nonsense)
{
	memset(&page, 0, sizeof(page));
	page.req_prod = 5000;
	cr_assert_eq(ring_attach(&ring, &page, sizeof(page), SLOT), -EPROTO);
}

Test(ring, takes_over_an_idle_ring)
{
	fresh(1234);
	cr_assert_eq(ring.req_cons, 1234);
	request(9);
	cr_assert_eq(waiting(), 1);
}

Test(ring, notifies_only_when_asked)
{
	uint32_t v = 0;
	int i;

	fresh(0);
	for (i = 0; i < 8; i++) {
		request(0);
		ring_take(&ring, &v, sizeof(v));
	}
	page.rsp_event = 3;
	ring_respond(&ring, &v, sizeof(v));
	ring_respond(&ring, &v, sizeof(v));
	cr_assert_not(ring_push(&ring), "two of the three it waits for");
	ring_respond(&ring, &v, sizeof(v));
	cr_assert(ring_push(&ring), "the third");
	ring_respond(&ring, &v, sizeof(v));
	cr_assert_not(ring_push(&ring), "it did not ask again");
	page.rsp_event = 5;
	ring_respond(&ring, &v, sizeof(v));
	ring_respond(&ring, &v, sizeof(v));
	cr_assert(ring_push(&ring), "stepping over it counts");
}

Test(ring, final_check_asks_then_looks)
{
	uint32_t n;

	fresh(10);
	cr_assert_eq(ring_final_check(&ring, 1, &n), 0);
	cr_assert_eq(n, 0);
	cr_assert_eq(page.req_event, 11);
	request(0);
	cr_assert_eq(ring_final_check(&ring, 5, &n), 0);
	cr_assert_eq(n, 1);
	cr_assert_eq(page.req_event, 15);
	page.req_prod += 1000;
	cr_assert_eq(ring_final_check(&ring, 1, &n), -EPROTO);
}

/*
 * A model of the whole protocol under random steps, hostile ones included:
 * whatever req_prod is, never more is taken than slots exist, never is a
 * slot outside the page touched (ASan), and lies are told from work exactly.
 */
Test(ring, random_steps)
{
	uint32_t prod = 0, cons = 0, rsp = 0, n, v;
	unsigned int step;

	srand(20260101);
	fresh(0);
	for (step = 0; step < 2000000; step++) {
		bool lie;

		switch (rand() % 8) {
		case 0:
		case 1:
		case 2:
			if (prod - rsp < ENTS) {
				prod++;
			}
			page.req_prod = prod;
			break;
		case 3:
			page.req_prod = (uint32_t)rand() * 2654435761u;
			break;
		case 4:
			page.rsp_prod = (uint32_t)rand();
			break;
		default:
			page.req_prod = prod;
			break;
		}
		lie = page.req_prod - rsp > ENTS ||
		      page.req_prod - cons > ENTS;
		if (lie) {
			cr_assert_eq(ring_waiting(&ring, &n), -EPROTO);
			continue;
		}
		prod = page.req_prod;
		cr_assert_eq(waiting(), prod - cons);
		if (prod != cons && rand() % 2) {
			ring_take(&ring, &v, sizeof(v));
			cons++;
		}
		if (cons != rsp && rand() % 2) {
			ring_respond(&ring, &v, sizeof(v));
			ring_push(&ring);
			rsp++;
			cr_assert_eq(page.rsp_prod, rsp);
		}
		cr_assert_eq(ring_unanswered(&ring), cons - rsp);
	}
}
