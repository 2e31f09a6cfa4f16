/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A pairing heap: nodes inside other structures, smallest key on top.  Insert
 * costs a comparison, taking the top a logarithm on average; no memory is
 * needed beside the nodes.  Pure: the caller locks.
 */
#ifndef DOMAIN_TIMER_HEAP_H
#define DOMAIN_TIMER_HEAP_H

#include "lib/types.h"

struct timer_node {
	u64 key;
	struct timer_node *child;	/* first child */
	struct timer_node *next;	/* right sibling */
	struct timer_node *prev;	/* left sibling, or parent of a first */
	bool queued;
};

struct timer_heap {
	struct timer_node *top;
};

void timer_heap_insert(struct timer_heap *h, struct timer_node *n, u64 key);
/* n must be in h. */
void timer_heap_remove(struct timer_heap *h, struct timer_node *n);

#endif
