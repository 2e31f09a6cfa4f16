/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The workloads beyond the core: switches between processes, whole programs,
 * and the devices that a place has, a disk and a network. Files in /lib/bench
 * (bench/harness/images.py puts them there) are what the programs work on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "disk.h"
#include "net.h"
#include "run.h"

/* ---- a token that goes around `procs` processes; an operation is a switch */

static void ring_member(int in, int out, char *buffer, size_t size, int n)
{
	char c;

	while (n-- && read(in, &c, 1) == 1) {
		for (size_t i = 0; i < size; i += 64) {
			buffer[i]++;
		}
		if (write(out, &c, 1) != 1) {
			break;
		}
	}
}

static void ring(int n, int procs, size_t size)
{
	char *buffer = size ? malloc(size) : NULL;
	int fds[17][2], rounds = n / procs;
	char c = 0;

	for (int i = 0; i < procs; i++) {
		if (pipe(fds[i])) {
			die("pipe");
		}
	}
	for (int i = 1; i < procs; i++) {
		if (!fork()) {
			ring_member(fds[i - 1][0], fds[i][1], buffer, size,
				    rounds);
			_exit(0);
		}
	}
	if (write(fds[procs - 1][1], &c, 1) != 1) {
		die("pipe");
	}
	/* The first member: its turn comes `rounds` times, too. */
	ring_member(fds[procs - 1][0], fds[0][1], buffer, size, rounds);
	for (int i = 1; i < procs; i++) {
		wait(NULL);
	}
	for (int i = 0; i < procs; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
	free(buffer);
}

static void switch_2p_0k(int n)
{
	ring(n, 2, 0);
}

static void switch_2p_64k(int n)
{
	ring(n, 2, 64 << 10);
}

static void switch_8p_16k(int n)
{
	ring(n, 8, 16 << 10);
}

static void switch_16p_64k(int n)
{
	ring(n, 16, 64 << 10);
}

/* ---- two processes that hand a futex to each other */

static void futex_wait_for(int *word, int value)
{
	int now;

	while ((now = __atomic_load_n(word, __ATOMIC_SEQ_CST)) != value) {
		syscall(SYS_futex, word, FUTEX_WAIT, now, NULL, NULL, 0);
	}
}

static void futex_hand(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void futex_handoff(int n)
{
	int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED |
			 MAP_ANONYMOUS, -1, 0);

	*word = 0;
	if (!fork()) {
		for (int i = 0; i < n; i++) {
			futex_wait_for(word, 1);
			futex_hand(word, 0);
		}
		_exit(0);
	}
	for (int i = 0; i < n; i++) {
		futex_hand(word, 1);
		futex_wait_for(word, 0);
	}
	wait(NULL);
	munmap(word, 4096);
}

/* ---- programs */

static int there(const char *path)
{
	return !access(path, R_OK);
}

static void spawn(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		die(argv[0]);
	}
}

static int sh_usable(void)
{
	return there("/bin/sh");
}

static void sh_c(int n)
{
	char *argv[] = { "/bin/sh", "-c", "exit 0", NULL };

	while (n--) {
		spawn(argv);
	}
}

static int build_usable(void)
{
	return there("/bin/tcc") && there("/lib/bench/build.sh");
}

/* A round of the build: each file compiled by a process of its own. */
static void build(int n)
{
	char *argv[] = { "/bin/sh", "/lib/bench/build.sh", NULL };

	while (n--) {
		spawn(argv);
	}
}

#define TRANSACTIONS 50

static int sqlite_usable(void)
{
	FILE *f;

	if (!there("/bin/sqlite3")) {
		return 0;
	}
	f = fopen("/tmp/transactions.sql", "w");
	fprintf(f, "create table if not exists t (k integer primary key, "
		"v text);\n");
	for (int i = 0; i < TRANSACTIONS; i++) {
		fprintf(f, "begin; insert into t (v) values ('%032d'); "
			"update t set v = v || 'x' where k = %d; commit;\n",
			i * 7919, i / 2 + 1);
	}
	fclose(f);
	return 1;
}

static void sqlite(int n)
{
	char *argv[] = { "/bin/sh", "-c",
		"rm -f /tmp/db; sqlite3 /tmp/db < /tmp/transactions.sql", NULL };

	for (; n > 0; n -= TRANSACTIONS) {
		spawn(argv);
	}
}

const struct workload workloads[] = {
	{ "switch_2p_0k", switch_2p_0k, 2000, NULL },
	{ "switch_2p_64k", switch_2p_64k, 1000, NULL },
	{ "switch_8p_16k", switch_8p_16k, 1600, NULL },
	{ "switch_16p_64k", switch_16p_64k, 1600, NULL },
	{ "futex_handoff", futex_handoff, 1000, NULL },
	{ "sh_c", sh_c, 10, sh_usable },
	{ "build", build, 1, build_usable },
	{ "sqlite_transaction", sqlite, TRANSACTIONS, sqlite_usable },
	{ "disk_seq_read_qd1", disk_seq_read_qd1, 128, disk_usable },
	{ "disk_seq_read_qd32", disk_seq_read_qd32, 256, disk_usable },
	{ "disk_seq_write_qd1", disk_seq_write_qd1, 128, disk_usable },
	{ "disk_rand_read_qd1", disk_rand_read_qd1, 256, disk_usable },
	{ "disk_rand_read_qd32", disk_rand_read_qd32, 512, disk_usable },
	{ "disk_rand_write_qd32", disk_rand_write_qd32, 512, disk_usable },
	{ "tcp_stream_send_64k", tcp_stream_send, 64, net_usable },
	{ "tcp_stream_receive_64k", tcp_stream_receive, 64, net_usable },
	{ "tcp_request_response", tcp_rr, 300, net_usable },
	{ "udp_packet", udp_send, 1024, net_usable },
};
const size_t nr_workloads = sizeof(workloads) / sizeof(workloads[0]);
