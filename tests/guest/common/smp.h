/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* A second vCPU that does one thing again and again while the test works. */
#ifndef TESTS_GUEST_SMP_H
#define TESTS_GUEST_SMP_H

#include "common/test.h"

/* Skips the test where there is one vCPU only. */
void need_two_vcpus(void);

/* vCPU 1 calls fn(arg) until other_end, which tells how often it did. */
void other_begin(void (*fn)(void *arg), void *arg);
unsigned long other_end(void);

/* Waits for vCPU 1's end: of other_end, or of what cpu_start had it do. */
bool other_is_down(void);

/*
 * For the loop of a race: goes on for `rounds`, then until what the test wants
 * to see has come, and the other has had its turns, or 3 seconds are over.
 */
bool race_goes_on(unsigned int i, unsigned int rounds, bool seen);

/* Waits until it has called fn once more, from start to end. */
void other_round(void);

/*
 * All vCPUs but this one, up to four in all, call fn(their number) until
 * others_end; how many vCPUs that makes. others_round waits until each of them
 * has called it once more, from start to end.
 */
#define MAX_VCPUS	4
unsigned int others_begin(void (*fn)(unsigned int id));
void others_round(void);
void others_end(void);

#endif
