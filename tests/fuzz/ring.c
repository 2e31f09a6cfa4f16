/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The backend's end of a ring (backend-drivers/common/ring.c) against a
 * frontend that writes anything to the shared page between our steps: the
 * indexes keep their order, and no access leaves the page.
 */
#include "fuzz.h"

#include "common/ring.h"

enum { SLOT = 112, BYTES = 4096 };

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	/* How many requests there are, and then steps. */
	static const uint8_t honest[] = {
		0, 1, 0, 0, 0, 3, 1, 1, 2, 3, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4,
	};
	static const uint8_t liar[] = {
		0, 0xff, 0xff, 0xff, 0xff, 3, 0, 32, 0, 0, 0, 1, 2, 3, 4,
	};

	add(honest, sizeof(honest));
	add(liar, sizeof(liar));
}

static bool keeps_order(const struct back_ring *r)
{
	return r->req_cons - r->rsp_prod <= r->nr_ents &&
	       r->rsp_prod - r->rsp_pushed <= r->nr_ents;
}

static void one_step(struct back_ring *r, struct fuzz_input *in)
{
	uint32_t *head = r->shared, n = 0;
	uint8_t step, request[SLOT], want;

	TAKE(in, step);
	switch (step % 6) {
	case 0:			/* the frontend: an index */
		TAKE(in, head[step / 6 % 4]);
		return;
	case 1:
		if (!ring_waiting(r, &n)) {
			promise(n <= r->nr_ents);
			for (; n; n--) {
				ring_take(r, request, sizeof(request));
			}
		}
		break;
	case 2:
		while (ring_unanswered(r)) {
			ring_respond(r, request, sizeof(request));
		}
		break;
	case 3:
		(void)ring_push(r);
		break;
	case 4:
		TAKE(in, want);
		if (!ring_final_check(r, 1 + want % r->nr_ents, &n)) {
			promise(n <= r->nr_ents);
		}
		break;
	default:		/* one request, if there is one */
		if (!ring_waiting(r, &n) && n) {
			ring_take(r, request, sizeof(request));
			if (step & 64) {
				ring_respond(r, request, sizeof(request));
			}
		}
	}
	promise(keeps_order(r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	void *page = calloc(1, BYTES);
	struct back_ring r;
	uint32_t start;

	if (!page) {
		return 0;
	}
	TAKE(&in, start);
	((uint32_t *)page)[0] = ((uint32_t *)page)[2] = start;
	promise(!ring_attach(&r, page, BYTES, SLOT));
	while (in.size) {
		one_step(&r, &in);
	}
	free(page);
	return 0;
}
