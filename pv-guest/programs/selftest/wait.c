/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Waiting for children: how they ended, and orphans. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#include "selftest.h"

static int exit_with(void *arg)
{
	return (intptr_t)arg;
}

static int die_by(void *arg)
{
	raise((intptr_t)arg);
	return 0;
}

void test_wait(void)
{
	int status, there[2];
	pid_t pid, other;
	char c;

	status = in_child(exit_with, (void *)42);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = in_child(die_by, (void *)SIGTERM);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = in_child(die_by, (void *)SIGKILL);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
	CHECK(kill(getpid(), 0) == 0);

	CHECK(!pipe(there));
	pid = fork();
	if (!pid) {
		_exit(read(there[0], &c, 1) == 1 ? c : 1);
	}
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	CHECK(waitpid(pid + 100000, &status, WNOHANG) == -1 &&
	      errno == ECHILD);
	other = fork();
	if (!other) {
		_exit(3);
	}
	CHECK(waitpid(-1, &status, 0) == other && WEXITSTATUS(status) == 3);
	c = 9;
	CHECK(write(there[1], &c, 1) == 1);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
	CHECK(kill(pid, 0) == -1 && errno == ESRCH);

	/* A child whose parent has gone gets another one. */
	pid = fork();
	if (!pid) {
		pid_t parent = getpid();

		if (!fork()) {
			while (getppid() == parent) {
				sched_yield();
			}
			c = getppid() != parent;
			(void)!write(there[1], &c, 1);
			_exit(0);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK(read(there[0], &c, 1) == 1 && c == 1);
	if (getpid() == 1) {
		CHECK(waitpid(-1, &status, 0) > 0 && status == 0);
	}
	close(there[0]);
	close(there[1]);
}
