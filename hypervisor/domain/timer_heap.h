/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A skew heap: nodes inside other structures, smallest key on top.  Each
 * operation costs a logarithm on average over any row of them; no memory is
 * needed beside the nodes.  Pure: the caller locks.
 */
#ifndef DOMAIN_TIMER_HEAP_H
#define DOMAIN_TIMER_HEAP_H

#include "lib/types.h"

struct timer_node {
	u64 key;
	struct timer_node *left, *right;
	struct timer_node *parent;	/* NULL: the top */
	bool queued;
};

struct timer_heap {
	struct timer_node *top;
};

void timer_heap_insert(struct timer_heap *h, struct timer_node *n, u64 key);
/* Nothing happens if n is not queued; else it must be in h. */
void timer_heap_remove(struct timer_heap *h, struct timer_node *n);

#endif
