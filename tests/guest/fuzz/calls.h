/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Random calls, from any number of vCPUs; see calls.c. */
#ifndef TESTS_GUEST_FUZZ_CALLS_H
#define TESTS_GUEST_FUZZ_CALLS_H

#include "common/test.h"

#define FUZZ_CPUS	8

/* What the calls are about: to be made once, for vCPUs 0 to cpus - 1. */
void fuzz_pools(unsigned int cpus);

/* Makes a random call (printed first, with trace); whether it did something. */
bool fuzz_one(bool trace);

/* A trap hook: mends this vCPU's argument pages when a call took them away. */
bool fuzz_fault(struct regs *regs);

#endif
