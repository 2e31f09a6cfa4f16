/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Time. The hypervisor publishes, per vCPU, a point (TSC value, nanoseconds
 * since boot) and a slope; between two publications the guest computes.
 */
#ifndef KEEL_XEN_CLOCK_H
#define KEEL_XEN_CLOCK_H

#include "lib/lib.h"

#define NSEC_PER_USEC	1000UL
#define NSEC_PER_MSEC	1000000UL
#define NSEC_PER_SEC	1000000000UL

/* Nanoseconds since the machine started; never goes back on one vCPU. */
uint64_t clock_ns(void);

/* Seconds and nanoseconds since 1970. */
void clock_wall(uint64_t *sec, uint32_t *nsec);

/* Has VIRQ_TIMER sent to this vCPU at `deadline`; 0 cancels. */
int clock_set_timer(uint64_t deadline);

/* Spins, with events left as they are. */
void clock_spin(uint64_t ns);

#endif
