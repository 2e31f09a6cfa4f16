/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Storms, several at once: processes that fork and end, address spaces that
 * are mapped, protected, copied and unmapped at random against a model of what
 * must be in them, and tokens that go round rings of pipes from process to
 * process. On keel also: afterwards as much memory is free as before.
 * Settings: rounds=N (20), workers=N of each kind (2).
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "check.h"

#define PAGE		4096
#define FORKS		40
#define AREA_PAGES	64
#define AREA_STEPS	200
#define RING		4
#define LAPS		100
#define SLACK_PAGES	64	/* small objects keep their pages */

static uint64_t state;

static uint32_t random_below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % n;
}

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

/* ---- processes ---- */

static int fork_storm(void)
{
	int bad = 0, status;
	pid_t pid[8];

	for (int i = 0; i < FORKS; i += 8) {
		for (int k = 0; k < 8; k++) {
			pid[k] = fork();
			if (!pid[k]) {
				if (k % 3 == 0 && !fork()) {
					_exit(0);	/* an orphan */
				}
				_exit(k);
			}
		}
		for (int k = 0; k < 8; k++) {
			bad += waitpid(pid[k], &status, 0) != pid[k] ||
			       WEXITSTATUS(status) != k;
		}
	}
	return bad;
}

/* ---- page tables ---- */

static uint8_t *area;
static uint8_t value[AREA_PAGES];	/* that a page is filled with */
static uint8_t writable[AREA_PAGES], mapped[AREA_PAGES];

static int area_differs(void)
{
	int bad = 0;

	for (int i = 0; i < AREA_PAGES; i++) {
		if (mapped[i]) {
			bad += area[i * PAGE] != value[i] ||
			       area[i * PAGE + PAGE - 1] != value[i];
		}
	}
	return bad;
}

static void area_change(void)
{
	int at = random_below(AREA_PAGES);
	int n = 1 + random_below(AREA_PAGES - at);
	int op = random_below(4);

	for (int i = at; op == 0 && i < at + n; i++) {
		if (mapped[i] && writable[i]) {
			value[i] = random_below(256);
			memset(area + i * PAGE, value[i], PAGE);
		}
	}
	if (op == 1) {
		mmap(area + at * PAGE, n * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		memset(value + at, 0, n);
		memset(writable + at, 1, n);
		memset(mapped + at, 1, n);
	}
	if (op == 2) {
		n = n > 4 ? 4 : n;
		munmap(area + at * PAGE, n * PAGE);
		memset(mapped + at, 0, n);
	}
	for (int i = at; op == 3 && i < at + n; i++) {
		if (mapped[i]) {
			writable[i] = random_below(2);
			mprotect(area + i * PAGE, PAGE, writable[i] ?
				 PROT_READ | PROT_WRITE : PROT_READ);
		}
	}
}

static int table_storm(void)
{
	int bad = 0, status = 0;

	area = mmap(NULL, AREA_PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(value, 0, sizeof(value));
	memset(writable, 1, sizeof(writable));
	memset(mapped, 1, sizeof(mapped));
	for (int i = 0; i < AREA_STEPS; i++) {
		area_change();
		if (i % 20 == 0) {
			pid_t pid = fork();

			if (!pid) {
				bad = area_differs();
				for (int k = 0; k < 10; k++) {
					area_change();
				}
				_exit(bad || area_differs());
			}
			area_change();
			waitpid(pid, &status, 0);
			bad += status != 0;
		}
		bad += area_differs();
	}
	munmap(area, AREA_PAGES * PAGE);
	return bad;
}

/* ---- events ---- */

static void pass_on(int from, int to)
{
	uint32_t token;

	while (read(from, &token, sizeof(token)) == sizeof(token)) {
		token++;
		if (write(to, &token, sizeof(token)) != sizeof(token)) {
			break;
		}
	}
	_exit(0);
}

static int event_storm(void)
{
	int fds[RING + 1][2], bad = 0;
	uint32_t token = 0;

	for (int i = 0; i <= RING; i++) {
		bad += pipe(fds[i]) != 0;
	}
	for (int i = 0; i < RING; i++) {
		if (!fork()) {
			for (int k = 0; k <= RING; k++) {
				close(k == i ? fds[k][1] : fds[k][0]);
				if (k != i && k != i + 1) {
					close(fds[k][1]);
				}
			}
			pass_on(fds[i][0], fds[i + 1][1]);
		}
	}
	for (int lap = 1; lap <= LAPS; lap++) {
		bad += write(fds[0][1], &token, 4) != 4;
		bad += read(fds[RING][0], &token, 4) != 4;
		bad += token != (uint32_t)lap * RING;
	}
	for (int i = 0; i <= RING; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
	for (int i = 0; i < RING; i++) {
		bad += wait(NULL) < 0;
	}
	return bad;
}

static int (*const storms[])(void) = { fork_storm, table_storm, event_storm };
static const char *const names[] = { "fork", "table", "event" };

static void worker(int kind, int number, long rounds)
{
	int bad = 0;

	state = 0x9e3779b97f4a7c15 * (kind * 16 + number + 1);
	for (long i = 0; i < rounds; i++) {
		bad += storms[kind]();
	}
	_exit(bad != 0);
}

static void all_storms(long rounds, long workers)
{
	int status;
	pid_t pid;

	for (int kind = 0; kind < 3; kind++) {
		for (int i = 0; i < workers; i++) {
			pid = fork();
			CHECK(pid >= 0);
			if (!pid) {
				worker(kind, i, rounds);
			}
		}
	}
	/* As process 1 we are the parent of orphans, too. */
	while ((pid = wait(&status)) > 0) {
		CHECK(status == 0);
	}
}

int main(void)
{
	long rounds = setting("rounds", 20), workers = setting("workers", 2);
	struct sysinfo before, after;

	all_storms(1, workers);
	sysinfo(&before);
	all_storms(rounds, workers);
	sysinfo(&after);
	printf("%ld rounds of", rounds);
	for (int i = 0; i < 3; i++) {
		printf(" %ld %s", workers, names[i]);
	}
	printf(", free memory %lu and then %lu KiB\n",
	       before.freeram * before.mem_unit / 1024,
	       after.freeram * after.mem_unit / 1024);
	if (getpid() == 1) {
		CHECK(after.freeram + SLACK_PAGES * PAGE >= before.freeram);
	}
	return verdict();
}
