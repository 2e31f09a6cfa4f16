/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The pairing heap under the timers.  Truths: a child's key is never below
 * its parent's; each node hangs in exactly one place, and `prev` names it.
 */
#include "domain/timer_heap.h"

static struct timer_node *merge(struct timer_node *a, struct timer_node *b)
{
	if (!a) {
		return b;
	}
	if (!b) {
		return a;
	}
	if (b->key < a->key) {
		struct timer_node *t = a;

		a = b;
		b = t;
	}
	b->next = a->child;
	if (b->next) {
		b->next->prev = b;
	}
	b->prev = a;
	a->child = b;
	return a;
}

/* Two passes, without recursion: pairs from the left, then all to one. */
static struct timer_node *merge_siblings(struct timer_node *first)
{
	struct timer_node *pairs = NULL, *all = NULL;

	while (first) {
		struct timer_node *a = first, *b = a->next, *m;

		first = b ? b->next : NULL;
		a->next = NULL;
		if (b) {
			b->next = NULL;
		}
		m = merge(a, b);
		m->next = pairs;
		pairs = m;
	}
	while (pairs) {
		struct timer_node *m = pairs;

		pairs = m->next;
		m->next = NULL;
		all = merge(all, m);
	}
	if (all) {
		all->prev = NULL;
	}
	return all;
}

void timer_heap_insert(struct timer_heap *h, struct timer_node *n, u64 key)
{
	n->key = key;
	n->child = n->next = n->prev = NULL;
	n->queued = true;
	h->top = merge(h->top, n);
	h->top->prev = NULL;
}

void timer_heap_remove(struct timer_heap *h, struct timer_node *n)
{
	struct timer_node *below = merge_siblings(n->child);

	if (n == h->top) {
		h->top = below;
	} else {
		if (n->prev->child == n) {
			n->prev->child = n->next;
		} else {
			n->prev->next = n->next;
		}
		if (n->next) {
			n->next->prev = n->prev;
		}
		h->top = merge(h->top, below);
	}
	n->child = n->next = n->prev = NULL;
	n->queued = false;
}
