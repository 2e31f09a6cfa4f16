/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The core workloads: what a kernel's entry, exit and memory management cost.
 * A static program that runs as init (or as any program) on a Linux kernel,
 * native or PV alike.  Each workload runs once to warm up and then between two
 * markers; its line on standard output says its name, how many operations that
 * were, and the nanoseconds that it took:
 *
 *   bench NAME OPS NS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "mark.h"

static char *self;		/* our own path, for exec */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- workloads: each does n operations ---- */

static void null_syscall(int n)
{
	while (n--) {
		syscall(SYS_getppid);
	}
}

static int zero_fd;

static void read_1(int n)
{
	char c;

	while (n--) {
		if (read(zero_fd, &c, 1) != 1) {
			die("read");
		}
	}
}

static int null_fd;

static void write_1(int n)
{
	while (n--) {
		if (write(null_fd, "x", 1) != 1) {
			die("write");
		}
	}
}

static void stat_path(int n)
{
	struct stat st;

	while (n--) {
		stat("/dev/null", &st);
	}
}

static void open_close(int n)
{
	while (n--) {
		close(open("/dev/null", O_RDONLY));
	}
}

static void on_signal(int sig)
{
	(void)sig;
}

static void signal_install(int n)
{
	struct sigaction sa = { .sa_handler = on_signal };

	while (n--) {
		sigaction(SIGUSR1, &sa, NULL);
	}
}

static void signal_delivery(int n)
{
	pid_t pid = getpid();

	signal(SIGUSR1, on_signal);
	while (n--) {
		kill(pid, SIGUSR1);
	}
}

static sigjmp_buf fault_env;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault_env, 1);
}

static void protection_fault(int n)
{
	volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE |
				   MAP_ANONYMOUS, -1, 0);
	/* not blocked while handled: the handler jumps out */
	struct sigaction sa = { .sa_handler = on_fault,
				.sa_flags = SA_NODEFER };

	(void)*page;
	sigaction(SIGSEGV, &sa, NULL);
	while (n--) {
		if (!sigsetjmp(fault_env, 0)) {
			*page = 1;
		}
	}
	munmap((void *)page, 4096);
}

#define FAULT_PAGES	64

static void page_fault(int n)
{
	while (n > 0) {
		volatile char *p = mmap(NULL, FAULT_PAGES * 4096, PROT_READ |
					PROT_WRITE, MAP_PRIVATE |
					MAP_ANONYMOUS, -1, 0);

		for (int i = 0; i < FAULT_PAGES; i++) {
			p[i * 4096] = 1;
		}
		munmap((void *)p, FAULT_PAGES * 4096);
		n -= FAULT_PAGES;
	}
}

static void mprotect_pair(int n)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS, -1, 0);

	*p = 1;
	while (n--) {
		mprotect(p, 4096, PROT_READ);
		mprotect(p, 4096, PROT_READ | PROT_WRITE);
		*(volatile char *)p = 1;
	}
	munmap(p, 4096);
}

static void mmap_1m(int n)
{
	while (n--) {
		volatile char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (int i = 0; i < 256; i++) {
			p[i * 4096] = 1;
		}
		munmap((void *)p, 1 << 20);
	}
}

static void fork_exit(int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid) {
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static void fork_exec(int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid) {
			char *argv[] = { self, "nothing", NULL };

			execv(self, argv);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void pipe_self(int n)
{
	int fds[2];
	char c = 0;

	if (pipe(fds)) {
		die("pipe");
	}
	while (n--) {
		if (write(fds[1], &c, 1) != 1 || read(fds[0], &c, 1) != 1) {
			die("pipe");
		}
	}
	close(fds[0]);
	close(fds[1]);
}

static void pipe_pingpong(int n)
{
	int there[2], back[2];
	char c = 0;
	pid_t pid;

	if (pipe(there) || pipe(back)) {
		die("pipe");
	}
	pid = fork();
	if (!pid) {
		while (n-- && read(there[0], &c, 1) == 1) {
			if (write(back[1], &c, 1) != 1) {
				_exit(1);
			}
		}
		_exit(0);
	}
	for (int i = 0; i < n; i++) {
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1) {
			die("pipe");
		}
	}
	waitpid(pid, NULL, 0);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

static void clock_gettime_op(int n)
{
	struct timespec t;

	while (n--) {
		clock_gettime(CLOCK_MONOTONIC, &t);
	}
}

static const struct workload {
	const char *name;
	void (*fn)(int n);
	int ops;
} workloads[] = {
	{ "null_syscall", null_syscall, 1000 },
	{ "read_1", read_1, 1000 },
	{ "write_1", write_1, 1000 },
	{ "stat", stat_path, 500 },
	{ "open_close", open_close, 500 },
	{ "signal_install", signal_install, 1000 },
	{ "signal_delivery", signal_delivery, 500 },
	{ "protection_fault", protection_fault, 500 },
	{ "page_fault", page_fault, 1024 },
	{ "mprotect_pair", mprotect_pair, 300 },
	{ "mmap_1m", mmap_1m, 8 },
	{ "fork_exit", fork_exit, 30 },
	{ "fork_exec", fork_exec, 20 },
	{ "pipe_self", pipe_self, 500 },
	{ "pipe_pingpong", pipe_pingpong, 200 },
	{ "clock_gettime", clock_gettime_op, 1000 },
};

static void run(const struct workload *w)
{
	uint64_t t;

	w->fn(w->ops);
	t = now_ns();
	MARK_BEGIN();
	w->fn(w->ops);
	MARK_END();
	t = now_ns() - t;
	printf("bench %s %d %llu\n", w->name, w->ops, (unsigned long long)t);
	fflush(stdout);
}

/* As init: the file systems that the workloads look at. */
static void become_init(void)
{
	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	if (open("/dev/console", O_RDWR) >= 0) {
		dup2(0, 1);
		dup2(0, 2);
	}
}

/*
 * All workloads, or the one named by the environment variable `only`, which
 * for an init is a word only=NAME on the kernel's command line.
 */
int main(int argc, char **argv)
{
	const char *only = getenv("only");

	if (argc > 1 && !strcmp(argv[1], "nothing")) {
		return 0;
	}
	self = argv[0];
	if (getpid() == 1) {
		become_init();
	}
	zero_fd = open("/dev/zero", O_RDONLY);
	null_fd = open("/dev/null", O_WRONLY);
	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		if (!only || !strcmp(only, workloads[i].name)) {
			run(&workloads[i]);
		}
	}
	printf("bench done\n");
	fflush(stdout);
	if (getpid() == 1) {
		reboot(RB_POWER_OFF);
	}
	return 0;
}
