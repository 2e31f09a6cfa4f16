/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Futexes between processes, and threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "selftest.h"

static long futex(uint32_t *word, int op, uint32_t value,
		  const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

#define HANDOFFS	300
#define THREADS		4
#define ADDS		2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static __thread int own;
static volatile long sum, arrived;

static void *add(void *arg)
{
	own = (intptr_t)arg;
	for (int i = 0; i < ADDS; i++) {
		pthread_mutex_lock(&mutex);
		sum = sum + 1;
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_lock(&mutex);
	if (++arrived == THREADS) {
		pthread_cond_broadcast(&cond);
	}
	while (arrived < THREADS) {
		pthread_cond_wait(&cond, &mutex);
	}
	pthread_mutex_unlock(&mutex);
	return (void *)(intptr_t)(own * 3);
}

/* Maps, touches and unmaps beside the others: translations must go. */
static void *churn(void *arg)
{
	long bad = 0;

	for (int i = 0; i < 60; i++) {
		volatile uint64_t *p = map(8 * PAGE, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE);

		for (int k = 0; k < 8; k++) {
			bad += p[k * 512] != 0;
			p[k * 512] = (uintptr_t)arg;
		}
		for (int k = 0; k < 8; k++) {
			bad += p[k * 512] != (uintptr_t)arg;
		}
		munmap((void *)p, 8 * PAGE);
	}
	return (void *)bad;
}

static void threads(void)
{
	pthread_t t[THREADS];
	void *result;
	int ok = 1;

	for (intptr_t i = 0; i < THREADS; i++) {
		CHECK(!pthread_create(&t[i], NULL, add, (void *)i));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &result);
		ok &= (intptr_t)result == i * 3;
	}
	CHECK(ok);
	CHECK(sum == THREADS * ADDS);
	CHECK(own == 0);
	for (intptr_t i = 0; i < THREADS; i++) {
		CHECK(!pthread_create(&t[i], NULL, churn, (void *)(i + 1)));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &result);
		CHECK(!result);
	}
}

/* The process ends while other threads of it run. */
static int exit_with_threads(void *arg)
{
	pthread_t t;

	(void)arg;
	pthread_create(&t, NULL, spin, NULL);
	pthread_create(&t, NULL, spin, NULL);
	sched_yield();
	return 5;
}

void test_futex(void)
{
	uint32_t *word = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct timespec t = { 0, 20000000 };
	uint64_t began;
	int status;
	pid_t pid;

	CHECK(futex(word, FUTEX_WAIT, 1, NULL) == -1 && errno == EAGAIN);
	began = now();
	CHECK(futex(word, FUTEX_WAIT, 0, &t) == -1 && errno == ETIMEDOUT);
	CHECK(now() - began >= 20000000);
	CHECK(futex(word, FUTEX_WAKE, 1, NULL) == 0);
	CHECK(futex(nowhere, FUTEX_WAIT, 0, NULL) == -1 &&
	      errno == EFAULT);
	pid = fork();
	for (uint32_t i = 0; i < HANDOFFS; i++) {
		uint32_t mine = 2 * i + !pid, v;

		/* Turns: even numbers are the parent's. */
		while ((v = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != mine) {
			futex(word, FUTEX_WAIT, v, NULL);
		}
		__atomic_store_n(word, mine + 1, __ATOMIC_RELEASE);
		futex(word, FUTEX_WAKE, 1, NULL);
	}
	if (!pid) {
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK(status == 0 && *word == 2 * HANDOFFS);
	munmap(word, PAGE);
	threads();
	status = in_child(exit_with_threads, NULL);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}
