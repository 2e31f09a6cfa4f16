/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The hypervisor's own counters around a workload, where they can be had. */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

void counters_begin(void);

/* Prints "counter WORKLOAD NUMBER NAME" for each that has gone up. */
void counters_end(const char *workload);

#endif
