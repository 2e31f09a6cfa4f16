/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Pipes: every byte, limits, ends that are closed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "selftest.h"

#define PIPE_BYTES	(300 * 1000)

static volatile sig_atomic_t broken;

static void on_broken_pipe(int sig)
{
	(void)sig;
	broken = broken + 1;
}

void test_pipes(void)
{
	static unsigned char buf[10000];
	int fds[2], status, n, bad = 0, total = 0;
	struct iovec v[2] = { { "ab", 2 }, { "cde", 3 } };
	pid_t pid;

	CHECK(!pipe(fds));
	pid = fork();
	if (!pid) {
		close(fds[0]);
		for (int at = 0; at < PIPE_BYTES; at += n) {
			n = 1 + at * 7 % 9000;
			n = n < PIPE_BYTES - at ? n : PIPE_BYTES - at;
			for (int i = 0; i < n; i++) {
				buf[i] = (at + i) * 31 >> 3;
			}
			if (write(fds[1], buf, n) != n) {
				_exit(1);
			}
		}
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, 1 + total % 7777)) > 0) {
		for (int i = 0; i < n; i++, total++) {
			bad += buf[i] != (unsigned char)(total * 31 >> 3);
		}
	}
	CHECK(n == 0 && total == PIPE_BYTES && bad == 0);
	waitpid(pid, &status, 0);
	CHECK(status == 0);
	close(fds[0]);

	CHECK(!pipe2(fds, O_NONBLOCK));
	CHECK(read(fds[0], buf, 1) == -1 && errno == EAGAIN);
	while ((n = write(fds[1], buf, 4096)) == 4096) {
	}
	CHECK(n == -1 && errno == EAGAIN);
	CHECK(write(fds[0], buf, 1) == -1 && errno == EBADF);
	close(fds[0]);
	handle(SIGPIPE, on_broken_pipe, 0);
	CHECK(write(fds[1], buf, 1) == -1 && errno == EPIPE);
	CHECK(broken == 1);
	handle(SIGPIPE, SIG_DFL, 0);
	close(fds[1]);

	CHECK(!pipe(fds));
	CHECK(writev(fds[1], v, 2) == 5);
	CHECK(read(fds[0], buf, 100) == 5 && !memcmp(buf, "abcde", 5));
	CHECK(read(fds[0], NULL, 0) == 0);
	CHECK(write(fds[1], nowhere, 10) == -1 && errno == EFAULT);
	CHECK(write(fds[1], kernel_place, 10) == -1 &&
	      errno == EFAULT);
	CHECK(write(fds[1], "z", 1) == 1);
	CHECK(read(fds[0], nowhere, 1) == -1 && errno == EFAULT);
	close(fds[0]);
	close(fds[1]);
}
