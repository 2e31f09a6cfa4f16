/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The core workloads: what a kernel's entry, exit and memory management cost.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "run.h"

/* ---- workloads: each does n operations ---- */

static void null_syscall(int n)
{
	while (n--) {
		syscall(SYS_getppid);
	}
}

static int zero_fd;

static int zero_usable(void)
{
	zero_fd = open("/dev/zero", O_RDONLY);
	return zero_fd >= 0;
}

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

static int null_usable(void)
{
	null_fd = open("/dev/null", O_WRONLY);
	return null_fd >= 0;
}

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

/*
 * An event channel bound to this domain itself, by Linux's /dev/xen/evtchn,
 * whose interface is in the kernel's <xen/evtchn.h>: notify, upcall, read the
 * port, unmask it by writing it back. Only where a Xen ABI is.
 */
struct evtchn_bind { unsigned int remote_domain, remote_port; };
struct evtchn_port { unsigned int port; };
#define DOMID_SELF		0x7ff0U
#define EVTCHN_BIND_INTERDOMAIN	_IOC(_IOC_NONE, 'E', 1, 8)
#define EVTCHN_BIND_UNBOUND	_IOC(_IOC_NONE, 'E', 2, 4)
#define EVTCHN_NOTIFY		_IOC(_IOC_NONE, 'E', 4, 4)

static int evtchn_fd = -1;
static struct evtchn_port evtchn_local;

/* The name that this process gives to the driver's interrupts. */
static char evtchn_name[16];

/*
 * Linux spreads ports over its CPUs as it thinks fit. Here each is brought to
 * the CPU that this process runs on, so that CPUs have nothing in common.
 */
static void interrupts_here(void)
{
	FILE *table = fopen("/proc/interrupts", "r");
	char line[1024], path[64];

	while (table && fgets(line, sizeof(line), table)) {
		FILE *list;

		if (!strstr(line, evtchn_name)) {
			continue;
		}
		snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list",
			 atoi(line));
		list = fopen(path, "w");
		if (!list || fprintf(list, "%d\n", sched_getcpu()) < 0 ||
		    fclose(list)) {
			die(path);
		}
	}
	if (table) {
		fclose(table);
	}
}

static int evtchn_open(void)
{
	unsigned int self_domain = DOMID_SELF;
	struct evtchn_bind bind = { .remote_domain = DOMID_SELF };
	int port;

	snprintf(evtchn_name, sizeof(evtchn_name), "events%d.", getpid());
	prctl(PR_SET_NAME, evtchn_name);
	evtchn_fd = open("/dev/xen/evtchn", O_RDWR);
	if (evtchn_fd < 0) {
		return 0;
	}
	port = ioctl(evtchn_fd, EVTCHN_BIND_UNBOUND, &self_domain);
	bind.remote_port = port;
	if (port < 0 ||
	    (port = ioctl(evtchn_fd, EVTCHN_BIND_INTERDOMAIN, &bind)) < 0) {
		die("evtchn");
	}
	evtchn_local.port = bind.remote_port;
	return 1;
}

static int evtchn_usable(void)
{
	if (!evtchn_open()) {
		return 0;
	}
	interrupts_here();
	return 1;
}

/* As Linux spreads them: on several CPUs, an event is another CPU's. */
static int evtchn_spread_usable(void)
{
	return getenv("cpus") && evtchn_open();
}

static void evtchn_self(int n)
{
	unsigned int port;

	while (n--) {
		if (ioctl(evtchn_fd, EVTCHN_NOTIFY, &evtchn_local) ||
		    read(evtchn_fd, &port, sizeof(port)) != sizeof(port) ||
		    write(evtchn_fd, &port, sizeof(port)) != sizeof(port)) {
			die("evtchn");
		}
	}
}

const struct workload workloads[] = {
	{ "null_syscall", null_syscall, 5000, NULL },
	{ "read_1", read_1, 5000, zero_usable },
	{ "write_1", write_1, 5000, null_usable },
	{ "stat", stat_path, 2000, NULL },
	{ "open_close", open_close, 2000, NULL },
	{ "signal_install", signal_install, 5000, NULL },
	{ "signal_delivery", signal_delivery, 2000, NULL },
	{ "protection_fault", protection_fault, 2000, NULL },
	{ "page_fault", page_fault, 1024, NULL },
	{ "mprotect_pair", mprotect_pair, 500, NULL },
	{ "mmap_1m", mmap_1m, 8, NULL },
	{ "fork_exit", fork_exit, 30, NULL },
	{ "fork_exec", fork_exec, 20, NULL },
	{ "pipe_self", pipe_self, 2000, NULL },
	{ "pipe_pingpong", pipe_pingpong, 1000, NULL },
	{ "clock_gettime", clock_gettime_op, 1000, NULL },
	{ "evtchn_self", evtchn_self, 1000, evtchn_usable },
	{ "evtchn_spread", evtchn_self, 1000, evtchn_spread_usable },
};
const size_t nr_workloads = sizeof(workloads) / sizeof(workloads[0]);
