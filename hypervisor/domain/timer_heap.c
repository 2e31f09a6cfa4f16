/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The skew heap under the timers.  Truths: a child's key is never below its
 * parent's; each node hangs in exactly one place.
 */
#include "domain/timer_heap.h"

/*
 * Two heaps become one below `parent`: down the right side of both, always on
 * with the smaller key, whose children change sides so that no side grows
 * long for ever.
 */
static struct timer_node *merge(struct timer_node *a, struct timer_node *b,
				struct timer_node *parent)
{
	struct timer_node *top = NULL, **at = &top, *rest;

	while (a && b) {
		struct timer_node *small = b->key < a->key ? b : a;

		rest = small == a ? b : a;
		a = small->right;
		b = rest;
		small->right = small->left;
		small->parent = parent;
		*at = parent = small;
		at = &small->left;
	}
	rest = a ? a : b;
	*at = rest;
	if (rest) {
		rest->parent = parent;
	}
	return top;
}

void timer_heap_insert(struct timer_heap *h, struct timer_node *n, u64 key)
{
	*n = (struct timer_node){ .key = key, .queued = true };
	h->top = merge(h->top, n, NULL);
}

void timer_heap_remove(struct timer_heap *h, struct timer_node *n)
{
	struct timer_node *up = n->parent, **at = &h->top;

	if (!n->queued) {
		return;
	}
	if (up) {
		at = up->left == n ? &up->left : &up->right;
	}
	*at = merge(n->left, n->right, up);
	n->queued = false;
}
