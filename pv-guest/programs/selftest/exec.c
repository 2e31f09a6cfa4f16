/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Exec: arguments, files that close, threads that end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "selftest.h"

static int exec_self(void *arg)
{
	char *argv[] = { self, "as-child", "one", "", "three", NULL };
	char *envp[] = { "A=b", "LONG=xyz", NULL };

	(void)arg;
	execve(self, argv, envp);
	return 99;
}

static int stuck[2], turns;

/* The program that exec_self becomes. */
static int as_child(int argc, char **argv)
{
	return !(argc == 5 && !strcmp(argv[2], "one") && !*argv[3] &&
		 !strcmp(argv[4], "three") && getenv("A") &&
		 !strcmp(getenv("A"), "b") && !strcmp(getenv("LONG"), "xyz") &&
		 fcntl(40, F_GETFD) == -1 && fcntl(41, F_GETFD) == 0);
}

static void *spin_for_ever(void *arg)
{
	for (;;) {
		__atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *sleep_for_ever(void *arg)
{
	char c;

	(void)arg;
	read(stuck[0], &c, 1);
	pause();
	return NULL;
}

static void *exec_alone(void *arg)
{
	char *argv[] = { self, "as-only-thread", NULL };

	(void)arg;
	execv(self, argv);
	_exit(9);
}

/* Any thread's exec ends all others, whatever they do. */
static int exec_among_threads(void *arg)
{
	pthread_t t;

	for (int i = 0; i < 2; i++) {
		pthread_create(&t, NULL, spin_for_ever, arg);
		pthread_create(&t, NULL, sleep_for_ever, NULL);
	}
	usleep(2000);
	pthread_create(&t, NULL, exec_alone, NULL);
	pthread_join(t, NULL);
	return 8;
}

int after_exec(int argc, char **argv)
{
	if (!strcmp(argv[1], "as-child")) {
		return as_child(argc, argv);
	}
	if (!strcmp(argv[1], "as-only-thread")) {
		return getpid() != (pid_t)syscall(SYS_gettid);
	}
	return 0;
}

static int exec_missing(void *arg)
{
	char *argv[] = { "none", NULL };

	(void)arg;
	return execv("/there/is/none", argv) == -1 && errno == ENOENT ? 0 : 1;
}

static int exec_bad_pointer(void *arg)
{
	(void)arg;
	return syscall(SYS_execve, self, 8UL, 0UL) == -1 && errno == EFAULT ?
	       0 : 1;
}

void test_exec(void)
{
	char *argv[] = { self, "nothing", NULL };
	pid_t pid;
	int status, fd = open("/dev/null", O_RDWR);

	CHECK(fd >= 0);
	CHECK(dup3(fd, 40, O_CLOEXEC) == 40);
	CHECK(dup2(fd, 41) == 41);
	CHECK(in_child(exec_self, NULL) == 0);
	CHECK(in_child(exec_missing, NULL) == 0);
	CHECK(!pipe(stuck));
	for (int i = 0; i < 5; i++) {
		CHECK(in_child(exec_among_threads, &turns) == 0);
	}
	close(stuck[0]);
	close(stuck[1]);
	CHECK(in_child(exec_bad_pointer, NULL) == 0);
	close(fd);
	close(40);
	close(41);

	pid = vfork();
	if (!pid) {
		execv(self, argv);
		_exit(98);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(!posix_spawn(&pid, self, NULL, NULL, argv, environ));
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}
