/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the programs of workloads share: a table of workloads, and main() over
 * it (run.c).
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stddef.h>
#include <stdint.h>

/*
 * One workload: fn(n) does n operations, and measure() calls it with `ops`,
 * once to warm up and once between the markers. `usable`, if any, prepares it
 * and says whether it can run here; one that cannot is left out.
 */
struct workload {
	const char *name;
	void (*fn)(int n);
	int ops;
	int (*usable)(void);
};

extern const struct workload workloads[];
extern const size_t nr_workloads;
extern char *self;		/* our own path, for exec */

uint64_t now_ns(void);
void die(const char *what) __attribute__((noreturn));

#endif
