/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* The CPU: shared by turns, the FPU of each its own, time. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

#include "selftest.h"

static int compute(void *arg)
{
	double x = 1 + (intptr_t)arg, y = x;
	uint64_t end = now() + 60000000;
	int bad = 0;

	while (now() < end) {
		double a = x, b = y;

		for (int i = 0; i < 1000; i++) {
			a = a * 1.0000001 + 0.5;
			b = b * 1.0000001 + 0.5;
		}
		bad += a != b;
	}
	return bad != 0;
}

void test_cpu(void)
{
	uint64_t t = now(), last = t;
	struct timespec nap = { 0, 5000000 };
	pid_t pid[6];
	int status, back = 0;

	/* More that compute than there are CPUs. */
	for (intptr_t i = 0; i < 6; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			_exit(compute((void *)i));
		}
	}
	for (int i = 0; i < 6; i++) {
		CHECK(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
	}
	CHECK(!nanosleep(&nap, NULL));
	CHECK(now() - t >= 5000000);
	for (int i = 0; i < 1000; i++) {
		t = now();
		back += t < last;
		last = t;
	}
	CHECK(back == 0);
	/* One that never calls the kernel cannot keep the CPU. */
	pid[0] = fork();
	if (!pid[0]) {
		spin(NULL);
	}
	CHECK(!nanosleep(&nap, NULL));
	CHECK(!kill(pid[0], SIGKILL));
	CHECK(waitpid(pid[0], &status, 0) == pid[0] &&
	      WTERMSIG(status) == SIGKILL);
}
