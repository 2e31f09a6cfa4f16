/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Fork and copy-on-write: what is shared, and what is not. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "selftest.h"

#define COW_PAGES	600	/* more than one lowest table's worth */

static int check_and_spoil(void *arg)
{
	volatile uint32_t *p = arg;
	int bad = 0;

	for (uint32_t i = 0; i < COW_PAGES; i++) {
		bad += p[i * PAGE / 4] != i;
		p[i * PAGE / 4] = ~i;
	}
	for (uint32_t i = 0; i < COW_PAGES; i++) {
		bad += p[i * PAGE / 4] != ~i;
	}
	return bad != 0;
}

static int child_and_grandchild(void *arg)
{
	return in_child(check_and_spoil, arg) ? 1 : check_and_spoil(arg);
}

void test_fork(void)
{
	volatile uint32_t *p = map(COW_PAGES * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE);
	volatile uint32_t *shared = map(4 * PAGE, PROT_READ | PROT_WRITE,
					MAP_SHARED);
	int bad = 0;
	pid_t pid;

	for (uint32_t i = 0; i < COW_PAGES; i++) {
		p[i * PAGE / 4] = i;
	}
	CHECK(in_child(check_and_spoil, (void *)p) == 0);
	CHECK(in_child(child_and_grandchild, (void *)p) == 0);
	for (uint32_t i = 0; i < COW_PAGES; i++) {
		bad += p[i * PAGE / 4] != i;
	}
	CHECK(bad == 0);

	/* The parent's writes are its own, too. */
	pid = fork();
	if (!pid) {
		while (!shared[0]) {
			sched_yield();
		}
		_exit(p[0] != 0 || shared[PAGE / 4] != 7);
	}
	p[0] = 77;
	shared[PAGE / 4] = 7;
	__atomic_store_n(&shared[0], 1, __ATOMIC_RELEASE);
	waitpid(pid, &bad, 0);
	CHECK(bad == 0);
	CHECK(p[0] == 77);

	/* A shared page that nobody had touched before the fork. */
	pid = fork();
	if (!pid) {
		shared[3 * PAGE / 4] = 0xabcd;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK(shared[3 * PAGE / 4] == 0xabcd);
	munmap((void *)p, COW_PAGES * PAGE);
	munmap((void *)shared, 4 * PAGE);
}
