/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * main() of the programs of workloads, which run as init (or as any program)
 * on a Linux kernel, native or PV alike. Each workload runs once to warm up
 * and then between two markers; its line on standard output says its name, how
 * many operations that were, and the nanoseconds that it took:
 *
 *	bench NAME OPS NS
 *
 * Words in the environment, which for an init are words NAME=VALUE of the
 * kernel's command line:
 *
 *	only=A,B	only these workloads
 *	cpus=N		a process on each of so many CPUs does it, all at once;
 *			operations are those of all
 *	min_ms=N	for wall time: the fastest of as many repetitions as that
 *			takes
 *	boot=NAME	first of all an end marker and "bench NAME 1 0": what it
 *			took to come this far
 *	then=PROGRAM	the program of workloads to go on with
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "counters.h"
#include "mark.h"
#include "run.h"

#define MAX_CPUS	16

char *self;

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The result must not mix with a kernel's message: one write, on a new line. */
static void say(const char *name, long ops, uint64_t ns)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "\nbench %s %ld %llu\n", name,
			 ops, (unsigned long long)ns);

	if (write(1, text, n) != n) {
		exit(1);
	}
}

/*
 * For wall time the fastest of at least three repetitions: others have the
 * machine, too.
 */
static uint64_t fastest(const struct workload *w, uint64_t min_ns)
{
	uint64_t begun = now_ns(), at = begun, best = UINT64_MAX;

	for (int i = 0; i < 3 || at - begun < min_ns; i++) {
		uint64_t ns;

		w->fn(w->ops);
		ns = now_ns() - at;
		at += ns;
		best = ns < best ? ns : best;
	}
	return best;
}

static void measure(const struct workload *w, uint64_t min_ns)
{
	uint64_t begun, ns;

	w->fn(w->ops);
	if (min_ns) {
		say(w->name, w->ops, fastest(w, min_ns));
		return;
	}
	counters_begin();
	begun = now_ns();
	MARK_BEGIN();
	w->fn(w->ops);
	ns = now_ns() - begun;
	MARK_END();
	counters_end(w->name);
	say(w->name, w->ops, ns);
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		die("sched_setaffinity");
	}
}

/* A process on one CPU: ready, wait for the start, done, wait for the end. */
static void member(const struct workload *w, int cpu, int report, int start)
{
	char c = 0;

	pin_to(cpu);
	if (w->usable && !w->usable()) {
		_exit(1);
	}
	w->fn(w->ops);
	for (int i = 0; i < 2; i++) {
		if (write(report, &c, 1) != 1 || read(start, &c, 1) != 1) {
			break;
		}
		if (i == 0) {
			w->fn(w->ops);
		}
	}
	_exit(0);
}

static void gather(int fd, int cpus)
{
	char c;

	while (cpus--) {
		if (read(fd, &c, 1) != 1) {
			die("pipe");
		}
	}
}

/*
 * The same on several CPUs at once, a process on each. Each has a pipe of its
 * own to start by, or one would take two starts.
 */
static void measure_on(const struct workload *w, int cpus)
{
	int report[2], start[MAX_CPUS][2];
	uint64_t begun, ns;
	char c = 0;

	if (cpus > MAX_CPUS || pipe(report)) {
		die("pipe");
	}
	for (int i = 0; i < cpus; i++) {
		if (pipe(start[i])) {
			die("pipe");
		}
		if (!fork()) {
			member(w, i, report[1], start[i][0]);
		}
	}
	gather(report[0], cpus);
	begun = now_ns();
	MARK_BEGIN();
	for (int i = 0; i < cpus; i++) {
		if (write(start[i][1], &c, 1) != 1) {
			die("pipe");
		}
	}
	gather(report[0], cpus);
	MARK_END();
	ns = now_ns() - begun;
	for (int i = 0; i < cpus; i++) {
		if (write(start[i][1], &c, 1) != 1) {
			die("pipe");
		}
		wait(NULL);
		close(start[i][0]);
		close(start[i][1]);
	}
	close(report[0]);
	close(report[1]);
	say(w->name, (long)w->ops * cpus, ns);
}

/* Modules that were put beside us, in the order of the file `order`. */
static void load_modules(void)
{
	FILE *order = fopen("/lib/modules/order", "r");
	char path[256];

	while (order && fgets(path, sizeof(path), order)) {
		int fd;

		path[strcspn(path, "\n")] = 0;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			/* One that has no device here refuses, rightly. */
			syscall(SYS_finit_module, fd, "", 0);
			close(fd);
		}
	}
	if (order) {
		fclose(order);
	}
}

/* As init: the file systems that the workloads look at. */
static void become_init(void)
{
	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	if (open("/dev/console", O_RDWR) >= 0) {
		dup2(0, 1);
		dup2(0, 2);
	}
	load_modules();
}

/*
 * An init's signals are a special case in the kernel (each fault makes a
 * message), so a child goes on; the parent waits for it and powers off.
 */
static void leave_init(void)
{
	pid_t child = fork();

	if (child < 0) {
		die("fork");
	}
	if (child) {
		waitpid(child, NULL, 0);
		sleep(1);		/* while consoles drain */
		reboot(RB_POWER_OFF);
		exit(1);
	}
}

/* Is `name` in the list "A,B,C"? */
static int listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, n) && (at[n] == ',' || !at[n])) {
			return 1;
		}
	}
	return 0;
}

/* Another program of workloads, in the same boot. */
static void go_on(const char *program)
{
	unsetenv("then");
	unsetenv("boot");
	execl(program, program, NULL);
	die(program);
}

int main(int argc, char **argv)
{
	const char *only = getenv("only"), *boot = getenv("boot");
	const char *min_ms = getenv("min_ms"), *cpus = getenv("cpus");
	const char *then = getenv("then");
	uint64_t min_ns = min_ms ? strtoull(min_ms, NULL, 10) * 1000000 : 0;

	if (argc > 1 && !strcmp(argv[1], "nothing")) {
		return 0;
	}
	if (boot) {
		MARK_END();
	}
	self = argv[0];
	if (getpid() == 1) {
		become_init();
	}
	if (boot) {
		say(boot, 1, 0);
	}
	if (getpid() == 1) {
		leave_init();
	}
	if (cpus) {
		sleep(1);		/* what a boot leaves on other CPUs */
	}
	for (size_t i = 0; i < nr_workloads; i++) {
		const struct workload *w = &workloads[i];

		if ((only && !listed(only, w->name)) ||
		    (w->usable && !w->usable())) {
			continue;
		}
		if (cpus) {
			measure_on(w, atoi(cpus));
		} else {
			measure(w, min_ns);
		}
	}
	if (then) {
		go_on(then);
	}
	printf("\nbench done\n");
	fflush(stdout);
	return 0;
}
