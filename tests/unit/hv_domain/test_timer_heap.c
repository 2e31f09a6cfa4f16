/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The heap under the timers, against a plain array: whatever is
 * inserted and removed, in any order, the top is the smallest key, and nodes
 * know whether they are in.
 */
#include <criterion/criterion.h>
#include "domain/timer_heap.h"

#define NODES	200

static struct timer_node node[NODES];

static u64 seed = 1;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Every node names the place where it hangs, and keys go up. */
static unsigned int check_links(const struct timer_node *n,
				const struct timer_node *parent)
{
	if (!n) {
		return 0;
	}
	cr_assert_eq(n->parent, parent);
	cr_assert(!parent || n->key >= parent->key);
	cr_assert(n->queued);
	return 1 + check_links(n->left, n) + check_links(n->right, n);
}

static void check(const struct timer_heap *h)
{
	unsigned int queued = 0;
	u64 least = ~0ULL;

	for (unsigned int i = 0; i < NODES; i++) {
		if (node[i].queued) {
			queued++;
			least = min(least, node[i].key);
		}
	}
	cr_assert_eq(h->top != NULL, queued > 0);
	if (h->top) {
		cr_assert_eq(h->top->key, least);
		cr_assert_eq(check_links(h->top, NULL), queued);
	}
}

Test(timer_heap, sorts)
{
	struct timer_heap h = { NULL };
	u64 last = 0;

	for (unsigned int i = 0; i < NODES; i++) {
		timer_heap_insert(&h, &node[i], rnd() % 1000);
	}
	for (unsigned int i = 0; i < NODES; i++) {
		struct timer_node *top = h.top;

		cr_assert_geq(top->key, last);
		last = top->key;
		timer_heap_remove(&h, top);
	}
	cr_assert_null(h.top);
}

Test(timer_heap, random_operations)
{
	struct timer_heap h = { NULL };

	for (unsigned int round = 0; round < 200000; round++) {
		struct timer_node *n = &node[rnd() % NODES];

		if (rnd() % 8 == 0 && h.top) {
			n = h.top;
		}
		if (n->queued) {
			timer_heap_remove(&h, n);
		} else {
			timer_heap_insert(&h, n, rnd() % 5000);
		}
		if (round % 64 == 0) {
			check(&h);
		}
	}
}
