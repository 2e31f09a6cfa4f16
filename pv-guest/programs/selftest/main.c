/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a program may rely on, a file for each part. A static program that runs
 * on Linux, which tells that the checks are right, and on keel. With the word
 * only=NAME in its environment it runs that part alone.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "selftest.h"

char *self;
void *volatile nowhere = (void *)8;
void *volatile kernel_place = (void *)0xffff880000100000;

void *map(size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags | MAP_ANONYMOUS, -1, 0);
}

int in_child(int (*fn)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		_exit(fn(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return -1;
	}
	return status;
}

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

void handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

void *spin(void *arg)
{
	for (;;) {
		asm volatile("pause");
	}
	return arg;
}

static const struct {
	const char *name;
	void (*fn)(void);
} tests[] = {
	{ "fork", test_fork }, { "exec", test_exec }, { "wait", test_wait },
	{ "signals", test_signals }, { "pipes", test_pipes },
	{ "futex", test_futex }, { "memory", test_memory },
	{ "cpu", test_cpu }, { "files", test_files },
};

int main(int argc, char **argv)
{
	const char *only = getenv("only");

	self = argv[0];
	if (argc > 1) {
		return after_exec(argc, argv);
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		unsigned int before = failures;
		uint64_t t = now();

		if (only && strcmp(only, tests[i].name)) {
			continue;
		}
		tests[i].fn();
		printf("%s %s %lu ms\n", failures == before ? "ok  " : "FAIL",
		       tests[i].name, (now() - t) / 1000000);
		fflush(stdout);
	}
	return verdict();
}
