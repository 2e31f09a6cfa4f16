/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Futexes: sleep if a word still has a value, and wake those who sleep on it.
 * A word is known by the physical page that it lies in, so that processes with
 * shared memory meet.
 */
#include "kernel/process.h"

#define BUCKETS		64

static struct {
	struct lock lock;
	struct waitq waiting;
} buckets[BUCKETS];

/* The word's place in the linear map, or 0. */
static unsigned long futex_key(unsigned long address)
{
	struct space *s = process_current()->space;
	uint32_t value;
	pte_t *table = s->tables.root;

	/* Reading it has its page mapped. */
	if (address % 4 || !copy_in(&value, address, sizeof(value))) {
		return 0;
	}
	for (int level = 4; level > 1; level--) {
		table = pte_page(table[(address >> (3 + 9 * level)) & 511]);
	}
	return (unsigned long)pte_page(table[(address >> 12) & 511]) +
	       (address & ~PAGE_MASK);
}

long futex_wait(unsigned long address, uint32_t value, uint64_t deadline)
{
	struct thread *t = thread_current();
	unsigned long key = futex_key(address), b = key / 64 % BUCKETS;
	long err = 0;
	uint32_t now;

	if (!key) {
		return -EFAULT;
	}
	lock(&buckets[b].lock);
	now = READ_ONCE(*(uint32_t *)key);
	if (now != value) {
		err = -EAGAIN;
	}
	t->futex = key;
	while (!err && t->futex) {
		bool in_time = waitq_sleep(&buckets[b].waiting,
					   &buckets[b].lock, deadline);

		if (t->futex) {
			err = !in_time ? -ETIMEDOUT :
			      signal_waits() ? -EINTR : 0;
		}
	}
	t->futex = 0;
	unlock(&buckets[b].lock);
	return err;
}

long futex_wake(unsigned long address, unsigned int n)
{
	unsigned long key = futex_key(address), b = key / 64 % BUCKETS;
	struct thread *t, *next;
	long woken = 0;

	if (!key) {
		return -EFAULT;
	}
	lock(&buckets[b].lock);
	for (t = buckets[b].waiting.first; t && woken < n; t = next) {
		next = t->wait_next;
		if (t->futex == key) {
			t->futex = 0;
			thread_wake(t);
			woken++;
		}
	}
	unlock(&buckets[b].lock);
	return woken;
}
